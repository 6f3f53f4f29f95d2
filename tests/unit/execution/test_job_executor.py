"""Which executors there are."""

import sys

from casare_robot.desktop.child_process import start_child
from casare_robot.execution.job_executor import JobExecutor


def test_the_spare_executor_is_one_of_its_processes_until_it_is_closed():
    spare = start_child([sys.executable, "-c", "import sys; sys.stdin.read()"])
    executor = JobExecutor(["none"], steps=None, policy=lambda _: None, spare=spare)

    assert executor.process_ids == (spare.process.pid,)
    executor.close()
    assert executor.process_ids == ()
