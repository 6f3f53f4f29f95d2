"""`casare-robot config`: what is set, where it came from, and changing it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from casare_robot.cli.options import AsJson, Home
from casare_robot.config.loading import load_config
from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.config.sources import flat, read_json_object, settings_files
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import ConfigError, Fault, RobotError

app = typer.Typer(
    name="config", help="Show, change and check the robot's settings.", no_args_is_help=True
)

_USAGE = "E-USAGE-2"
NAME = "A setting, or one of a policy: remote_policy.allow_scripts."


@app.command()
def show(*, as_json: AsJson = False, home: Home = None) -> None:
    """Show every setting, its value and where the value came from."""
    with _faults_told(as_json):
        config = load_config(places=find_places(home))
    shown = config.shown()
    if as_json:
        rows = {
            name: {
                "value": shown[name],
                "source": config.where(name),
                "unit": setting.unit,
                "description": setting.description,
            }
            for name, setting in settings()
        }
        _print_json({"settings": rows, "faults": [_row(fault) for fault in config.faults]})
        return
    values = dict(flat(shown))
    units = {name: setting.unit for name, setting in settings()}
    width = max(map(len, values))
    for name, value in values.items():
        unit = units.get(name)
        text = _written(value) + (f" {unit}" if unit else "")
        typer.echo(f"{name:<{width}}  {text}  ({config.where(name)})")
    _warn(config)


@app.command()
def get(
    name: Annotated[str, typer.Argument(help=NAME)], *, as_json: AsJson = False, home: Home = None
) -> None:
    """Show one setting's value."""
    with _faults_told(as_json):
        config = load_config(places=find_places(home))
        value = _value(config, name)
    if as_json:
        _print_json({"name": name, "value": value, "source": config.where(name)})
    else:
        typer.echo(value if isinstance(value, str) else json.dumps(value))
        _warn(config)


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(help=NAME)],
    value: Annotated[
        str | None,
        typer.Argument(help="The new value; lists and null as JSON; a secret is asked for."),
    ] = None,
    *,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Change a setting in your own settings file, or a secret in the keyring."""
    from casare_robot.cli.settings_changed import change

    with _faults_told(as_json):
        change(name, value, home, json_output=as_json)


@app.command()
def unset(
    name: Annotated[str, typer.Argument(help="A setting, also one that is a secret.")],
    *,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take a setting out of your own settings file, or forget a secret."""
    from casare_robot.cli.settings_changed import take_out

    with _faults_told(as_json):
        take_out(name, home, json_output=as_json)


@app.command()
def reload(*, as_json: AsJson = False, home: Home = None) -> None:
    """Let the running robot read its settings again."""
    from casare_robot.cli.agent_commands import ask
    from casare_robot.cli.settings_told import told_by

    raise typer.Exit(ask(told_by(as_json), home, json_output=as_json))


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="An older robot's robot_config.json, or its .env file.")
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take over an older CasareRPA robot's settings, after showing what would change."""
    from casare_robot.cli.settings_import import take_over

    with _faults_told(as_json):
        take_over(file, home, yes=yes, json_output=as_json)


@app.command()
def undo(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Go back to the settings as they were before the last import."""
    from casare_robot.cli.settings_import import take_back

    with _faults_told(as_json):
        take_back(home, yes=yes, json_output=as_json)


@app.command()
def validate(
    file: Annotated[
        Path | None, typer.Argument(help="A settings file; else everything in force.")
    ] = None,
    *,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check the settings; tells every fault and ends with 2 if there is one."""
    warnings: tuple[Fault, ...] = ()
    with _faults_told(as_json):
        if file is None:
            from casare_robot.config.credentials import credential_warnings
            from casare_robot.config.editing import plain_secrets

            config = load_config(places=find_places(home), strict=True)
            warnings = (
                *credential_warnings(config, datetime.now(UTC)),
                *plain_secrets(find_places(home)),
            )
        else:
            from casare_robot.config.reading import read

            read(read_json_object(file), source=str(file))
    if as_json:
        told = [_row(warning) for warning in warnings]
        _print_json({"valid": True, "faults": [], "warnings": told})
        return
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo("the settings are valid")


@app.command()
def path(*, as_json: AsJson = False, home: Home = None) -> None:
    """Show where settings, memory and logs are."""
    places = find_places(home)
    policy, user, machine = settings_files(places)
    rows = {
        "user": user.path,
        "machine": machine.path,
        "policy": policy.path,
        "data": places.data,
        "logs": places.logs,
    }
    if as_json:
        _print_json({name: {"path": str(p), "exists": p.exists()} for name, p in rows.items()})
        return
    for name, place in rows.items():
        typer.echo(f"{name:<8} {place}" + ("" if place.exists() else "  (not there)"))


@contextmanager
def _faults_told(as_json: bool) -> Iterator[None]:
    try:
        yield
    except RobotError as error:
        own = Fault(code=error.code, message=str(error))
        faults = error.faults if isinstance(error, ConfigError) else (own,)
        if as_json:
            _print_json({"valid": False, "faults": [_row(fault) for fault in faults]})
        else:
            for fault in faults:
                typer.echo(str(fault), err=True)
        raise typer.Exit(
            2 if isinstance(error, ConfigError) or error.code == _USAGE else 1
        ) from error


def _value(config: RobotConfig, name: str) -> Any:
    shown = config.shown()
    if name in shown:
        return shown[name]
    parts = dict(flat(shown))
    if name in parts:
        return parts[name]
    fault = Fault(code="E-CFG-903", message="unknown setting", key=name)
    raise ConfigError([fault])


def _warn(config: RobotConfig) -> None:
    for fault in config.faults:
        typer.echo(f"warning: {fault}", err=True)


def _row(fault: Fault) -> dict[str, str | None]:
    return {"code": fault.code, "message": fault.message, "key": fault.key}


def _written(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
