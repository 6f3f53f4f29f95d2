"""Small workflows in one compact notation, for tests.

``workflow("s > loop.body > add; loop.completed > done; add.value > done.message", ...)``:
wires are chains separated by semicolons. In a chain, a port after a name that
something follows is that node's output, after the last name its input; without
a port the wire is one of execution. ``s`` is a StartNode unless said otherwise.
"""

import asyncio
import functools
import itertools
from pathlib import Path

from casare_robot import run_workflow
from casare_robot.agent.called_workflows import CalledWorkflows
from casare_robot.domain.job import JobId, as_error
from casare_robot.domain.policy import Policy
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.execution.planning.plan import compile_plan
from casare_robot.execution.running.engine import Run
from casare_robot.execution.running.run_surroundings import RunOptions
from casare_robot.nodes.catalogue import Catalogue, declared_in, modules


def node(type_, /, **config):
    """A node: its type without ``Node``, and its config."""
    return {"node_type": f"{type_}Node", "config": config}


def disabled(type_, /, **config):
    """A node that the designer switched off."""
    return node(type_, _disabled=True, **config)


def set_(name, value):
    """Sets a variable."""
    return node("SetVariable", variable_name=name, default_value=value)


def log(message):
    """Writes a line, by which tests see what ran when."""
    return node("Log", message=message)


def throw(message="boom"):
    """Fails."""
    return node("ThrowError", error_message=message)


def workflow(wires, /, *, parts=None, **nodes):
    """A workflow file. ``parts`` are its other entries: variables, settings."""
    pairs = [pair for chain in wires.split(";") for pair in _pairs(chain)]
    if any(name == "s" for ends in pairs for name, _ in ends):
        nodes = {"s": "Start", **nodes}
    return {
        "metadata": {"name": "test"},
        "nodes": {
            id_: {"node_id": id_, **(node(what) if isinstance(what, str) else what)}
            for id_, what in nodes.items()
        },
        "connections": [
            {
                "source_node": source,
                "source_port": source_port,
                "target_node": target,
                "target_port": target_port,
            }
            for (source, source_port), (target, target_port) in pairs
        ],
        **(parts or {}),
    }


def run(wires, /, *, inputs=None, timeout=30, parts=None, **nodes):
    """Run a workflow given as for `workflow`."""
    return run_workflow(workflow(wires, parts=parts, **nodes), inputs, timeout=timeout)


def said(result):
    """The lines that a run wrote."""
    return [line.message for line in result.log]


def codes(result):
    """The codes of a run's warnings with their nodes."""
    return [(warning.code, warning.node_id) for warning in result.warnings]


class Watcher:
    """Lets a test wait until a node has begun."""

    def __init__(self):
        self._begun = {}

    async def began(self, node_id):
        await self._event(node_id).wait()

    def progress(self, node_id, nodes_executed):
        self._event(node_id).set()

    def node_ended(self, node_id, node_type, seconds, error, outputs):
        """Nobody asks."""

    def log(self, line):
        """Nobody asks."""

    def _event(self, node_id):
        return self._begun.setdefault(node_id, asyncio.Event())


@functools.cache
def load_catalogue_with_extras():
    """Every node type there is, and those of `tests.extra_nodes`."""
    homes = {name: f"casare_robot.nodes.{m}" for m, names in modules().items() for name in names}
    extras = {type_.name: "tests.extra_nodes" for type_ in declared_in("tests.extra_nodes")}
    return Catalogue({**homes, **extras})


def _pairs(chain):
    names = [name.strip().partition(".")[::2] for name in chain.split(">") if name.strip()]
    for place, (source, target) in enumerate(itertools.pairwise(names)):
        is_last = place == len(names) - 2
        yield (
            (source[0], source[1] or "exec_out"),
            (target[0], (is_last and target[1]) or "exec_in"),
        )


def prepared(file, /, *, inputs=None, recorder=None, **surroundings):
    """A run to start oneself, with a clock, secrets or a folder of one's own."""
    folder = str(surroundings.pop("folder", ""))
    options = {
        name: surroundings.pop(name)
        for name in ("node_timeout", "timeout", "policy", "seed")
        if name in surroundings
    }
    catalogue = load_catalogue_with_extras()
    loaded = load_workflow(file, catalogue)
    started = Run(
        compile_plan(loaded.workflow, catalogue),
        RunOptions(job_id=JobId("job"), folder=folder, **options),
        inputs=inputs,
        recorder=recorder,
        calls=CalledWorkflows(catalogue, Policy(), working_dir=Path.cwd()),
        **surroundings,
    )
    for fault in loaded.warnings:
        started.note(as_error(fault))
    return started
