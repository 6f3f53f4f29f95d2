"""Calls nodes that wait or act: intent before, result after, retries and time limits."""

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from importlib import import_module
from typing import Any, Protocol

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure, NodeTimeoutError, StateLostError
from casare_robot.domain.job import UnknownStep
from casare_robot.domain.node_context import LiveHandle
from casare_robot.domain.node_type import DataType, Outcome, Outputs
from casare_robot.execution.current import is_current
from casare_robot.execution.planning.op import Op
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.planning.values import revealed
from casare_robot.execution.running.branch import Branch, step_key
from casare_robot.execution.running.calls import time_left
from casare_robot.execution.running.handles import Handles
from casare_robot.execution.running.recording import scopes_of
from casare_robot.execution.running.scope import Scope
from casare_robot.execution.running.steps import finish
from casare_robot.execution.state import SavedState

Intents = dict[str, tuple[str, str, str]]
"""Step key to (node id, node type, effect)."""


_NOTHING = ("", "", "")


class AskPersonError(Exception):
    """A step's outcome is unknown and only a person can say."""


class ActingRun(Protocol):
    """What calling nodes needs of the run."""

    key_root: str
    handles: Handles
    saved: SavedState | None
    unknown: list[UnknownStep]

    @property
    def retry_count(self) -> int:
        """Retries that the file asks for."""
        ...

    @property
    def node_timeout(self) -> float | None:
        """Seconds a node may take that has no limit of its own."""
        ...

    def context(self, branch: Branch, op: Op) -> Any:
        """The surroundings of a node."""
        ...

    def secret(self, reference: str) -> str:
        """A secret by name."""
        ...

    def hide(self, key: str, value: Any) -> None:
        """Mask the secrets in a node's setting."""
        ...

    def warn(self, op: Op | None, code: str, message: str, key: str | None = None) -> None:
        """Note a warning."""
        ...

    def began_node(self, op: Op) -> None:
        """Tell that a node begins."""
        ...

    def ended_node(self, op: Op, seconds: float, error: str | None, outputs: Outputs) -> None:
        """Tell that a node ended."""
        ...

    async def commit(self, intents: Intents, *, wait: bool) -> None:
        """Make what happened so far durable, with these intents."""
        ...

    def settled(self, key: str) -> None:
        """A step's outcome is known; the next commit says so."""
        ...


_UNLIMITED = nullcontext()
_LIMITS = ("timeout", "duration")
"""Properties by which a node limits itself."""


