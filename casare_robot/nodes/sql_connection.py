"""Open databases, all spoken to in one way: statements with parameters, never pasted text."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from casare_robot.domain.errors import NodeFailure

if TYPE_CHECKING:
    pass

Parameters = Sequence[Any] | Mapping[str, Any]


class Result(NamedTuple):
    """What a statement gave: columns and rows of a query, counts of a change."""

    columns: list[str]
    rows: list[dict[str, Any]]
    rows_affected: int
    last_insert_id: int


class Stream(NamedTuple):
    """The columns of a query and its rows, to be taken once."""

    columns: list[str]
    rows: Iterator[Sequence[Any]]


class Column(NamedTuple):
    """One column of a table."""

    name: str
    type: str
    nullable: bool
    default: Any
    primary_key: bool


class Database(Protocol):
    """An open database. Its methods may wait, and may be called from any thread.

    All raise `NodeFailure` with the database's own words when it refuses.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Parameters) -> Result:
        """Run one statement; outside a transaction it is kept at once.

        Without ``auto_commit`` one that may change something is refused there;
        one that begins or ends a transaction always is.
        """
        ...

    def stream(self, sql: str, parameters: Parameters) -> AbstractContextManager[Stream]:
        """A query of which the rows are taken one after the other, never all at once.

        Only what reads is run so; until the block ends a transaction waits.
        """
        ...

    def begin(self) -> None:
        """Begin a transaction; a second one is refused."""
        ...

    def commit(self) -> None:
        """Keep what the transaction did; does nothing without one."""
        ...

    def rollback(self) -> None:
        """Undo what the transaction did; does nothing without one."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """A block that no other thread's statements run inside."""
        ...

    def table_exists(self, table: str) -> bool:
        """Whether there is a table or view of this name."""
        ...

    def columns(self, table: str) -> list[Column]:
        """The columns of a table in order; empty when there is no such table."""
        ...

    def close(self) -> None:
        """Close; a transaction that is open is undone."""
        ...


@contextmanager
def plainly(*errors: type[Exception]) -> Iterator[None]:
    """Let a database's own words be the failure."""
    try:
        yield
    except errors as error:
        cause = getattr(error, "orig", None) or error
        message = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        raise NodeFailure(message, error_type=type(cause).__name__) from error
