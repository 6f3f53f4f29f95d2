"""Shows what an import, or the way back, would change; asks; does it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from casare_robot.cli import asking
from casare_robot.cli.rendering import as_json
from casare_robot.cli.secrets_kept import warn_unguarded
from casare_robot.cli.settings_changed import in_words
from casare_robot.cli.settings_told import how_it_holds, tell_running
from casare_robot.config.importing import (
    Change,
    carry_out,
    go_back,
    plan_import,
    plan_return,
)
from casare_robot.config.loading import load_config
from casare_robot.config.older_files import Left
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import robot_secrets


def take_over(file: Path, home: Path | None, *, yes: bool, json_output: bool) -> None:
    """Import a file.

    Raises:
        ConfigError: It, or the present settings, cannot be read.
        UsageError: The person does not want it, or cannot be asked.
        SecretStoreError: A secret cannot be kept.
    """
    places = find_places(home)
    plan = plan_import(file, places)
    if not json_output:
        _show(plan.changes, plan.left)
    if plan.changes:
        asking.make_sure(f"take over {len(plan.changes)} of the settings above?", yes=yes)
        carry_out(plan, places)
        store = robot_secrets(places.data)
        if store.file.is_file() and not store.is_guarded:
            warn_unguarded(store)
    _done("`casare-robot config undo` goes back", plan.changes, plan.left, home, json_output)


def take_back(home: Path | None, *, yes: bool, json_output: bool) -> None:
    """Undo the last import.

    Raises:
        ConfigError: There was none (E-CFG-907), or a file cannot be read.
        UsageError: The person does not want it, or cannot be asked.
        SecretStoreError: A secret cannot be put back.
    """
    places = find_places(home)
    changes = plan_return(places)
    if not json_output:
        _show(changes, ())
    if changes:
        asking.make_sure("go back to the settings before the last import?", yes=yes)
    go_back(places)
    _done("the settings are as they were before the import", changes, (), home, json_output)


def _done(
    told: str,
    changes: Sequence[Change],
    left: Sequence[Left],
    home: Path | None,
    json_output: bool,
) -> None:
    if json_output:
        rows = {"changes": msgspec.to_builtins(changes), "left": msgspec.to_builtins(left)}
        print(as_json(rows))
    elif changes:
        holds = how_it_holds([change.name for change in changes])
        print(f"{told}; they hold {holds}")
    else:
        print("nothing changes")
    if changes:
        tell_running(load_config(places=find_places(home)), home)


def _show(changes: Sequence[Change], left: Sequence[Left]) -> None:
    names = [change.name for change in changes] + [rest.name for rest in left]
    width = max(map(len, names), default=0)
    for change in changes:
        print(f"  {change.name:<{width}}  {in_words(change.before)} -> {in_words(change.after)}")
    if left:
        print("not taken over:")
    for rest in left:
        print(f"  {rest.name:<{width}}  {rest.why}")
