"""The settings as pages of fields, and what a person typed as values. Pure.

Names, units, descriptions and bounds come from `RobotConfig`; here is only what
a screen adds: pages, titles, kinds of editors.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from casare_robot.config.robot_config import KEYRING, RobotConfig, Setting, settings
from casare_robot.domain.policy import Policy
from casare_robot.tray.texts import tr

Kind = Literal["text", "secret", "choice", "choices", "whole", "number", "switch", "list", "path"]

PAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("General", ("robot_name", "robot_id", "keep_awake", "language")),
    (
        "Connection",
        (
            "orchestrator_url",
            "api_key",
            "orchestrator_dialect",
            "environment",
            "tags",
            "supabase_url",
            "supabase_key",
            "store_url",
            "group",
            "group_role",
            "group_workflows",
        ),
    ),
    (
        "Jobs",
        (
            "max_concurrent_jobs",
            "max_waiting_jobs",
            "working_hours",
            "job_timeout",
            "node_timeout",
            "no_progress_after",
            "unattended_after",
            "desktop_delay",
            "desktop_retry_delay",
        ),
    ),
    ("Notifications", ("notifications", "quiet_hours")),
    (
        "Logs and storage",
        ("log_level", "log_days", "log_max_bytes", "history_days", "checkpoint_dir"),
    ),
    ("Security", ("local_policy", "remote_policy")),
)
"""Pages and their settings; those that none names are on the last page, Advanced."""

_TITLES = {
    "robot_id": "Robot ID",
    "orchestrator_url": "Orchestrator",
    "orchestrator_dialect": "Dialect",
    "api_key": "API key",
    "supabase_url": "Supabase project",
    "store_url": "Shared store",
    "group_role": "Role in the group",
    "group_workflows": "Workflows of the group",
    "judge_url": "Endpoint of the model that chooses",
    "judge_model": "Model that chooses who answers",
    "judge_key": "Key of that endpoint",
    "checkpoint_dir": "Folder of the journal",
    "no_progress_after": "No progress after",
    "unattended_after": "Wait for somebody to ask",
    "desktop_delay": "Count down before taking the mouse",
    "desktop_retry_delay": "After not now, ask again in",
    "log_max_bytes": "Size of all logs",
    "log_days": "Keep logs for",
    "history_days": "Keep job history for",
}
_WORDS = {
    "failed": "Failures",
    "needs_you": "What needs you",
    "completed": "Jobs that are done",
    "cancelled": "Cancelled jobs",
    "": "As the system",
    "en": "English",
    "de": "Deutsch",
}
_KNOWN = dict(settings())
_HINTS = get_type_hints(RobotConfig, include_extras=True)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A setting on the screen.

    ``name`` is ``policy.part`` for parts of a policy. ``value`` is of the kind's
    own type, None where a list has no limit; a secret's is whether there is one,
    and an address has no password.
    ``source`` says where it comes from; ``locked`` why it cannot be changed here.
    """

    name: str
    title: str
    description: str
    unit: str
    kind: Kind
    value: Any
    default: Any
    group: str
    source: str
    locked: str
    choices: tuple[tuple[str, str], ...] = ()
    low: float | None = None
    may_be_none: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that belong together."""

    title: str
    fields: tuple[Field, ...]


def settings_pages(config: RobotConfig, *, person: Path, policy: Path) -> tuple[Page, ...]:
    """Every setting, page by page.

    Args:
        config: In force.
        person: The file that is changed here.
        policy: The administrator's file, whose values cannot be changed.
    """
    named = {name for _, names in PAGES for name in names}
    rest = tuple(name for name in _KNOWN if name not in named)
    pages = []
    for title, names in (*PAGES, ("Advanced", rest)):
        fields: list[Field] = []
        for name in names:
            fields += _fields(name, config, person, policy)
        pages.append(Page(title=tr(title), fields=tuple(fields)))
    return tuple(pages)


def typed(field: Field, said: Any) -> Any:
    """What an editor holds, as the settings' file says it.

    Args:
        field: The setting.
        said: Text of ``text``, ``path`` and ``list`` (commas or lines), a number,
            a bool, a word of ``choice``, words of ``choices``.
    """
    if field.kind == "list":
        parts = [part.strip() for part in str(said).replace("\n", ",").split(",")]
        return [part for part in parts if part]
    if field.kind == "whole":
        return int(said)
    return said.strip() if isinstance(said, str) else said


def changed(fields: Mapping[str, Field], said: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from those in force, by name."""
    return {
        name: value for name, value in said.items() if _plain(value) != _plain(fields[name].value)
    }


