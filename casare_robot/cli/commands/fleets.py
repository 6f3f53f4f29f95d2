"""Commands about all groups of a store together."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from casare_robot.cli.commands.group_options import (
    Capabilities,
    GroupName,
    StoreAddress,
    on_store,
)
from casare_robot.cli.options import AsJson, Home

app = typer.Typer(help="All groups that share a store.", no_args_is_help=True)


@app.command()
def status(*, store: StoreAddress = None, as_json: AsJson = False, home: Home = None) -> None:
    """Show state, leader and counts."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.show_status(shared, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def groups(
    *,
    status: Annotated[str | None, typer.Option("--status", help="Only this status.")] = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show all groups, the newest first."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.list_groups(shared, status=status, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def distribute(
    group: GroupName,
    description: Annotated[str, typer.Argument(help="What is to be done, in words.")] = "",
    *,
    workflow: Annotated[
        Path | None, typer.Option("--workflow", help="A workflow file that does it.")
    ] = None,
    capability: Capabilities = None,
    priority: Annotated[
        str, typer.Option("--priority", help="low, normal, high, critical or a number.")
    ] = "normal",
    strategy: Annotated[
        Literal["least_loaded", "round_robin", "priority", "capability"] | None,
        typer.Option("--strategy", help="How its group is chosen."),
    ] = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Have a group submit a job, which goes to the group that the strategy chooses."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.distribute(
            shared,
            group,
            fleet_commands.work_of(description, workflow, capability or (), priority),
            strategy=strategy,
            json_output=as_json,
        ),
        store,
        home,
        as_json,
    )


@app.command()
def allocate(
    group: GroupName,
    kind: Annotated[str, typer.Argument(help="What, as in licences.")],
    amount: Annotated[float, typer.Argument(help="How much.")],
    *,
    capacity: Annotated[
        float | None, typer.Option("--capacity", help="How much of it there is, from now on.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Give it back instead.")] = False,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take from what all groups share, for one of them."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.allocate(
            shared,
            group,
            kind,
            amount,
            capacity=capacity,
            release=release,
            json_output=as_json,
        ),
        store,
        home,
        as_json,
    )


@app.command()
def snapshot(
    group: GroupName,
    *,
    label: Annotated[str, typer.Option("--label", help="In words.")] = "",
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Freeze a group's state; prints the id."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.snapshot(shared, group, label=label, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def recover(
    group: Annotated[
        str | None, typer.Argument(help="Name of a group; else all that are interrupted.")
    ] = None,
    *,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Bring groups back from their last state; 1 if one could not be."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.recover(shared, group, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def interrupted(*, store: StoreAddress = None, as_json: AsJson = False, home: Home = None) -> None:
    """Show groups that broke off, or fell silent for five minutes."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.show_interrupted(shared, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def statistics(*, store: StoreAddress = None, as_json: AsJson = False, home: Home = None) -> None:
    """Show figures of groups, states and coordination."""
    from casare_robot.cli import fleet_commands

    on_store(
        lambda shared: fleet_commands.show_statistics(shared, json_output=as_json),
        store,
        home,
        as_json,
    )
