"""A node that acts and does nothing: what is left is the cost of its record.

Run as a module it is an executor that knows this node.
"""

import time
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.catalogue import Catalogue, modules

_began: list[float] = []


@node(
    "BenchmarkOnceNode",
    category="benchmark",
    effect=Effect.ONCE,
    outputs=(Port("calls", DataType.INTEGER), Port("seconds", DataType.FLOAT)),
    properties=(Property("change", DataType.STRING, ""),),
)
def once(ctx: NodeContext, *, change: str) -> Outputs:
    """Count, and tell the time since the first call; ``change`` names rows to move on."""
    if change:
        rows: list[Any] = ctx.get_variable(change)
        ctx.set_variable(change, [*rows[1:], {**rows[0], "amount": len(_began)}])
    _began.append(time.perf_counter())
    return {"calls": len(_began), "seconds": _began[-1] - _began[0]}


def forget() -> None:
    """Begin to count again."""
    _began.clear()


def catalogue() -> Catalogue:
    """All node types and this one."""
    homes = {
        name: f"casare_robot.nodes.{module}"
        for module, names in modules().items()
        for name in names
    }
    return Catalogue({**homes, "BenchmarkOnceNode": once.__module__})


def main() -> None:
    from casare_robot.agent import executor_main, preparation
    from tests.benchmarks import once_node

    preparation.load_catalogue = once_node.catalogue
    executor_main.main()


if __name__ == "__main__":
    main()
