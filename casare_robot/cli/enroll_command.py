"""`casare-robot enroll`: makes this robot known to an orchestrator."""

from pathlib import Path

from casare_robot.agent.enrolment import Invitation, enrol, read_invitation
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import RobotError


def enroll_robot(
    code: str | None,
    *,
    file: Path | None,
    orchestrator: str | None,
    name: str | None,
    json_output: bool,
    home: Path | None,
) -> int:
    """Exchange a code; the exit code."""
    try:
        if (code is None) == (file is None):
            raise UsageError("name a code, or a file with one")
        given = read_invitation(file) if file is not None else Invitation(code=code or "")
        wanted = Invitation(
            code=given.code.strip(),
            orchestrator_url=orchestrator or given.orchestrator_url,
            robot_name=name or given.robot_name,
        )
        done = enrol(wanted, places=find_places(home))
    except RobotError as error:
        return refuse(error, json_output=json_output)
    except OSError as error:
        message = f"the key cannot be kept: {error.strerror or error}"
        return refuse(UsageError(message), json_output=json_output)
    if json_output:
        print(as_json(done._asdict()))
    else:
        print(f"this robot is {done.robot_id} at {done.orchestrator_url}")
        print(f"its key is kept by {done.kept_by}; a running robot takes it at its next start")
    return 0
