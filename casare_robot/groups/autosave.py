"""Saves in the background, and again later what could not be saved."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable

import msgspec

from casare_robot.domain.errors import StoreError
from casare_robot.groups.records import Session
from casare_robot.groups.session_rules import SAVE_WAITS

log = logging.getLogger(__name__)

WORRY_AFTER = 5


class Autosave:
    """The sessions that are to be saved.

    Args:
        put: Saves one.
        clock: Seconds, the store's.
        counts: Where it counts ``session_save_failures_total``.
        alert: Told once that a session could not be saved five times in a row.
    """

    def __init__(
        self,
        put: Callable[[Session], Awaitable[Session]],
        *,
        clock: Callable[[], float],
        counts: Counter[str],
        alert: Callable[[str], None],
    ) -> None:
        self.alert = alert
        self.next_try: dict[str, float] = {}
        self._put = put
        self._clock = clock
        self._counts = counts
        self._dirty: dict[str, Session] = {}
        self._written: dict[str, tuple[int, int]] = {}
        """Of sessions that it saved: the version they were given with, and the one since."""
        self._failures: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._dirty)

    def add(self, session: Session) -> None:
        """Have a session saved next time."""
        self._dirty[session.id] = session

    def drop(self, session_id: str) -> None:
        """Save it no more."""
        self._dirty.pop(session_id, None)
        self._written.pop(session_id, None)

    async def run(self) -> int:
        """See `Sessions.autosave`."""
        now = self._clock()
        saved = 0
        for session in tuple(self._dirty.values()):
            if self.next_try.get(session.id, 0.0) > now:
                continue
            given, since = self._written.get(session.id, (0, 0))
            version = since if session.version == given else session.version
            try:
                put = await self._put(msgspec.structs.replace(session, version=version))
            except StoreError as error:
                self._failed(session, error, now)
                continue
            self._written[session.id] = (session.version, put.version)
            if self._dirty.get(session.id) is session:
                del self._dirty[session.id]
            self._failures.pop(session.id, None)
            self.next_try.pop(session.id, None)
            saved += 1
        return saved

    def _failed(self, session: Session, error: StoreError, now: float) -> None:
        self._failures[session.id] += 1
        failures = self._failures[session.id]
        self._counts["session_save_failures_total"] += 1
        log.warning("session %s could not be saved: %s", session.id, error)
        self.next_try[session.id] = now + SAVE_WAITS[min(failures, len(SAVE_WAITS)) - 1]
        if failures == WORRY_AFTER:
            self.alert(f"session {session.id} could not be saved five times: {error}")
