"""Makes what sources say into typed settings. The only file that knows pydantic.

It tells every fault at once and turns text into types, but takes longer to import
than all the rest of a start: so this file is imported only when there is something
to read, and pydantic-settings only when a ``CASARE_ROBOT_`` variable is set.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from casare_robot.config.robot_config import HIDDEN, KEYRING, RobotConfig, Setting, settings
from casare_robot.config.sources import (
    PREFIX,
    REFERENCE_VARIABLES,
    SETTING_OF,
    SettingsFile,
    flat,
    read_json_object,
    variables,
)
from casare_robot.desktop.secret_store import SecretStore
from casare_robot.domain.errors import ConfigError, Fault, SecretStoreError
from casare_robot.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one source says: typed values by dotted name, and what is wrong with it.

    ``expiries`` tell when secrets among the values end.
    """

    source: str
    values: Mapping[str, Any]
    expiries: Mapping[str, datetime] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


_BARE = frozenset(REFERENCE_VARIABLES)
_KNOWN = dict(settings())
_POLICY = [field for field in msgspec.structs.fields(Policy) if field.name != "profile"]
_KINDS = {
    name: get_args(hint)[0]
    for name, hint in get_type_hints(RobotConfig, include_extras=True).items()
    if name in _KNOWN
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _kind(name: str, setting: Setting) -> Any:
    """A setting's type; synonyms are understood in capitals, with underscores and blanks too."""
    known = setting.synonyms
    if not known:
        return _KINDS[name]

    def meant(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        word = "-".join(value.lower().replace("_", " ").split())
        return known.get(word, word)

    return Annotated[_KINDS[name], BeforeValidator(meant)]


def _fields() -> dict[str, Any]:
    parts: dict[str, Any] = {field.name: (field.type, None) for field in _POLICY}
    policy = create_model("PolicySettings", __base__=_Strict, **parts)
    return {
        name: (
            policy if _KINDS[name] is Policy else _kind(name, setting),
            Field(None, ge=setting.low, pattern=setting.pattern),
        )
        for name, setting in _KNOWN.items()
    }


_Settings = create_model("Settings", __base__=_Strict, **_fields())


def read(said: Mapping[str, Any], *, source: str) -> list[Layer]:
    """Check and type what one source says; no layer if it says nothing.

    Args:
        said: Settings as JSON or text says them; policies are nested.
        source: Named in the faults.

    Raises:
        ConfigError: With every fault: E-CFG-903 for an unknown setting (and the
            nearest known one), E-CFG-904 for a wrong value.
    """
    try:
        typed = _Settings.model_validate(said)
    except ValidationError as error:
        raise ConfigError([_fault(detail, source) for detail in error.errors()]) from None
    values = dict(flat(typed.model_dump(exclude_unset=True)))
    return [Layer(source=source, values=values)] if values else []


def read_environment() -> list[Layer]:
    """What each variable says, strongest first.

    Raises:
        ConfigError: As for `read`.
    """
    said = sorted(variables().items(), key=lambda item: item[0].upper() in _BARE)
    prefixed = any(name.upper() not in _BARE for name, _ in said)
    parsed = _parse_environment() if prefixed else {}
    layers: list[Layer] = []
    faults: list[Fault] = []
    for variable, text in said:
        name = variable.lower().removeprefix(PREFIX.lower())
        name = SETTING_OF.get(name, name)
        value = text if variable.upper() in _BARE else parsed.get(name, text)
        try:
            layers += read({name: value}, source=variable)
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    return layers


def read_file(file: SettingsFile, *, strict: bool) -> list[Layer]:
    """What a file says, or its last good copy with what is wrong with the file.

    Raises:
        ConfigError: The file is wrong, and ``strict`` or there is no copy.
    """
    if not file.exists():
        return []
    source = str(file.path)
    try:
        layers = read(read_json_object(file.path), source=source)
    except ConfigError as error:
        if strict or not file.last_good.is_file():
            raise
        copies = read(read_json_object(file.last_good), source=f"last good copy of {source}")
        told = tuple(
            msgspec.structs.replace(fault, message=f"{fault.message}; its last good copy is used")
            for fault in error.faults
        )
        return [replace(copy, faults=told) for copy in copies]
    file.keep()
    return layers


def read_kept(store: SecretStore, *, strict: bool) -> list[Layer]:
    """The secret settings that the robot keeps; one that cannot be read is a fault.

    Raises:
        ConfigError: One cannot be read, and ``strict``.
    """
    values: dict[str, str] = {}
    faults: list[Fault] = []
    try:
        for name in store.names():
            value = store.find(name) if name in _KNOWN and _KNOWN[name].secret else None
            if value is not None:
                values[name] = value
        source = KEYRING if store.is_guarded else str(store.file)
        ends = store.expiries()
    except SecretStoreError as error:
        faults.append(Fault(code=error.code, message=str(error)))
        if strict:
            raise ConfigError(faults) from error
        return [Layer(source=str(store.file), values={}, faults=tuple(faults))]
    return [Layer(source=source, values=values, expiries=ends)]


def from_text(name: str, text: str) -> Any:
    """What a word on a command line means for a setting: text as it is, else JSON if it is any."""
    if _KINDS.get(name) is str:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parse_environment() -> dict[str, Any]:
    from pydantic_settings import BaseSettings, EnvSettingsSource
    from pydantic_settings.exceptions import SettingsError

    model = create_model("Environment", __base__=BaseSettings, **_fields())
    try:
        return EnvSettingsSource(model, env_prefix=PREFIX)()
    except SettingsError as error:
        message = f"environment: {error}: {error.__cause__}"
        raise ConfigError([Fault(code="E-CFG-904", message=message)]) from error


def _without_key(value: Any) -> Any:
    """An address without the name, password or query that somebody put into it."""
    if not isinstance(value, str) or "://" not in value:
        return value
    return re.sub(r"(?<=://).*@|(?<=[?#]).*", HIDDEN, value)


def _fault(detail: ErrorDetails, source: str) -> Fault:
    place = [str(part) for part in detail["loc"]]
    key = ".".join(place)
    if detail["type"] == "extra_forbidden":
        known = [*_KNOWN] if len(place) == 1 else [field.name for field in _POLICY]
        nearest = get_close_matches(place[-1], known, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        return Fault(code="E-CFG-903", message=f"{source}: unknown setting{hint}", key=key)
    setting = _KNOWN[place[0]]
    value = HIDDEN if setting.secret else repr(_without_key(detail["input"]))
    wrong = detail["msg"].removeprefix("Input should be ").replace("valid tuple", "list")
    if detail["type"] == "string_pattern_mismatch":
        wrong = setting.expects
    return Fault(code="E-CFG-904", message=f"{source}: {value} should be {wrong}", key=key)
