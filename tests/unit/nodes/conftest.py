"""Runs one node as a workflow would, without the rest of the engine."""

import asyncio
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from casare_robot.domain.conversion import convert, is_textual
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.group_memory import MemoryOrder
from casare_robot.domain.node_context import LiveHandle
from casare_robot.domain.node_type import Outcome
from casare_robot.domain.policy import Policy
from casare_robot.domain.question import Ask, AskOutcome, Reply
from casare_robot.execution.planning.parameters import call_of, chosen_action
from casare_robot.nodes.catalogue import load_catalogue
from tests.browsing import BROWSER


@dataclass
class Surroundings:
    """A node's surroundings for one call."""

    node_values: dict[str, Any]
    policy: Policy
    working_dir: Path
    node_id: str = "n"
    step_key: str = "job/n"
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    lines: list[tuple[str, str]] = field(default_factory=list)
    handles: dict[LiveHandle, Any] = field(default_factory=dict)
    current: dict[str, LiveHandle] = field(default_factory=dict)
    notes: dict[LiveHandle, Any] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)
    orders: list[MemoryOrder] = field(default_factory=list)
    recalled: Any = None
    agreed: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    answer: Callable[[Ask], Reply] = lambda ask: Reply(outcome=AskOutcome.NOBODY)

    def now(self) -> datetime:
        return datetime.fromisoformat("2026-11-21T10:30:00+01:00")

    def get_variable(self, name, default=None):
        return self.node_values.get(name, default)

    def has_variable(self, name):
        return name in self.node_values

    def set_variable(self, name, value):
        self.node_values[name] = value

    def variables(self):
        return self.node_values

    def log(self, level, message):
        self.lines.append((level, message))

    def evaluate(self, expression, names=None):
        from casare_robot.execution.language.expressions import evaluate

        return evaluate(expression, {**self.node_values, **(names or {})})

    def secret(self, reference):
        if reference not in self.secrets:
            raise NodeFailure(f"no secret {reference!r}")
        return self.secrets[reference]

    def keep_open(self, live, close, kind=""):
        handle = LiveHandle(self.node_id, f"1.{len(self.handles)}.{kind}")
        self.handles[handle] = (live, close)
        if kind:
            self.use(handle, kind)
        return handle

    def use(self, handle, kind):
        self.current[kind] = handle

    def in_use(self, kind):
        return self.current.get(kind)

    def note(self, handle, value):
        self.notes[handle] = value

    def noted(self, handle):
        return self.notes.get(handle)

    def live(self, handle):
        if handle not in self.handles:
            raise NodeFailure("not open")
        return self.handles[handle][0]

    def close(self, handle):
        entry = self.handles.pop(handle, None)
        return entry[1]() if entry else None

    async def agreed_key(self, find):
        self.agreed = self.agreed or await find()
        return self.agreed

    async def group_memory(self, order):
        self.orders.append(order)
        return self.recalled

    async def ask(self, ask):
        self.asked.append(ask)
        return self.answer(ask)

    def keep_evidence(self, ending, content):
        path = self.working_dir / f"{self.node_id}-{len(list(self.working_dir.iterdir()))}.{ending}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def cancelled(self):
        return False


@dataclass
class NodeRun:
    """What one node did."""

    outputs: dict[str, Any]
    port: str | None
    error: str | None
    variables: dict[str, Any]
    log: list[tuple[str, str]]
    surroundings: Surroundings


@pytest.fixture
def run_node(tmp_path):
    """Call a node: `run_node("TextTrimNode", {"mode": "left"}, inputs={"text": " a"})`."""

    def run(node_type, config=None, *, inputs=None, variables=None, policy=None, surroundings=None):
        ctx = surroundings or Surroundings(
            dict(variables or {}), policy or Policy(writable_folders=(str(tmp_path),)), tmp_path
        )
        return asyncio.run(call_node(node_type, config or {}, inputs or {}, ctx))

    return run


async def call_node(node_type, config, inputs, ctx):
    """Call a node as the engine would; a failure is a result."""
    declared = load_catalogue().get(node_type)
    call = call_of(declared, chosen_action(declared, config))
    arguments = dict(call.fixed)
    if call.takes_rest and declared.open_ports:
        arguments |= {**config, **inputs}
    try:
        for parameter in call.parameters:
            value = convert_wired(inputs.get(parameter.key), parameter.type)
            if value is None:
                value = convert_config(config.get(parameter.key), parameter.type)
            if value is None and parameter.current:
                value = ctx.current.get(parameter.current)
            arguments[parameter.argument] = parameter.default if value is None else value
        result = call.run(*([ctx] if call.takes_context else []), **arguments)
        if inspect.isawaitable(result):
            result = await result
    except Exception as error:  # noqa: BLE001 - a failing node is a result here
        return NodeRun(
            getattr(error, "outputs", {}), None, str(error), ctx.node_values, ctx.lines, ctx
        )
    outcome = result if isinstance(result, Outcome) else Outcome("exec_out", result)
    return NodeRun(outcome.outputs, outcome.port, None, ctx.node_values, ctx.lines, ctx)


