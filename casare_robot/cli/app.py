"""The command line: its commands in the order of --help, which is that of a user's days.

A command line must answer at once: the commands say here what they take, and
load what they need when they run.
"""

import sys
from typing import Any

import typer

from casare_robot.cli import config_commands, secret_commands
from casare_robot.cli.commands import (
    accounts,
    care,
    enrolment,
    fleets,
    groups,
    orchestrators,
    questions,
    records,
    robot,
    supabase,
    triggers,
    update,
    workflows,
)
from casare_robot.cli.options import ShowTray

_PROGRAM = "casare-robot"

app = typer.Typer(
    name=_PROGRAM,
    help="Runs CasareRPA workflows durably.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(workflows.app)
app.add_typer(robot.app)
app.add_typer(questions.app)
app.add_typer(triggers.app)
app.add_typer(records.app)
app.add_typer(enrolment.app)
app.add_typer(config_commands.app, name="config")
app.add_typer(secret_commands.app, name="secret")
app.add_typer(accounts.app)
app.add_typer(orchestrators.app)
app.add_typer(groups.app, name="group")
app.add_typer(fleets.app, name="fleet")
app.add_typer(supabase.app, name="supabase")
app.add_typer(update.app, name="update")
app.add_typer(care.app)


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
