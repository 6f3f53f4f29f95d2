"""The surroundings of one node in one branch: what `NodeContext` promises."""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.group_memory import MemoryOrder
from casare_robot.domain.node_context import Close, LiveHandle
from casare_robot.domain.policy import Policy
from casare_robot.domain.question import Ask, Reply
from casare_robot.execution.current import current_name, key_name, note_name
from casare_robot.execution.language.expressions import evaluate
from casare_robot.execution.planning.op import Op
from casare_robot.execution.running.branch import Branch, step_key
from casare_robot.execution.running.handles import Handles
from casare_robot.execution.running.scope import Names


class RunServices(Protocol):
    """What a context asks of the run."""

    key_root: str
    policy: Policy
    working_dir: Path
    rng: random.Random
    handles: Handles
    now: Callable[[], datetime]
    cancelling: bool

    def log(self, op: Op, level: str, message: str) -> None:
        """A line of the workflow's log."""
        ...

    async def ask(self, op: Op, key: str, ask: Ask) -> Reply:
        """Show something to a person."""
        ...

    async def group_memory(self, order: MemoryOrder) -> Any:
        """What comes of an order for the group's memory."""
        ...

    async def commit(self, intents: dict[str, tuple[str, str, str]], *, wait: bool) -> None:
        """Make what happened so far durable."""
        ...

    def secret(self, reference: str) -> str:
        """A secret by name."""
        ...

    def keep_evidence(self, op: Op, ending: str, content: bytes | str) -> str:
        """Keep a file that shows why a node failed."""
        ...


class Context:
    """See `casare_robot.domain.node_context.NodeContext`."""

    __slots__ = ("_branch", "_op", "_run")

    def __init__(self, run: RunServices, branch: Branch, op: Op) -> None:
        self._run = run
        self._branch = branch
        self._op = op

    @property
    def node_id(self) -> str:
        """Id of the running node."""
        return self._op.id

    @property
    def step_key(self) -> str:
        """Key of this step, without the attempt."""
        return step_key(self._run.key_root, self._branch, self._op)

    @property
    def policy(self) -> Policy:
        """What this job may touch."""
        return self._run.policy

    @property
    def working_dir(self) -> Path:
        """Folder that relative paths start from."""
        return self._run.working_dir

    @property
    def rng(self) -> random.Random:
        """Dice of this job."""
        return self._run.rng

    def now(self) -> datetime:
        """The current time, aware, local."""
        return self._run.now()

    def get_variable(self, name: str, default: Any = None) -> Any:
        """Value of a workflow variable."""
        return self._branch.scope.variables.get(name, default)

    def has_variable(self, name: str) -> bool:
        """Whether there is such a variable."""
        return name in self._branch.scope.variables

    def set_variable(self, name: str, value: Any) -> None:
        """Set a workflow variable."""
        self._branch.scope.set(name, value)

    def variables(self) -> Mapping[str, Any]:
        """All workflow variables, read-only."""
        return MappingProxyType(self._branch.scope.visible())

    def log(self, level: str, message: str) -> None:
        """Write to the job's log."""
        self._run.log(self._op, level, message)

    def evaluate(self, expression: Any, names: Mapping[str, Any] | None = None) -> Any:
        """Value of an expression over variables and ``names``, of others themselves."""
        if not isinstance(expression, str):
            return expression
        written = getattr(expression, "written", expression)
        return evaluate(written, Names(self._branch.scope, names))

    def secret(self, reference: str) -> str:
        """A secret by name."""
        return self._run.secret(reference)

    def keep_open(self, live: Any, close: Close, kind: str = "") -> LiveHandle:
        """Register something live."""
        handle = self._run.handles.add(self._op.id, live, close, kind)
        if kind:
            self.use(handle, kind)
        return handle

    def use(self, handle: Any, kind: str) -> None:
        """Let a handle be the current one of its kind."""
        self._branch.scope.keep(current_name(kind), handle)

    def in_use(self, kind: str) -> Any:
        """What is current of a kind."""
        return self._branch.scope.variables.get(current_name(kind))

    def note(self, handle: Any, value: Any) -> None:
        """Keep what to know of something open."""
        if isinstance(handle, LiveHandle):
            self._branch.scope.keep(note_name(handle.opener, handle.serial), value)

    def noted(self, handle: Any) -> Any:
        """What was noted of it last."""
        if not isinstance(handle, LiveHandle):
            return None
        return self._branch.scope.variables.get(note_name(handle.opener, handle.serial))

    def live(self, handle: Any) -> Any:
        """What a handle stands for."""
        if not isinstance(handle, LiveHandle):
            raise NodeFailure(
                f"{self._op.id} needs something open, and got {handle!r}", code="E-HANDLE-422"
            )
        return self._run.handles.get(handle)

    def close(self, handle: Any) -> Awaitable[None] | None:
        """Close what a handle stands for."""
        return self._run.handles.close(handle) if isinstance(handle, LiveHandle) else None

    async def ask(self, ask: Ask) -> Reply:
        """Show something to a person; what does not wait stays one thing over loops."""
        place = self.step_key if ask.waits else f"{self._run.key_root}/{self._op.id}"
        return await self._run.ask(self._op, place, ask)

    async def agreed_key(self, find: Callable[[], Awaitable[str]]) -> str:
        """A key from the other side; that of the last step at this node is kept."""
        scope, name = self._branch.scope, key_name(self._op.id)
        step, key = scope.variables.get(name, ("", ""))
        if step != self.step_key:
            key = await find()
            scope.keep(name, [self.step_key, key])
            await self._run.commit({}, wait=True)
        return str(key)

    async def group_memory(self, order: MemoryOrder) -> Any:
        """What comes of an order for the memory that the robot's group shares."""
        return await self._run.group_memory(order)

    def keep_evidence(self, ending: str, content: bytes | str) -> str:
        """Keep a file that shows why the node failed."""
        return self._run.keep_evidence(self._op, ending, content)

    def cancelled(self) -> bool:
        """Whether the job is being cancelled."""
        return self._run.cancelling
