"""Commands for when something is wrong."""

from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer()


@app.command()
def doctor(*, as_json: AsJson = False, home: Home = None) -> None:
    """Find out what keeps the robot from working; 1 if something does."""
    from casare_robot.cli.doctor_command import show_diagnosis

    raise typer.Exit(show_diagnosis(json_output=as_json, home=home))


@app.command()
def bundle(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", help="The file to write; else one with the time.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write it without asking.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Pack what helps others to help: no secrets, user names or variables; shown beforehand."""
    from casare_robot.cli.bundle_command import write_bundle

    raise typer.Exit(write_bundle(output=output, yes=yes, json_output=as_json, home=home))


@app.command()
def version(*, as_json: AsJson = False) -> None:
    """Print the version."""
    import json
    import platform
    import sqlite3

    from casare_robot import __version__

    facts = {
        "casare_robot": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(terse=True),
    }
    typer.echo(json.dumps(facts) if as_json else f"casare-robot {__version__}")
