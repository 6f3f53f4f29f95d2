"""`casare-robot demo`: real workflows, and a job that is killed twice. Cleans up after itself."""

import asyncio
import contextlib
import tempfile
from pathlib import Path

from rich.console import Console

from casare_robot.agent.local_robot import LocalRobot
from casare_robot.agent.run_workflow import make_job
from casare_robot.cli.demo_display import NodeDisplay, heading
from casare_robot.cli.killed_job import KilledJob, Moment
from casare_robot.config.loading import load_config
from casare_robot.desktop.places import find_places
from casare_robot.domain.job import JobStatus

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"
PUBLIC = ("sum_of_list", "filter_and_log", "file_operations")
ORDERS = tuple(f"order-{number}" for number in range(1, 6))
KILLS = (
    Moment(order="order-2", pause=0.75, said="while the robot waits between two orders"),
    Moment(order="order-4", pause=0.2, said="in the middle of a payment"),
)


def run_demo() -> int:
    """Show it all, in a temporary folder.

    Returns:
        0 if everything came out as promised, else 1.
    """
    console = Console(soft_wrap=True, highlight=False)
    if not (EXAMPLES / "orders.json").is_file():
        console.print(f"the demo runs from a checkout: there are no workflows at {EXAMPLES}")
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="casare-robot-demo-") as folder,
        contextlib.chdir(folder),
    ):
        all_ran = run_public_workflows(console, Path(folder, "home"))
        none_lost = run_killed_job(console, Path(folder))
    console.print()
    if all_ran and none_lost:
        console.print("As promised: each effect exactly once, nothing lost.", style="bold green")
        return 0
    console.print("NOT as promised; what went wrong is above.", style="bold red")
    return 1


def run_public_workflows(console: Console, home: Path) -> bool:
    """Run files that others wrote; whether all completed."""
    heading(
        console,
        "1. Workflows that others drew",
        "Three files of the public CasareRPA repository, unchanged, each in a process of its own.",
    )
    all_ran = True
    with LocalRobot(load_config(places=find_places(home), secrets=False), home=home) as robot:
        for name in PUBLIC:
            robot.executor.warm_up()
            job = make_job(EXAMPLES / "public" / f"{name}.json", job_id=name)
            with NodeDisplay(console, job) as display:
                result = asyncio.run(robot.run(job, listener=display))
                display.ended(result)
            all_ran &= result.status is JobStatus.COMPLETED
    return all_ran


def run_killed_job(console: Console, folder: Path) -> bool:
    """Run a job that is killed on its way; whether the world shows each effect once."""
    heading(
        console,
        "2. A job that is killed twice",
        "Five orders: each is booked in a ledger and paid by another program. Nothing of it may",
        "happen twice, nothing may be left out. The robot and its executor are killed (kill -9),",
        "and started again with nothing but the job's name.",
    )
    job = KilledJob(
        console,
        workflow=EXAMPLES / "orders.json",
        terminal=EXAMPLES / "payment_terminal.py",
        folder=folder,
    )
    result = job.run(KILLS)
    heading(console, "3. The proof", "Counted in the files that the job wrote:")
    all_once = True
    for order in ORDERS:
        booked, paid = job.booked.count(order), job.paid.count(order)
        once = booked == paid == 1
        all_once &= once
        style = "green" if once else "bold red"
        console.print(f"  {order}   booked {booked} x   paid {paid} x", style=style)
    nothing_else = len(job.booked) == len(job.paid) == len(ORDERS)
    status = result.get("status")
    console.print(f"  the job was killed {job.kills} times and is {status}")
    return all_once and nothing_else and status == "completed" and job.kills == len(KILLS)
