"""What the doctor looks at where a robot works for an orchestrator of CasareRPA."""

import asyncio
from http import HTTPStatus
from urllib.parse import quote

from casare_robot.agent.doctor import Check, Finding, Patient, fail, ok, warn
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.web_token import opens_everything
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.casarerpa.poll_dialect import rest_dialect, tables_dialect
from casare_robot.link.casarerpa.rest import KEY_REFUSED, Answer, read_answer
from casare_robot.link.connection import utc_now
from casare_robot.link.exchange import HttpQuestion, frame
from casare_robot.link.finding import find_names
from casare_robot.link.identity import Identity
from casare_robot.link.session import LineError

REST, TABLES = "rest", "supabase-tables"
OURS = ("auto", "native", "reference")
ALSO = {"flat": REST, "reference": "native"}
"""Who seems to speak the second may speak the first as well."""
QUEUE = """
select to_regclass('job_queue') is not null as has_queue,
    to_regclass('robots') is not null as has_robots"""
WAITING = """
select count(*) as waiting from job_queue where status = 'pending'
    and (environment = %(environment)s or 'default' in (environment, %(environment)s))"""


def dialect(patient: Patient) -> Finding | None:
    """How the other side speaks, and whether the settings say so."""
    config = patient.config
    if not patient.address:
        return None
    said = config.orchestrator_dialect
    spoken = asyncio.run(find_names(config.orchestrator_url))
    if not spoken:
        told = "nobody there says how it speaks"
        if said in OURS:
            return ok("dialect", f"{told}; our own way is tried") if said == "auto" else None
        mend = "see whether the address is the orchestrator's, without anything behind the port"
        return warn("dialect", f"{told}; the settings say {said}", mend)
    if said == "auto":
        return ok("dialect", f"it speaks {' or '.join(spoken)}")
    if {said, ALSO.get(said)} & set(spoken):
        return ok("dialect", f"it speaks {said}")
    mend = f"casare-robot config set orchestrator_dialect {spoken[0]}, or auto"
    return fail("dialect", f"it speaks {spoken[0]}, the settings say {said}", mend)


def queue(patient: Patient) -> Finding | None:
    """Whether jobs can be asked for, where they are; nothing is changed there."""
    config = patient.config
    name: str = config.orchestrator_dialect
    if config.orchestrator_url.startswith(("postgres:", "postgresql:")):
        return _database(config)
    if name == "auto" and patient.address:
        name = next(iter(asyncio.run(find_names(config.orchestrator_url))), "")
    try:
        if name == REST:
            return _rest(config)
        if name == TABLES:
            return _tables(config)
    except LineError as error:
        return fail("queue", str(error), "see whether the address is right")
    return None


def _rest(config: RobotConfig) -> Finding:
    answer = _asked(config, REST, f"/api/v1/metrics/robots/{quote(config.robot_id, safe='')}")
    if answer.status in KEY_REFUSED:
        return _refused(answer)
    if answer.status == HTTPStatus.OK:
        return ok("queue", "the orchestrator knows this robot; its key is tried with the first job")
    if answer.status == HTTPStatus.NOT_FOUND:
        return ok("queue", "the orchestrator does not know this robot yet; it registers itself")
    told = f"the orchestrator answered HTTP {answer.status} when asked about this robot"
    return warn("queue", told, "see the orchestrator's own log")


def _tables(config: RobotConfig) -> Finding:
    if opens_everything(config.api_key or config.supabase_key):
        told = "this is a secret (service-role) key; whoever sits here could read it"
        return warn("queue", told, "give this robot the publishable (anon) key instead")
    for table in ("robots", "jobs"):
        answer = _asked(config, TABLES, f"/rest/v1/{table}?select=id&limit=1")
        if answer.status == HTTPStatus.NOT_FOUND:
            answer = _asked(config, TABLES, f"/{table}?select=id&limit=1")
        if answer.status in KEY_REFUSED:
            return _refused(answer)
        if answer.status != HTTPStatus.OK:
            told = f"table {table} cannot be read (HTTP {answer.status})"
            return fail("queue", told, "see whether the project has CasareRPA's first tables")
    return ok("queue", "tables robots and jobs can be read")


def _database(config: RobotConfig) -> Finding:
    from casare_robot.domain.errors import StoreError
    from casare_robot.store.postgres.connecting import check_installed, connect, is_direct

    try:
        check_installed()
        connection = connect(config.orchestrator_url)
    except StoreError as error:
        return fail("queue", str(error), "see whether address, name and password are right")
    with connection:
        found = connection.execute(QUEUE).fetchone()
        has_queue, has_robots = found if found is not None else (False, False)
        if not has_queue:
            told = "this database has no table job_queue"
            return fail("queue", told, "make it with the orchestrator's migrations")
        row = connection.execute(WAITING, {"environment": config.environment}).fetchone()
        told = f"{row[0] if row else 0} jobs wait for environment {config.environment}"
        if not has_robots:
            told += "; there is no table robots, so nobody sees that this one is there"
        if not is_direct(connection):
            told += "; there is a pooler between, which does no harm: jobs are polled"
    return ok("queue", told)


def _refused(answer: Answer) -> Finding:
    told = f"this robot's key is refused (HTTP {answer.status})"
    return fail("queue", told, "set the right one: CASARE_ROBOT_API_KEY, or `run --api-key`")


def _asked(config: RobotConfig, name: str, path: str) -> Answer:
    """The answer to one question that changes nothing.

    Raises:
        LineError: There is none.
    """
    access = Access(
        identity=Identity(robot_id=config.robot_id, session="doctor"),
        key=lambda: config.api_key or config.supabase_key,
        origin="doctor",
        interval=30.0,
        wall=utc_now,
        figures=dict,
    )
    make = rest_dialect if name == REST else tables_dialect

    async def ask() -> Answer:
        line = await make(config.orchestrator_url, access).open()
        try:
            await line.send(frame(HttpQuestion(1, "GET", path)))
            return read_answer(await line.receive())[1]
        finally:
            await line.close("only looked")

    return asyncio.run(ask())


CHECKS = (
    Check("dialect", dialect, ("tls",), limit=30.0),
    Check("queue", queue, ("dialect",), limit=30.0),
)
