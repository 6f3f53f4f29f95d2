from datetime import UTC, datetime

from casare_robot.control.event_buffer import MOST_ENDS, MOST_INFORMING, EventBuffer
from casare_robot.domain.face_events import QuestionAsked, QuestionClosed
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.question import Ask, Progress, Question
from casare_robot.domain.robot_events import JobEnded, NodeStarted, StatusChanged
from casare_robot.domain.robot_status import LinkState, LinkStatus, RobotState, RobotStatus

AT = datetime(2026, 11, 21, tzinfo=UTC)
LINK = LinkStatus(state=LinkState.LOCAL, since=AT)


def progress(number):
    return NodeStarted(job_id=JobId("a"), node_id=None, nodes_executed=number, at=AT)


def end(name):
    result = JobResult(job_id=JobId(name), status=JobStatus.COMPLETED)
    return JobEnded(job_id=JobId(name), result=result, at=AT)


def changed(note):
    status = RobotStatus(
        robot_id="r",
        name="r",
        state=RobotState.IDLE,
        since=AT,
        link=LINK,
        version="1",
        session="s",
        started_at=AT,
        note=note,
    )
    return StatusChanged(status=status, at=AT)


def taken(buffer):
    events = []
    while (event := buffer.take()) is not None:
        events.append(event)
    return events


def test_a_quick_reader_hears_everything_in_order() -> None:
    buffer = EventBuffer()
    told = [progress(1), changed("x"), end("a"), progress(2)]
    for event in told:
        buffer.put(event)

    assert taken(buffer) == told
    assert buffer.missed == 0


def test_a_slow_reader_loses_the_oldest_progress_and_no_more() -> None:
    buffer = EventBuffer()
    buffer.put(end("a"))
    buffer.put(changed("first"))
    for number in range(100_000):
        buffer.put(progress(number))
    buffer.put(changed("last"))

    events = taken(buffer)

    assert events[0] == end("a")
    assert events[-1] == changed("last")
    assert events[1:-1] == [progress(n) for n in range(100_000 - MOST_INFORMING, 100_000)]
    assert buffer.missed == 100_000 - MOST_INFORMING


def test_the_last_ends_of_jobs_are_kept() -> None:
    buffer = EventBuffer()
    for number in range(1000):
        buffer.put(end(str(number)))
        buffer.put(progress(number))

    ends = [event for event in taken(buffer) if isinstance(event, JobEnded)]

    assert ends == [end(str(number)) for number in range(1000 - MOST_ENDS, 1000)]


def test_reading_in_between_keeps_the_counts_right() -> None:
    buffer = EventBuffer()
    for number in range(1000):
        buffer.put(progress(number))
        buffer.put(changed(str(number)))
        assert buffer.take() == progress(number)
        assert buffer.take() == changed(str(number))

    assert (len(buffer), buffer.missed) == (0, 0)


def asked(name, value=0):
    ask = Ask(title=name, body=Progress(value=value), waits=False)
    question = Question(id=name, job_id=JobId("a"), node_id="n", ask=ask)
    return QuestionAsked(question=question, at=AT)


def test_of_each_question_only_the_last_is_told_and_none_is_lost() -> None:
    buffer = EventBuffer()
    buffer.put(asked("p"))
    for number in range(MOST_INFORMING * 3):
        buffer.put(asked("q", number))
        buffer.put(progress(number))
    closed = QuestionClosed(question_id="p", job_id=JobId("a"), at=AT)
    buffer.put(closed)

    questions = [it for it in taken(buffer) if isinstance(it, QuestionAsked | QuestionClosed)]

    assert questions == [asked("q", MOST_INFORMING * 3 - 1), closed]
    assert len(buffer) == 0


def test_a_question_that_was_read_is_told_again_when_it_changes() -> None:
    buffer = EventBuffer()
    buffer.put(asked("q", 1))
    first = taken(buffer)
    buffer.put(asked("q", 2))

    assert (first, taken(buffer)) == ([asked("q", 1)], [asked("q", 2)])
