"""Commands about what starts workflows by itself."""

from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer()
triggers = typer.Typer(help="What starts workflows by itself.", no_args_is_help=True)
app.add_typer(triggers, name="triggers")

TriggerId = Annotated[
    str,
    typer.Argument(
        help="Its id, as triggers list shows it; or the name of its workflow or of its node, "
        "where that says which."
    ),
]


@triggers.command("list")
def triggers_list(*, as_json: AsJson = False, home: Home = None) -> None:
    """What is switched on, and how it is."""
    from casare_robot.cli.triggers_command import list_triggers

    raise typer.Exit(list_triggers(json_output=as_json, home=home))


@triggers.command("on")
def triggers_on(
    file: Annotated[Path, typer.Argument(help="A workflow with triggers.")],
    *,
    node: Annotated[str, typer.Option("--node", help="Only the trigger of this id.")] = "",
    missed: Annotated[
        str,
        typer.Option(
            "--missed", help="Runs of a schedule while the robot was away: once, skip or all."
        ),
    ] = "once",
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Where webhooks, forms and chats are served; by default 127.0.0.1:8720.",
        ),
    ] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Switch a workflow's triggers on; again, to take up a changed file."""
    from casare_robot.cli.triggers_command import switch_on

    code = switch_on(file, node=node, missed=missed, listen=listen, json_output=as_json, home=home)
    raise typer.Exit(code)


@triggers.command("off")
def triggers_off(trigger: TriggerId, *, as_json: AsJson = False, home: Home = None) -> None:
    """Switch a trigger off, and forget how far it was."""
    from casare_robot.cli.triggers_command import switch_off

    raise typer.Exit(switch_off(trigger, json_output=as_json, home=home))


@triggers.command("fire")
def triggers_fire(
    trigger: TriggerId,
    *,
    variables: Annotated[
        list[str] | None, typer.Option("--var", help="NAME=VALUE, for each value it hands on.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Start a trigger's workflow now, as if it had happened."""
    from casare_robot.cli.triggers_command import fire

    raise typer.Exit(fire(trigger, variables or (), json_output=as_json, home=home))
