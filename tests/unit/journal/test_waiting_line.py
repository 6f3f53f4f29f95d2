"""Turns of waiting jobs, against a plain list that is sorted each time."""

import math

from hypothesis import given
from hypothesis import strategies as st

from casare_robot.domain.job import JobId
from casare_robot.journal.waiting_line import JobHead, WaitingLine

HEADS = st.builds(
    JobHead,
    id=st.integers(0, 30).map(lambda number: JobId(str(number))),
    priority=st.integers(-1, 1),
    expires=st.sampled_from((math.inf, 5.0, 15.0)),
    needs_desktop=st.booleans(),
    has_begun=st.booleans(),
)


@given(
    st.lists(HEADS, max_size=20, unique_by=lambda head: head.id),
    st.lists(st.booleans(), max_size=25),
)
def test_each_turn_is_that_of_the_best_that_may_have_one(
    heads: list[JobHead], desktops: list[bool]
) -> None:
    line = WaitingLine()
    for head in heads:
        line.append(head)
    waiting = list(heads)
    for desktop in desktops:
        open_to = [
            head
            for head in waiting
            if (desktop or not head.needs_desktop) and not head.is_stale(10)
        ]
        best = min(open_to, key=lambda head: (not head.has_begun, -head.priority), default=None)

        assert line.next(10, desktop=desktop) == best

        if best is not None:
            waiting.remove(best)
    assert len(line) == len(waiting)
    assert set(line) == {head.id for head in waiting}
    assert {head.id for head in line.stale(10)} == {
        head.id for head in waiting if head.is_stale(10)
    }


def test_a_job_put_first_goes_before_its_equals_and_after_its_betters() -> None:
    line = WaitingLine()
    for job_id, priority in (("a", 0), ("b", 1)):
        line.append(JobHead(JobId(job_id), priority=priority))
    line.put_first(JobHead(JobId("c")))

    assert [line.next(0).id for _ in range(3)] == ["b", "c", "a"]


def test_a_job_that_had_begun_never_expires() -> None:
    line = WaitingLine()
    line.append(JobHead(JobId("a"), expires=5, has_begun=True))

    assert not line.stale(1000)
    assert line.next(1000) is not None


def test_what_is_taken_out_has_no_turn() -> None:
    line = WaitingLine()
    line.append(JobHead(JobId("a")))

    assert line.take(JobId("a")) is not None
    assert line.take(JobId("a")) is None
    assert line.next(0) is None
