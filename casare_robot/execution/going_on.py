"""What a later job needs of one that did not succeed, to go on where that stopped. Pure."""

from collections.abc import Sequence

import msgspec

from casare_robot.domain.errors import JobStateError
from casare_robot.domain.job import Job, JobStatus
from casare_robot.execution.state import FROM_HERE, Delta, DeltaWriter

REFUSED = "E-JOB-411"


class _Glance(msgspec.Struct):
    """What of a `Delta` decides."""

    failing: int = 0
    root: str = ""
    intents: dict[str, tuple[str, str, str]] = {}
    results: list[str] = []


def steps_to_go_on(
    job: Job, status: JobStatus, steps: Sequence[bytes], *, is_newer: bool = False
) -> list[bytes]:
    """The steps with which a later job begins: it stands where this one stopped.

    What was done before is not done again. A step whose outcome nobody knows
    is asked about, as after a crash.

    Args:
        job: The job that did not succeed.
        status: How it ended.
        steps: Its own.
        is_newer: The later job has another version of the workflow.

    Raises:
        JobStateError: Nobody can go on from there (E-JOB-411).
    """
    if not job.restartable:
        raise _refusal("its author does not allow resuming it")
    if not steps:
        raise _refusal("nothing of what it did is kept any more")
    decoder = msgspec.msgpack.Decoder(_Glance)
    try:
        seen = [decoder.decode(blob) for blob in steps]
    except msgspec.MsgspecError as error:
        raise _refusal(f"what it did cannot be read: {error}") from error
    end = len(seen)
    if status is JobStatus.FAILED:
        marks = [place for place, glance in enumerate(seen) if glance.failing]
        if not marks or seen[marks[-1]].failing != FROM_HERE:
            raise _refusal("it failed where several branches or turns came together")
        end = marks[-1] + 1
    begun: dict[str, tuple[str, str, str]] = {}
    for glance in seen[:end]:
        for key in glance.results:
            begun.pop(key, None)
        begun.update(glance.intents)
    known_later = {key for glance in seen[end:] for key in glance.results}
    settled = sorted(begun.keys() & known_later)
    if is_newer and any(it[2] == "once" for key, it in begun.items() if key not in known_later):
        raise _refusal("nobody knows whether a step was done; go on with the old version")
    roots = [glance.root for glance in seen[:end] if glance.root]
    first = Delta(
        root=roots[-1] if roots else job.id,
        results=settled,
        workflow=job.workflow if is_newer else b"",
    )
    return [*steps[:end], DeltaWriter().encode(first)]


def _refusal(why: str) -> JobStateError:
    return JobStateError(
        f"the job cannot go on where it stopped: {why}; run it from its start", code=REFUSED
    )
