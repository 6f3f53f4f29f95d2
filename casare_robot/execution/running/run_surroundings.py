"""What branches and nodes ask of a run: names, secrets, called workflows, its log and errors."""

import asyncio
import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.glance import LONGEST_WHOLE, Glance, at_a_glance
from casare_robot.domain.group_memory import GroupMemory, MemoryOrder
from casare_robot.domain.job import JobError, JobId, LogLine, NodeTime
from casare_robot.domain.node_type import Outputs
from casare_robot.domain.policy import Policy
from casare_robot.domain.question import Ask, AskOutcome, Question, Reply
from casare_robot.domain.written_secrets import secrets_in, secrets_written
from casare_robot.execution.current import HIDDEN
from casare_robot.execution.planning.op import Op
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.running.branch import Branch, Failure, Step
from casare_robot.execution.running.context import Context
from casare_robot.execution.running.evidence import keep
from casare_robot.execution.running.handles import Handles
from casare_robot.execution.running.masked_ask import masked_ask
from casare_robot.execution.running.masking import WRITTEN_ANYWHERE, Masking
from casare_robot.execution.running.patience import Patience
from casare_robot.execution.running.recording import Recorder, Recording
from casare_robot.execution.running.scope import Scope
from casare_robot.execution.running.steps import compile_steps
from casare_robot.execution.state import SavedState

MAX_LOG_LINES = 10_000
"""Lines of the workflow's log that a result carries; the newest stay."""
MAX_TIMES = 400
"""Nodes whose times a result carries; the newest stay."""
PINNED = f"{HIDDEN}called:"
"""Names under which the root scope keeps where called files lie and what they held."""


class Events(Protocol):
    """Who is told how a run goes on; returns at once."""

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """A node begins (None: many computed), and how many have run."""
        ...

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        """A node that waits or acts came to its end."""
        ...

    def log(self, line: LogLine) -> None:
        """The workflow wrote a line."""
        ...


WRITTEN = f"{HIDDEN}written:"
"""Begins the names of secrets that the workflow's own file has."""


class Calls(Protocol):
    """Where called workflows come from."""

    def read(self, path: str, folder: str) -> tuple[str, bytes]:
        """Where a called file lies, and what it holds now.

        Raises:
            NodeFailure: It cannot be found or read.
        """
        ...

    def plan(self, place: str, source: bytes, overrides: Mapping[tuple[str, str], Any]) -> Plan:
        """The plan of a called file.

        Raises:
            NodeFailure: It is not valid.
        """
        ...


