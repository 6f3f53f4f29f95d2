"""The demo's second part: a group of two robots, of which the one that works is killed."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from casare_robot.cli.demo_display import heading
from casare_robot.cli.demo_fleet import Program, command, home_of, orders_in, was_done
from casare_robot.groups.job_rows import ENDED, TABLE, JobRows, job_of
from casare_robot.store.opening import open_store
from casare_robot.store.store import Store

GROUP = "till"
NAMES = {"till-1": "Till", "till-2": "Stand-in"}
ROLES = {"till-1": "active", "till-2": "passive"}
JOB = "evening-orders"
ORDERS = tuple(f"order-{number}" for number in range(6, 10))
PAID, PAUSE = 2, 0.75
"""The active robot is killed so many seconds after so many payments."""
LOOK = 0.05
LONGEST = 180.0


class GroupStory:
    """One job, one robot that dies, another that finishes it.

    Args:
        console: Where it is told.
        folder: For everything that is kept, and where the job writes.
        example: The workflow that books and pays orders, and its payment program.
    """

    def __init__(self, console: Console, folder: Path, *, example: Path, terminal: Path) -> None:
        self._console = console
        self._folder = folder
        self._example = example
        self._terminal = terminal

    async def run(self) -> bool:
        """Tell it; whether every promise was kept."""
        heading(
            self._console,
            "A group of two robots, without an orchestrator: one works, one stands by.",
            "What the job does is in the store that they share before it happens. The robot",
            "that works is killed for good; the other goes on by itself.",
        )
        url = f"sqlite:{self._folder / 'shared.db'}"
        async with await open_store(url) as store, self._robots(url, store) as robots:
            await self._submit(store)
            await until(self._has_paid)
            await asyncio.sleep(PAUSE)
            pids = ", ".join(map(str, await robots["till-1"].kill()))
            died = time.monotonic()
            self._note(f"kill -9 {pids}  {NAMES['till-1']}, while its job runs", "bold yellow")
            await until(partial(_is_with, store, "till-2"))
            took = time.monotonic() - died
            self._note(f"{NAMES['till-2']} noticed, and took the job over after {took:.1f} s")
            await until(partial(self._has_ended, store))
            return self._tell(await _row(store))

    @asynccontextmanager
    async def _robots(self, url: str, store: Store) -> AsyncIterator[dict[str, Program]]:
        robots: dict[str, Program] = {}
        try:
            for robot_id, name in NAMES.items():
                words = (f"--robot-id={robot_id}", f"--group={GROUP}", f"--role={ROLES[robot_id]}")
                settings = {
                    "CASARE_ROBOT_HOME": str(home_of(self._folder, robot_id)),
                    "CASARE_ROBOT_ROBOT_NAME": name,
                    "CASARE_ROBOT_STORE_URL": url,
                    "CASARE_ROBOT_REMOTE_POLICY": json.dumps({"allow_scripts": True}),
                }
                robots[robot_id] = Program(
                    robot_id, "run", *words, folder=self._folder, settings=settings
                )
                await robots[robot_id].start()  # the stand-in would work if it came first
                await until(partial(_has_role, store, robot_id))
            self._note(f"{NAMES['till-1']} is active, {NAMES['till-2']} is passive")
            yield robots
        finally:
            for robot in robots.values():
                await robot.kill()

    async def _submit(self, store: Store) -> None:
        work = {
            "id": JOB,
            "name": JOB,
            "workflow": json.loads(self._example.read_text("utf-8")),
            "variables": {
                "python": sys.executable,
                "terminal": str(self._terminal),
                "orders": list(ORDERS),
            },
        }
        await JobRows(store, time.time).add(job_of(work, by=GROUP, now=time.time()))

    async def _has_ended(self, store: Store) -> bool:
        """Also answers, as a person would, for a step that nobody knows about."""
        row = await _row(store)
        if row["status"] == "needs_attention":
            [step] = row["result"]["needs_attention"]
            done = was_done(step["node_id"], self._in("ledger.txt"), self._in("payments.txt"))
            decision = "done" if done else "again"
            self._note(
                f"it does not guess whether {step['node_id']!r} was done; the file knows: "
                f"jobs resolve {JOB} --as {decision}",
                "yellow",
            )
            home = home_of(self._folder, row["robot"])
            await command("jobs", "resolve", JOB, "--as", decision, home=home)
        return row["status"] in ENDED

    def _tell(self, row: Mapping[str, Any]) -> bool:
        booked, paid = self._in("ledger.txt"), self._in("payments.txt")
        self._console.print()
        for order in ORDERS:
            counts = booked.count(order), paid.count(order)
            style = "green" if counts == (1, 1) else "bold red"
            told = f"  {order}   booked {counts[0]} x   paid {counts[1]} x"
            self._console.print(told, style=style)
        self._console.print(f"  {JOB} is {row['status']}, by {NAMES[row['robot']]}")
        is_done = (row["status"], row["robot"]) == ("done", "till-2")
        return is_done and booked == paid == list(ORDERS)

    async def _has_paid(self) -> bool:
        return len(self._in("payments.txt")) >= PAID

    def _in(self, name: str) -> list[str]:
        """Orders in a file of the job, in the order of their lines."""
        return orders_in(self._folder / name)

    def _note(self, message: str, style: str = "") -> None:
        self._console.print(f"  {message}", style=style, markup=False)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Look until it is so, for three minutes at most."""
    async with asyncio.timeout(LONGEST):
        is_there = await is_so()
        while not is_there:
            await asyncio.sleep(LOOK)
            is_there = await is_so()


async def _row(store: Store) -> Mapping[str, Any]:
    row = await store.get(TABLE, JOB)
    return {"status": "unknown", "robot": ""} if row is None else row.record


async def _is_with(store: Store, robot_id: str) -> bool:
    row = await _row(store)
    return bool(row["robot"] == robot_id and row["status"] != "queued")


async def _has_role(store: Store, robot_id: str) -> bool:
    row = await store.get("group", GROUP)
    members = row.record["members"] if row is not None else ()
    roles = {member["robot"]: member["role"] for member in members}
    return roles.get(robot_id) == ROLES[robot_id]
