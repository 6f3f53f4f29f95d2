"""`casare-robot questions`: what jobs of the running robot ask, and answers to it."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.cli import asking
from casare_robot.cli.agent_commands import ask
from casare_robot.cli.refusal import UsageError
from casare_robot.cli.rendering import as_json
from casare_robot.cli.terminal import lines_of, word_of
from casare_robot.cli.times import clock_time, since
from casare_robot.control.client import ControlClient
from casare_robot.domain.answering import typed
from casare_robot.domain.errors import QuestionError
from casare_robot.domain.plain_json import plain
from casare_robot.domain.question import Answer, Field, Form, Question


def list_questions(*, json_output: bool, home: Path | None) -> int:
    """Show what waits for an answer."""

    async def act(robot: ControlClient) -> int:
        questions = await robot.questions()
        if json_output:
            print(as_json(plain(msgspec.to_builtins(list(questions)))))
            return 0
        now = datetime.now(UTC)
        for question in questions:
            print(f"{question.id}  {_head(question, now)}")
            for line in (*lines_of(question)[1:], *_wants(question)):
                print(f"    {line}")
        if not questions:
            print("no job asks anything")
        return 0

    return ask(act, home, json_output=json_output)


def answer_question(
    question_id: str,
    said: str | None,
    *,
    fields: Sequence[str],
    button: str | None,
    json_output: bool,
    home: Path | None,
) -> int:
    """Answer a question.

    Args:
        question_id: Its id, or how it begins.
        said: The value of its only field, or a button where it has no fields.
        fields: ``NAME=VALUE`` for each of several fields.
        button: The button; by default the one that is proposed.
        json_output: Answer in JSON.
        home: As for every command.
    """

    async def act(robot: ControlClient) -> int:
        question = _meant(await robot.questions(), question_id)
        answer = _answer(question, said, fields, button)
        await robot.answer_question(question.id, answer)
        told = f"{question.ask.title or question.id} is answered"
        print(as_json({"done": True, "message": told}) if json_output else told)
        return 0

    return ask(act, home, json_output=json_output)


def attend_questions(*, home: Path | None) -> int:
    """Ask here what jobs ask, until Ctrl+C."""
    from casare_robot.cli.terminal_desk import attend

    async def act(robot: ControlClient) -> int:
        print("what jobs ask is asked here; Ctrl+C leaves", file=sys.stderr)
        attending = asyncio.ensure_future(attend(robot))
        await attending
        return 0

    return ask(act, home, json_output=False)


def _head(question: Question, now: datetime) -> str:
    asked = f"  {since(question.asked_at, now)}" if question.asked_at else ""
    closes = f", closes at {clock_time(question.closes_at)}" if question.closes_at else ""
    return f"{question.job or question.job_id}: {question.ask.title}{asked}{closes}"


def _wants(question: Question) -> list[str]:
    """How it can be answered."""
    ask_ = question.ask
    if isinstance(ask_.body, Form):
        return [
            f"--field {field.name}=…  {field.label} ({', '.join(field.options) or field.kind})"
            for field in ask_.body.fields
        ]
    return [f"answers: {', '.join(map(word_of, ask_.buttons))}"]


def _meant(questions: Sequence[Question], begins: str) -> Question:
    found = [question for question in questions if question.id.startswith(begins)]
    if len(found) != 1:
        why = "is not open" if not found else f"is how {len(found)} questions begin"
        raise QuestionError(f"{begins!r} {why}; see casare-robot questions list", code="E-ASK-404")
    return found[0]


def _answer(
    question: Question, said: str | None, fields: Sequence[str], button: str | None
) -> Answer:
    ask_ = question.ask
    if not isinstance(ask_.body, Form):
        if fields:
            raise UsageError(f"{ask_.title!r} has nothing to fill in: name a button")
        return Answer(button=_button(question, button or said or ask_.proposed))
    if button is not None and button == ask_.dismiss:
        return Answer(button=button)
    values = _values(ask_.body, said, fields)
    for field in ask_.body.fields:
        if field.kind == "secret" and field.name not in values:
            values[field.name] = asking.secret(field.label.rstrip(" :") or field.name)
    return Answer(button=button or ask_.proposed, values=values)


def _button(question: Question, said: str) -> str:
    for button in question.ask.buttons:
        if said.lower() in (button.name.lower(), button.text.lower()):
            return button.name
    return said


def _values(form: Form, said: str | None, fields: Sequence[str]) -> dict[str, Any]:
    known = {field.name: field for field in form.fields}
    values: dict[str, Any] = {}
    if said is not None:
        if len(known) != 1:
            raise UsageError(f"it has {len(known)} fields: use --field NAME=VALUE for each")
        [field] = known.values()
        values[field.name] = _typed(field, said)
    for text in fields:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            raise UsageError(f"{text!r} is not NAME=VALUE with one of {', '.join(known)}")
        values[name] = _typed(known[name], value)
    return values


def _typed(field: Field, text: str) -> Any:
    if field.kind in ("choices", "files"):
        text = text.replace(",", "\n")
    return typed(field, text)
