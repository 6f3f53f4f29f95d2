"""Commands about all groups of a store together."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from casare_robot.cli.commands.group_options import (
    Capabilities,
    GroupName,
)
from casare_robot.cli.commands.store_command import Act, store_command

app = typer.Typer(help="All groups that share a store.", no_args_is_help=True)


@store_command(app)
def status() -> Act:
    """Show state, leader and counts."""
    from casare_robot.cli import fleet_commands

    return fleet_commands.show_status


@store_command(app)
def groups(
    *, status: Annotated[str | None, typer.Option("--status", help="Only this status.")] = None
) -> Act:
    """Show all groups, the newest first."""
    from casare_robot.cli import group_commands

    return partial(group_commands.list_groups, status=status)


@store_command(app)
def distribute(
    group: GroupName,
    description: Annotated[str, typer.Argument(help="What is to be done, in words.")] = "",
    *,
    workflow: Annotated[
        Path | None, typer.Option("--workflow", help="A workflow file that does it.")
    ] = None,
    named: Annotated[
        str | None, typer.Option("--named", help="Or the name under which its robots know one.")
    ] = None,
    capability: Capabilities = None,
    priority: Annotated[
        str, typer.Option("--priority", help="low, normal, high, critical or a number.")
    ] = "normal",
    strategy: Annotated[
        Literal["least_loaded", "round_robin", "priority", "capability"] | None,
        typer.Option("--strategy", help="How its group is chosen."),
    ] = None,
) -> Act:
    """Have a group submit a job, which goes to the group that the strategy chooses."""
    from casare_robot.cli import fleet_commands

    return partial(
        fleet_commands.distribute,
        group=group,
        work=fleet_commands.work_of(
            description, workflow, capability or (), priority, named_workflow=named
        ),
        strategy=strategy,
    )


@store_command(app)
def allocate(
    group: GroupName,
    kind: Annotated[str, typer.Argument(help="What, as in licences.")],
    amount: Annotated[float, typer.Argument(help="How much.")],
    *,
    capacity: Annotated[
        float | None, typer.Option("--capacity", help="How much of it there is, from now on.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Give it back instead.")] = False,
) -> Act:
    """Take from what all groups share, for one of them."""
    from casare_robot.cli import fleet_commands

    return partial(
        fleet_commands.allocate,
        group=group,
        kind=kind,
        amount=amount,
        capacity=capacity,
        release=release,
    )


@store_command(app)
def snapshot(
    group: GroupName, *, label: Annotated[str, typer.Option("--label", help="In words.")] = ""
) -> Act:
    """Freeze a group's state; prints the id."""
    from casare_robot.cli import fleet_commands

    return partial(fleet_commands.snapshot, group=group, label=label)


@store_command(app)
def recover(
    group: Annotated[
        str | None, typer.Argument(help="Name of a group; else all that are interrupted.")
    ] = None,
) -> Act:
    """Bring groups back from their last state; 1 if one could not be."""
    from casare_robot.cli import fleet_commands

    return partial(fleet_commands.recover, group=group)


@store_command(app)
def interrupted() -> Act:
    """Show groups that broke off, or fell silent for five minutes."""
    from casare_robot.cli import fleet_commands

    return fleet_commands.show_interrupted


@store_command(app)
def statistics() -> Act:
    """Show figures of groups, states and coordination."""
    from casare_robot.cli import fleet_commands

    return fleet_commands.show_statistics
