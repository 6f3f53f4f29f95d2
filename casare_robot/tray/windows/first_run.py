"""The first steps: for whom the robot works, whether all is well, when it starts."""

from collections.abc import Callable

from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.icons import application_pixmap
from casare_robot.tray.texts import tr
from casare_robot.tray.windows.check_window import CheckList
from casare_robot.tray.windows.parts import Text, button, row
from casare_robot.tray.windows.window import Window

ICON = 56
WELCOME, CONNECT, CHECKS, LOGIN, DONE = range(5)


class FirstRunWindow(Window):
    """See the module; each step can be left out, and the whole opened again.

    Args:
        browse: Asked to let a person choose an invitation file.
        enrol: Told address, code and name.
        check: Asked to fill `checks`.
        finish: Told whether to start at login, and the robot's name.
        try_out: Asked to run a first workflow.
    """

    def __init__(
        self,
        *,
        name: str,
        starts_at_login: bool,
        browse: Callable[[], object],
        enrol: Callable[[str, str, str], object],
        check: Callable[[], object],
        finish: Callable[[bool, str], object],
        try_out: Callable[[], object],
    ) -> None:
        super().__init__(tr("Set up Casare Robot"))
        self._enrol = enrol
        self._check = check
        self._finish = finish
        self._try_out = try_out
        self.pages = QStackedWidget()
        self.checks = CheckList()
        for page in (
            self._welcome(name),
            self._connect(browse),
            self._checks(),
            self._login(starts_at_login=starts_at_login),
            self._done(),
        ):
            self.pages.addWidget(page)
        self.back = button(tr("&Back"), self._back)
        self.next = button(tr("&Next"), self._next, is_default=True)
        self.skip = button(tr("&Skip: use it for this desk only"), self._skip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 14)
        layout.addWidget(self.pages, 1)
        layout.addLayout(row(self.skip, None, self.back, self.next))
        self.resize(600, 460)
        self.default = self.next
        self._turn_to(WELCOME)

    def show_invitation(self, address: str, code: str, name: str) -> None:
        """Fill in what a file said."""
        self.address.setText(address)
        self.code.setText(code)
        if name:
            self.name.setText(name)

    def enrolled(self) -> None:
        """The code was taken."""
        self.next.setEnabled(True)
        self.fault.hide()
        self._turn_to(CHECKS)

    def refused(self, why: str) -> None:
        """The code was not taken."""
        self.next.setEnabled(True)
        self.fault.setText(why)
        self.fault.show()

    def _welcome(self, name: str) -> QWidget:
        picture = QLabel()
        picture.setPixmap(application_pixmap(ICON, self.devicePixelRatioF()))
        self.for_desk = QRadioButton(tr("For this &desk only: I run workflows myself"))
        self.for_orchestrator = QRadioButton(
            tr("For an &orchestrator: I have an enrolment code or a file")
        )
        self.for_desk.setChecked(True)
        self.name = QLineEdit(name)
        self.name.setAccessibleName(tr("Name of this robot"))
        form = QFormLayout()
        form.addRow(tr("Na&me of this robot"), self.name)
        return _page(
            row(picture, None),
            Text(tr("Welcome"), bold=True, size=1.5),
            Text(
                tr(
                    "This robot runs CasareRPA workflows. It never loses a job: what was begun "
                    "goes on after a crash, a restart or a power cut."
                )
            ),
            Text(tr("For whom does it work?"), bold=True),
            self.for_desk,
            self.for_orchestrator,
            form,
        )

    def _connect(self, browse: Callable[[], object]) -> QWidget:
        self.address = QLineEdit()
        self.address.setPlaceholderText("wss://robots.example.com")
        self.address.setAccessibleName(tr("Address"))
        self.code = QLineEdit()
        self.code.setAccessibleName(tr("Enrolment code"))
        form = QFormLayout()
        form.addRow(tr("&Address"), self.address)
        form.addRow(tr("Enrolment &code"), self.code)
        self.fault = Text(tone="bad")
        self.fault.hide()
        return _page(
            Text(tr("Connect"), bold=True, size=1.5),
            Text(tr("Your administrator gave you an address and a code that works once.")),
            form,
            row(button(tr("Open a &file…"), browse), None),
            self.fault,
        )

    def _checks(self) -> QWidget:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.checks)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Text(tr("Is all well?"), bold=True, size=1.5))
        layout.addWidget(scroll, 1)
        return page

    def _login(self, *, starts_at_login: bool) -> QWidget:
        self.login = QCheckBox(tr("Start at &login, hidden in the tray"))
        self.login.setChecked(starts_at_login)
        return _page(
            Text(tr("When does it start?"), bold=True, size=1.5),
            Text(tr("A robot that starts with you takes jobs whenever you work here.")),
            self.login,
            Text(
                tr(
                    "It tells you when a job fails or needs you, and nothing else. "
                    "Settings, Notifications changes that."
                ),
                tone="muted",
            ),
        )

    def _done(self) -> QWidget:
        self.try_out = button(tr("&Run a first workflow…"), self._run_first)
        return _page(
            Text(tr("Done"), bold=True, size=1.5),
            Text(
                tr("The robot lives in the tray. Its icon says how it is, its menu does the rest.")
            ),
            row(self.try_out, None),
        )

    def _turn_to(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.back.setVisible(page in (CONNECT, CHECKS, LOGIN))
        self.skip.setVisible(page in (WELCOME, CONNECT))
        self.next.setText(tr("&Finish") if page == DONE else tr("&Next"))
        if page == CONNECT:
            self.address.setFocus()
        elif page != WELCOME:
            self.next.setFocus()
        if page == CHECKS:
            self._check()

    def _next(self) -> None:
        page = self.pages.currentIndex()
        if page == WELCOME:
            self._turn_to(CONNECT if self.for_orchestrator.isChecked() else CHECKS)
        elif page == CONNECT:
            self.next.setEnabled(False)
            self._enrol(self.address.text().strip(), self.code.text().strip(), self.name.text())
        elif page == DONE:
            self.close()
        else:
            if page == LOGIN:
                self._finish(self.login.isChecked(), self.name.text().strip())
            self._turn_to(page + 1)

    def _back(self) -> None:
        page = self.pages.currentIndex()
        skips_connect = page == CHECKS and not self.for_orchestrator.isChecked()
        self._turn_to(WELCOME if skips_connect else page - 1)

    def _skip(self) -> None:
        self._finish(self.login.isChecked(), self.name.text().strip())
        self.close()

    def _run_first(self) -> None:
        self.close()
        self._try_out()


def _page(*parts: QWidget | QLayout) -> QWidget:
    """Widgets and layouts, one below the other."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(12)
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
    layout.addStretch(1)
    return page
