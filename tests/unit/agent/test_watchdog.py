"""Jobs that do not get on."""

from casare_robot.agent.watchdog import Watchdog
from casare_robot.domain.job import JobId

A, B = JobId("a"), JobId("b")


def test_a_job_is_told_once_when_it_makes_no_progress_for_long() -> None:
    watchdog = Watchdog(720)
    watchdog.began(A, 0)

    assert not [*watchdog.stuck(719)]
    assert [*watchdog.stuck(725)] == [(A, 725)]
    assert not [*watchdog.stuck(2000)]


def test_progress_begins_the_wait_anew_and_repeating_oneself_does_not() -> None:
    watchdog = Watchdog(100)
    for job_id in (A, B):
        watchdog.began(job_id, 0)
        watchdog.progressed(job_id, "n", 1, 10)
    watchdog.progressed(A, "n", 1, 60)
    watchdog.progressed(B, "n", 2, 60)

    assert [*watchdog.stuck(110)] == [(A, 100)]
    assert [*watchdog.stuck(160)] == [(B, 100)]


def test_a_job_that_got_on_is_told_again_when_it_stops_again() -> None:
    watchdog = Watchdog(100)
    watchdog.began(A, 0)
    [*watchdog.stuck(100)]
    watchdog.progressed(A, "n", 1, 150)

    assert [*watchdog.stuck(250)] == [(A, 100)]


def test_an_ended_job_is_watched_no_longer() -> None:
    watchdog = Watchdog(100)
    watchdog.began(A, 0)
    watchdog.ended(A)

    assert not [*watchdog.stuck(1000)]


def test_a_job_that_waits_for_a_person_is_not_stuck_and_counts_from_the_answer() -> None:
    watchdog = Watchdog(60)
    watchdog.began(JobId("a"), 0)
    watchdog.waits(JobId("a"), 10, for_person=True)

    waiting = list(watchdog.stuck(10_000))
    watchdog.waits(JobId("a"), 10_000, for_person=False)
    answered = list(watchdog.stuck(10_059))
    later = list(watchdog.stuck(10_060))

    assert (waiting, answered, later) == ([], [], [(JobId("a"), 60)])