class Browsing:
    """Nodes on one open browser: `act("ClickElement", selector="#go")`.

    The loop lives as long as the browser, which is bound to it.
    """

    def __init__(self, folder):
        self._runner = asyncio.Runner()
        self.ctx = Surroundings({}, Policy(), folder)

    def __call__(self, name, inputs=None, **config):
        return self.run(call_node(f"{name}Node", config, inputs or {}, self.ctx))

    def run(self, coroutine):
        return self._runner.run(coroutine)

    def html(self, body):
        """Show this on the page."""
        self.run(self.page.set_content(body))

    @property
    def page(self):
        return self.ctx.live(self.ctx.current["page"]).page

    def close(self):
        for handle in reversed(list(self.ctx.handles)):
            closing = self.ctx.close(handle)
            if closing is not None:
                self.run(_wait(closing))
        self._runner.close()


async def _wait(awaitable):
    return await awaitable


@pytest.fixture(scope="session")
def open_browsing(tmp_path_factory):
    """One browser for all tests of the session that need no other."""
    pytest.importorskip("playwright.async_api")
    if BROWSER is None:
        pytest.skip("no Chromium is installed here")
    browsing = Browsing(tmp_path_factory.mktemp("browsing"))
    done = browsing("LaunchBrowser", headless=True)
    assert done.error is None
    yield browsing
    browsing.close()


@pytest.fixture
def act(open_browsing, tmp_path):
    """Nodes on a page of its own in the open browser; nothing of other tests is left."""
    browsing = open_browsing
    handles = dict(browsing.ctx.handles)
    current = dict(browsing.ctx.current)
    browsing.ctx = replace(
        browsing.ctx, working_dir=tmp_path, node_values={}, lines=[], notes={}, policy=Policy()
    )
    done = browsing("NewTab")
    assert done.error is None
    yield browsing
    browsing.run(browsing.page.context.clear_cookies())
    for page in browsing.page.context.pages[1:]:
        browsing.run(page.close())
    browsing.ctx.handles.clear()
    browsing.ctx.handles.update(handles)
    browsing.ctx.current.clear()
    browsing.ctx.current.update(current)


def convert_wired(value, type_):
    try:
        return value if is_textual(type_) else convert(value, type_)
    except ValueError:
        return value


def convert_config(value, type_):
    if value == "" and not is_textual(type_):
        return None
    return convert(value, type_)


@pytest.fixture
def at_desk(tmp_path):
    """Surroundings with a person: `at_desk("ok", name="Ada")`; without a button nobody is there."""
    from casare_robot.domain.answering import checked
    from casare_robot.domain.question import Answer

    def surroundings(button="", /, outcome=AskOutcome.NOBODY, **values):
        def answer(ask):
            if not button:
                return Reply(outcome=outcome)
            said = checked(ask, Answer(button=button, values=values))
            return Reply(outcome=AskOutcome.ANSWERED, button=said.button, values=said.values)

        return Surroundings({}, Policy(), tmp_path, answer=answer)

    return surroundings


@pytest.fixture
def account_case(run_node, service, tmp_path):
    """Run a case of tests/accounts.py: what was asked of the service, and what came of it."""

    def run(case, **secrets):
        service.script(case.answers)
        kept = {"google": "the-token", "llm": "the-key", "telegram": "42:bot", "whatsapp": "wa"}
        surroundings = Surroundings(
            dict(case.variables),
            Policy(writable_folders=(str(tmp_path),)),
            tmp_path,
            secrets={**kept, **secrets},
        )
        config = {"base_url": service.url, **case.config}
        return run_node(case.type, config, inputs=case.inputs, surroundings=surroundings)

    return run


@pytest.fixture
def service():
    """A service on 127.0.0.1 that answers as it is told, in order (`tests.accounts.Service`)."""
    from tests.accounts import Service

    with Service() as running:
        yield running


@pytest.fixture(scope="session")
def bind():
    """Code as a node gets it: `bind("echo {{a}}", a="text")`."""
    from casare_robot.execution.language.code_references import compile_code
    from casare_robot.execution.language.references import MISSING

    class Lookup:
        def __init__(self, values):
            self.values = values

        def name(self, name):
            return self.values.get(name, MISSING)

        def system(self, _name):
            return MISSING

    return lambda code, **values: compile_code(code).resolve(Lookup(values), lambda _text: None)
