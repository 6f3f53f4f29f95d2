"""`casare-robot secret`: what workflows may ask for by name."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli import asking
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import SecretStore, workflow_secrets
from casare_robot.domain.errors import RobotError

app = typer.Typer(
    name="secret", help="Keep secrets that workflows ask for by name.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Home = Annotated[Path | None, typer.Option("--home", help="Folder for everything the robot keeps.")]
Name = Annotated[str, typer.Argument(help="As in {{$secret:NAME}}.")]


@app.command("set")
def set_(name: Name, *, as_json: AsJson = False, home: Home = None) -> None:
    """Keep a secret; its value is asked for, or read from standard input."""
    try:
        is_guarded = _store(home).keep(name, asking.secret(f"value of {name}"))
    except RobotError as error:
        raise typer.Exit(refuse(error, json_output=as_json)) from error
    if not is_guarded:
        warn_unguarded(_store(home))
    if as_json:
        typer.echo(json.dumps({"name": name, "in_keyring": is_guarded}))
    else:
        typer.echo(f"{name} is kept")


@app.command("list")
def list_(*, as_json: AsJson = False, home: Home = None) -> None:
    """Name the secrets there are; their values are shown nowhere."""
    store = _store(home)
    try:
        names = store.names()
    except RobotError as error:
        raise typer.Exit(refuse(error, json_output=as_json)) from error
    if as_json:
        typer.echo(json.dumps({"secrets": names}))
    else:
        typer.echo("\n".join(names) or "there are no secrets")


@app.command()
def delete(name: Name, *, as_json: AsJson = False, home: Home = None) -> None:
    """Forget a secret."""
    try:
        if not _store(home).delete(name):
            raise UsageError(f"there is no secret {name!r}")
    except RobotError as error:
        raise typer.Exit(refuse(error, json_output=as_json)) from error
    typer.echo(json.dumps({"name": name, "deleted": True}) if as_json else f"{name} is forgotten")


def warn_unguarded(store: SecretStore) -> None:
    """Say that there is no keyring, and what that means."""
    who = "this user's profile" if os.name == "nt" else "this user and root"
    typer.echo(
        f"warning: there is no keyring here; the key to {store.file} lies beside it, where only"
        f" {who} can read it",
        err=True,
    )


def _store(home: Path | None) -> SecretStore:
    return workflow_secrets(find_places(home).data)
