"""Does what a person wishes for: over control, or by opening a window."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from casare_robot import __version__
from casare_robot.domain.job import JobId
from casare_robot.tray.face_folder import folder_of_face
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.sight import Reach
from casare_robot.tray.views.tray_view import Do, Wish, cost_of_exit, job_of

log = logging.getLogger(__name__)

WELCOMED = "welcomed"
"""The file that says that the assistant was shown."""


class Presenter(Protocol):
    """Fills a window."""

    def widget(self) -> QWidget:
        """The window."""
        ...

    def close(self) -> None:
        """The window is gone."""
        ...


class Wishes(QObject):
    """Grants wishes; keeps each kind of window once.

    Args:
        house: The session.
    """

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._presenters: dict[str, Presenter] = {}
        self._granted: dict[Do, Callable[[Wish], object]] = {
            Do.OPEN: lambda _: self._main(),
            Do.SHOW_NEEDS: lambda _: self._main(),
            Do.ANSWER: lambda wish: self._house.questions.recall(job_of(wish)),
            Do.RUN_FILE: lambda wish: self.run_file(wish.argument or ""),
            Do.SHOW_JOB: lambda wish: self._history(job_of(wish)),
            Do.HISTORY: lambda _: self._history(None),
            Do.GROUP: lambda _: self._group(),
            Do.TRIGGERS: lambda _: self._triggers(),
            Do.ACCOUNTS: lambda _: self._accounts(),
            Do.LOGS: lambda wish: self._logs(wish.argument or ""),
            Do.SETTINGS: lambda _: self._settings(),
            Do.FIRST_RUN: lambda _: self._first_run(),
            Do.CHECK: lambda _: self._check(),
            Do.DIAGNOSIS: lambda _: self._diagnosis(),
            Do.ABOUT: lambda _: self._about(),
            Do.CANCEL: self._cancel,
            Do.PAUSE: self._pause,
            Do.PAUSE_UNTIL: lambda _: self._pause_until(),
            Do.RESUME: lambda _: self._ask(Do.RESUME, self._house.client.resume),
            Do.RECONNECT: lambda _: self._ask(Do.RECONNECT, self._house.client.reconnect),
            Do.UPDATE: lambda _: self._change_version(Do.UPDATE),
            Do.BACK: lambda _: self._ask_back(),
            Do.START: lambda _: self._house.link.start(),
            Do.EXIT: lambda _: self._exit(),
        }

    def grant(self, wish: Wish) -> None:
        """Do it, or begin to."""
        log.debug("wish: %s", wish)
        self._granted[wish.do](wish)

    def welcome(self) -> None:
        """A person has started the face: show something, the first time the assistant."""
        places = self._house.places
        mark = folder_of_face(places.data) / WELCOMED
        if places.config_file.exists() or mark.exists():
            self._main()
            return
        self._first_run()
        try:
            mark.touch()
        except OSError as error:
            log.warning("the assistant will come again: %s", error)

    def has_window(self) -> bool:
        """Whether a window can be seen."""
        return any(one.widget().isVisible() for one in self._presenters.values())

    def close_windows(self) -> None:
        """Close all of them."""
        for presenter in list(self._presenters.values()):
            presenter.widget().close()
            presenter.close()
        self._presenters.clear()

    def tell_failure(self, text: str) -> None:
        """Say that something did not work."""
        from casare_robot.tray.windows.parts import tell

        tell(self._front(), tr("That did not work"), text, is_failure=True)

    def run_file(self, path: str) -> None:
        """Ask for a workflow, unless one is named, and for its variables; then run it."""
        from casare_robot.tray.run_presenter import RunPresenter

        presenter = self._show("run", lambda: RunPresenter(self._house, wished=self.grant))
        if path and isinstance(presenter, RunPresenter):
            presenter.choose(path)

    def _main(self) -> None:
        from casare_robot.tray.main_presenter import MainPresenter

        self._show(
            "main",
            lambda: MainPresenter(self._house, wished=self.grant, dropped=self.run_file),
        )

    def _history(self, job_id: JobId | None) -> None:
        from casare_robot.tray.history_presenter import HistoryPresenter

        presenter = self._show("history", lambda: HistoryPresenter(self._house, wished=self.grant))
        if job_id is not None and isinstance(presenter, HistoryPresenter):
            presenter.select(job_id)

    def _group(self) -> None:
        from casare_robot.tray.group_presenter import GroupPresenter

        self._show("group", lambda: GroupPresenter(self._house))

    def _triggers(self) -> None:
        from casare_robot.tray.trigger_presenter import TriggerPresenter

        self._show("triggers", lambda: TriggerPresenter(self._house, wished=self.grant))

    def _accounts(self) -> None:
        from casare_robot.tray.accounts_presenter import AccountsPresenter

        self._show("accounts", lambda: AccountsPresenter(self._house))

    def _logs(self, job_id: str) -> None:
        from casare_robot.tray.log_presenter import LogPresenter

        self._house.link.trouble("")
        presenter = self._show("logs", lambda: LogPresenter(self._house))
        if job_id and isinstance(presenter, LogPresenter):
            presenter.filter_job(job_id)

    def _settings(self) -> None:
        from casare_robot.tray.settings_presenter import SettingsPresenter

        self._show("settings", lambda: SettingsPresenter(self._house, wished=self.grant))

    def _first_run(self) -> None:
        from casare_robot.tray.first_run_presenter import FirstRunPresenter

        self._show("first run", lambda: FirstRunPresenter(self._house, wished=self.grant))

    def _check(self) -> None:
        from casare_robot.tray.check_presenter import CheckPresenter

        presenter = self._show("check", lambda: CheckPresenter(self._house))
        if isinstance(presenter, CheckPresenter):
            presenter.begin()

    def _diagnosis(self) -> None:
        from casare_robot.tray.check_presenter import save_diagnosis

        save_diagnosis(self._house, self._front())

    def _about(self) -> None:
        from casare_robot.tray.windows.about import about

        about(self._front(), self._house.places, self._house.sight)

    # What is asked of the robot

    def _ask(self, key: Hashable, call: Callable[[], Coroutine[Any, Any, object]]) -> None:
        async def act() -> None:
            await call()

        self._house.actions.start(key, act)

    def _pause(self, wish: Wish) -> None:
        until = wish.argument
        end = until.astimezone(UTC) if isinstance(until, datetime) else None
        self._ask(Do.PAUSE, partial(self._house.client.pause, end))

    def _pause_until(self) -> None:
        from casare_robot.tray.windows.parts import open_dialog
        from casare_robot.tray.windows.pause_dialog import PauseDialog

        dialog = PauseDialog(self._front(), now=datetime.now().astimezone())
        dialog.chosen.connect(lambda until: self.grant(Wish(Do.PAUSE, until)))
        open_dialog(dialog)

    def _cancel(self, wish: Wish) -> None:
        from casare_robot.tray.windows.parts import ask

        job_id = job_of(wish)
        ask(
            self._front(),
            tr("Cancel {job}?", job=self._name(job_id)),
            more=tr("A step that is being done may be left half done."),
            answers=[
                (
                    tr("Cancel the job"),
                    lambda: self._ask(
                        ("cancel", job_id), lambda: self._house.client.cancel(job_id)
                    ),
                )
            ],
            cancel=tr("Let it run"),
        )

    def _ask_back(self) -> None:
        from casare_robot.tray.windows.parts import ask

        status = self._house.sight.live
        ask(
            self._front(),
            tr("Go back to version {version}?", version=status.update.previous if status else ""),
            more=tr("Jobs and settings stay. The robot is away for a moment."),
            answers=[(tr("Go back"), lambda: self._change_version(Do.BACK))],
            cancel=tr("Stay"),
        )

    def _change_version(self, do: Do) -> None:
        from casare_robot.updates.updates import Updates

        status = self._house.sight.live
        is_busy = status is not None and bool(status.jobs or status.waiting)
        data = self._house.places.data
        updates = Updates(self._house.read_settings(), data, version=__version__)
        change = updates.install if do is Do.UPDATE else updates.go_back

        async def act() -> None:
            await asyncio.to_thread(change, is_busy=is_busy)

        self._house.actions.start(do, act)

    def _exit(self) -> None:
        cost = cost_of_exit(self._house.sight)
        if not cost:
            self._leave(now=False)
            return
        from casare_robot.tray.windows.parts import ask

        ask(
            self._front(),
            tr("Exit although a job is running?"),
            more=cost,
            answers=[
                (tr("Finish it, then exit"), self._finish),
                (tr("Interrupt: it goes on at the next start"), partial(self._leave, now=True)),
                (tr("Close only this, let the robot go on"), self._house.end),
            ],
            cancel=tr("Stay"),
        )

    def _finish(self) -> None:
        """Leave when the robot has."""

        def saw(_: object) -> None:
            if self._house.sight.reach is Reach.LEFT:
                self._house.end()

        self._house.listen(saw)
        self._house.link.leaves()
        self._ask("finish", self._house.client.stop)

    def _leave(self, *, now: bool) -> None:
        self._house.link.leaves()

        async def act() -> None:
            try:
                if self._house.sight.reach is Reach.REACHED:
                    await self._house.client.stop(now=now)
            finally:
                self._house.end()

        self._house.actions.start("leave", act)

    # Windows

    def _show(self, kind: str, make: Callable[[], Presenter]) -> Presenter:
        presenter = self._presenters.get(kind)
        if presenter is None:
            presenter = self._presenters[kind] = make()
        window = presenter.widget()
        if window.isMinimized():
            window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        return presenter

    def _front(self) -> QWidget | None:
        """The window that is in use, for a dialog to belong to."""
        for presenter in self._presenters.values():
            if presenter.widget().isActiveWindow():
                return presenter.widget()
        return None

    def _name(self, job_id: JobId) -> str:
        status = self._house.sight.live
        names = {job.job_id: job.name for job in status.jobs} if status else {}
        return names.get(job_id) or tr("job {id}", id=job_id)
