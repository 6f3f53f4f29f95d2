"""Commands that show what the robot did."""

from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer()
jobs = typer.Typer(help="What ran, and what needs attention.", no_args_is_help=True)
audit = typer.Typer(help="What the robot wrote down of what it did.", no_args_is_help=True)
app.add_typer(jobs, name="jobs")
app.add_typer(audit, name="audit")


@jobs.command("list")
def jobs_list(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 20,
    status: Annotated[str | None, typer.Option("--status", help="Only this status.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The newest jobs first."""
    from casare_robot.cli.jobs_command import list_jobs

    raise typer.Exit(list_jobs(limit=limit, status=status, json_output=as_json, home=home))


@jobs.command("show")
def jobs_show(job: str, *, as_json: AsJson = False, home: Home = None) -> None:
    """How a job ended, or where it stands."""
    from casare_robot.cli.jobs_command import show_job

    raise typer.Exit(show_job(job, json_output=as_json, home=home))


@jobs.command("retry")
def jobs_retry(
    job: str,
    *,
    start: Annotated[
        str, typer.Option("--from", help="start, or failed: go on where it stopped.")
    ] = "start",
    version: Annotated[
        str, typer.Option("--version", help="old, or new: its file as it is now.")
    ] = "old",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Run a job's workflow again as a new job; what was done before it stopped can be kept."""
    from casare_robot.cli.jobs_command import retry_job

    raise typer.Exit(retry_job(job, start=start, version=version, json_output=as_json, home=home))


@jobs.command("resolve")
def jobs_resolve(
    job: str,
    *,
    decision: Annotated[str, typer.Option("--as", help="done, again or fail.")],
    step: Annotated[str | None, typer.Option("--step", help="Key of the step, if several.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Say what became of the step whose outcome is unknown, and go on with the job."""
    from casare_robot.cli.jobs_command import resolve_job

    raise typer.Exit(resolve_job(job, decision, step=step, json_output=as_json, home=home))


@audit.command("verify")
def audit_verify(
    *,
    against: Annotated[
        str | None,
        typer.Option("--against", help="An orchestrator, whose copies tell of what was cut off."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check that the audit is as the robot wrote it; 1 if it is not."""
    from casare_robot.cli.audit_command import verify_audit

    raise typer.Exit(verify_audit(against=against, json_output=as_json, home=home))


@app.command()
def logs(
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl+C.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many.")] = 20,
    level: Annotated[
        str, typer.Option("--level", help="From this level on: debug, info, warning, error.")
    ] = "",
    job: Annotated[str, typer.Option("--job", help="Only of this job.")] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show the newest lines of the robot's log."""
    from casare_robot.cli.logs_command import show_logs

    code = show_logs(
        follow=follow, count=lines, level=level, job=job, json_output=as_json, home=home
    )
    raise typer.Exit(code)


@app.command()
def metrics(*, as_json: AsJson = False, home: Home = None) -> None:
    """Show what the running robot has counted and measured."""
    from casare_robot.cli.agent_commands import show_metrics

    raise typer.Exit(show_metrics(json_output=as_json, home=home))
