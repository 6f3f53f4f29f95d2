"""What a node asks of the person at this machine, and what the person says. Pure.

A question has texts, at most one body and some buttons; whoever shows it needs
to know no node type.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from casare_robot.domain.job import JobId

FieldKind = Literal[
    "text",
    "long_text",
    "secret",
    "whole",
    "number",
    "switch",
    "choice",
    "choices",
    "date",
    "time",
    "moment",
    "colour",
    "file",
    "files",
    "folder",
]
Mood = Literal["none", "information", "success", "warning", "error", "question"]


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A way to answer; without a text those who show it have words for its name."""

    name: str
    text: str = ""


OK = Button(name="ok")
CANCEL = Button(name="cancel")
YES = Button(name="yes")
NO = Button(name="no")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Something to fill in.

    Dates are ISO texts, colours ``#rrggbb`` (``#aarrggbb`` with ``alpha``), of
    ``choices`` and ``files`` the value is a list. ``low`` and ``high`` bound
    dates; ``most`` is how many characters fit, 0: any number; ``filter`` is as
    the designer writes it: ``Text (*.txt);;All (*)``; ``start`` a folder.
    """

    name: str
    kind: FieldKind
    label: str = ""
    default: Any = None
    required: bool = False
    options: tuple[str, ...] = ()
    placeholder: str = ""
    most: int = 0
    low: str = ""
    high: str = ""
    alpha: bool = False
    filter: str = ""
    start: str = ""
    is_masked: bool = True
    is_searchable: bool = True


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that are seen together."""

    fields: tuple[Field, ...]
    title: str = ""
    text: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True, tag="form"):
    """Something to fill in, page by page.

    With ``picks_region`` its fields ``x``, ``y``, ``width`` and ``height`` may be
    drawn on the screen.
    """

    pages: tuple[Page, ...]
    can_go_back: bool = True
    picks_region: bool = False
    shows_coordinates: bool = True

    @property
    def fields(self) -> tuple[Field, ...]:
        """Those of all pages."""
        return tuple(field for page in self.pages for field in page.fields)


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """Rows to look at; the value ``row`` is the index of the chosen one, if one may be chosen."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    can_choose: bool = False


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """A file of this machine to look at.

    With ``pages``, which are files too, the value ``page`` is the one that was
    seen last, from 1; ``page`` is the first one shown.
    """

    path: str
    scale: float = 1.0
    can_zoom: bool = True
    pages: tuple[str, ...] = ()
    page: int = 1


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How far something is, of 100; None: nobody knows."""

    value: int | None
    shows_percent: bool = True


class Passing(msgspec.Struct, frozen=True, kw_only=True, tag="passing"):
    """Something that shows itself for a while and goes.

    A ``notice`` is the desktop's own, a ``bell`` is only heard; the others are
    small windows. ``place`` is ``cursor``, ``center``, a corner such as
    ``top_left``, ``bottom_center``, or ``at``, which is ``x`` and ``y`` in pixels.
    Colours may be empty.
    """

    style: Literal["notice", "tooltip", "snackbar", "balloon", "splash", "bell"]
    seconds: float
    place: str = "bottom_right"
    x: int = 0
    y: int = 0
    ground: str = ""
    ink: str = ""
    width: int = 400
    goes_on_click: bool = True
    fades: bool = False
    picture: str = ""
    shows_progress: bool = False
    priority: Literal["low", "normal", "high"] = "normal"


UNSEEN = "unseen"
"""What closes a question for what is copied: this desktop does not show it."""


class Copied(msgspec.Struct, frozen=True, kw_only=True, tag="copied"):
    """What is copied on this machine; only a tray sees that, and shows no window for it.

    The values are ``content``, its text, and ``changed``: whether it is new.
    Without ``only_new`` what is there already will do.
    """

    kind: Literal["text", "any"]
    only_new: bool = True


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a node wants shown.

    ``proposed`` is the button that Enter presses, ``dismiss`` the one that
    closing means (it need not be shown; empty: it can only be put off). After ``seconds`` it closes
    by itself. What does not ``wait`` is shown while the node goes on.
    """

    title: str
    message: str = ""
    detail: str = ""
    mood: Mood = "none"
    body: Form | Table | Picture | Progress | Passing | Copied | None = None
    buttons: tuple[Button, ...] = (OK, CANCEL)
    proposed: str = "ok"
    dismiss: str = "cancel"
    on_top: bool = True
    has_sound: bool = False
    seconds: float | None = None
    waits: bool = True


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says: a button, and what was filled in, by field."""

    button: str
    values: dict[str, Any] = {}


class AskOutcome(StrEnum):
    """How asking ended."""

    ANSWERED = "answered"
    TIMED_OUT = "timed out"
    NOBODY = "nobody"
    SHOWN = "shown"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a node gets; ``references`` are the names under which secret values are kept."""

    outcome: AskOutcome
    button: str = ""
    values: dict[str, Any] = {}
    references: dict[str, str] = {}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question on its way to a person.

    ``id`` is short and the same after a resume. Who passes it on fills in the
    name of the job and the times, UTC.
    """

    id: str
    job_id: JobId
    node_id: str
    ask: Ask
    job: str = ""
    asked_at: datetime | None = None
    closes_at: datetime | None = None


class Person(Protocol):
    """Whoever answers what jobs ask. Both return at once; called in the loop's thread."""

    def ask(self, question: Question, reply: Callable[[Reply], None]) -> None:
        """Ask; ``reply`` is called once, unless the question is withdrawn."""
        ...

    def withdraw(self, question_id: str) -> None:
        """Nobody needs the answer any more; one that is unknown is fine."""
        ...


def secrets_in(ask: Ask, values: Mapping[str, Any]) -> dict[str, str]:
    """The values that nobody else may see, by field."""
    if not isinstance(ask.body, Form):
        return {}
    names = [field.name for field in ask.body.fields if field.kind == "secret"]
    return {name: str(values[name]) for name in names if values.get(name)}


ASKED = "asked."
"""How the names of secrets begin that a person gave to a job."""


def asked_prefix(job_id: JobId) -> str:
    """How they begin for this job; no other job may have them."""
    return f"{ASKED}{job_id}."
