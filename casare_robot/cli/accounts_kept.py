"""Signs in to accounts, lists them and takes them away."""

import asyncio
import sys
import webbrowser
from pathlib import Path

import msgspec

from casare_robot.agent.accounts import accounts, add_google, remove
from casare_robot.agent.google_sign_in import read_client
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.cli.secrets_kept import warn_unguarded
from casare_robot.cli.terminal import is_at_terminal
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import SecretStore, workflow_secrets
from casare_robot.domain.account import Consent
from casare_robot.domain.errors import RobotError


def add(
    service: str,
    client_file: Path | None,
    access: str,
    *,
    name: str,
    json_output: bool,
    home: Path | None,
) -> int:
    """Sign in to an account and keep it; the exit code."""
    store = _store(home)
    words = [word.strip() for word in access.split(",") if word.strip()]
    try:
        if service != "google":
            raise UsageError(f"there are accounts of google, none of {service!r}")
        client = None if client_file is None else read_client(_text(client_file))
        made = asyncio.run(add_google(store, name, client, words, show=_show))
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if not made.in_keyring:
        warn_unguarded(store)
    missing = [word for word in words if word not in made.access]
    if missing:
        print(f"warning: no access was granted to {', '.join(missing)}", file=sys.stderr)
    told = f"{name} is kept: {made.service}, {', '.join(made.access)}"
    print(as_json(msgspec.to_builtins(made)) if json_output else told)
    return 0


def show(*, json_output: bool, home: Path | None) -> int:
    """List the accounts; the exit code."""
    try:
        found = accounts(_store(home))
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if json_output:
        print(as_json(msgspec.to_builtins(found)))
        return 0
    for one in found:
        print(f"{one.name}  {one.service}  {', '.join(one.access)}")
    if not found:
        print("there are no accounts: casare-robot account add google --client FILE")
    return 0


def forget(name: str, *, json_output: bool, home: Path | None) -> int:
    """Take consent back and forget an account; the exit code."""
    try:
        problem = asyncio.run(remove(_store(home), name))
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if problem:
        print(f"warning: {problem}; see myaccount.google.com/permissions", file=sys.stderr)
    told = {"name": name, "removed": True, "revoked": not problem}
    print(as_json(told) if json_output else f"{name} is forgotten")
    return 0


def _show(consent: Consent) -> None:
    """Say what the person is to do; where a person is here, open the browser."""
    minutes = round(consent.seconds / 60)
    if consent.code:
        told = f"open {consent.url} on any device and enter {consent.code}"
    else:
        told = f"open this address in a browser of this machine: {consent.url}"
    print(f"{told} (within {minutes} minutes)", file=sys.stderr, flush=True)
    if not consent.code and is_at_terminal():
        webbrowser.open(consent.url)


def _text(file: Path) -> str:
    try:
        return file.expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def _store(home: Path | None) -> SecretStore:
    return workflow_secrets(find_places(home).data)
