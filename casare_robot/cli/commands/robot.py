"""Commands that run the robot, and that a running one hears."""

from typing import Annotated, Literal

import typer

from casare_robot.cli.options import AsJson, Home, ShowTray

app = typer.Typer()


@app.command("run")
def run_(
    *,
    orchestrator: Annotated[
        str | None, typer.Option("--orchestrator", help="Address of the orchestrator.")
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(
            "--dialect",
            help="How the orchestrator speaks: auto, native, reference, flat, rest, postgres, "
            "envelope or supabase-tables.",
        ),
    ] = None,
    robot_id: Annotated[
        str | None, typer.Option("--robot-id", help="Who this robot is; confirms it on a clone.")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", help="Its key; better kept by `enroll`: others see options."),
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", help="Which environment it works for.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Group that it is a member of.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option("--role", help="active or passive: what it is there when it is new."),
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Address of what the group shares.")
    ] = None,
    home: Home = None,
) -> None:
    """Run the robot in the foreground: it takes jobs until it is stopped."""
    from casare_robot.cli.run_command import run_agent

    said = {
        "orchestrator_url": orchestrator,
        "orchestrator_dialect": dialect,
        "robot_id": robot_id,
        "api_key": api_key,
        "environment": environment,
        "group": group,
        "group_role": role,
        "store_url": store,
    }
    raise typer.Exit(run_agent(said, home=home))


@app.command()
def tray(
    context: typer.Context,
    *,
    hidden: Annotated[bool, typer.Option("--hidden", help="Only the icon, no window.")] = False,
    home: Home = None,
) -> None:
    """Show the robot in the system tray, and start it if it does not run; the default."""
    show: ShowTray = context.obj
    raise typer.Exit(show(hidden, home))


@app.command()
def autostart(
    word: Annotated[Literal["on", "off", "status"], typer.Argument()] = "status",
    *,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Start the tray when you log in, or not; tells how it really is."""
    from casare_robot.cli import autostart_command

    raise typer.Exit(autostart_command.autostart(word, json_output=as_json, home=home))


@app.command()
def status(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing it until Ctrl+C.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show what the running robot is doing."""
    from casare_robot.cli.agent_commands import show_status

    raise typer.Exit(show_status(watch=watch, json_output=as_json, home=home))


@app.command()
def pause(
    *,
    span: Annotated[str | None, typer.Option("--for", help="How long: 30m, 1h, 1h30m.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="A time such as 17:00.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why, for others to read.")] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Let the running robot begin no more jobs; what runs goes on."""
    from casare_robot.cli import agent_commands

    code = agent_commands.pause(span=span, until=until, note=note, json_output=as_json, home=home)
    raise typer.Exit(code)


@app.command()
def resume(*, as_json: AsJson = False, home: Home = None) -> None:
    """Let the running robot begin jobs again."""
    from casare_robot.cli import agent_commands

    raise typer.Exit(agent_commands.resume(json_output=as_json, home=home))


@app.command()
def drain(*, as_json: AsJson = False, home: Home = None) -> None:
    """Let the running robot finish what runs and begin nothing; what waits stays."""
    from casare_robot.cli import agent_commands

    raise typer.Exit(agent_commands.drain(json_output=as_json, home=home))


@app.command()
def stop(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Interrupt the jobs; they go on at the next start.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Let the running robot leave after its current jobs."""
    from casare_robot.cli import agent_commands

    raise typer.Exit(agent_commands.stop(now=now, json_output=as_json, home=home))


@app.command()
def reconnect(*, as_json: AsJson = False, home: Home = None) -> None:
    """Let the running robot try its orchestrator now, whatever it waits for."""
    from casare_robot.cli import agent_commands

    raise typer.Exit(agent_commands.reconnect(json_output=as_json, home=home))


@app.command()
def cancel(job: str, *, as_json: AsJson = False, home: Home = None) -> None:
    """Cancel a job of the running robot that has not ended."""
    from casare_robot.cli import agent_commands

    raise typer.Exit(agent_commands.cancel(job, json_output=as_json, home=home))
