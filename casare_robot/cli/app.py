"""The commands. Each loads what it needs when it runs: a command line must answer at once."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from casare_robot.cli.config_commands import app as config_app
from casare_robot.cli.secret_commands import app as secret_app

_PROGRAM = "casare-robot"

app = typer.Typer(
    name=_PROGRAM,
    help="Runs CasareRPA workflows durably.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
audit_app = typer.Typer(help="What the robot wrote down of what it did.", no_args_is_help=True)
jobs_app = typer.Typer(help="What ran, and what needs attention.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")
app.add_typer(audit_app, name="audit")
app.add_typer(config_app, name="config")
app.add_typer(secret_app, name="secret")

WorkflowFile = Annotated[Path, typer.Argument(help="A workflow file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
ShowTray = Callable[[bool, Path | None], int]
Home = Annotated[Path | None, typer.Option("--home", help="Folder for everything the robot keeps.")]


def run(*, show_tray: ShowTray) -> int:
    """Run the command that the program was started with; the exit code.

    Args:
        show_tray: The other face, which this one does not know.
    """
    try:
        return app(prog_name=_PROGRAM, standalone_mode=False, obj=show_tray) or 0
    except typer.TyperException as error:
        return _refused(error)


def _refused(error: typer.TyperException) -> int:
    from casare_robot.cli.refusal import UsageError, refuse

    context: Any = getattr(error, "ctx", None)
    message = error.format_message()
    if context is not None and message == context.get_help():
        print(message, file=sys.stderr)  # a group of commands and none named
        return error.exit_code
    message = message[:1].lower() + message[1:].rstrip(".")
    command = context.command_path if context is not None else _PROGRAM
    told = UsageError(f"{message}; see {command} --help")
    return refuse(told, json_output="--json" in sys.argv[1:])


@app.command("exec")
def exec_(
    file: Annotated[
        Path | None, typer.Argument(help="A workflow file; none: resume the job of --job.")
    ] = None,
    *,
    var: Annotated[
        list[str] | None, typer.Option("--var", help="A variable's value: NAME=VALUE.")
    ] = None,
    vars_file: Annotated[
        Path | None, typer.Option("--vars", help="A JSON file with variables.")
    ] = None,
    job: Annotated[str | None, typer.Option("--job", help="Id of the job, new or known.")] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds.", min=0.001)] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Run one workflow here and now; the exit code tells how it ended."""
    from casare_robot.cli.early_start import taken
    from casare_robot.cli.exec_command import exec_workflow

    raise typer.Exit(
        exec_workflow(
            file,
            variables=var or (),
            variables_file=vars_file,
            job_id=job,
            timeout=timeout,
            json_output=as_json,
            home=home,
            spare=taken(),
        )
    )


@app.command("run")
def run_(
    *,
    orchestrator: Annotated[
        str | None, typer.Option("--orchestrator", help="Address of the orchestrator.")
    ] = None,
    dialect: Annotated[
        str | None, typer.Option("--dialect", help="How the orchestrator speaks.")
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
    }
    raise typer.Exit(run_agent(said, home=home))


@app.command()
def enroll(
    code: Annotated[
        str | None, typer.Argument(help="The enrolment code; else it is asked for.")
    ] = None,
    *,
    to: Annotated[str | None, typer.Option("--to", help="Address of the orchestrator.")] = None,
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
def validate(file: WorkflowFile, *, as_json: AsJson = False) -> None:
    """Check a workflow file without running it."""
    from casare_robot.cli.validate_command import validate_file

    raise typer.Exit(validate_file(file, json_output=as_json))


@app.command()
def nodes(*, as_json: AsJson = False) -> None:
    """List the node types with ports, properties, effect and needs."""
    from casare_robot.cli.nodes_command import list_nodes

    list_nodes(json_output=as_json)


@app.command()
def orchestrator(
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any.")] = 8765,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for what it knows.", show_default=False)
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Where its state is instead: sqlite:FILE.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="TLS certificate (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option("--private-key", help="Its key (PEM).")
    ] = None,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Drop, delay and repeat on purpose.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A small real orchestrator with a page, for people who have none."""
    from casare_robot.cli.orchestrator_command import serve

    raise typer.Exit(
        serve(
            host=host,
            port=port,
            data=data,
            store=store,
            certificate=certificate,
            private_key=private_key,
            chaos=chaos,
            json_output=as_json,
        )
    )


@app.command()
def submit(
    file: WorkflowFile,
    *,
    to: Annotated[str, typer.Option("--to", help="Address of the orchestrator.")],
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", help="Its key; else CASARE_ORCHESTRATOR_KEY, or this user's."),
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option("--var", help="A variable's value: NAME=VALUE.")
    ] = None,
    vars_file: Annotated[
        Path | None, typer.Option("--vars", help="A JSON file with variables.")
    ] = None,
    job: Annotated[str | None, typer.Option("--job", help="Id of the new job.")] = None,
    robot: Annotated[str | None, typer.Option("--robot", help="The one robot for it.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="What its robot must be able to do.")
    ] = None,
    priority: Annotated[int, typer.Option("--priority", help="The highest runs first.")] = 0,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds.", min=0.001)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a job to an orchestrator."""
    from casare_robot.cli.submit_command import submit as submit_file

    raise typer.Exit(
        submit_file(
            file,
            to=to,
            key=api_key,
            variables=var or (),
            variables_file=vars_file,
            job_id=job,
            robot=robot,
            tags=tag or (),
            priority=priority,
            timeout=timeout,
            wait=wait,
            json_output=as_json,
        )
    )


@app.command()
def demo(
    *,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep it running at the end, to look at its page.")
    ] = False,
) -> None:
    """An orchestrator, two robots, real workflows, and a robot that is killed and comes back."""
    from casare_robot.cli.demo_command import run_demo

    raise typer.Exit(run_demo(stay=stay))


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
def cancel(job: str, *, as_json: AsJson = False, home: Home = None) -> None:
    """Cancel a job of the running robot, whether it waits or runs."""
    from casare_robot.cli import agent_commands

    raise typer.Exit(agent_commands.cancel(job, json_output=as_json, home=home))


@app.command()
def metrics(*, as_json: AsJson = False, home: Home = None) -> None:
    """Show what the running robot has counted and measured."""
    from casare_robot.cli.agent_commands import show_metrics

    raise typer.Exit(show_metrics(json_output=as_json, home=home))


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


@audit_app.command("verify")
def audit_verify(*, as_json: AsJson = False, home: Home = None) -> None:
    """Check that the audit is as the robot wrote it; 1 if it is not."""
    from casare_robot.cli.audit_command import verify_audit

    raise typer.Exit(verify_audit(json_output=as_json, home=home))


@jobs_app.command("list")
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


@jobs_app.command("show")
def jobs_show(job: str, *, as_json: AsJson = False, home: Home = None) -> None:
    """How a job ended, or where it stands."""
    from casare_robot.cli.jobs_command import show_job

    raise typer.Exit(show_job(job, json_output=as_json, home=home))


@jobs_app.command("retry")
def jobs_retry(job: str, *, as_json: AsJson = False, home: Home = None) -> None:
    """Run a job's workflow again from its start, as a new job."""
    from casare_robot.cli.jobs_command import retry_job

    raise typer.Exit(retry_job(job, json_output=as_json, home=home))


@jobs_app.command("resolve")
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
