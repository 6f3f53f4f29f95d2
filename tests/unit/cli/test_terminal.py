"""Questions of jobs at a terminal: what is written, and what typed lines mean."""

import pytest

from casare_robot.cli.terminal import Terminal, lines_of
from casare_robot.domain.answering import checked
from casare_robot.domain.job import JobId
from casare_robot.domain.question import (
    CANCEL,
    NO,
    YES,
    Ask,
    Button,
    Field,
    Form,
    Page,
    Picture,
    Progress,
    Question,
    Table,
)


class Typing:
    """Somebody types these lines; what is written is kept."""

    def __init__(self, *lines):
        self._lines = list(lines)
        self.written = []
        self.unseen = []

    def terminal(self):
        return Terminal(read=self._read, read_secret=self._read_secret, say=self.written.append)

    def _read(self, prompt):
        self.written.append(prompt)
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)

    def _read_secret(self, prompt):
        self.unseen.append(prompt)
        return self._lines.pop(0)


def question(ask):
    return Question(id="q", job_id=JobId("j"), node_id="n", ask=ask, job="Payroll")


def answer(ask, *lines):
    typing = Typing(*lines)
    said = typing.terminal().ask(question(ask))
    assert checked(ask, said)
    return said, typing


def form(*fields):
    return Ask(title="T", body=Form(pages=(Page(fields=fields, title="First", text="Look"),)))


def value(field, *lines):
    return answer(form(field), *lines)[0].values[field.name]


@pytest.mark.parametrize(
    ("line", "button"), [("y", "yes"), ("NO", "no"), ("", "yes"), ("c", "cancel"), ("Sen", "yes")]
)
def test_a_button_is_said_by_how_it_begins_and_enter_is_the_proposed_one(line, button):
    buttons = (Button(name="yes", text="Send"), NO, CANCEL)

    said, _ = answer(Ask(title="T", buttons=buttons, proposed="yes"), line)

    assert said.button == button


def test_what_is_no_button_is_asked_again():
    said, typing = answer(Ask(title="T", buttons=(YES, NO), proposed=""), "perhaps", "", "n")

    assert said.button == "no"
    assert typing.written.count("  say one of yes, no") == 2


def test_the_question_names_its_job_and_shows_everything():
    lines = lines_of(question(Ask(title="Pay?", message="all of\nit", detail="42 EUR")))

    assert lines == ["? Payroll: Pay?", "all of", "it", "42 EUR"]


@pytest.mark.parametrize(
    ("field", "lines", "expected"),
    [
        (Field(name="f", kind="text", default="Ada"), [""], "Ada"),
        (Field(name="f", kind="text", required=True), ["", "Bob"], "Bob"),
        (Field(name="f", kind="long_text"), ["one", "two", ""], "one\ntwo"),
        (Field(name="f", kind="whole"), ["many", "3"], 3),
        (Field(name="f", kind="switch", default=True), [""], True),
        (Field(name="f", kind="switch"), ["y"], True),
        (Field(name="f", kind="choice", options=("S", "L")), ["2"], "L"),
        (Field(name="f", kind="choice", options=("S", "L")), ["9", "S"], "S"),
        (Field(name="f", kind="choices", options=("S", "L")), ["1, L"], ["S", "L"]),
        (Field(name="f", kind="files"), ["/a, /b"], ["/a", "/b"]),
        (Field(name="f", kind="date"), ["2026-11-21"], "2026-11-21"),
        (Field(name="f", kind="colour"), ["blue", "#0000FF"], "#0000ff"),
    ],
)
def test_a_field_is_filled_in_by_typing_and_faults_are_told(field, lines, expected):
    assert value(field, *lines) == expected


def test_a_secret_is_typed_unseen_unless_the_node_says_otherwise():
    hidden = Field(name="f", kind="secret", label="Password:")
    shown = Field(name="f", kind="secret", is_masked=False)

    assert answer(form(hidden), "pw")[1].unseen == ["Password: "]
    assert answer(form(shown), "pw")[1].unseen == []


def test_pages_have_their_titles_and_texts():
    _, typing = answer(form(Field(name="f", kind="text")), "x")

    assert typing.written[:3] == ["? Payroll: T", "First", "Look"]


def test_the_end_of_input_closes_what_can_be_closed():
    said, _ = answer(form(Field(name="f", kind="text")))

    assert said.button == "cancel"


def test_the_end_of_input_leaves_open_what_cannot_be_closed():
    with pytest.raises(EOFError):
        answer(Ask(title="T", buttons=(YES, NO), dismiss=""))


def test_a_row_is_chosen_by_its_number():
    table = Table(columns=("a", "b"), rows=(("1", "x"), ("2", "y")), can_choose=True)

    said, typing = answer(Ask(title="T", body=table), "3", "2", "")

    assert (said.button, said.values) == ("ok", {"row": 1})
    assert typing.written[1:4] == ["   a  b", "1  1  x", "2  2  y"]


def test_a_long_table_is_cut_and_the_rest_is_counted():
    rows = tuple((str(number),) for number in range(60))

    lines = lines_of(question(Ask(title="T", body=Table(columns=("a",), rows=rows))))

    assert (len(lines), lines[-1]) == (53, "... and 10 more rows")


def test_a_picture_is_named():
    assert "/a.png" in lines_of(question(Ask(title="T", body=Picture(path="/a.png"))))[-1]


def test_what_nobody_answers_is_told_in_a_line():
    typing = Typing()
    ask = Ask(title="Work", message="half", body=Progress(value=50), waits=False)

    typing.terminal().show(question(ask))

    assert typing.written == ["· Work: half 50 %"]
