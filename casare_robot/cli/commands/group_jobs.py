"""Commands about a job of a group."""

from typing import Annotated, Literal

import typer

from casare_robot.cli.commands.group_options import StoreAddress, on_store
from casare_robot.cli.options import AsJson, Home

app = typer.Typer()

JobOfGroup = Annotated[str, typer.Argument(help="Id of a job.", show_default=False)]


@app.command()
def cancel(
    job: JobOfGroup, *, store: StoreAddress = None, as_json: AsJson = False, home: Home = None
) -> None:
    """Cancel a job of a group, whether it waits or runs; 1 if it has ended."""
    from casare_robot.cli import group_jobs_commands

    on_store(
        lambda shared: group_jobs_commands.cancel(shared, job, json_output=as_json),
        store,
        home,
        as_json,
    )


@app.command()
def resolve(
    job: JobOfGroup,
    *,
    decision: Annotated[
        Literal["again", "done", "fail"], typer.Option("--as", help="again, done or fail.")
    ],
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Say what becomes of a group's job that needs attention, whose robot is gone or not."""
    from casare_robot.cli import group_jobs_commands

    on_store(
        lambda shared: group_jobs_commands.resolve(shared, job, decision, json_output=as_json),
        store,
        home,
        as_json,
    )
