"""What a running node may ask of its surroundings. Pure: a protocol."""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from casare_robot.domain.group_memory import MemoryOrder
from casare_robot.domain.policy import Policy
from casare_robot.domain.question import Ask, Reply

Close = Callable[[], Awaitable[None] | None]
"""Closes something live; may have to be awaited."""


@runtime_checkable
class Restorable(Protocol):
    """Something live that a resume brings back to where it stood."""

    async def restore(self, noted: Any) -> None:
        """Go there; ``noted`` is what nodes noted of it last (`NodeContext.note`), or None.

        Raises:
            StateLostError: It cannot be brought back whole.
        """
        ...


class NodeContext(Protocol):
    """The surroundings of one node of one job.

    Safe to use from the thread of a blocking node.
    """

    @property
    def node_id(self) -> str:
        """Id of the running node."""
        ...

    @property
    def step_key(self) -> str:
        """Key of this step: job, branch, loop indices and node, without the attempt.

        Give it to the other side as idempotency key.
        """
        ...

    @property
    def policy(self) -> Policy:
        """What this job may touch."""
        ...

    @property
    def working_dir(self) -> Path:
        """Folder that relative paths in the workflow start from."""
        ...

    @property
    def rng(self) -> random.Random:
        """Dice of this job."""
        ...

    def now(self) -> datetime:
        """The current time, aware, in the local time zone."""
        ...

    def get_variable(self, name: str, default: Any = None) -> Any:
        """Value of a workflow variable."""
        ...

    def has_variable(self, name: str) -> bool:
        """Whether a workflow variable of this name exists."""
        ...

    def set_variable(self, name: str, value: Any) -> None:
        """Set a workflow variable.

        Raises:
            NodeFailure: The file declares it ``readonly``.
        """
        ...

    def variables(self) -> Mapping[str, Any]:
        """All workflow variables, read-only."""
        ...

    def log(self, level: str, message: str) -> None:
        """Write to the job's log; secrets are masked on the way."""
        ...

    def evaluate(self, expression: Any, names: Mapping[str, Any] | None = None) -> Any:
        """Value of an expression over the workflow's variables and ``names``.

        What is no text is its own value.

        Raises:
            NodeFailure: The expression cannot be evaluated.
        """
        ...

    def secret(self, reference: str) -> str:
        """The secret kept under this name.

        Raises:
            NodeFailure: There is none.
        """
        ...

    def keep_open(self, live: Any, close: Close, kind: str = "") -> "LiveHandle":
        """Register something live and get the value that stands for it on a wire.

        ``close`` is called when the job ends, whatever way it ends. With a
        ``kind`` it also is what nodes of this branch take that ask for one of
        this kind (`Property.current`) and have nothing wired.
        """
        ...

    def use(self, handle: Any, kind: str) -> None:
        """Let a handle be what nodes of this branch take that ask for this kind."""
        ...

    def in_use(self, kind: str) -> Any:
        """What nodes of this branch take that ask for this kind; None if there is none."""
        ...

    def note(self, handle: Any, value: Any) -> None:
        """Keep what to know of something open, for a resume to bring it back (`Restorable`)."""
        ...

    def noted(self, handle: Any) -> Any:
        """What was noted of it last; None if nothing was."""
        ...

    def live(self, handle: Any) -> Any:
        """What a handle stands for.

        Raises:
            NodeFailure: It is not a handle, or was closed.
        """
        ...

    def close(self, handle: Any) -> Awaitable[None] | None:
        """Close what a handle stands for; closing twice is fine.

        Whoever knows that it is closed asynchronously awaits what comes back.
        """
        ...

    async def ask(self, ask: Ask) -> Reply:
        """Show something to the person at this machine, and what comes of it.

        Waits for an answer if the question does. Texts are masked; secret
        answers are masked and recorded as references from here on. A question
        outlives the process: a resume asks it again under the same id.
        """
        ...

    async def agreed_key(self, find: Callable[[], Awaitable[str]]) -> str:
        """What the other side calls what this step makes, where only that side gives such keys.

        Found by ``find`` once, and on disk before it comes back: a resume that runs
        the step again gets the same.
        """
        ...

    async def group_memory(self, order: MemoryOrder) -> Any:
        """What comes of an order for the memory that the robot's group shares.

        Secrets in it are sent as references.

        Raises:
            NodeFailure: The robot has no group, or it cannot be done.
        """
        ...

    def keep_evidence(self, ending: str, content: bytes | str) -> str:
        """Keep a file that shows why the node failed; its path, "" where nothing is kept.

        Texts are masked. ``ending`` is that of the file's name, without a dot.
        """
        ...

    def cancelled(self) -> bool:
        """Whether the job is being cancelled; long loops ask now and then."""
        ...


class LiveHandle:
    """Stands for something live on wires and in the journal.

    ``opener`` is the id of the node that opened it; ``serial`` tells several of
    its handles apart: the attempt, a number for each time the node opened
    something, and the kind of thing if there is one, with dots between them.
    """

    __slots__ = ("opener", "serial")

    def __init__(self, opener: str, serial: str) -> None:
        self.opener = opener
        self.serial = serial

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LiveHandle) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<open by {self.opener}>"

    @property
    def kind(self) -> str:
        """What kind of thing it is, of several that one node opens at once."""
        return self.serial.split(".", 2)[2] if self.serial.count(".") > 1 else ""

    @property
    def _key(self) -> tuple[str, str]:
        return self.opener, self.serial
