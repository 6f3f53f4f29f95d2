"""Changes one setting, says where it is and from when on it holds."""

import json
import sys
from pathlib import Path
from typing import Any

from casare_robot.cli import asking
from casare_robot.cli.refusal import UsageError
from casare_robot.cli.rendering import as_json
from casare_robot.cli.secrets_kept import warn_unguarded
from casare_robot.cli.settings_told import how_it_holds, tell_running
from casare_robot.config.editing import SECRETS, change_secret, change_setting, change_settings
from casare_robot.config.loading import load_config
from casare_robot.config.robot_config import HIDDEN, KEYRING, settings
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import ConfigError, Fault


def change(name: str, value: str | None, home: Path | None, *, json_output: bool) -> None:
    """Set a setting; a secret without a value is asked for.

    Raises:
        ConfigError: The name or the value is wrong, or a secret was given as an argument.
        UsageError: There is no value.
        SecretStoreError: A secret cannot be kept.
    """
    places = find_places(home)
    own = {str(places.config_file)}
    if name in SECRETS and value is None:
        store = robot_secrets(places.data)
        if not change_secret(name, asking.secret(name), places=places):
            warn_unguarded(store)
        written: Any = HIDDEN
        own = {KEYRING, str(store.file)}
    elif value is None:
        raise UsageError(f"what should {name} be? see casare-robot config set --help")
    else:
        written = change_setting(name, value, places=places)
    config = load_config(places=places)
    source, holds = config.where(name), how_it_holds([name])
    if json_output:
        print(as_json({"name": name, "value": written, "source": source, "holds": holds}))
    elif source in own:
        print(f"{name} is {in_words(written)}, in {source}; it holds {holds}")
    else:
        print(f"{name} is written, but {source} is stronger", file=sys.stderr)
    tell_running(config, home)


def take_out(name: str, home: Path | None, *, json_output: bool) -> None:
    """Take a setting out of the person's file, or forget a secret.

    Raises:
        ConfigError: The name is none, or a file is wrong.
        SecretStoreError: A secret cannot be forgotten.
    """
    places = find_places(home)
    if name not in dict(settings()):
        raise ConfigError([Fault(code="E-CFG-903", message="unknown setting", key=name)])
    if name in SECRETS:
        change_secret(name, None, places=places)
    else:
        change_settings({}, places=places, without=[name])
    config = load_config(places=places)
    value, source, holds = config.shown()[name], config.where(name), how_it_holds([name])
    if json_output:
        print(as_json({"name": name, "value": value, "source": source, "holds": holds}))
    else:
        print(f"{name} is {in_words(value)} ({source}); it holds {holds}")
    tell_running(config, home)


def in_words(value: Any) -> str:
    """A setting's value as a person reads it; JSON where it is no text."""
    return value if isinstance(value, str) and value else json.dumps(value)
