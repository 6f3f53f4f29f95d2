"""`casare-robot demo`: an orchestrator and robots, real work, kills, a failover. Leaves nothing."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from casare_robot.cli.demo_display import Board, heading
from casare_robot.cli.demo_fleet import Fleet, command, home_of, orders_in, was_done
from casare_robot.cli.demo_group import GroupStory, until
from casare_robot.link.orchestrator_client import OrchestratorClient

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"
PUBLIC = (
    "sum_of_list",
    "filter_and_log",
    "file_operations",
    "arithmetic",
    "text_operations",
    "dictionary",
)
NAMES = {"robot-1": "Front desk", "robot-2": "Accounting"}
KILLED = "orders"
ORDERS = tuple(f"order-{number}" for number in range(1, 6))
LONGEST = 300.0
"""Seconds for the part with the orchestrator; it takes about fifteen."""
LOOK = 0.1
OPEN = ("queued", "assigned", "running", "needs_attention")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When to kill: ``pause`` seconds after the payment of ``order`` is seen in the world."""

    order: str
    pause: float
    said: str


KILLS = (
    Moment(order="order-2", pause=0.75, said="while the robot waits between two orders"),
    Moment(order="order-4", pause=0.2, said="in the middle of a payment"),
)


def run_demo(*, stay: bool) -> int:
    """Show it all, in a temporary folder.

    Args:
        stay: Keep everything running at the end until Ctrl+C.

    Returns:
        0 if everything came out as promised, else 1.
    """
    console = Console(soft_wrap=True, highlight=False)
    if not (EXAMPLES / "orders.json").is_file():
        console.print(f"the demo runs from a checkout: there are no workflows at {EXAMPLES}")
        return 1
    with tempfile.TemporaryDirectory(prefix="casare-robot-demo-") as folder:
        try:
            kept_all = asyncio.run(Demo(console, Path(folder)).run(stay=stay))
        except* TimeoutError:
            console.print("  what was to happen next did not happen in time")
            kept_all = False
    console.print()
    if kept_all:
        console.print("As promised: each effect exactly once, nothing lost.", style="bold green")
        return 0
    console.print("NOT as promised; what went wrong is above.", style="bold red")
    return 1


