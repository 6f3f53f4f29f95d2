"""Other engines and stores doing the work the product is measured by. Run by ``rounds.peer``.

Prints one number. Imports nothing of the product: it runs with the interpreter
of an environment that holds the peers.
"""

import asyncio
import importlib
import sys
import tempfile
import time
from pathlib import Path

counted = 0
begun = ended = 0.0


def bump() -> None:
    global counted, begun, ended
    if not counted:
        begun = time.perf_counter()
    counted += 1
    ended = time.perf_counter()


def rate(expected: int) -> float:
    if counted != expected:
        raise RuntimeError(f"{counted} turns instead of {expected}")
    return counted / (ended - begun)


def robot_framework(folder: Path, body: str) -> None:
    import robot

    (folder / "bumps.py").write_text("import __main__\ndef bump():\n    __main__.bump()\n")
    suite = folder / "suite.robot"
    suite.write_text(f"*** Settings ***\nLibrary    bumps.py\n*** Test Cases ***\nT\n{body}")
    if robot.run(str(suite), outputdir=str(folder), console="none", log=None, report=None):
        raise RuntimeError("Robot Framework failed")


def robot_loop(folder: Path, count: int) -> float:
    robot_framework(folder, f"    FOR    ${{i}}    IN RANGE    {count}\n        Bump\n    END\n")
    return rate(count)


def robot_chain(folder: Path, count: int) -> float:
    robot_framework(folder, "    Bump\n" * count)
    return rate(count)


def robot_start(folder: Path, _count: int) -> float:
    robot_framework(folder, "    Bump\n")
    return begun


def robocorp_loop(folder: Path, count: int) -> float:
    cli = importlib.import_module("robocorp.tasks.cli")
    (folder / "tasks.py").write_text(
        "import __main__\nfrom robocorp.tasks import task\n"
        "def bump():\n    __main__.bump()\n"
        f"@task\ndef t():\n    for _ in range({count}):\n        bump()\n"
    )
    cli.main(["run", str(folder / "tasks.py"), "--output-dir", str(folder / "out")], exit=False)
    return rate(count)


def langgraph_loop(_folder: Path, count: int) -> float:
    from typing import TypedDict

    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        counter: int

    graph = StateGraph(State)

    def node(state: State) -> State:
        bump()
        return {"counter": state["counter"] + 1}

    graph.add_node("n", node)
    graph.add_edge(START, "n")
    graph.add_conditional_edges("n", lambda s: "n" if s["counter"] < count else END, ["n", END])
    graph.compile().invoke({"counter": 0}, {"recursion_limit": count + 5})
    return rate(count)


def langgraph_steps(folder: Path, count: int) -> float:
    """Microseconds of a step whose checkpoint is on disk before the next."""
    import sqlite3
    from typing import Any, TypedDict

    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        counter: int
        rows: Any

    graph = StateGraph(State)
    before = START
    for number in range(count):
        graph.add_node(f"n{number}", lambda state: {"counter": state["counter"] + 1})
        graph.add_edge(before, f"n{number}")
        before = f"n{number}"
    graph.add_edge(before, END)
    connection = sqlite3.connect(folder / "c.db", check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    connection.execute("PRAGMA synchronous=FULL")
    app = graph.compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "1"}, "recursion_limit": count + 10}
    state = {"counter": 0, "rows": [{"name": f"row {i}", "amount": i} for i in range(25)]}
    begin = time.perf_counter()
    app.invoke(state, config, durability="sync")
    return (time.perf_counter() - begin) / count * 1e6


def breaker(which: str) -> float:
    """Nanoseconds of a guarded call that succeeds."""

    async def ok(x: int) -> int:
        return x

    if which == "circuitbreaker":
        guarded = importlib.import_module(which).CircuitBreaker()(ok)
    elif which == "purgatory":
        guarded = importlib.import_module(which).AsyncCircuitBreakerFactory()("one")(ok)
    else:
        guarded = importlib.import_module(which).CircuitBreaker()(ok)

    async def run() -> float:
        begin = time.perf_counter()
        for _ in range(20_000):
            await guarded(1)
        return (time.perf_counter() - begin) / 20_000 * 1e9

    return asyncio.run(run())


def prometheus_histogram(_folder: Path, count: int) -> float:
    """Nanoseconds to record one timing in a bound histogram."""
    client = importlib.import_module("prometheus_client")
    registry = client.CollectorRegistry()
    histogram = client.Histogram("h", "h", ["node"], registry=registry).labels("Click")
    begin = time.perf_counter()
    for _ in range(count):
        histogram.observe(0.031)
    return (time.perf_counter() - begin) / count * 1e9


def main() -> None:
    what, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    if what.startswith("breaker-"):
        print(breaker(what.removeprefix("breaker-")))
        return
    with tempfile.TemporaryDirectory() as folder:
        print("\n", globals()[what](Path(folder), count))


if __name__ == "__main__":
    main()
