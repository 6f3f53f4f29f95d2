"""Room in the write-ahead log: a commit into a file that need not grow takes half the time."""

import logging
from collections.abc import Callable

from casare_robot.journal.connection import Connection

log = logging.getLogger(__name__)

PAGE = 4096
"""Bytes of a page of the database, SQLite's default; a commit takes one of the log at least."""

PIECE = 64
"""Pages made at once: less than a millisecond, which pays when some ten of them are used."""

FREE = 8
"""Commits before the first piece, so that a program of few commits makes none."""


class LogRoom:
    """Makes the log's file longer before commits need it, up to a limit.

    Args:
        connection: The database, in autocommit mode, with the table ``about``.
        limit: Bytes in all.
    """

    def __init__(self, connection: Connection, limit: int) -> None:
        self._connection = connection
        self._limit = limit // PAGE
        self._made = 0
        self._left = FREE

    @property
    def is_missing(self) -> bool:
        """Whether not all of it has been made."""
        return self._made < self._limit

    def use(self) -> None:
        """One more commit is about to be made."""
        self._left -= 1
        if self._left < 0 and self.is_missing:
            self._make_piece()

    def restart(self) -> None:
        """The log has been folded back: commits begin at its start again."""
        self._left = max(self._made, FREE)

    def make_all(self, is_idle: Callable[[], bool]) -> None:
        """Make all of it at the start of a folded log, while nothing else is to be done.

        Work that arrives comes first; a later call then begins anew. It is
        filled with commits that change nothing. Only the first is synchronised:
        if its head were lost, what was folded back would pass for the log.
        """
        execute = self._connection.execute
        version = execute("PRAGMA user_version").fetchone()[0]
        synchronous = execute("PRAGMA synchronous").fetchone()[0]
        pages = 0
        try:
            execute(f"PRAGMA user_version={version}")  # begins the log anew, synchronised
            execute("PRAGMA synchronous=OFF")
            while pages < self._limit and is_idle():
                execute(f"PRAGMA user_version={version}")
                pages += 1
            self._made = max(self._made, pages)
        except Exception as error:  # noqa: BLE001 - only speed is lost
            self._give_up(error)
        finally:
            execute(f"PRAGMA synchronous={synchronous}")

    def _make_piece(self) -> None:
        """Write pages that are taken back at once; a small cache makes them reach the file."""
        execute = self._connection.execute
        pages = min(PIECE, self._limit - self._made)
        try:
            cache = execute("PRAGMA cache_size").fetchone()[0]
            execute("PRAGMA cache_size=8")
            try:
                execute("BEGIN")
                execute("INSERT INTO about VALUES ('room', zeroblob(?))", (pages * PAGE,))
                execute("ROLLBACK")
            finally:
                execute(f"PRAGMA cache_size={cache}")
            self._made += pages
            self._left = pages
        except Exception as error:  # noqa: BLE001 - only speed is lost
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        log.warning("the journal's log could not be grown: %s", error)
        self._limit = 0
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except Exception:
            log.exception("the journal could not roll back; later writes will fail")
