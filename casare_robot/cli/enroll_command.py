"""`casare-robot enroll` and `unenroll`: who the robot is, and whom it works for."""

from pathlib import Path

from casare_robot.agent.enrolment import Invitation, enrol, is_enrolled, read_invitation
from casare_robot.cli import asking
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.cli.secrets_kept import warn_unguarded
from casare_robot.cli.settings_told import tell_running
from casare_robot.config.editing import change_secret, change_settings
from casare_robot.config.loading import load_config
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.places import Places, find_places
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import RobotError


def enroll(
    to: str | None,
    code: str | None,
    *,
    file: Path | None,
    name: str | None,
    yes: bool,
    json_output: bool,
    home: Path | None,
) -> int:
    """Exchange a code for an id and a key of this robot, and keep them; the exit code."""
    places = find_places(home)
    try:
        invitation = _invitation(to, code, file, name, places=places, yes=yes)
        done = enrol(invitation, places=places, home=home)
        now = load_config(places=places)
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if not done.is_guarded:
        warn_unguarded(robot_secrets(places.data))
    told = f"this robot is {now.robot_id} at {now.orchestrator_url}"
    if json_output:
        print(as_json({"robot_id": now.robot_id, "orchestrator_url": now.orchestrator_url}))
    elif (now.robot_id, now.orchestrator_url) == (done.robot_id, done.orchestrator_url):
        print(f"{told}; `casare-robot run` starts it")
    else:
        sources = {now.where("robot_id"), now.where("orchestrator_url")}
        print(f"enrolled as {done.robot_id}, but {' and '.join(sorted(sources))} say: {told}")
    tell_running(now, home)
    return 0


def enroll_at_project(
    url: str,
    code: str | None,
    *,
    key: str,
    name: str | None,
    yes: bool,
    json_output: bool,
    home: Path | None,
) -> int:
    """Exchange a code for a key of this robot in a Supabase project; the exit code."""
    from casare_robot.agent.supabase_enrolment import enrol_at_project

    places = find_places(home)
    try:
        _make_sure(load_config(places=places, strict=True, secrets=False), places, yes=yes)
        done = enrol_at_project(
            url,
            code or asking.answer("enrolment code"),
            key=key,
            robot_name=name or "",
            places=places,
            home=home,
        )
        now = load_config(places=places)
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if not done.is_guarded:
        warn_unguarded(robot_secrets(places.data))
    if json_output:
        facts = {"robot_id": done.robot_id, "supabase_url": done.project_url, "group": done.group}
        print(as_json(facts))
    else:
        where = f"{done.project_url}, in group {done.group}"
        print(f"this robot is {done.robot_id} at {where}; `casare-robot run` starts it")
    tell_running(now, home)
    return 0


def unenroll(*, yes: bool, json_output: bool, home: Path | None) -> int:
    """Forget id, key and orchestrator of this robot; the exit code. Asks no orchestrator."""
    places = find_places(home)
    try:
        config = load_config(places=places, secrets=False)
        if not is_enrolled(config, places):
            print(as_json({"enrolled": False}) if json_output else "this robot is not enrolled")
            return 0
        where = config.shown()["orchestrator_url"]
        question = f"forget that this robot is {config.robot_id} at {where}?"
        asking.make_sure(question, yes=yes)
        change_secret("api_key", None, places=places)
        change_settings({}, places=places, without=["robot_id", "orchestrator_url", "supabase_url"])
        now = load_config(places=places)
    except RobotError as error:
        return refuse(error, json_output=json_output)
    told = "this robot works for this desk only; its key still opens the orchestrator until revoked"
    print(as_json({"enrolled": False}) if json_output else told)
    tell_running(now, home)
    return 0


def _invitation(
    to: str | None,
    code: str | None,
    file: Path | None,
    name: str | None,
    *,
    places: Places,
    yes: bool,
) -> Invitation:
    """What was given and asked for, once nothing stands against it."""
    given = read_invitation(file) if file else Invitation(orchestrator_url="", code="")
    to = to or given.orchestrator_url
    if not to:
        raise UsageError("name the orchestrator with --to, or an invitation with --file")
    _make_sure(load_config(places=places, strict=True, secrets=False), places, yes=yes)
    return Invitation(
        orchestrator_url=to,
        code=code or given.code or asking.answer("enrolment code"),
        robot_name=name or given.robot_name,
        group=given.group,
        group_role=given.group_role,
    )


def _make_sure(config: RobotConfig, places: Places, *, yes: bool) -> None:
    """Ask before a robot that is enrolled is enrolled anew."""
    if is_enrolled(config, places):
        where = config.shown()["orchestrator_url"] or config.supabase_url or "nowhere"
        who = f"{config.robot_id or 'enrolled'} at {where}"
        asking.make_sure(f"this robot is {who}; enrol it anew?", yes=yes)
