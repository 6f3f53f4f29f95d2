"""Persons who answer at once, for tests."""

import asyncio

from casare_robot.domain.answering import checked, empty
from casare_robot.domain.question import Answer, AskOutcome, Form, Reply


def willing(ask):
    """What somebody says who agrees to everything and fills in what must be filled in."""
    if not ask.buttons:
        return Answer(button=ask.dismiss)
    button = ask.proposed or ask.buttons[0].name
    if not isinstance(ask.body, Form):
        return Answer(button=button)
    return Answer(button=button, values={field.name: _value(field) for field in ask.body.fields})


def _value(field):
    said = {
        "text": "Ada",
        "long_text": "two\nlines",
        "secret": "hunter2-secret",
        "colour": "#3399ff",
        "date": "2026-11-21",
        "time": "14:30:00",
        "moment": "2026-11-21T14:30:00",
        "file": "/tmp/chosen.txt",
        "files": ["/tmp/chosen.txt"],
        "folder": "/tmp",
    }
    if field.kind == "choice":
        return field.options[0]
    return said.get(field.kind, empty(field))


class Face:
    """Answers what a run asks in this process.

    Args:
        answer: Makes an answer of an Ask; None waits for ever.
        references: Names under which the values of these fields are kept.
    """

    def __init__(self, answer=willing, references=None):
        self.asked = []
        self.withdrawn = []
        self._answer = answer
        self._references = references or {}

    async def ask(self, question):
        self.asked.append(question)
        answer = self._answer(question.ask)
        if not question.ask.waits:
            return Reply(outcome=AskOutcome.SHOWN)
        if answer is None:
            try:
                await asyncio.Event().wait()
            finally:
                self.withdrawn.append(question.id)
        said = checked(question.ask, answer)
        return Reply(
            outcome=AskOutcome.ANSWERED,
            button=said.button,
            values=said.values,
            references={n: r for n, r in self._references.items() if n in said.values},
        )
