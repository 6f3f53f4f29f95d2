"""Questions of jobs, asked and answered at a terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from getpass import getpass
from typing import Any

from casare_robot.domain.answering import empty, fitting, typed
from casare_robot.domain.errors import QuestionError
from casare_robot.domain.question import (
    Answer,
    Ask,
    Button,
    Field,
    Form,
    Picture,
    Progress,
    Question,
    Table,
)

MOST_ROWS = 50
"""Rows of a table that are shown; the rest is counted."""
WIDEST = 40
"""Characters of a table's cell that are shown."""


def is_at_terminal() -> bool:
    """Whether a person can be asked on standard input and sees standard error."""
    return sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def terminal_kept() -> Iterator[None]:
    """Leave the terminal as it was, even while a secret is typed unseen."""
    try:
        import termios
    except ImportError:  # elsewhere nothing stays behind
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class Terminal:
    """Asks on standard error and reads standard input.

    Args:
        read: Shows a prompt and reads a line.
        read_secret: The same, unseen.
        say: Writes a line.
    """

    def __init__(
        self,
        *,
        read: Callable[[str], str] | None = None,
        read_secret: Callable[[str], str] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._read = read or _read
        self._read_secret = read_secret or getpass
        self.say = say or _say

    def ask(self, question: Question) -> Answer:
        """What the person says; Ctrl+D is closing the question, where it can be closed.

        Raises:
            EOFError: It cannot be closed and there is nothing more to read.
        """
        ask = question.ask
        for line in lines_of(question):
            self.say(line)
        try:
            return self._answer(ask)
        except EOFError:
            if not ask.dismiss:
                raise
            self.say("")
            return Answer(button=ask.dismiss)

    def show(self, question: Question) -> None:
        """Say what nobody answers."""
        ask = question.ask
        text = ": ".join(part for part in (ask.title, ask.message) if part)
        if isinstance(ask.body, Progress) and ask.body.value is not None:
            text = f"{text} {ask.body.value} %"
        self.say(f"· {text}")

    def _answer(self, ask: Ask) -> Answer:
        if not isinstance(ask.body, Form):
            values = self._row(ask.body) if isinstance(ask.body, Table) else {}
            return Answer(button=self._button(ask), values=values)
        values = {}
        for page in ask.body.pages:
            for line in (page.title, page.text):
                if line:
                    self.say(line)
            for field in page.fields:
                values[field.name] = self._field(field)
        return Answer(button=ask.proposed, values=values)

    def _field(self, field: Field) -> Any:
        if field.kind in ("choice", "choices"):
            for number, option in enumerate(field.options, 1):
                self.say(f"  {number}  {option}")
        if field.kind == "long_text":
            return self._repeat(field, lambda: self._lines(_prompt(field)))
        read = self._read_secret if field.kind == "secret" and field.is_masked else self._read
        return self._repeat(field, lambda: read(_prompt(field)))

    def _repeat(self, field: Field, read: Callable[[], str]) -> Any:
        while True:
            said = read()
            try:
                return fitting(field, None if said == "" else _meant(field, said))
            except QuestionError as error:
                self.say(f"  {error}")

    def _lines(self, prompt: str) -> str:
        """Lines up to an empty one."""
        lines = [self._read(f"{prompt}(an empty line ends it)\n  ")]
        while lines[-1]:
            lines.append(self._read("  "))
        return "\n".join(lines[:-1])

    def _row(self, table: Table) -> dict[str, Any]:
        if not table.can_choose:
            return {}
        while True:
            said = self._read("row, or Enter for none: ").strip()
            if not said:
                return {}
            if said.isdecimal() and 1 <= int(said) <= len(table.rows):
                return {"row": int(said) - 1}
            self.say(f"  {said!r} is no row from 1 to {len(table.rows)}")

    def _button(self, ask: Ask) -> str:
        words = " / ".join(
            f"[{word_of(it)}]" if it.name == ask.proposed else word_of(it) for it in ask.buttons
        )
        while True:
            said = self._read(f"{words}: ").strip().lower()
            if not said and ask.proposed:
                return ask.proposed
            found = [it for it in ask.buttons if said and _begins(it, said)]
            if len(found) == 1:
                return found[0].name
            self.say(f"  say one of {', '.join(map(word_of, ask.buttons))}")


def lines_of(question: Question) -> list[str]:
    """A question in plain lines, without what it wants filled in."""
    ask = question.ask
    job = f"{question.job}: " if question.job else ""
    lines = [f"? {job}{ask.title or ask.message}"]
    if ask.title and ask.message:
        lines += ask.message.splitlines()
    if ask.detail:
        lines += ask.detail.splitlines()
    if isinstance(ask.body, Table):
        lines += _table(ask.body)
    elif isinstance(ask.body, Picture):
        lines.append(f"the picture is {ask.body.path}")
    return lines


def word_of(button: Button) -> str:
    """What is said for a button."""
    return button.text or button.name


def _begins(button: Button, said: str) -> bool:
    return button.name.lower().startswith(said) or word_of(button).lower().startswith(said)


def _meant(field: Field, said: str) -> Any:
    """A line as a value; options may be given by number."""
    if field.kind == "choice":
        return _option(field, said)
    if field.kind in ("choices", "files"):
        parts = [part.strip() for part in said.split(",") if part.strip()]
        return [_option(field, part) for part in parts] if field.options else parts
    return typed(field, said)


def _option(field: Field, said: str) -> str:
    said = said.strip()
    if said not in field.options and said.isdecimal() and 1 <= int(said) <= len(field.options):
        return field.options[int(said) - 1]
    return said


def _prompt(field: Field) -> str:
    label = (field.label or field.name).rstrip(" :")
    default = empty(field)
    if field.kind == "switch":
        return f"{label} [{'Y/n' if default else 'y/N'}]: "
    if default in (None, "", []):
        return f"{label}: "
    return f"{label} [{', '.join(default) if isinstance(default, list) else default}]: "


def _table(table: Table) -> list[str]:
    shown = [("", *table.columns)]
    shown += [(str(number), *row) for number, row in enumerate(table.rows[:MOST_ROWS], 1)]
    cells = [[" ".join(cell.split())[:WIDEST] for cell in row] for row in shown]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_aligned(row, widths) for row in cells]
    more = len(table.rows) - MOST_ROWS
    return [*lines, f"... and {more} more rows"] if more > 0 else lines


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _read(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
