import asyncio
import threading

import pytest

from casare_robot.agent.waiting import Answer, is_alone
from casare_robot.domain.errors import JournalError


async def test_a_run_is_alone_until_its_loop_has_another_task():
    assert is_alone()
    other = asyncio.create_task(asyncio.Event().wait())
    assert not is_alone()
    other.cancel()


def test_an_answer_from_another_thread_wakes_who_waits():
    answer = Answer()
    threading.Thread(target=answer.give, args=(None,)).start()
    answer.wait()


def test_an_answer_that_is_an_error_is_raised_where_it_is_waited_for():
    answer = Answer()
    answer.give(JournalError("the disk is gone"))
    with pytest.raises(JournalError, match="the disk is gone"):
        answer.wait()
