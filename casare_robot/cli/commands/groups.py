"""Commands about one group of robots."""

from typing import Annotated, Literal

import typer

from casare_robot.cli.commands import group_talk
from casare_robot.cli.commands.group_options import (
    AnyGroup,
    Capabilities,
    GroupName,
    RobotName,
    StoreAddress,
    on_store,
)
from casare_robot.cli.options import AsJson, Home

app = typer.Typer(
    help="Robots that work together: who is active, what they know, who takes over.",
    no_args_is_help=True,
)
app.add_typer(group_talk.app)

Robot = Annotated[
    str | None, typer.Option("--robot", help="Another robot; else this one, by its settings.")
]


@app.command()
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
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Make a group."""
    from casare_robot.cli import group_commands

    config = {
        "objective": objective,
        "max_tokens": max_tokens,
        "max_members": max_members,
        "metadata": {"priority": priority, "capabilities": capability or []},
    }
    on_store(
        lambda shared: group_commands.create(
            shared,
            name,
            active=active or (),
            passive=passive or (),
            config=config,
            json_output=as_json,
        ),
        store,
        home,
        as_json,
    )


@app.command("list")
def list_(
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
def status(
    group: AnyGroup = None,
    *,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show members, roles, health, leader, memory, jobs and failovers."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.show_status(shared, group, json_output=as_json),
        store,
        home,
        as_json,
    )


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


@app.command()
def promote(
    group: GroupName,
    robot: RobotName,
    *,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Make a passive robot active."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.promote(shared, group, robot, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def demote(
    group: GroupName,
    robot: RobotName,
    *,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Make an active robot passive; never the last one."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.demote(shared, group, robot, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def failover(
    group: AnyGroup = None,
    *,
    failed: Annotated[
        str | None, typer.Option("--failed", help="Who is replaced; else who is silent.")
    ] = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Retire an active robot and let a passive one take over, now."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.failover(shared, group, failed=failed, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def drill(
    group: AnyGroup = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Also with open jobs.")] = False,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Fail over on purpose and tell how long each part took; the two robots change places."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.run_drill(shared, group, yes=yes, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def sync(
    group: AnyGroup = None,
    *,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Bring all members up to what the group knows."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.sync(shared, group, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def health(
    group: AnyGroup = None,
    *,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show who is well; 1 if a member is silent or nobody is active."""
    from casare_robot.cli import group_commands

    on_store(
        lambda shared: group_commands.show_health(shared, group, json_output=as_json),
        store,
        home,
        as_json,
    )
