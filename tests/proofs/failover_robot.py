"""A robot of the failover proof: python -m tests.proofs.failover_robot FOLDER PROTECTION ARGUMENTS.

Its line to the store is slow, and is cut as long as a file ``cut-ROBOT`` is in the
folder. ``PROTECTION`` is what it goes without; ``-`` for nothing.
"""

import asyncio
import sys
from concurrent.futures import Future
from pathlib import Path

from casare_robot.agent import group_source
from casare_robot.agent.shared_steps import SharedJob
from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.groups.records import ACTIVE
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store import held_lease
from casare_robot.store.held_lease import HeldLease, Lost, Renew

SLOW = 0.1
"""Seconds that a step is on its way to the store."""
ASKING = ("commit", "get", "find", "count", "claim", "read", "lease", "unlease", "held")
PROTECTIONS = ("fence", "self-fencing", "shared-steps", "waiting", "passive-return")


def spoil_the_line(cut, *, without_fence):
    """Make the robot's store slow, and deaf while a file is there."""
    honest = group_source.open_store

    async def open_store(url):
        store = await honest(url)
        for name in ASKING:
            setattr(store, name, spoilt(getattr(store, name)))
        return store

    def spoilt(ask):
        async def asked(*given, **named):
            if cut.exists():
                raise StoreUnavailableError("the line is cut")
            fence = named.get("fence")
            if without_fence and "fence" in named:
                named["fence"] = None
            if fence is None or not fence.name.startswith("group_job:"):
                return await ask(*given, **named)
            return await asyncio.shield(asyncio.ensure_future(late(ask(*given, **named))))

        return asked

    async def late(asking):
        """What is on its way arrives, whatever becomes of who sent it."""
        await asyncio.sleep(SLOW)
        return await asking

    group_source.open_store = open_store


def without_self_fencing():
    """Trust a lease until the store says otherwise."""
    decide = held_lease.decide

    def trusting(known, now, times):
        action = decide(known, now, times)
        return Renew(1.0) if isinstance(action, Lost) else action

    held_lease.decide = trusting
    HeldLease.is_valid = property(lambda self: not self._lost.is_set())
    HeldLease.remaining = property(lambda self: 1.0)


def without_shared_steps():
    """Say that a step is in the shared store without putting it there."""

    def add(self, blob, *, is_all=False):
        kept = Future()
        kept.set_result(None)
        return kept

    SharedJob.add = add


def without_waiting():
    """Let an effect begin while its intent is still on its way to the shared store."""
    add = SharedJob.add

    def at_once(self, blob, *, is_all=False):
        add(self, blob, is_all=is_all)
        kept = Future()
        kept.set_result(None)
        return kept

    SharedJob.add = at_once


def without_passive_return():
    """Come back as what it was started as."""
    join = RobotGroup.join

    async def as_it_was(self, robot=None, **given):
        await self.remove(robot)
        return await join(self, robot, **{**given, "role": ACTIVE})

    RobotGroup.join = as_it_was


def main():
    folder, protection, *arguments = sys.argv[1:]
    name = next(a.partition("=")[2] for a in arguments if a.startswith("--robot-id="))
    spoil_the_line(Path(folder) / f"cut-{name}", without_fence=protection == "fence")
    match protection:
        case "self-fencing":
            without_self_fencing()
        case "shared-steps":
            without_shared_steps()
        case "waiting":
            without_waiting()
        case "passive-return" if (Path(folder) / "has-begun").exists():
            without_passive_return()
    from casare_robot.cli.run_arguments import read
    from casare_robot.cli.run_command import run_agent

    sys.exit(run_agent(**read(arguments)))


if __name__ == "__main__":
    main()
