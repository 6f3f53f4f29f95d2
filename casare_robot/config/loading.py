"""Finds the settings' values. Cheap when nobody set anything."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from casare_robot.config.robot_config import RobotConfig
from casare_robot.config.sources import settings_files, variables
from casare_robot.desktop.places import Places, find_places
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import ConfigError, Fault


def load_config(
    overrides: Mapping[str, Any] | None = None,
    *,
    places: Places | None = None,
    strict: bool = False,
    secrets: bool = True,
) -> RobotConfig:
    """The settings in force.

    Strongest first: the administrator's policy file, ``overrides``, environment,
    secrets that the robot keeps, the person's file, the machine's, defaults. A
    wrong file is replaced by its last good copy, with the file's faults in
    ``faults``; a secret that cannot be read is missing, and is told there too.

    Args:
        overrides: From the command line: settings by name, policies nested;
            None is not given.
        places: Where files are; the usual places by default.
        strict: Do not make do with a last good copy, or without a secret.
        secrets: Whether kept secrets are wanted; the keyring may have to be asked.

    Raises:
        ConfigError: With every fault of every source that cannot be replaced.
    """
    places = places or find_places()
    policy, *files = settings_files(places)
    said = {name: value for name, value in (overrides or {}).items() if value is not None}
    store = robot_secrets(places.data)
    kept = secrets and store.file.is_file()
    if not (said or kept or variables() or any(file.exists() for file in (policy, *files))):
        return RobotConfig(checkpoint_dir=places.data)
    from casare_robot.config.reading import Layer, read, read_environment, read_file, read_kept

    attempts: list[Callable[[], list[Layer]]] = [
        lambda: read_file(policy, strict=strict),
        lambda: read(said, source="command line"),
        read_environment,
        *([lambda: read_kept(store, strict=strict)] if kept else []),
        *(partial(read_file, file, strict=strict) for file in files),
    ]
    layers: list[Layer] = []
    faults: list[Fault] = []
    for attempt in attempts:
        try:
            layers += attempt()
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    expiries: dict[str, datetime] = {}
    for layer in reversed(layers):
        values |= layer.values
        sources |= dict.fromkeys(layer.values, layer.source)
        expiries = {n: end for n, end in expiries.items() if n not in layer.values}
        expiries |= layer.expiries
    folder = values.get("checkpoint_dir", places.data)
    return _config(
        values | {"checkpoint_dir": places.config / folder.expanduser()},
        sources=sources,
        expiries=expiries,
        faults=tuple(fault for layer in layers for fault in layer.faults),
    )


def memory_folder(config: RobotConfig, home: Path | None) -> Path:
    """The folder of journal and control: in ``home`` if one is named, else where the settings say.

    Agent and faces must find the same one.
    """
    return find_places(home).data if home else config.checkpoint_dir


def store_address(config: RobotConfig, home: Path | None) -> str:
    """Where what robots share is kept: a file beside the robot's home, if nothing else is set.

    A robot of a Supabase project, without an orchestrator, shares what its group has there.
    Agent and faces must find the same one.
    """
    if config.store_url:
        return config.store_url
    keys = config.supabase_key, config.api_key
    if config.supabase_url and config.group and all(keys) and not config.orchestrator_url:
        shown = ":".join(quote(key, safe="") for key in keys)
        where = f"{urlsplit(config.supabase_url).netloc}/group:{config.group}"
        kept = urlencode({"data": find_places(home).data})
        return f"supabase://{shown}@{where}?{kept}"
    return f"sqlite:{find_places(home).shared_store}"


def get_config() -> RobotConfig:
    """The settings in force, under the robot reference's name.

    Raises:
        ConfigError: See `load_config`.
    """
    return load_config()


def _config(values: Mapping[str, Any], **known: Any) -> RobotConfig:
    plain: dict[str, Any] = {}
    policies: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        setting, _, part = name.partition(".")
        if part:
            policies.setdefault(setting, {})[part] = value
        else:
            plain[name] = value
    defaults = RobotConfig(**plain, **known)
    changed = {
        setting: msgspec.structs.replace(getattr(defaults, setting), **parts)
        for setting, parts in policies.items()
    }
    return msgspec.structs.replace(defaults, **changed)
