"""Which robot gets which job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.groups.dispatcher import STRATEGIES
from casare_robot.orchestrator.dealing import FreeRobot, deal, in_order
from casare_robot.orchestrator.job_record import JobRecord, Status


def job(**facts):
    return JobRecord(status=Status.QUEUED, name="", workflow="", **{"created": 0.0, **facts})


def robot(name, order=0, *, jobs=("1", "2", "3", "4"), **facts):
    known = {"slots": 4, "load": 0, "tags": ()}
    return FreeRobot(robot_id=name, order=order, jobs=frozenset(jobs), **{**known, **facts})


JOBS = [(str(number), job(created=float(number))) for number in range(1, 5)]


def test_the_least_loaded_gets_the_next_and_what_it_got_counts() -> None:
    robots = [robot("busy", 0, load=2), robot("idle", 1)]

    assert deal(JOBS, robots, strategy="least_loaded") == [
        ("1", "idle"), ("2", "idle"), ("3", "busy"), ("4", "idle"),
    ]  # fmt: skip


def test_round_robin_goes_on_after_who_was_last() -> None:
    robots = [robot("a", 0), robot("b", 1, load=9), robot("c", 2)]

    given = deal(JOBS, robots, strategy="round_robin", last="a")

    assert [name for _, name in given] == ["b", "c", "a", "b"]


def test_priority_prefers_robots_of_the_jobs_priority() -> None:
    robots = [robot("usual", 0), robot("urgent", 1, load=3, priority="high")]
    jobs = [("1", job(priority=3)), ("2", job()), ("3", job(priority=9))]

    given = dict(deal(jobs, robots, strategy="priority"))

    assert given == {"1": "urgent", "2": "usual", "3": "usual"}


def test_capability_spares_the_robots_that_can_do_most() -> None:
    robots = [robot("all", 0, tags=("sap", "pdf")), robot("some", 1, tags=("sap",), load=3)]

    given = deal([("1", job(tags=("sap",)))], robots, strategy="capability")

    assert given == [("1", "some")]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_robot_gets_what_it_cannot_do_and_no_slot_is_used_twice(strategy) -> None:
    robots = [robot("one", 0, slots=1), robot("picky", 1, jobs=("4",))]

    assert deal(JOBS, robots, strategy=strategy) == [("1", "one"), ("4", "picky")]


@given(
    slots=st.lists(st.integers(0, 3), max_size=4),
    strategy=st.sampled_from(STRATEGIES),
    last=st.sampled_from([None, "0", "gone"]),
)
def test_every_free_slot_is_used_as_long_as_jobs_wait(slots, strategy, last) -> None:
    robots = [robot(str(n), n, slots=count) for n, count in enumerate(slots)]

    pairs = deal(JOBS, robots, strategy=strategy, last=last)

    assert len(pairs) == min(len(JOBS), sum(slots))
    assert len({job_id for job_id, _ in pairs}) == len(pairs)
    assert all(sum(n == str(i) for _, n in pairs) <= count for i, count in enumerate(slots))


def test_lists_of_several_kinds_of_robots_are_one_in_order() -> None:
    old, new, high = job(created=1.0), job(created=2.0), job(created=3.0, priority=5)

    assert in_order([[("new", new)], [("high", high), ("old", old), ("new", new)]]) == [
        ("high", high), ("old", old), ("new", new),
    ]  # fmt: skip
