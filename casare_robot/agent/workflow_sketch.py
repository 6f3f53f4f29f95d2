"""What the agent wants to know of a workflow without loading it."""

import asyncio
from dataclasses import dataclass

from casare_robot.domain.errors import WorkflowInvalidError
from casare_robot.domain.json_guard import read_json

_DESKTOP = frozenset(("windows-desktop", "screen", "clipboard", "gui", "windows-office-com"))
"""Needs of node types that share mouse, keyboard, clipboard or screen with others."""


LARGE = 100_000
"""Bytes of a workflow that is looked at in a thread, so that nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A workflow from afar."""

    nodes: int
    needs_desktop: bool


def sketch(workflow: bytes) -> Sketch:
    """Look at a workflow's bytes; what it cannot make sense of has no nodes.

    Raises:
        JsonRefusedError: They are no JSON that we take.
    """
    # an agent that has had no job does without these
    from casare_robot.execution.loading.findings import Findings
    from casare_robot.execution.loading.loader import node_types_in
    from casare_robot.execution.loading.variants import read_variant
    from casare_robot.nodes.catalogue import load_catalogue
    from casare_robot.nodes.unavailable import KINDS, NEEDS

    parsed = read_json(workflow)
    if not isinstance(parsed, dict):
        return Sketch(0, needs_desktop=False)
    nodes = len(read_variant(parsed, Findings()).nodes)
    try:
        types = node_types_in(parsed, load_catalogue())
    except WorkflowInvalidError:
        types = []
    needs = {KINDS.get(NEEDS[name]) for name in types if name in NEEDS}
    return Sketch(nodes, needs_desktop=bool(needs & _DESKTOP))


async def sketched(workflow: bytes) -> Sketch:
    """As `sketch`, without keeping anybody up."""
    return sketch(workflow) if len(workflow) < LARGE else await asyncio.to_thread(sketch, workflow)
