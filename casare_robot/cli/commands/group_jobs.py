"""Commands about a job of a group."""

from functools import partial
from typing import Annotated, Literal

import typer

from casare_robot.cli.commands.store_command import Act, store_command

app = typer.Typer()

JobOfGroup = Annotated[str, typer.Argument(help="Id of a job.", show_default=False)]


@store_command(app)
def cancel(job: JobOfGroup) -> Act:
    """Cancel a job of a group, whether it waits or runs; 1 if it has ended."""
    from casare_robot.cli import group_jobs_commands

    return partial(group_jobs_commands.cancel, job_id=job)


@store_command(app)
def resolve(
    job: JobOfGroup,
    *,
    decision: Annotated[
        Literal["again", "done", "fail"], typer.Option("--as", help="again, done or fail.")
    ],
) -> Act:
    """Say what becomes of a group's job that needs attention, whose robot is gone or not."""
    from casare_robot.cli import group_jobs_commands

    return partial(group_jobs_commands.resolve, job_id=job, decision=decision)
