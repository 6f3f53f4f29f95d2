"""What can be set, in which unit, and what holds when nobody sets it."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import Fault
from casare_robot.domain.policy import Policy

HIDDEN = "***"
KEYRING = "keyring"
"""Where secrets came from that the system's keyring guards."""
_DATABASE = r"^postgres(ql)?://\S+$"
DIALECTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("a", "1a", "flat-websocket", "flat-ws", "websocket", "ws"), "flat"),
        **dict.fromkeys(("push", "dec14"), "flat"),
        **dict.fromkeys(("b", "1b", "rest-claim", "claim", "rest-api", "http"), "rest"),
        **dict.fromkeys(("c", "1c", "postgresql", "direct-postgres", "pg"), "postgres"),
        **dict.fromkeys(("direct-postgresql", "pgqueuer", "direct", "direct-pg"), "postgres"),
        **dict.fromkeys(("d", "1d", "envelope-websocket", "envelope-ws", "nov25"), "envelope"),
        **dict.fromkeys(("e", "1e", "supabase", "tables"), "supabase-tables"),
        **dict.fromkeys(("supabase-polling", "postgrest", "supabase-poll"), "supabase-tables"),
    }
)
"""Other names of dialects; those of one letter are the protocol document's."""
_LINE = r"^$|^{0}s://[^\s@?#]+$|^{0}://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s@?#]*)?$"


_DAY = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TIMES = r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)"
_SPAN = rf"{_DAY}(-{_DAY})? {_TIMES}"
_HOURS = rf"^$|^{_SPAN}(, {_SPAN})*$"


