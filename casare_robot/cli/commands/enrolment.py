"""Commands that make the robot known to an orchestrator."""

from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer()


@app.command()
def enroll(
    code: Annotated[
        str | None, typer.Argument(help="The enrolment code; else it is asked for.")
    ] = None,
    *,
    to: Annotated[str | None, typer.Option("--to", help="Address of the orchestrator.")] = None,
    supabase: Annotated[
        str | None, typer.Option("--supabase", help="Address of a Supabase project instead.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="The project's publishable key, if the code has none.")
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", help="An invitation: code and address."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name shown to people; else the machine's.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Replace an older one.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Make this robot known to an orchestrator by a code that works once."""
    from casare_robot.cli import enroll_command

    if supabase is not None:
        told = enroll_command.enroll_at_project(
            supabase, code, key=key, name=name, yes=yes, json_output=as_json, home=home
        )
        raise typer.Exit(told)
    done = enroll_command.enroll(
        to, code, file=file, name=name, yes=yes, json_output=as_json, home=home
    )
    raise typer.Exit(done)


@app.command()
def unenroll(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Forget the orchestrator that this robot is enrolled with, and its key."""
    from casare_robot.cli import enroll_command

    raise typer.Exit(enroll_command.unenroll(yes=yes, json_output=as_json, home=home))
