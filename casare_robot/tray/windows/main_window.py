"""The main window: what the robot is doing, what waits, what needs you, the last day."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.icons import state_pixmap
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.day import Minutes, day_charts
from casare_robot.tray.views.main_view import (
    Choice,
    JobCard,
    Looked,
    MainView,
    NeedCard,
    main_view,
)
from casare_robot.tray.views.sight import Sight
from casare_robot.tray.views.tray_view import Do, Wish, pauses
from casare_robot.tray.windows.charts import ChartView
from casare_robot.tray.windows.parts import Card, Text, button, emptied, row
from casare_robot.tray.windows.window import Window

ICON = 40


class MainWindow(Window):
    """See `MainView`.

    Args:
        sight: The robot as last seen.
        wished: Told what a person wants.
        decided: Told a job, a step's key and ``done``, ``again`` or ``fail``.
        dropped: Told the path of a workflow that was dropped here.
        refresh: Asks for a new look; called every two seconds while the window can be seen.
        now: In the local time zone.
    """

    def __init__(
        self,
        sight: Sight,
        *,
        wished: Callable[[Wish], object],
        decided: Callable[[str, str, str], object],
        dropped: Callable[[str], object],
        refresh: Callable[[], object],
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        super().__init__(tr("Casare Robot"), refresh=refresh, dropped=dropped)
        self._sight = sight
        self._looked = Looked()
        self._wished = wished
        self._decided = decided
        self._now = now
        self._view: MainView | None = None
        self._build()
        self.resize(620, 720)
        self.see(sight)

    # What it is told

    def see(self, sight: Sight) -> None:
        """The robot is another way now."""
        self._sight = sight
        self._show()

    def looked(self, looked: Looked) -> None:
        """What was asked of the robot has come."""
        self._looked = looked
        self._show()

    def show_day(self, minutes: Minutes) -> None:
        """The figures of the last day have come."""
        charts = day_charts(minutes, now=datetime.now(UTC))
        for place, chart in enumerate(charts):
            self._charts[place].show_chart(chart)

    # How it is made

    def _build(self) -> None:
        self._icon = QLabel()
        self._icon.setFixedSize(ICON, ICON)
        self._name = Text(bold=True, size=1.35)
        self._headline = Text(size=1.05)
        self._line = Text(tone="muted")
        heads = QVBoxLayout()
        heads.setSpacing(1)
        for part in (self._name, self._headline, self._line):
            heads.addWidget(part)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(heads, 1)
        self._content = QVBoxLayout()
        self._content.setSpacing(10)
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(16, 4, 16, 8)
        body.setSpacing(10)
        body.addLayout(self._content)
        body.addWidget(Text(tr("Last day"), bold=True))
        body.addWidget(self._day())
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inner)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 14, 0, 12)
        whole.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)
        head.addLayout(top)
        head.addLayout(self._commands())
        whole.addLayout(head)
        whole.addWidget(scroll, 1)
        foot = row(
            button(tr("Job &history"), partial(self._wished, Wish(Do.HISTORY))),
            button(tr("&Logs"), partial(self._wished, Wish(Do.LOGS))),
            None,
            button(tr("&Settings…"), partial(self._wished, Wish(Do.SETTINGS))),
        )
        foot.setContentsMargins(16, 0, 16, 0)
        whole.addLayout(foot)

    def _commands(self) -> QHBoxLayout:
        self._run = button(
            tr("&Run a workflow…"), partial(self._wished, Wish(Do.RUN_FILE)), is_default=True
        )
        self.default = self._run
        self._pause = QPushButton(tr("&Pause"))
        self._pause.setAccessibleName(tr("Pause"))
        self._pause.setAutoDefault(False)
        menu = QMenu(self._pause)
        menu.aboutToShow.connect(partial(self._fill_pauses, menu))
        self._pause.setMenu(menu)
        self._resume = button(tr("R&esume"), partial(self._wished, Wish(Do.RESUME)))
        self._start = button(tr("S&tart the robot"), partial(self._wished, Wish(Do.START)))
        return row(self._start, self._run, self._resume, self._pause, None)

    def _fill_pauses(self, menu: QMenu) -> None:
        menu.clear()
        for entry in pauses(self._now()):
            if entry.wish is not None:
                menu.addAction(entry.text).triggered.connect(partial(self._wish, entry.wish))

    def _wish(self, wish: Wish) -> None:
        self._wished(wish)

    def _day(self) -> QWidget:
        card = Card()
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(12)
        self._charts = [ChartView(chart) for chart in day_charts((), now=datetime.now(UTC))]
        for place, chart in enumerate(self._charts):
            grid.addWidget(chart, place // 2, place % 2)
        card.body.addLayout(grid)
        return card

    # What it shows

    def _show(self) -> None:
        view = main_view(self._sight, self._looked, now=self._now())
        before, self._view = self._view, view
        if before == view:
            return
        if before is None or before.look is not view.look:
            pixmap = state_pixmap(view.look, ICON, self.devicePixelRatioF())
            self._icon.setPixmap(pixmap)
            self._icon.setAccessibleName(tr(view.look.value))
        self._name.setText(view.name)
        self._headline.setText(view.headline)
        self._line.setText(view.line)
        self._run.setVisible(view.can_run)
        self._pause.setVisible(view.can_pause)
        self._resume.setVisible(view.can_resume)
        self._start.setVisible(view.can_start)
        if before is None or _shape(before) != _shape(view):
            self._lay_out(view)
        else:
            for card, job in zip(self._jobs, view.jobs, strict=True):
                card.show_job(job)

    def _lay_out(self, view: MainView) -> None:
        emptied(self._content)
        self._jobs: list[JobPanel] = []
        for warning in view.warnings:
            card = Card(edge="warn")
            card.body.addWidget(Text(warning))
            self._content.addWidget(card)
        if view.needs:
            self._heading(counted(len(view.needs), "Needs you", "Need you ({count})"))
            for need in view.needs:
                self._content.addWidget(self._need(need))
        self._heading(tr("Now"))
        for job in view.jobs:
            panel = JobPanel(job, self._wished)
            self._jobs.append(panel)
            self._content.addWidget(panel)
        if view.why:
            card = Card()
            for reason in view.why:
                card.body.addWidget(Text(reason))
            self._content.addWidget(card)
        if view.waiting:
            self._waiting(view)

    def _heading(self, text: str) -> None:
        self._content.addWidget(Text(text, bold=True))

    def _need(self, need: NeedCard) -> Card:
        card = Card(edge="bad")
        card.body.addWidget(Text(need.name, bold=True))
        card.body.addWidget(Text(tr("since {time}", time=need.since), tone="muted"))
        for step in need.steps:
            card.body.addWidget(Text(step.text))
            card.body.addLayout(self._choices(need, step))
        show = partial(self._wished, Wish(Do.SHOW_JOB, need.job_id))
        if not need.steps:
            card.body.addLayout(row(button(tr("Show the job"), show), None))
        return card

    def _choices(self, need: NeedCard, step: Choice) -> QHBoxLayout:
        words = (
            ("done", tr("It was done"), tr("Go on after this step")),
            ("again", tr("Do it again"), tr("Repeat this step, then go on")),
            ("fail", tr("Let it fail"), tr("Treat this step as failed")),
        )
        made: list[QPushButton] = []
        for decision, text, hint in words:
            named = tr("{choice}: {step} of {job}", choice=text, step=step.key, job=need.name)
            pressed = partial(self._decided, need.job_id, step.key, decision)
            choice = button(text, pressed, named=named)
            choice.setToolTip(hint)
            made.append(choice)
        show = button(tr("Show the job"), partial(self._wished, Wish(Do.SHOW_JOB, need.job_id)))
        return row(*made, None, show)

    def _waiting(self, view: MainView) -> None:
        self._heading(tr("Waiting"))
        card = Card()
        for line in view.waiting:
            cancel = button(
                tr("Cancel…"),
                partial(self._wished, Wish(Do.CANCEL, line.job_id)),
                named=tr("Cancel {job}", job=line.name),
            )
            text = Text(line.name)
            waits = Text(tr("waits for {span}", span=line.since), tone="muted", wraps=False)
            line_row = row(text, waits, cancel)
            line_row.setStretch(0, 1)
            card.body.addLayout(line_row)
        if view.more_waiting:
            more = counted(view.more_waiting, "and {count} more", "and {count} more")
            card.body.addWidget(Text(more, tone="muted"))
        self._content.addWidget(card)


class JobPanel(Card):
    """A running job."""

    def __init__(self, job: JobCard, wished: Callable[[Wish], object]) -> None:
        super().__init__(edge="busy")
        self._name = Text(job.name, bold=True)
        self._cancel = button(
            tr("Cancel…"),
            partial(wished, Wish(Do.CANCEL, job.job_id)),
            named=tr("Cancel {job}", job=job.name),
        )
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(tr("Progress of {job}", job=job.name))
        self._where = Text(tone="muted")
        self._times = Text(tone="muted")
        self._times.setAlignment(Qt.AlignmentFlag.AlignRight)
        head = row(self._name, self._cancel)
        head.setStretch(0, 1)
        self.body.addLayout(head)
        self.body.addWidget(self._bar)
        foot = row(self._where, self._times)
        foot.setStretch(0, 1)
        foot.setStretch(1, 1)
        self.body.addLayout(foot)
        self._asks = Text(tone="warn", bold=True)
        self._answer = button(
            tr("&Answer…"),
            partial(wished, Wish(Do.ANSWER, job.job_id)),
            named=tr("Answer {job}", job=job.name),
        )
        asks = row(self._asks, self._answer)
        asks.setStretch(0, 1)
        self.body.addLayout(asks)
        self.show_job(job)

    def show_job(self, job: JobCard) -> None:
        """Show where it is now."""
        self._bar.setRange(0, 0 if job.done is None else 1000)
        self._bar.setValue(job.done or 0)
        self._where.setText(job.where)
        self._times.setText(job.times)
        self._times.set_tone("bad" if job.is_stuck else "muted")
        self._cancel.setEnabled(job.can_cancel)
        self._asks.setText("\n".join(line[:1].upper() + line[1:] for line in job.waits_for))
        self._asks.setVisible(bool(job.waits_for))
        self._answer.setVisible(bool(job.waits_for))


def _shape(view: MainView) -> object:
    """What decides which parts there are."""
    jobs = tuple(job.job_id for job in view.jobs)
    return (jobs, view.needs, view.waiting, view.more_waiting, view.why, view.warnings)