class Setting:
    """What a field's type does not say about a setting.

    ``low`` is an inclusive bound; ``expects`` says in words what ``pattern``
    asks for; ``synonyms`` are other words for some values; a ``secret`` is never
    shown; a running robot takes over what needs
    no ``restart`` when it reads its settings again.
    """

    __slots__ = (
        "description",
        "expects",
        "low",
        "pattern",
        "restart",
        "secret",
        "synonyms",
        "unit",
    )

    def __init__(
        self,
        description: str,
        *,
        unit: str = "",
        low: float | None = None,
        pattern: str | None = None,
        expects: str = "",
        secret: bool = False,
        restart: bool = True,
        synonyms: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.description = description
        self.unit = unit
        self.low = low
        self.pattern = pattern
        self.expects = expects
        self.secret = secret
        self.restart = restart
        self.synonyms = synonyms


def _data_folder() -> Path:
    return find_places().data


class RobotConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The robot's settings; `settings` lists them with their descriptions.

    Attributes:
        sources: Where each value came from, for those that are not defaults.
        expiries: When secrets end, for those whose keeper was told so.
        faults: What is wrong with files whose last good copy is used instead.

    Source: robot reference, "RobotConfig"; architecture, section 6.
    """

    robot_id: Annotated[
        str, Setting("Unique id of this robot, as its orchestrator knows it; empty: none yet.")
    ] = ""
    robot_name: Annotated[str, Setting("Name shown to people; empty: the machine's.")] = ""
    orchestrator_url: Annotated[
        str,
        Setting(
            "Address of the orchestrator; empty: work for this desk only.",
            pattern=f"{_LINE.format('ws')}|{_LINE.format('http')}|{_DATABASE}",
            expects="wss:// or https:// and a host; ws:// and http:// only to this machine; "
            "neither a name nor a key in it; or postgresql:// and a host",
        ),
    ] = ""
    orchestrator_dialect: Annotated[
        Literal[
            "auto", "native", "reference", "flat", "rest", "postgres", "envelope", "supabase-tables"
        ],
        Setting("How the orchestrator speaks; auto: find out.", synonyms=DIALECTS),
    ] = "auto"
    api_key: Annotated[
        str,
        Setting(
            "Key by which the orchestrator knows this robot; `enroll` keeps it.",
            secret=True,
            restart=False,
        ),
    ] = ""
    environment: Annotated[
        str, Setting("Which of the orchestrator's environments this robot works for.")
    ] = "default"
    tags: Annotated[
        tuple[str, ...], Setting("What this robot can do, for jobs that ask for it.")
    ] = ()
    supabase_url: Annotated[
        str,
        Setting(
            "Address of the Supabase project.",
            pattern=_LINE.format("http"),
            expects="https:// and a host; http:// only to this machine",
        ),
    ] = ""
    supabase_key: Annotated[
        str, Setting("Publishable (or anon) key of the Supabase project.", secret=True)
    ] = ""
    store_url: Annotated[
        str,
        Setting(
            "What robots share: sqlite:FILE, on a local disk, postgresql://... or redis://...; "
            "empty: a file beside the robot's home, once it is in a group."
        ),
    ] = ""
    group: Annotated[
        str,
        Setting(
            "Group that this robot is a member of; empty: none.",
            pattern=r"^$|^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            expects="letters, digits, dots, dashes and underscores, a hundred at most",
        ),
    ] = ""
    group_role: Annotated[
        Literal["active", "passive"],
        Setting("What it is there when it is new: one that works, or one that stands by."),
    ] = "active"
    group_workflows: Annotated[
        tuple[str, ...],
        Setting(
            "Workflow files by name, as NAME=FILE: what it runs when asked about that topic "
            "(* for any), and what jobs of the group mean that name one; relative: from the "
            "settings.",
        ),
    ] = ()
    judge_url: Annotated[
        str,
        Setting(
            "OpenAI-compatible endpoint whose language model chooses which robot of a group "
            "answers, as in https://host/v1; empty: the built-in judge chooses.",
            pattern=_LINE.format("http"),
            expects="https:// and a host; http:// only to this machine",
        ),
    ] = ""
    judge_model: Annotated[str, Setting("Name of that model.")] = ""
    judge_key: Annotated[
        str, Setting("Key of that endpoint; empty: it needs none.", secret=True)
    ] = ""
    max_concurrent_jobs: Annotated[int, Setting("Jobs that run at once.", low=1, restart=False)] = 1
    max_waiting_jobs: Annotated[int, Setting("Jobs that may wait; more are refused.", low=1)] = (
        10_000
    )
    working_hours: Annotated[
        str,
        Setting(
            "When jobs may begin, in local time, as in Mon-Fri 08:00-18:00, Sat 09:00-12:00; "
            "empty: always.",
            pattern=_HOURS,
            expects="days and times, such as Mon-Fri 08:00-18:00, Sat 09:00-12:00",
            restart=False,
        ),
    ] = ""
    heartbeat_interval: Annotated[
        float, Setting("Time between signs of life to the orchestrator.", unit="s", low=0.1)
    ] = 30.0
    reconnect_delay: Annotated[
        float, Setting("Wait before the first attempt to reconnect.", unit="s", low=0.01)
    ] = 1.0
    max_reconnect_delay: Annotated[
        float, Setting("Longest wait between attempts to reconnect.", unit="s", low=0.01)
    ] = 60.0
    reconnect_backoff_factor: Annotated[
        float, Setting("How much longer each wait is than the one before.", unit="times", low=1)
    ] = 2.0
    checkpoint_enabled: Annotated[
        bool, Setting("Keep each job's state, so that it goes on after a crash.", restart=False)
    ] = True
    checkpoint_dir: Annotated[
        Path,
        Setting("Folder of the journal: jobs, state, results; relative: from the settings."),
    ] = msgspec.field(default_factory=_data_folder)
    job_timeout: Annotated[
        float, Setting("A job that runs longer is ended.", unit="s", low=0.001, restart=False)
    ] = 3600.0
    node_timeout: Annotated[
        float, Setting("A node that runs longer fails, unless it says otherwise.", unit="s", low=0)
    ] = 120.0
    no_progress_after: Annotated[
        float,
        Setting(
            "A running job without progress for so long is reported.",
            unit="s",
            low=1,
            restart=False,
        ),
    ] = 720.0
    unattended_after: Annotated[
        float,
        Setting(
            "A question that nobody could see for so long fails, or takes its own default.",
            unit="s",
            low=0,
            restart=False,
        ),
    ] = 30.0
    desktop_delay: Annotated[
        float,
        Setting(
            "Before a job takes mouse and keyboard the tray counts down, so that one can say not "
            "now; 0: it does not.",
            unit="s",
            low=0,
            restart=False,
        ),
    ] = 10.0
    desktop_retry_delay: Annotated[
        float,
        Setting("After a not now, the tray asks again.", unit="s", low=1, restart=False),
    ] = 300.0
    keep_awake: Annotated[
        bool, Setting("Keep the machine awake while a job runs.", restart=False)
    ] = True
    history_days: Annotated[
        int,
        Setting("Finished jobs are forgotten after this time.", unit="days", low=1, restart=False),
    ] = 30
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Setting("Least severe lines to log.", restart=False),
    ] = "INFO"
    log_days: Annotated[int, Setting("Log files are deleted after this.", unit="days", low=1)] = 14
    log_max_bytes: Annotated[
        int, Setting("Oldest log files are deleted beyond this.", unit="bytes", low=1 << 20)
    ] = 100 << 20
    notifications: Annotated[
        tuple[Literal["failed", "needs_you", "completed", "cancelled"], ...],
        Setting("What the tray tells without being asked."),
    ] = ("failed", "needs_you")
    quiet_hours: Annotated[
        str,
        Setting(
            "When the tray tells nothing by itself, in local time, as in Mon-Sun 20:00-07:00; "
            "empty: never.",
            pattern=_HOURS,
            expects="days and times, such as Mon-Sun 20:00-07:00",
        ),
    ] = ""
    language: Annotated[
        Literal["", "en", "de"],
        Setting("Language of the tray after its next start; empty: that of the system."),
    ] = ""
    updates: Annotated[
        Literal["off", "offer", "install"],
        Setting(
            "Newer versions: off: nobody looks; offer: they are fetched, and a person has them "
            "installed; install: they are, when the robot is idle.",
            restart=False,
        ),
    ] = "offer"
    update_feed: Annotated[
        str,
        Setting(
            "Where newer versions are offered; empty: as the installation says, if it does.",
            pattern=_LINE.format("http"),
            expects="https:// and a host; http:// only to this machine",
            restart=False,
        ),
    ] = ""
    update_keys: Annotated[
        tuple[str, ...],
        Setting(
            "Public Ed25519 keys, in base64, of those who may sign that feed.",
            restart=False,
        ),
    ] = ()
    metrics_port: Annotated[
        int, Setting("Port on this machine for Prometheus; 0: none.", low=0)
    ] = 0
    local_policy: Annotated[
        Policy, Setting("What jobs of the person at the desk may touch.", restart=False)
    ] = Policy(profile="local")
    remote_policy: Annotated[
        Policy, Setting("What jobs from the network may touch.", restart=False)
    ] = Policy(profile="remote", allow_scripts=False, allow_private_addresses=False)
    sources: Mapping[str, str] = MappingProxyType({})
    expiries: Mapping[str, datetime] = MappingProxyType({})
    faults: tuple[Fault, ...] = ()

    def where(self, name: str) -> str:
        """Where a value came from: ``default``, ``command line``, ``keyring``, variable or file.

        Args:
            name: A setting, or one of a policy: ``remote_policy.allow_scripts``.
        """
        own = self.sources.get(name)
        if own is not None:
            return own
        within = {source for key, source in self.sources.items() if key.startswith(f"{name}.")}
        return ", ".join(sorted(within)) or "default"

    def shown(self) -> dict[str, Any]:
        """Each setting's value as JSON can say it; secrets, also in an address, are ``***``."""
        values: dict[str, Any] = {}
        for name, setting in settings():
            value = msgspec.json.decode(msgspec.json.encode(getattr(self, name), enc_hook=str))
            if isinstance(value, dict):
                value.pop("profile")
            values[name] = HIDDEN if setting.secret and value else value
        for name, url in self._addresses():
            if password := _password(url):
                values[name] = url.replace(f":{password}@", f":{HIDDEN}@")
        return values

    def revealed(self, name: str, said: Any) -> Any:
        """What was said for a setting, with the password that `shown` leaves out of it."""
        password = _password(self.store_url)
        if name != "store_url" or not password:
            return said
        return str(said).replace(f":{HIDDEN}@", f":{password}@")

    def secrets(self) -> tuple[str, ...]:
        """The values that no text may show; none is empty."""
        values = [getattr(self, name) for name, setting in settings() if setting.secret]
        passwords = [_password(url) for _, url in self._addresses()]
        return tuple(value for value in (*values, *passwords) if value)

    def _addresses(self) -> tuple[tuple[str, str], ...]:
        """Settings whose value may hold a password."""
        return ("store_url", self.store_url), ("orchestrator_url", self.orchestrator_url)

    def policy(self, profile: str) -> Policy:
        """The policy for jobs of a profile; whatever is not ``local`` is remote."""
        return self.local_policy if profile == "local" else self.remote_policy

    def __repr__(self) -> str:
        return f"RobotConfig({', '.join(f'{k}={v!r}' for k, v in self.shown().items())})"


def _password(address: str) -> str:
    """What stands between the name and the last ``@``, as it is written."""
    found = re.search(r"//[^/:@]*:(.*)@", address)
    return found[1] if found else ""


def settings() -> Iterator[tuple[str, Setting]]:
    """Every setting's name and description, in order."""
    for name, hint in get_type_hints(RobotConfig, include_extras=True).items():
        for extra in get_args(hint)[1:]:
            if isinstance(extra, Setting):
                yield name, extra
