"""Which executors there are."""

import sys
import threading

from casare_robot.desktop.child_process import start_child
from casare_robot.domain.job import Job, JobId, JobStatus
from casare_robot.domain.policy import Policy
from casare_robot.execution.job_executor import JobExecutor


def test_the_spare_executor_is_one_of_its_processes_until_it_is_closed():
    spare = start_child([sys.executable, "-c", "import sys; sys.stdin.read()"])
    executor = JobExecutor(["none"], steps=None, policy=lambda _: None, spare=spare)

    assert executor.process_ids == (spare.process.pid,)
    executor.close()
    assert executor.process_ids == ()


TALKS_AND_DIES = """
import sys
print("warm", file=sys.stderr, flush=True)
sys.stdin.buffer.read(1)
print("half a trace", file=sys.stderr, flush=True)
"""


async def test_what_an_executor_writes_to_standard_error_is_told_with_its_job(capfd):
    lines, is_warm, is_told = [], threading.Event(), threading.Event()

    def said(job_id, line):
        lines.append((job_id, line))
        (is_told if job_id else is_warm).set()

    executor = JobExecutor(
        [sys.executable, "-c", TALKS_AND_DIES],
        steps=None,
        policy=lambda _: Policy(profile="local"),
        said=said,
    )
    executor.warm_up()
    assert is_warm.wait(60)
    result = await executor.execute(Job(id=JobId("j"), workflow=b"{}"))
    assert is_told.wait(60)

    assert result.status is JobStatus.FAILED
    assert lines == [(None, "warm"), ("j", "half a trace")]
    assert capfd.readouterr().err == ""