class Acting:
    """Calls node functions. ``under_way`` are the writing steps begun and not ended."""

    def __init__(self, run: ActingRun, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock
        self.under_way: dict[str, tuple[Op, Effect]] = {}

    async def act(self, branch: Branch, op: Op) -> int:
        """Call a node's function; the index of the next node.

        A cancellation leaves a writing step under way: its outcome is unknown.

        Raises:
            AskPersonError: A resumed step may have been done, and nobody said.
            Exception: Whatever the node raised, after its retries.
        """
        run = self._run
        arguments = op.arguments(branch.scope)
        call = op.call
        if call is None:
            raise TypeError(f"{op.id} has no function")
        if not op.type.keeps_secrets:
            arguments = {name: revealed(value, run.secret) for name, value in arguments.items()}
        for name, key in op.hides:
            run.hide(key, arguments.get(name))
        effect = (
            call.effect if isinstance(call.effect, Effect) else call.effect(by_key(op, arguments))
        )
        retries, delay = self._retries(op, branch, effect)
        run.began_node(op)
        while True:
            key = step_key(run.key_root, branch, op)
            decided = await self._at_hand(branch, op, key, arguments)
            if decided is None:
                decided = await self._before(branch, op, key, effect)
            if decided is not None:
                return decided
            began = self._clock()
            branch.waits = None if effect.writes else asyncio.current_task()
            try:
                result = await self.call(branch, op, arguments)
            except Exception as error:
                self._after(branch, key, op, began, str(error))
                if retries <= 0 or not getattr(error, "retryable", True):
                    raise
                retries -= 1
                run.warn(op, "W-RETRY-1", f"{op.id} failed and was tried again: {error}")
                branch.waits = asyncio.current_task()
                await asyncio.sleep(delay)
            else:
                self._after(branch, key, op, began, None, _outputs(result))
                return finish(branch, op, result)
            finally:
                branch.waits = None

    async def call(self, branch: Branch, op: Op, arguments: dict[str, Any]) -> Any:
        """Call the function once, in a thread if it blocks, within its time limit."""
        call = op.call
        if call is None:
            raise TypeError(f"{op.id} has no function")
        run = self._run
        await run.handles.reopen(arguments, branch, self._reopen)
        context = (run.context(branch, op),) if call.takes_context else ()
        seconds = time_left(branch)
        limit = run.node_timeout
        is_limited = op.type.needs == "gui" or any(p.name in _LIMITS for p in op.type.properties)
        if limit is not None and not is_limited:
            seconds = limit if seconds is None else min(limit, seconds)
        try:
            async with _UNLIMITED if seconds is None else asyncio.timeout(seconds):
                if op.type.blocking:
                    return await asyncio.to_thread(call.run, *context, **arguments)
                result = call.run(*context, **arguments)
                return await result if isinstance(result, Awaitable) else result
        except TimeoutError as error:
            message = f"{op.id} did not finish within {seconds:.6g} s" if seconds else str(error)
            raise NodeTimeoutError(message or f"{op.id} timed out") from error

    async def _at_hand(
        self, branch: Branch, op: Op, key: str, arguments: dict[str, Any]
    ) -> int | None:
        """Open again what a resume lost; an index if the step is decided without acting."""
        run = self._run
        if run.saved is None:
            return None
        renews = op.type.renews
        if not isinstance(renews, bool):
            renews = renews(by_key(op, arguments))
        try:
            await run.handles.reopen(arguments, branch, self._reopen, restore=not renews)
        except StateLostError as lost:
            run.warn(op, lost.code, str(lost))
            is_begun = run.saved.intents.get(key, _NOTHING)[2] == Effect.ONCE
            if self._decision(op, key) != "again":
                run.handles.forget_restored(arguments)
                return self._decide(branch, op, key)
            if not is_begun:
                run.saved.decisions.pop(key, None)
        return None

    async def _reopen(self, branch: Branch, handle: LiveHandle) -> None:
        """Run the node that opened a handle again, after a resume."""
        scope = _scope_of(branch, handle)
        if scope is None:
            return
        opener = scope.plan.ops[scope.plan.index_of[handle.opener]]
        arguments = opener.arguments(scope)
        if not opener.type.keeps_secrets:
            secret = self._run.secret
            arguments = {name: revealed(value, secret) for name, value in arguments.items()}
        kept = branch.scope.variables
        current = {name: kept[name] for name in kept if is_current(name)}
        self._run.handles.forget_last(opener.id)
        await self.call(branch, opener, arguments)
        self._run.handles.stand_in(handle)
        for name, value in current.items():
            branch.scope.keep(name, value)

    def _retries(self, op: Op, branch: Branch, effect: Effect) -> tuple[int, float]:
        scope = branch.scope
        retries = op.retry_limit(scope) if op.retry_limit is not None else 0
        if not retries and effect is not Effect.PURE:
            retries = self._run.retry_count
        if not retries:
            return 0, 0.0
        delay = op.retry_delay(scope) if op.retry_delay is not None else 0.0
        is_milliseconds = any(
            p.name == "retry_interval" and p.type is DataType.INTEGER for p in op.type.properties
        )
        return int(retries), float(delay or 0.0) / (1000 if is_milliseconds else 1)

    async def _before(self, branch: Branch, op: Op, key: str, effect: Effect) -> int | None:
        """Make the intent durable; an index if the step is decided without acting."""
        run = self._run
        begun = run.saved.intents.pop(key, None) if run.saved else None
        if begun is not None and effect is Effect.ONCE:
            decided = self._decide(branch, op, key)
            if decided is not None:
                return decided
        if branch.transactions:
            return None
        if not effect.writes:
            await run.commit({}, wait=False)
            return None
        _load(op.type.uses)
        self.under_way[key] = (op, effect)
        try:
            await run.commit({key: (op.id, op.type.name, effect.value)}, wait=True)
        except asyncio.CancelledError:
            self._settle(key)
            raise
        return None

    def begun(self) -> Intents:
        """Every step that was begun and has not ended, in this run or before it."""
        here = {
            key: (op.id, op.type.name, effect.value) for key, (op, effect) in self.under_way.items()
        }
        return {**self._run.saved.intents, **here} if self._run.saved else here

    def unknown_at(self, branch: Branch) -> list[UnknownStep]:
        """Steps where a resumed branch stands whose outcome only a person can say."""
        saved = self._run.saved
        if saved is None or branch.at < 0:
            return []
        ops = [branch.plan.ops[index] for index in (*branch.plan.ops[branch.at].pulls, branch.at)]
        return [
            UnknownStep(key=key, node_id=op.id, node_type=op.type.name)
            for op in ops
            if saved.intents.get(key := step_key(self._run.key_root, branch, op), _NOTHING)[2]
            == Effect.ONCE
            and self._decision(op, key) is None
        ]

    def _decision(self, op: Op, key: str) -> str | None:
        """What a person, else the workflow, says of a step whose outcome nobody knows."""
        said = self._run.saved.decisions.get(key) if self._run.saved else None
        wish = str(op.node.config.get("_on_unknown") or "ask")
        return said or {"redo": "again", "skip": "done", "fail": "fail"}.get(wish)

    def _after(
        self,
        branch: Branch,
        key: str,
        op: Op,
        began: float,
        error: str | None,
        outputs: Outputs | None = None,
    ) -> None:
        transaction = op.call.transaction if op.call else None
        if transaction == "begin" and error is None:
            branch.transactions.append(key)
        else:
            self._settle(key)
        if transaction in ("commit", "rollback") and branch.transactions:
            self._settle(branch.transactions.pop())
        self._run.ended_node(op, self._clock() - began, error, outputs or {})

    def _settle(self, key: str) -> None:
        if self.under_way.pop(key, None) is not None:
            self._run.settled(key)

    def _decide(self, branch: Branch, op: Op, key: str) -> int | None:
        """What to do about a step whose outcome nobody knows. Source: architecture, rule 2."""
        run = self._run
        decision = self._decision(op, key)
        if run.saved is not None:
            run.saved.decisions.pop(key, None)
        if decision is None:
            run.unknown.append(UnknownStep(key=key, node_id=op.id, node_type=op.type.name))
            raise AskPersonError
        if decision == "again":
            return None
        run.settled(key)
        if decision == "done":
            if op.call is not None and op.call.transaction == "begin":
                op = _end_of_transaction(branch.plan, op)
            return branch.follow(op.follow(op.success_port))
        raise NodeFailure(
            f"{op.id} was begun before the robot stopped, and nobody knows whether it was done",
            error_type="UnknownOutcome",
            code="E-STEP-409",
            retryable=False,
        )


def _outputs(result: Any) -> Outputs:
    """What a node's function left on its ports, whatever it returned."""
    if isinstance(result, Outcome):
        return result.outputs
    return result if isinstance(result, dict) else {}


def _load(modules: tuple[str, ...]) -> None:
    """Load what a function uses before its step counts as begun, so that it is begun briefly.

    What is missing is told by the function itself.
    """
    for name in modules:
        if name not in sys.modules:
            with suppress(ImportError):
                import_module(name)


def _end_of_transaction(plan: Plan, begin: Op) -> Op:
    """The nearest node that commits what another begins."""
    waiting, seen = deque([begin.index]), {begin.index}
    while waiting:
        for followers in plan.ops[waiting.popleft()].followers.values():
            for index in followers:
                call = plan.ops[index].call
                if call is not None and call.transaction == "commit":
                    return plan.ops[index]
                if index not in seen:
                    seen.add(index)
                    waiting.append(index)
    raise NodeFailure(
        f"no commit follows {begin.id}, so nobody knows where to go on", code="E-STEP-409"
    )


def _scope_of(branch: Branch, handle: LiveHandle) -> Scope | None:
    """Where a handle was opened: the scope whose outputs hold it, else the nearest that may."""
    scopes = [s for s in reversed(scopes_of(branch)) if handle.opener in s.plan.index_of]
    for scope in scopes:
        outputs = scope.outputs[scope.plan.index_of[handle.opener]] or {}
        if any(isinstance(value, LiveHandle) and value == handle for value in outputs.values()):
            return scope
    return next(iter(scopes), None)


def by_key(op: Op, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments by the key of their property, for rules over a node's effect."""
    names = {p.argument: p.key for p in op.call.parameters} if op.call else {}
    values = {names.get(name, name): value for name, value in arguments.items()}
    action = op.node.config.get(op.type.action_property)
    return values | {op.type.action_property: action} if op.type.actions else values
