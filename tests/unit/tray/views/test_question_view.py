"""A question as a dialog says it, and which questions are seen."""

from datetime import timedelta

import pytest

from casare_robot.domain.job import JobId
from casare_robot.domain.question import NO, YES, Ask, Button
from casare_robot.tray.views.placing import Box, placed, side_by_side
from casare_robot.tray.views.question_view import QuestionBook, closes_in, question_view, word_of
from tests.question_screens import NOW, question

SCREEN = Box(0, 0, 1000, 800)


def of(question_id, job="a"):
    return question(Ask(title="T"), id=question_id, job_id=JobId(job))


def ids(book):
    return [it.id for it in book.seen()]


@pytest.fixture
def book():
    made = QuestionBook()
    for name in "abcde":
        made.ask(of(name, job=f"job {name}"))
    return made


def test_the_oldest_are_seen_first_and_the_rest_wait(book):
    assert (ids(book), book.waiting) == (["a", "b", "c"], 2)

    book.close("a")

    assert (ids(book), book.waiting) == (["b", "c", "d"], 1)


def test_what_is_put_off_makes_room_and_comes_back_when_recalled(book):
    book.put_off("b")
    without = ids(book)
    book.recall(JobId("job b"))

    assert (without, ids(book)) == (["a", "c", "d"], ["a", "b", "c"])


def test_recalling_one_job_leaves_others_put_off(book):
    book.put_off("a")
    book.put_off("b")

    book.recall(JobId("job b"))

    assert ids(book) == ["b", "c", "d"]


def test_when_the_robot_is_gone_nothing_is_seen_until_it_asks_again(book):
    book.lose()
    lost = ids(book)
    book.ask(of("b"))

    assert (lost, ids(book)) == ([], ["b"])


def test_a_job_takes_its_questions_with_it(book):
    assert book.of(JobId("job c")) == ("c",)


def test_a_dialog_says_who_asks_and_how_many_more_wait():
    view = question_view(question(Ask(title="Pay?", message="all of it")), waiting=2)

    assert (view.title, view.heading, view.message) == ("Pay?", "Pay?", "all of it")
    assert view.foot == "Asked by Payroll upload · 2 more wait"


def test_a_title_alone_is_the_message_and_no_title_is_the_job():
    alone = question_view(question(Ask(title="Pay?")))
    nameless = question_view(question(Ask(title="", message="M")))

    assert (alone.heading, alone.message) == ("", "Pay?")
    assert nameless.title == "Payroll upload"


def test_buttons_have_the_nodes_words_or_ours_and_enter_has_one():
    ask = Ask(title="T", buttons=(YES, NO, Button(name="x", text="R&D")), proposed="no")

    choices = question_view(question(ask)).choices

    assert [(it.text, it.role, it.is_default) for it in choices] == [
        ("&Yes", "yes", False),
        ("&No", "no", True),
        ("R&&D", "yes", False),
    ]
    assert word_of(Button(name="unheard of")) == "unheard of"


@pytest.mark.parametrize(
    ("seconds", "proposed", "said"),
    [
        (None, "ok", ""),
        (12, "ok", "closes in 12 s"),
        (-5, "ok", "closes in 0 s"),
        (8, "start", "starts in 8 s"),
    ],
)
def test_a_dialog_tells_when_it_closes(seconds, proposed, said):
    closes = None if seconds is None else NOW + timedelta(seconds=seconds)

    asked = question(Ask(title="T", proposed=proposed), closes_at=closes)

    assert closes_in(asked, NOW) == said


@pytest.mark.parametrize(
    ("place", "corner"),
    [
        ("top_left", (24, 24)),
        ("top_right", (776, 24)),
        ("bottom_left", (24, 676)),
        ("bottom_right", (776, 676)),
        ("bottom_center", (400, 676)),
        ("center", (400, 350)),
        ("cursor", (516, 516)),
        ("at", (300, 200)),
    ],
)
def test_a_small_window_stands_where_it_is_told(place, corner):
    assert placed((200, 100), SCREEN, place, cursor=(500, 500), at=(300, 200)) == corner


def test_no_window_stands_outside_the_screen():
    for at in ((-50, -50), (5000, 5000)):
        x, y = placed((200, 100), SCREEN, "at", at=at)
        assert 0 <= x <= 800
        assert 0 <= y <= 700


def test_dialogs_stand_side_by_side():
    places = [side_by_side(number, (400, 200), SCREEN) for number in range(3)]

    assert len(set(places)) == 3
