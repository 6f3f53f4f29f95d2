"""The result of a group's job, as every store can keep it."""

import pytest

from casare_robot.agent.group_jobs import told
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.groups.job_rows import JobRows, job_of
from casare_robot.store.opening import open_store
from tests.stores import EVERY_STORE, address_of


@pytest.mark.parametrize("kind", EVERY_STORE)
async def test_a_result_with_text_of_another_kind_ends_its_job(kind, request, tmp_path) -> None:
    result = JobResult(
        job_id=JobId("a"),
        status=JobStatus.COMPLETED,
        variables={"read\0": ["M\0Z\0", "half \ud800"]},
    )
    async with await open_store(address_of(kind, request, tmp_path)) as store:
        rows = JobRows(store, lambda: 0.0)
        await rows.add(job_of({"id": "a", "group": "team"}, by="team", now=0.0))
        job = await rows.claim("team", "desk-1", holder="desk-1")
        assert job is not None
        await rows.finish(job, told(result), robot="desk-1", succeeded=True, sender="desk-1")
        ended = await rows.get("a")

    assert ended.status == "done"
    assert ended.result["variables"] == {"read\ufffd": ["M\ufffdZ\ufffd", "half ?"]}
