"""Keeps, names and forgets what workflows may ask for."""

import os
import sys
from pathlib import Path

from casare_robot.cli import asking
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import SecretStore, workflow_secrets
from casare_robot.domain.errors import RobotError


def keep(name: str, *, json_output: bool, home: Path | None) -> int:
    """Ask for a secret and keep it; the exit code."""
    store = _store(home)
    try:
        is_guarded = store.keep(name, asking.secret(f"value of {name}"))
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if not is_guarded:
        warn_unguarded(store)
    told = {"name": name, "in_keyring": is_guarded}
    print(as_json(told) if json_output else f"{name} is kept")
    return 0


def show_names(*, json_output: bool, home: Path | None) -> int:
    """Name the secrets there are; the exit code."""
    try:
        names = _store(home).names()
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if json_output:
        print(as_json({"secrets": list(names)}))
    else:
        print("\n".join(names) or "there are no secrets")
    return 0


def forget(name: str, *, json_output: bool, home: Path | None) -> int:
    """Forget a secret; the exit code."""
    try:
        if not _store(home).delete(name):
            raise UsageError(f"there is no secret {name!r}")
    except RobotError as error:
        return refuse(error, json_output=json_output)
    told = {"name": name, "deleted": True}
    print(as_json(told) if json_output else f"{name} is forgotten")
    return 0


def warn_unguarded(store: SecretStore) -> None:
    """Say that there is no keyring, and what that means."""
    who = "this user" if os.name == "nt" else "this user and root"
    print(
        f"warning: there is no keyring here; the key to {store.file} lies beside it, "
        f"where only {who} can read it",
        file=sys.stderr,
    )


def _store(home: Path | None) -> SecretStore:
    return workflow_secrets(find_places(home).data)
