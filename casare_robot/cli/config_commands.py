"""`casare-robot config`: what is set, where it came from, and changing it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from casare_robot.config.loading import load_config
from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.config.sources import flat, read_json_object, settings_files
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import AgentUnreachableError, ConfigError, Fault, RobotError

if TYPE_CHECKING:
    from casare_robot.config.importing import Change

app = typer.Typer(
    name="config", help="Show, change and check the robot's settings.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NAME = "A setting, or one of a policy: remote_policy.allow_scripts."


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Show every setting, its value and where the value came from."""
    with _faults_told(as_json):
        config = load_config()
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
def get(name: Annotated[str, typer.Argument(help=NAME)], *, as_json: AsJson = False) -> None:
    """Show one setting's value."""
    with _faults_told(as_json):
        config = load_config()
        value = _value(config, name)
    if as_json:
        _print_json({"name": name, "value": value, "source": config.where(name)})
    else:
        typer.echo(value if isinstance(value, str) else json.dumps(value))
        _warn(config)


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(help=NAME)],
    value: Annotated[str, typer.Argument(help="The new value; lists and null as JSON.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Change a setting in your own settings file."""
    from casare_robot.config.editing import change_setting

    places = find_places()
    with _faults_told(as_json):
        written = change_setting(name, value, places=places)
        config = load_config(places=places)
    source = config.where(name)
    if as_json:
        _print_json({"name": name, "value": written, "source": source})
    elif source == str(places.config_file):
        typer.echo(f"{name} is {_written(written)}, in {source}")
    else:
        typer.echo(f"{name} is written, but {source} is stronger", err=True)
    _tell_running_robot()


@app.command()
def validate(
    file: Annotated[
        Path | None, typer.Argument(help="A settings file; else everything in force.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check the settings; tells every fault and ends with 2 if there is one."""
    with _faults_told(as_json):
        if file is None:
            load_config(strict=True)
        else:
            from casare_robot.config.reading import read

            read(read_json_object(file), source=str(file))
    if as_json:
        _print_json({"valid": True, "faults": []})
    else:
        typer.echo("the settings are valid")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An older robot's settings: JSON, or NAME=VALUE.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what changes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take over the settings of an older CasareRPA robot; `config undo` goes back."""
    from casare_robot.config.importing import import_settings

    with _faults_told(as_json):
        done = import_settings(file, places=find_places(), write=not dry_run)
    if as_json:
        _print_json(msgspec.to_builtins(done))
        return
    _tell_changes(done.changes)
    for entry in done.left_out:
        typer.echo(f"  {entry.name}: not taken over: {entry.why}")
    if done.changes and not dry_run:
        typer.echo("config undo goes back")
        _tell_running_robot()


@app.command()
def undo(*, as_json: AsJson = False) -> None:
    """Go back to the settings from before the last import; once more goes forward again."""
    from casare_robot.config.importing import undo_import

    with _faults_told(as_json):
        changes = undo_import(places=find_places())
    if as_json:
        _print_json(msgspec.to_builtins(changes))
    else:
        _tell_changes(changes)
    _tell_running_robot()


@app.command()
def path(*, as_json: AsJson = False) -> None:
    """Show where settings, memory and logs are."""
    places = find_places()
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
    except ConfigError as error:
        if as_json:
            _print_json({"valid": False, "faults": [_row(fault) for fault in error.faults]})
        else:
            for fault in error.faults:
                typer.echo(str(fault), err=True)
        raise typer.Exit(2) from error


def _tell_running_robot() -> None:
    """Let a robot that runs here use the changed settings, as far as it can."""
    import asyncio

    from casare_robot.control.client import ControlClient

    try:
        config = load_config(places=find_places())
        needing_restart = asyncio.run(ControlClient(config.checkpoint_dir).reload())
    except AgentUnreachableError:
        return
    except RobotError as error:
        typer.echo(f"the running robot does not take it: {error}", err=True)
        return
    for name in needing_restart:
        typer.echo(f"the running robot needs a restart for {name}", err=True)


def _tell_changes(changes: Sequence["Change"]) -> None:
    for change in changes:
        if change.before is not None:
            typer.echo(f"- {change.name}: {_written(change.before)}")
        if change.after is not None:
            typer.echo(f"+ {change.name}: {_written(change.after)}")
    if not changes:
        typer.echo("nothing changes")


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
        typer.echo(f"warning: {fault}; its last good copy is used", err=True)


def _row(fault: Fault) -> dict[str, str | None]:
    return {"code": fault.code, "message": fault.message, "key": fault.key}


def _written(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
