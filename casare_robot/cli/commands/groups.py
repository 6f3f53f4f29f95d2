"""Commands about one group of robots."""

from functools import partial
from typing import Annotated, Literal

import typer

from casare_robot.cli.commands import group_jobs, group_talk
from casare_robot.cli.commands.group_options import (
    AnyGroup,
    Capabilities,
    GroupName,
    RobotName,
    StoreAddress,
    on_store,
)
from casare_robot.cli.commands.store_command import Act, store_command
from casare_robot.cli.options import AsJson, Home

app = typer.Typer(
    help="Robots that work together: who is active, what they know, who takes over.",
    no_args_is_help=True,
)
app.add_typer(group_talk.app)
app.add_typer(group_jobs.app)

Robot = Annotated[
    str | None, typer.Option("--robot", help="Another robot; else this one, by its settings.")
]


@store_command(app)
def create(
    name: GroupName,
    *,
    active: Annotated[
        list[str] | None, typer.Option("--active", help="A robot that works.")
    ] = None,
    passive: Annotated[
        list[str] | None, typer.Option("--passive", help="A robot that stands by.")
    ] = None,
    objective: Annotated[str, typer.Option("--for", help="What it is for, in words.")] = "",
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Size of its working memory.")
    ] = 4000,
    max_members: Annotated[
        int, typer.Option("--max-members", min=1, help="Robots that may be in it.")
    ] = 10,
    capability: Capabilities = None,
    priority: Annotated[
        str, typer.Option("--priority", help="low, normal, high or critical.")
    ] = "normal",
) -> Act:
    """Make a group."""
    from casare_robot.cli import group_commands

    config = {
        "objective": objective,
        "max_tokens": max_tokens,
        "max_members": max_members,
        "metadata": {"priority": priority, "capabilities": capability or []},
    }
    return partial(
        group_commands.create, name=name, active=active or (), passive=passive or (), config=config
    )


@store_command(app, "list")
def list_(
    *, status: Annotated[str | None, typer.Option("--status", help="Only this status.")] = None
) -> Act:
    """Show all groups, the newest first."""
    from casare_robot.cli import group_commands

    return partial(group_commands.list_groups, status=status)


@store_command(app)
def status(group: AnyGroup = None) -> Act:
    """Show members, roles, health, leader, memory, jobs and failovers."""
    from casare_robot.cli import group_commands

    return partial(group_commands.show_status, group=group)


@app.command()
def join(
    group: GroupName,
    *,
    robot: Robot = None,
    role: Annotated[
        Literal["active", "passive"], typer.Option("--role", help="Works, or stands by.")
    ] = "passive",
    capability: Annotated[
        list[str] | None, typer.Option("--capability", help="What it can do.")
    ] = None,
    priority: Annotated[
        str, typer.Option("--priority", help="low, normal, high or critical.")
    ] = "normal",
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Have this robot in a group, or another; one that was retired comes back as passive."""
    if robot is None:
        from casare_robot.cli import group_of_this_robot as this_robot

        done = this_robot.join(
            group,
            role=role,
            capabilities=capability or (),
            url=store,
            home=home,
            json_output=as_json,
        )
        raise typer.Exit(done)
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.join(
            shared,
            group,
            robot,
            role=role,
            capabilities=capability or (),
            priority=priority,
            json_output=as_json,
        ),
        store,
        home,
        as_json,
    )


@app.command()
def leave(
    group: GroupName,
    *,
    robot: Robot = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take this robot out of its group, or another."""
    if robot is None:
        from casare_robot.cli import group_of_this_robot as this_robot

        done = this_robot.leave(group, url=store, home=home, json_output=as_json)
        raise typer.Exit(done)
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.leave(shared, group, robot, json_output=as_json),
        store,
        home,
        as_json,
    )


@store_command(app)
def promote(group: GroupName, robot: RobotName) -> Act:
    """Make a passive robot active."""
    from casare_robot.cli import group_commands

    return partial(group_commands.promote, group=group, robot=robot)


@store_command(app)
def demote(group: GroupName, robot: RobotName) -> Act:
    """Make an active robot passive; never the last one."""
    from casare_robot.cli import group_commands

    return partial(group_commands.demote, group=group, robot=robot)


@store_command(app)
def failover(
    group: AnyGroup = None,
    *,
    failed: Annotated[
        str | None, typer.Option("--failed", help="Who is replaced; else who is silent.")
    ] = None,
) -> Act:
    """Retire an active robot and let a passive one take over, now."""
    from casare_robot.cli import group_commands

    return partial(group_commands.failover, group=group, failed=failed)


@store_command(app)
def drill(
    group: AnyGroup = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Also with open jobs.")] = False,
) -> Act:
    """Fail over on purpose and tell how long each part took; the two robots change places."""
    from casare_robot.cli import group_commands

    return partial(group_commands.run_drill, group=group, yes=yes)


@store_command(app)
def sync(group: AnyGroup = None) -> Act:
    """Bring all members up to what the group knows."""
    from casare_robot.cli import group_commands

    return partial(group_commands.sync, group=group)


@store_command(app)
def health(group: AnyGroup = None) -> Act:
    """Show who is well; 1 if a member is silent or nobody is active."""
    from casare_robot.cli import group_commands

    return partial(group_commands.show_health, group=group)