class Demo:
    """The story: jobs are submitted, a robot is killed twice, everything ends well."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder
        self._kills = 0
        self._decided: set[str] = set()

    async def run(self, *, stay: bool) -> bool:
        """Tell it; whether every promise was kept."""
        heading(self._console, "An orchestrator and two robots, each a program of its own.")
        async with Fleet.open(self._folder, NAMES) as fleet:
            self._console.print(f"  page  {fleet.page}", markup=False)
            heading(
                self._console,
                "Seven workflows: six files of the public CasareRPA repository, unchanged, and one",
                "that books and pays five orders. Its robot is killed twice on the way (kill -9)",
                "and brought back. Nothing may happen twice, nothing may be left out.",
            )
            async with OrchestratorClient(fleet.url, fleet.key) as orchestrator:
                await self._submit(orchestrator)
                async with asyncio.timeout(LONGEST):
                    jobs = await self._watch(fleet, orchestrator)
            kept_all = self._tell(jobs) and await self._tell_of_a_group()
            if stay:
                self._console.print(f"\n  page  {fleet.page}\n  Ctrl+C ends it.", markup=False)
                await _until_interrupted()
        return kept_all

    async def _submit(self, orchestrator: OrchestratorClient) -> None:
        inputs = {"python": sys.executable, "terminal": str(EXAMPLES / "payment_terminal.py")}
        for name, variables in ((KILLED, inputs), *((name, {}) for name in PUBLIC)):
            file = EXAMPLES / ("" if name == KILLED else "public") / f"{name}.json"
            job = {"workflow": msgspec.json.decode(file.read_bytes()), "name": name}
            await orchestrator.submit({**job, "job_id": name, "variables": variables})

    async def _watch(self, fleet: Fleet, orchestrator: OrchestratorClient) -> list[dict[str, Any]]:
        """Show how things go, and interfere, until all jobs have ended."""
        async with asyncio.TaskGroup() as tasks:
            with Board(self._console) as board:
                killing = tasks.create_task(self._kill(board, fleet, orchestrator))
                while True:
                    robots, jobs = await orchestrator.robots(), await orchestrator.jobs()
                    board.show(robots, jobs)
                    if all(job["status"] not in OPEN for job in jobs):
                        killing.cancel()
                        return [await orchestrator.job(job["job_id"]) for job in jobs]
                    orders = next(job for job in jobs if job["job_id"] == KILLED)
                    if orders["status"] == "needs_attention":
                        await self._decide(board, orders)
                    await asyncio.sleep(LOOK)

    async def _kill(self, board: Board, fleet: Fleet, orchestrator: OrchestratorClient) -> None:
        """Kill the robot at its moments, however slowly all else goes, and bring it back."""
        for moment in KILLS:
            await until(partial(self._has_paid, moment.order))
            robot_id = (await orchestrator.job(KILLED))["robot_id"]
            await asyncio.sleep(moment.pause)
            pids = ", ".join(map(str, await fleet.robots[robot_id].kill()))
            self._kills += 1
            board.note(f"kill -9 {pids}  {NAMES[robot_id]}, {moment.said}", "bold yellow")
            await asyncio.sleep(1)
            await fleet.robots[robot_id].start()
            board.note(f"{NAMES[robot_id]} is started again and goes on where its journal ends")

    async def _decide(self, board: Board, job: dict[str, Any]) -> None:
        """Decide as a person would: by what the world shows of the unknown step."""
        [step] = job["needs_attention"]
        if step["key"] in self._decided:
            return
        booked, paid = self._in("ledger.txt"), self._in("payments.txt")
        done = was_done(step["node_id"], booked, paid)
        is_payment = step["node_id"] == "pay"
        order = ORDERS[len(booked) - 1 if is_payment else len(paid)]
        file = "payments.txt" if is_payment else "ledger.txt"
        decision = "done" if done else "again"
        board.note(
            f"it does not guess whether {step['node_id']!r} of {order} was done; "
            f"{file} says it was{'' if done else ' not'}: jobs resolve {KILLED} --as {decision}",
            "yellow",
        )
        arguments = ("jobs", "resolve", KILLED, "--as", decision)
        if await command(*arguments, home=home_of(self._folder, job["robot_id"])) == 0:
            self._decided.add(step["key"])

    def _tell(self, jobs: list[dict[str, Any]]) -> bool:
        """Results and proof; whether every promise was kept."""
        heading(self._console, "The results")
        for job in sorted(jobs, key=lambda job: str(job["ended_at"])):
            said = job["log"][-1]["message"] if job["log"] else ""
            why = job["error"]["message"] if job["error"] else said
            style = "green" if job["status"] == "completed" else "bold red"
            line = f"  {job['name']:<16}{job['status']:<12}{job['robot_id']:<10}{why}"
            self._console.print(line, style=style, markup=False)
        heading(self._console, "The proof", "Counted in the files that the job wrote:")
        booked, paid = self._in("ledger.txt"), self._in("payments.txt")
        for order in ORDERS:
            counts = booked.count(order), paid.count(order)
            style = "green" if counts == (1, 1) else "bold red"
            told = f"  {order}   booked {counts[0]} x   paid {counts[1]} x"
            self._console.print(told, style=style)
        self._console.print(f"  its robot was killed {self._kills} times")
        return (
            sorted(booked) == sorted(paid) == list(ORDERS)
            and self._kills == len(KILLS)
            and all(job["status"] == "completed" for job in jobs)
        )

    async def _tell_of_a_group(self) -> bool:
        folder = self._folder / "group"
        folder.mkdir()
        story = GroupStory(
            self._console,
            folder,
            example=EXAMPLES / f"{KILLED}.json",
            terminal=EXAMPLES / "payment_terminal.py",
        )
        return await story.run()

    async def _has_paid(self, order: str) -> bool:
        return order in self._in("payments.txt")

    def _in(self, name: str) -> list[str]:
        """Orders in a file, in the order of their lines."""
        return orders_in(self._folder / name)


async def _until_interrupted() -> None:
    """Wait for Ctrl+C, which here is a wish and no accident."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
