"""Commands for newer versions."""

from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer(
    help="Newer versions: look for them, install them, go back.", no_args_is_help=True
)
Drain = Annotated[
    bool,
    typer.Option("--drain", help="Finish jobs that run, begin none, and do it then."),
]


@app.command()
def check(*, as_json: AsJson = False, home: Home = None) -> None:
    """Look whether the feed offers a newer version; fetch and verify it."""
    from casare_robot.cli import update_command

    raise typer.Exit(update_command.check(json_output=as_json, home=home))


@app.command()
def apply(*, drain: Drain = False, as_json: AsJson = False, home: Home = None) -> None:
    """Install what was fetched: now, or as soon as the running robot is idle."""
    from casare_robot.cli import update_command

    raise typer.Exit(update_command.apply(drain=drain, json_output=as_json, home=home))


@app.command()
def back(*, drain: Drain = False, as_json: AsJson = False, home: Home = None) -> None:
    """Put the version before this one in its place, with all jobs and settings."""
    from casare_robot.cli import update_command

    raise typer.Exit(update_command.back(drain=drain, json_output=as_json, home=home))
