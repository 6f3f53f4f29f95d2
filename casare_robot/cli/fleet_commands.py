"""`casare-robot fleet`: all groups of a store together."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.cli.group_commands import done
from casare_robot.cli.refusal import UsageError
from casare_robot.cli.rendering import as_json
from casare_robot.cli.shared_store import named
from casare_robot.cli.submit_command import read_workflow
from casare_robot.config.sources import flat
from casare_robot.domain.errors import NotFoundError
from casare_robot.domain.plain_json import plain
from casare_robot.groups.event_text import FLEET
from casare_robot.groups.fleet import Fleet
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.managed_groups import Managed
from casare_robot.store.store import Store

NONE_INTERRUPTED = "no group is interrupted"


async def show_status(store: Store, *, json_output: bool) -> int:
    """Show how the fleet is: its state, its leader, its groups."""
    async with await Fleet.open(store=store) as fleet:
        report = await fleet.report()
        figures = (await fleet.statistics())["registry"]
        held = (await store.held(FLEET)).get(FLEET)
    leader = held.holder.rpartition("@")[0] if held else None
    facts = {**report, "leader": leader, "registry": figures}
    if json_output:
        print(as_json(plain(facts)))
        return 0
    print(f"fleet: {report['status']}")
    print(f"leader: {leader or 'nobody; jobs wait for any robot that can do them'}")
    print(f"groups: {figures['activeSwarms']} active of {figures['totalRegistered']}")
    print(f"robots: {figures['totalAgents']}, {report['failed_agents']} failed")
    print(f"sessions: {report['active_sessions']} active")
    for warning in report["warnings"]:
        print(f"warning: {warning}")
    return 0


async def show_statistics(store: Store, *, json_output: bool) -> int:
    """Show figures of groups, states and coordination."""
    async with await Fleet.open(store=store) as fleet:
        facts = {**await fleet.statistics(), "metrics": await fleet.metrics()}
    if json_output:
        print(as_json(plain(facts)))
        return 0
    for name, value in flat(plain(facts)):
        print(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")
    return 0


def work_of(
    description: str,
    workflow: Path | None,
    capabilities: Sequence[str],
    priority: str,
    *,
    named_workflow: str | None = None,
) -> dict[str, Any]:
    """A job as groups pass it on.

    Args:
        description: What is to be done, in words.
        workflow: A file that does it.
        capabilities: What a robot must be able to do.
        priority: A word or a number.
        named_workflow: A name that the robots know; see `NamedWorkflows`.

    Raises:
        UsageError: Nothing is to be done, or the workflow cannot be read.
    """
    work: dict[str, Any] = {"capabilities": list(capabilities), "priority": number_or(priority)}
    if workflow is not None and named_workflow is not None:
        raise UsageError("a job has one workflow: --workflow or --named")
    if workflow is not None:
        work |= {"workflow": read_workflow(workflow), "name": workflow.stem}
    elif named_workflow is not None:
        work |= {"workflow": named_workflow, "name": named_workflow}
    elif description:
        print("no robot can do it without --workflow FILE or --named NAME", file=sys.stderr)
    else:
        raise UsageError("say what is to be done: --workflow FILE or --named NAME")
    return work | {"description": description or work["name"]}


def number_or(text: str) -> str | float:
    """A number, or the word as it is."""
    try:
        return float(text)
    except ValueError:
        return text


async def distribute(
    store: Store, group: str, work: Mapping[str, Any], *, strategy: str | None, json_output: bool
) -> int:
    """Have a group submit a job, which goes to the group that the strategy chooses."""
    async with await Fleet.open(store=store) as fleet:
        managed = await _leading(fleet, await named(store, group))
        if strategy is not None:
            managed.coordinator.set_strategy(strategy)
        result = await fleet.distribute(group, work)
    target = result.get("targetSwarm")
    where = f"goes to {target} ({result['strategy']})" if target else _waits(result)
    return done(f"job {result['taskId']} {where}", result, json_output=json_output)


async def allocate(
    store: Store,
    group: str,
    kind: str,
    amount: float,
    *,
    capacity: float | None,
    release: bool,
    json_output: bool,
) -> int:
    """Take from a pool for a group, or give back to it."""
    async with await Fleet.open(store=store) as fleet:
        managed = await _leading(fleet, await named(store, group))
        pools = managed.coordinator.resources
        if capacity is not None:
            await pools.set_pool(kind, capacity)
        if kind not in await pools.pools():
            raise UsageError(f"nothing is known of {kind}: --capacity says how much there is")
        if release:
            result = await fleet.release(group, kind, amount)
        else:
            result = await fleet.allocate(group, kind, amount)
    if result.get("requested"):
        told = f"asked {result['leader']}, who leads, for {amount:g} of {kind}"
    else:
        told = f"{group} has {result['held']:g} of {kind}"
    return done(told, result, json_output=json_output)


async def snapshot(store: Store, group: str, *, label: str, json_output: bool) -> int:
    """Freeze a group's state."""
    async with await Fleet.open(store=store) as fleet:
        shot = await fleet.snapshot(await named(store, group), label)
    return done(shot, {"group": group, "snapshot": shot}, json_output=json_output)


async def recover(store: Store, group: str | None, *, json_output: bool) -> int:
    """Bring back a group, or all that are interrupted; 1 if one could not be."""
    async with await Fleet.open(store=store) as fleet:
        names = [group] if group else [found["id"] for found in await fleet.interrupted()]
        results = {}
        for name in names:
            results[name] = await fleet.recover(await named(store, name))
    if json_output:
        told = [msgspec.to_builtins({"group": name, **r}) for name, r in results.items()]
        print(as_json(plain(told)))
    elif not results:
        print(NONE_INTERRUPTED)
    else:
        for name, result in results.items():
            print(f"{name}: {_recovered(result)}")
    return 0 if all(result["success"] for result in results.values()) else 1


async def show_interrupted(store: Store, *, json_output: bool) -> int:
    """Show groups that are interrupted, or silent for five minutes though not ended."""
    async with await Fleet.open(store=store) as fleet:
        found = await fleet.interrupted()
    return _listed(found, json_output=json_output)


def _listed(found: Sequence[Mapping[str, Any]], *, json_output: bool) -> int:
    if json_output:
        print(as_json(plain(list(found))))
        return 0
    if not found:
        print(NONE_INTERRUPTED, file=sys.stderr)
    for group in found:
        print(f"{group['id']}  {group['status']}  {group.get('reason', 'silent')}")
    return 0


async def _leading(fleet: Fleet, group: str) -> Managed:
    """A group that leads, if nobody else does: else nobody would decide now."""
    managed = await fleet.group(group)
    if managed is None:  # deregistered since it was found by its name
        raise NotFoundError(TABLE, group)
    await managed.coordinator.lead()
    return managed


def _waits(result: Mapping[str, Any]) -> str:
    if result.get("leader"):
        return f"waits for {result['leader']}, who leads"
    return f"waits: {result.get('reason', 'nobody leads')}"


def _recovered(result: Mapping[str, Any]) -> str:
    if not result["success"]:
        return f"not recovered: {result['error']}"
    sure = f"from its {result['source']}, {result['recoveryPlan'].confidence:.0%} sure"
    if result["status"] != "active":
        return f"its state is back {sure}, but none of its active robots is here"
    return f"recovered {sure}"
