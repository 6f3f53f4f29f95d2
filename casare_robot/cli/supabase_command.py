"""`casare-robot supabase`: what the owner of a project does, over its database."""

from collections.abc import Sequence

from casare_robot.agent.supabase_enrolment import SEPARATOR
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.domain.errors import RobotError
from casare_robot.store.supabase import schema
from casare_robot.store.supabase.project import check_key


def initialize(database: str, *, show: bool, json_output: bool) -> int:
    """Apply the migrations, or print them; the exit code."""
    try:
        if show:
            print(schema.whole_text())
            return 0
        schema.initialize(_given(database))
    except RobotError as error:
        return refuse(error, json_output=json_output)
    told = (
        "the project has what robots need; in its settings, turn on anonymous sign-ins, then: "
        "casare-robot supabase invite ROBOT --group GROUP"
    )
    print(as_json({"initialized": True}) if json_output else told)
    return 0


def invite(
    database: str,
    robot: str,
    groups: Sequence[str],
    *,
    key: str,
    hours: float,
    json_output: bool,
) -> int:
    """Print a code; the exit code."""
    try:
        check_key(key)
        teams = tuple(groups) or (robot,)
        code = schema.invite(_given(database), robot_id=robot, groups=teams, hours=hours)
    except RobotError as error:
        return refuse(error, json_output=json_output)
    told = f"{code}{SEPARATOR}{key}" if key else code
    if json_output:
        print(as_json({"code": told, "robot_id": robot, "groups": teams, "hours": hours}))
    else:
        print(f"casare-robot enroll --supabase https://PROJECT.supabase.co {told}")
    return 0


def _given(database: str) -> str:
    if not database:
        raise UsageError("name the project's database with --database, or SUPABASE_DB_URL")
    return database
