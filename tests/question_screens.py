"""Every kind of question in its window, for tests and pictures."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
    Passing,
    Picture,
    Progress,
    Question,
    Table,
)

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def question(ask, **facts):
    known = {
        "id": "q",
        "job_id": JobId("4f0c0001a1b2"),
        "node_id": "ask",
        "job": "Payroll upload",
        "asked_at": NOW,
    }
    return Question(**{**known, **facts}, ask=ask)


def dialog(ask, *, waiting=0, **facts):
    from casare_robot.tray.views.question_view import question_view
    from casare_robot.tray.windows.question_dialog import QuestionDialog

    asked = question(ask, **facts)
    return QuestionDialog(asked, question_view(asked, waiting=waiting), now=lambda: NOW)


def form(*fields, title="Form", **facts):
    return Ask(title=title, body=Form(pages=(Page(fields=fields),)), **facts)


def progress_window(value=62):
    from casare_robot.tray.views.question_view import question_view
    from casare_robot.tray.windows.progress_window import ProgressWindow

    ask = Ask(
        title="Reading invoices",
        message="invoice 62 of 100",
        body=Progress(value=value),
        buttons=(CANCEL,),
        proposed="",
        dismiss="",
        waits=False,
    )
    asked = question(ask)
    return ProgressWindow(asked, question_view(asked))


def passing_window(**facts):
    from casare_robot.tray.windows.passing import PassingWindow

    known = {"style": "snackbar", "seconds": 30.0, "place": "bottom_center", "ground": "#323232"}
    ask = Ask(
        title=facts.pop("title", ""),
        message=facts.pop("message", "The report was saved."),
        mood=facts.pop("mood", "none"),
        buttons=facts.pop("buttons", ()),
        waits=facts.pop("waits", False),
        proposed="",
        dismiss="closed",
        body=Passing(**{**known, **facts}),
    )
    return PassingWindow(question(ask))


def picture_file():
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPixmap

    path = Path(tempfile.mkdtemp()) / "invoice.png"
    drawn = QPixmap(360, 240)
    painter = QPainter(drawn)
    gradient = QLinearGradient(0, 0, 360, 240)
    gradient.setColorAt(0, QColor("#dbeafe"))
    gradient.setColorAt(1, QColor("#fde68a"))
    painter.fillRect(drawn.rect(), gradient)
    painter.setPen(QColor("#1f2937"))
    painter.drawText(drawn.rect(), Qt.AlignmentFlag.AlignCenter, "Invoice 2026-1107\n1,250.00 EUR")
    painter.end()
    drawn.save(str(path))
    return str(path)


FIELDS = (
    Field(name="who", kind="text", label="Supplier", default="Northwind Ltd", required=True),
    Field(name="sum", kind="number", label="Amount", default=1250.0),
    Field(name="due", kind="date", label="Due", default="2026-12-05"),
    Field(name="account", kind="choice", label="Account", options=("4400", "4410", "4500")),
    Field(name="urgent", kind="switch", label="Pay today", default=True),
)
LOGIN = (
    Field(name="username", kind="text", label="Username:"),
    Field(name="password", kind="secret", label="Password:"),
    Field(name="remember", kind="switch", label="Remember me"),
)
CITIES = """
    Amsterdam Athens Berlin Bern Brussels Budapest Copenhagen Dublin Helsinki Lisbon London
    Madrid Oslo Paris Prague Rome Sofia Stockholm Vienna Warsaw
"""

QUESTIONS = {
    "ask-message": lambda: dialog(
        Ask(
            title="Invoice 2026-1107 is higher than usual",
            message="Northwind Ltd asks for 1,250.00 EUR. The last five invoices were between "
            "300 and 420 EUR. Should the payment go out?",
            detail="2026-10: 412.50\n2026-09: 388.00\n2026-08: 301.20",
            mood="warning",
            buttons=(YES, NO, CANCEL),
            proposed="no",
        ),
        closes_at=NOW + timedelta(seconds=95),
    ),
    "ask-confirm": lambda: dialog(
        Ask(
            title="Send the mails?",
            message="42 reminders are ready.",
            mood="question",
            buttons=(Button(name="yes", text="Send"), Button(name="no", text="Keep as drafts")),
            proposed="yes",
        ),
        waiting=2,
    ),
    "ask-input": lambda: dialog(
        form(Field(name="v", kind="text", label="Cost centre:"), title="Input")
    ),
    "ask-text": lambda: dialog(
        form(
            Field(name="t", kind="long_text", placeholder="What should the mail say?", most=500),
            title="Text of the mail",
        )
    ),
    "ask-login": lambda: dialog(form(*LOGIN, title="Log in to the bank")),
    "ask-file": lambda: dialog(
        form(Field(name="f", kind="files", required=True), title="Choose the statements")
    ),
    "ask-colour": lambda: dialog(
        form(Field(name="c", kind="colour", default="#3399ff"), title="Colour of the chart")
    ),
    "ask-date": lambda: dialog(
        form(Field(name="d", kind="moment", default="2026-11-24T09:00:00"), title="When to send")
    ),
    "ask-list": lambda: dialog(
        form(
            Field(name="l", kind="choice", options=tuple(CITIES.split()), default="Oslo"),
            title="Choose an office",
        )
    ),
    "ask-region": lambda: dialog(
        Ask(
            title="Select Screen Region",
            body=Form(
                pages=(
                    Page(
                        fields=tuple(
                            Field(name=name, kind="whole", label=name, default=100)
                            for name in ("x", "y", "width", "height")
                        )
                    ),
                ),
                picks_region=True,
            ),
        )
    ),
    "ask-form": lambda: dialog(form(*FIELDS, title="Check the invoice")),
    "ask-wizard": lambda: dialog(
        Ask(
            title="New supplier",
            body=Form(
                pages=(
                    Page(title="Who", text="As on the contract.", fields=FIELDS[:1]),
                    Page(title="Payment", fields=FIELDS[1:4]),
                )
            ),
        )
    ),
    "ask-table": lambda: dialog(
        Ask(
            title="Which invoice is meant?",
            body=Table(
                columns=("Number", "Supplier", "Amount", "Due"),
                rows=tuple(
                    (f"2026-11{n:02}", f"Supplier {n}", f"{n * 137.5:.2f}", f"2026-12-{n + 1:02}")
                    for n in range(1, 13)
                ),
                can_choose=True,
            ),
        )
    ),
    "ask-picture": lambda: dialog(
        Ask(title="Is this the right invoice?", body=Picture(path=picture_file()))
    ),
    "ask-pages": lambda: dialog(
        Ask(
            title="contract.pdf",
            body=Picture(path="contract.pdf", pages=(picture_file(), picture_file()), page=1),
        )
    ),
    "ask-not-now": lambda: dialog(
        Ask(
            title="Payroll upload needs mouse and keyboard",
            message="It begins by itself. Please leave mouse and keyboard alone meanwhile.",
            mood="information",
            buttons=(Button(name="start"), Button(name="not_now")),
            proposed="start",
            dismiss="not_now",
        ),
        closes_at=NOW + timedelta(seconds=10),
    ),
    "ask-progress": progress_window,
    "ask-snackbar": lambda: passing_window(buttons=(Button(name="a", text="Undo"),), waits=True),
    "ask-tooltip": lambda: passing_window(
        style="tooltip", title="", mood="information", ground="", place="top_left"
    ),
}
