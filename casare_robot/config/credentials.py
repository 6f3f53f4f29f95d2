"""Whether the robot can introduce itself, and how long its credentials last. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.domain.errors import Fault
from casare_robot.domain.web_token import opens_everything, token_end

AHEAD = timedelta(days=14)
"""How long before its end a credential is warned of."""


def validate_credentials(config: RobotConfig) -> bool:
    """Whether the robot can introduce itself somewhere.

    It needs an id, and an orchestrator's address or a Supabase project with a
    publishable key. A Supabase *secret* key opens everything and never belongs
    on a workstation.
    """
    supabase = bool(config.supabase_url and config.supabase_key)
    if opens_everything(config.supabase_key):
        return False
    return bool(config.robot_id) and (bool(config.orchestrator_url) or supabase)


def credential_warnings(config: RobotConfig, now: datetime) -> tuple[Fault, ...]:
    """What a person should do about credentials before it is too late.

    E-CRED-601: one ends within 14 days. E-CRED-602: one has ended. E-CRED-603:
    one opens everything. When one ends is known from whoever gave it out, else
    from the key itself if it is a JSON web token.
    """
    return tuple(_warnings(config, now))


def _warnings(config: RobotConfig, now: datetime) -> Iterator[Fault]:
    for name, setting in settings():
        value = getattr(config, name) if setting.secret else ""
        if not value:
            continue
        end = config.expiries.get(name) or token_end(value)
        if end is not None and end <= now + AHEAD:
            yield _ending(name, end, now)
    if opens_everything(config.supabase_key):
        message = (
            "this Supabase key opens everything and does not belong on a workstation; revoke it "
            "and use the publishable key"
        )
        yield Fault(code="E-CRED-603", message=message, key="supabase_key")


def _ending(name: str, end: datetime, now: datetime) -> Fault:
    mend = "`casare-robot enroll`" if name == "api_key" else f"`casare-robot config set {name}`"
    day = end.astimezone(UTC).date().isoformat()
    if end <= now:
        message = f"it ended on {day}; give a new one with {mend}"
        return Fault(code="E-CRED-602", message=message, key=name)
    days = (end - now).days
    left = "within a day" if days == 0 else "in 1 day" if days == 1 else f"in {days} days"
    message = f"it ends {left}, on {day}; give a new one with {mend} before that"
    return Fault(code="E-CRED-601", message=message, key=name)