def complete(values: Mapping[str, Any], config: RobotConfig) -> dict[str, Any]:
    """Values with what the screen hides of them: an address keeps the password it has."""
    return {name: config.revealed(name, value) for name, value in values.items()}


def as_file(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted name, nested as in a settings file."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        setting, _, part = name.partition(".")
        if part:
            nested.setdefault(setting, {})[part] = value
        else:
            nested[setting] = value
    return nested


def faults_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with values, by dotted name."""
    from casare_robot.config.reading import read
    from casare_robot.domain.errors import ConfigError

    try:
        read(as_file(values), source="")
    except ConfigError as error:
        found: dict[str, str] = {}
        for fault in error.faults:
            name = _field_of(fault.key or "", values)
            found.setdefault(name, fault.message.removeprefix(": "))
        return found
    return {}


def _field_of(key: str, values: Mapping[str, Any]) -> str:
    """The field that a fault's key is in: lists have faults of their items."""
    parts = key.split(".")
    for count in (2, 1):
        name = ".".join(parts[:count])
        if name in values:
            return name
    return key


def _fields(name: str, config: RobotConfig, person: Path, policy: Path) -> list[Field]:
    value = getattr(config, name)
    if not isinstance(value, Policy):
        return [_field(name, _KNOWN[name], config, person, policy)]
    made = []
    default = getattr(RobotConfig(checkpoint_dir=config.checkpoint_dir), name)
    for part in msgspec.structs.fields(Policy):
        if part.name == "profile":
            continue
        dotted = f"{name}.{part.name}"
        kind, choices, may_be_none = _kind(part.type)
        made.append(
            Field(
                name=dotted,
                title=tr(_title(part.name)),
                description=tr("Empty: no limit.") if may_be_none else "",
                unit=tr("bytes") if part.name.endswith("_bytes") else "",
                kind=kind,
                value=_plain(getattr(value, part.name)),
                default=_plain(getattr(default, part.name)),
                group=_policy_of(name),
                source=_source(config.where(dotted), person),
                locked=_locked(config.where(dotted), person, policy),
                choices=choices,
                low=0,
                may_be_none=may_be_none,
            )
        )
    return made


def _field(name: str, setting: Setting, config: RobotConfig, person: Path, policy: Path) -> Field:
    value = getattr(config, name)
    default = getattr(RobotConfig(checkpoint_dir=config.checkpoint_dir), name)
    kind, choices, may_be_none = _kind(get_args(_HINTS[name])[0])
    if isinstance(value, str) and "@" in value:
        value = config.shown()[name]
    where = config.where(name)
    is_kept = setting.secret and (where == KEYRING or Path(where).is_absolute())
    return Field(
        name=name,
        title=tr(_title(name)),
        description=tr(setting.description),
        unit=tr(setting.unit),
        kind="secret" if setting.secret else kind,
        value=bool(value) if setting.secret else _plain(value),
        default="" if setting.secret else _plain(default),
        group="",
        source=_source(where, person),
        locked="" if is_kept and str(policy) not in where else _locked(where, person, policy),
        choices=choices,
        low=setting.low,
        may_be_none=may_be_none,
    )


def _kind(hint: Any) -> tuple[Kind, tuple[tuple[str, str], ...], bool]:
    """The editor for a type, its choices, and whether it may be None."""
    within = get_args(hint)
    may_be_none = type(None) in within
    if may_be_none:
        hint = next(it for it in within if it is not type(None))
    if get_origin(hint) is Literal:
        return "choice", tuple((word, tr(_WORDS.get(word, word))) for word in get_args(hint)), False
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if get_origin(item) is Literal:
            words = get_args(item)
            return "choices", tuple((word, tr(_WORDS.get(word, word))) for word in words), False
        return "list", (), may_be_none
    simple: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number", Path: "path"}
    return simple.get(hint, "text"), (), may_be_none


def _title(name: str) -> str:
    return _TITLES.get(name) or name.replace("_", " ").capitalize()


def _policy_of(name: str) -> str:
    return tr("Jobs of this desk") if name == "local_policy" else tr("Jobs from the network")


def _source(where: str, person: Path) -> str:
    if where == "default":
        return ""
    if where == str(person):
        return tr("set here")
    return tr("from {source}", source=where)


def _locked(where: str, person: Path, policy: Path) -> str:
    if where in ("default", str(person)) or where.startswith("last good copy"):
        return ""
    if str(policy) in where:
        return tr("Set by your administrator, in {file}.", file=policy)
    if where.endswith(".json"):
        return ""  # the machine's file, which is weaker than the person's
    return tr("{source} says this, and is stronger than what is set here.", source=where)


def _plain(value: Any) -> Any:
    match value:
        case tuple():
            return list(value)
        case Path():
            return str(value)
        case _:
            return value
