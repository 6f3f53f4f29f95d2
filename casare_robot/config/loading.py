"""Finds the settings' values. Cheap when nobody set anything."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.config.robot_config import RobotConfig
from casare_robot.config.sources import settings_files, variables
from casare_robot.desktop.places import Places, find_places
from casare_robot.domain.errors import ConfigError, Fault


def load_config(
    overrides: Mapping[str, Any] | None = None,
    *,
    places: Places | None = None,
    strict: bool = False,
) -> RobotConfig:
    """The settings in force.

    Strongest first: the administrator's policy file, ``overrides``, environment,
    the person's file, the machine's, defaults. A wrong file is replaced by its
    last good copy, with the file's faults in ``faults``.

    Args:
        overrides: From the command line: settings by name, policies nested;
            None is not given.
        places: Where files are; the usual places by default.
        strict: Do not make do with a last good copy.

    Raises:
        ConfigError: With every fault of every source that cannot be replaced.
    """
    places = places or find_places()
    policy, *files = settings_files(places)
    said = {name: value for name, value in (overrides or {}).items() if value is not None}
    if not (said or variables() or any(file.exists() for file in (policy, *files))):
        return RobotConfig(checkpoint_dir=places.data)
    from casare_robot.config.reading import Layer, read, read_environment, read_file

    attempts: list[Callable[[], list[Layer]]] = [
        lambda: read_file(policy, strict=strict),
        lambda: read(said, source="command line"),
        read_environment,
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
    for layer in reversed(layers):
        values |= layer.values
        sources |= dict.fromkeys(layer.values, layer.source)
    folder = values.get("checkpoint_dir", places.data)
    return _config(
        values | {"checkpoint_dir": places.config / folder.expanduser()},
        sources=sources,
        faults=tuple(fault for layer in layers for fault in layer.faults),
    )


def memory_folder(config: RobotConfig, home: Path | None) -> Path:
    """The folder of journal and control: in ``home`` if one is named, else where the settings say.

    Agent and faces must find the same one.
    """
    return find_places(home).data if home else config.checkpoint_dir


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