class Asking(Protocol):
    """Who asks the person at this machine."""

    async def ask(self, question: Question) -> Reply:
        """What comes of it; cancelling withdraws the question."""
        ...


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to run one job. Time limits in seconds, None for no limit."""

    job_id: JobId
    folder: str = ""
    timeout: float | None = None
    node_timeout: float | None = None
    policy: Policy = Policy()
    seed: int | None = None
    evidence: str = ""
    """Folder for what shows why nodes failed; "" keeps nothing."""


class RunSurroundings(ABC):
    """The part of a run that its branches and nodes see."""

    def __init__(
        self,
        plan: Plan,
        options: RunOptions,
        *,
        recorder: Recorder | None,
        events: Events | None,
        calls: Calls | None,
        secrets: Callable[[str], str] | None,
        asking: Asking | None,
        memory: GroupMemory | None,
        saved: SavedState | None,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self.plan = plan
        self.job_id: str = options.job_id
        self.key_root: str = (saved.root if saved else "") or options.job_id
        self.policy = options.policy
        self.saved = saved
        self.now = now
        self.rng = random.Random(options.seed)  # noqa: S311 - dice of workflows, not secrets
        self.working_dir = Path.cwd()
        self.masking = Masking()
        self.cancelling = False
        self.uses_secrets = False
        self._attempt = saved.attempt + 1 if saved else 0
        self.handles = Handles(self._attempt)
        self._written: dict[str, str] = {}
        self._hide_written(plan, keep=True)
        self._recording = Recording(recorder, self.masking.sealed) if recorder is not None else None
        self._options = options
        self._events = events
        self._calls = calls
        self._secrets = secrets
        self._asking = asking
        self.limit: asyncio.Timeout | None = None
        self.patience = Patience(clock)
        self._memory = memory
        self._clock = clock
        self._began = clock()
        self._before = saved.elapsed if saved else 0.0
        self._running: Branch | None = None
        self._steps: dict[int, tuple[Plan, list[Step]]] = {}
        self._counts: dict[int, list[int]] = {}
        self._count_before = saved.count if saved else 0
        self._order: dict[str, None] = dict.fromkeys(saved.executed if saved else ())
        self._root_scope: Scope | None = None
        kept = saved.variables.get("0", {}) if saved else {}
        self._pinned = {name: kept[name] for name in kept if name.startswith(PINNED)}
        self._folders: dict[int, str] = {id(plan): options.folder}
        self._log: list[LogLine] = []
        self._log_dropped = 0
        self._times: list[NodeTime] = []
        self._times_dropped = 0
        self._errors: list[JobError] = []
        self._warnings: dict[tuple[str, str, str | None], JobError] = {}

    @property
    def continue_on_error(self) -> bool:
        """Whether the file asks to go on after errors."""
        return self.plan.workflow.settings.continue_on_error

    @property
    def retry_count(self) -> int:
        """Retries that the file asks for."""
        return self.plan.workflow.settings.retry_count

    @property
    def node_timeout(self) -> float | None:
        """Seconds a node may take that has no limit of its own."""
        own = self.plan.workflow.settings.node_timeout
        return own if own is not None else self._options.node_timeout

    @property
    def nodes_executed(self) -> int:
        """Runs of nodes so far."""
        return self._count_before + sum(map(sum, self._counts.values()))

    def elapsed(self) -> float:
        """Seconds this job has run, over all its attempts, less those it waited for a person."""
        return self._before + self._clock() - self._began - self.patience.seconds

    def steps(self, plan: Plan) -> list[Step]:
        """The compiled steps of a plan."""
        if id(plan) not in self._steps:
            self._steps[id(plan)] = (plan, compile_steps(plan))
            if plan is not self.plan:
                self._hide_written(plan, keep=False)
            self.uses_secrets = self.uses_secrets or plan.uses_secrets
            self._counts[id(plan)] = [0] * len(plan.ops)
        return self._steps[id(plan)][1]

    def context(self, branch: Branch, op: Op) -> Context:
        """The surroundings of a node in a branch."""
        context = branch.contexts.get(op)
        if context is None:
            context = branch.contexts[op] = Context(self, branch, op)
        return context

    @abstractmethod
    async def commit(self, intents: dict[str, tuple[str, str, str]], *, wait: bool) -> None:
        """Make what happened so far durable, with these intents."""

    def secret(self, reference: str) -> str:
        """A secret by name; masked in everything the run says from now on."""
        if reference in self._written:
            return self._written[reference]
        if self._secrets is None:
            raise NodeFailure(f"there is no secret {reference!r}", code="E-SECRET-404")
        value = self._secrets(reference)
        self.masking.hide(value, reference)
        return value

    def hide(self, key: str, value: Any) -> None:
        """Mask the secrets in a node's setting, wherever they came from."""
        for secret in secrets_in(key, value):
            self.masking.hide(secret, anywhere=WRITTEN_ANYWHERE)

    def _hide_written(self, plan: Plan, *, keep: bool) -> None:
        """Mask what stands in the file as a secret; kept, it is left out of the journal too."""
        found = dict.fromkeys(
            secret for op in plan.ops for secret in secrets_written(op.node.config)
        )
        for number, secret in enumerate(found):
            reference = None
            if keep and len(secret) >= WRITTEN_ANYWHERE:
                reference = f"{WRITTEN}{number}"
                self._written[reference] = secret
            self.masking.hide(secret, reference, anywhere=WRITTEN_ANYWHERE)

    async def ask(self, op: Op, key: str, ask: Ask) -> Reply:
        """Show something to a person; without one there is nobody."""
        if self._asking is None:
            return Reply(outcome=AskOutcome.NOBODY)
        question = Question(
            id=hashlib.sha256(key.encode()).hexdigest()[:8],
            job_id=JobId(self.job_id),
            node_id=op.id,
            ask=masked_ask(ask, self.masking),
        )
        try:
            with self.patience.waiting(self.limit) if ask.waits else nullcontext():
                async with asyncio.timeout(ask.seconds):
                    reply = await self._asking.ask(question)
        except TimeoutError:
            return Reply(outcome=AskOutcome.TIMED_OUT)
        for name, reference in reply.references.items():
            self.masking.hide(str(reply.values[name]), reference)
            self.uses_secrets = True
        return reply

    async def group_memory(self, order: MemoryOrder) -> Any:
        """What comes of an order for the group's memory."""
        if self._memory is None:
            raise NodeFailure(
                "this run is no robot's and has no group whose memory could be used",
                code="E-GRP-409",
            )
        return await self._memory.carry_out(
            msgspec.structs.replace(order, given=self.masking.sealed(dict(order.given)))
        )

    def keep_evidence(self, op: Op, ending: str, content: bytes | str) -> str:
        """Keep a file that shows why a node failed; its path, "" where nothing is kept."""
        if not self._options.evidence:
            return ""
        if isinstance(content, str):
            content = self.masking.mask(content).encode("utf-8", "replace")
        return keep(Path(self._options.evidence) / self.job_id, op.id, ending, content)

    def called(self, path: str, caller: Branch, overrides: dict[tuple[str, str], Any]) -> Plan:
        """The plan of a called workflow."""
        if self._calls is None:
            raise NodeFailure("this run cannot call other workflows", code="E-CALL-501")
        folder = self._folders.get(id(caller.plan), self._options.folder)
        name = f"{PINNED}{folder}:{path}"
        if name not in self._pinned:
            self._pinned[name] = self._calls.read(path, folder)
            if self._root_scope is not None:
                self._root_scope.keep(name, self._pinned[name])
        place, source = self._pinned[name]
        plan = self._calls.plan(place, source, overrides)
        self._folders[id(plan)] = str(Path(place).parent)
        return plan

    def scope(self, key: str, plan: Plan) -> Scope:
        """A fresh scope with the plan's variables at their defaults."""
        if self._recording is not None:
            self._recording.forget(key)
        declared = plan.workflow.variables
        scope = Scope(
            key,
            plan,
            now=self.now,
            unresolved=self._unresolved,
            variables={name: variable.default for name, variable in declared.items()},
            readonly=frozenset(name for name, variable in declared.items() if variable.readonly),
        )
        for name, variable in declared.items():
            if variable.sensitive:
                self.masking.watch(name, scope.variables)
        return scope

    def ran(self, plan: Plan, index: int) -> None:
        """Count a node."""
        counts = self._counts[id(plan)]
        if not counts[index] and plan is self.plan:
            self._order[plan.ops[index].id] = None
        counts[index] += 1

    def passed_over(self, failure: Failure) -> None:
        """Note an error the run goes on after."""
        self._errors.append(self._masked(failure.as_error()))

    def warn(self, op: Op | None, code: str, message: str, key: str | None = None) -> None:
        """Note a warning, once for each node and key."""
        mark = (op.id if op else "", code, key)
        if mark not in self._warnings:
            self._warnings[mark] = JobError(
                code=code,
                message=self.masking.mask(message),
                node_id=op.id if op else None,
                node_type=op.type.name if op else None,
                key=key,
            )

    def note(self, warning: JobError) -> None:
        """Note a warning that was known before the run."""
        self._warnings[warning.node_id or "", warning.code, warning.key] = warning

    def log(self, op: Op, level: str, message: str) -> None:
        """A line of the workflow's log."""
        text = _writable(self.masking.mask(message))
        line = LogLine(level=level, message=text, node_id=op.id)
        self._log.append(line)
        if len(self._log) > MAX_LOG_LINES:
            del self._log[: MAX_LOG_LINES // 10]
            self._log_dropped += MAX_LOG_LINES // 10
            self.warn(None, "W-LOG-1", f"only the newest {MAX_LOG_LINES} log lines were kept")
        if self._events is not None:
            self._events.log(line)

    def _unresolved(self, text: str) -> None:
        branch = self._running
        op = branch.plan.ops[branch.at] if branch is not None and branch.at >= 0 else None
        self.warn(op, "W-REF-1", f"nothing is named {text}; it stays as it is", text)

    def began_node(self, op: Op) -> None:
        """Tell that a node begins."""
        if self._events is not None:
            self._events.progress(op.id, self.nodes_executed)

    def ended_node(self, op: Op, seconds: float, error: str | None, outputs: Outputs) -> None:
        """Note when a node ended, and tell it."""
        began = round((self.elapsed() - seconds) * 1000)
        self._times.append(NodeTime(op.id, began, round(seconds * 1000), error is not None))
        if len(self._times) > MAX_TIMES:
            del self._times[: MAX_TIMES // 10]
            self._times_dropped += MAX_TIMES // 10
        if self._events is not None:
            text = _writable(self.masking.mask(error)) if error is not None else None
            shown = at_a_glance(outputs, self.masking.mask, longest=LONGEST_WHOLE)
            self._events.node_ended(op.id, op.type.name, seconds, text, shown)

    def _masked(self, error: JobError) -> JobError:
        return msgspec.structs.replace(error, message=self.masking.mask(error.message))


def _writable(text: str) -> str:
    """Without lone surrogates, which names of files may hold."""
    return text.encode("utf-8", "replace").decode()
