"""Everything behind the icon, put together: the line to the robot, the windows, the wishes."""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer

from casare_robot.config.loading import load_config, memory_folder
from casare_robot.config.robot_config import RobotConfig
from casare_robot.control.client import ControlClient
from casare_robot.desktop.background_program import BackgroundProgram, start_background
from casare_robot.desktop.own_command import agent_command
from casare_robot.desktop.places import Places
from casare_robot.domain.errors import ConfigError, RobotError
from casare_robot.domain.robot_events import JobEnded, RobotEvent
from casare_robot.tray.actions import Actions
from casare_robot.tray.agent_keeper import AgentKeeper
from casare_robot.tray.face_folder import folder_of_face, keep_stopped, was_stopped
from casare_robot.tray.language import speak_language
from casare_robot.tray.notices import Notices
from casare_robot.tray.question_presenter import QuestionPresenter
from casare_robot.tray.robot_link import RobotLink
from casare_robot.tray.single_instance import SingleInstance
from casare_robot.tray.texts import tr
from casare_robot.tray.tray_icon import TrayIcon
from casare_robot.tray.views.sight import Reach, Sight
from casare_robot.tray.views.timeline import Timelines
from casare_robot.tray.views.tray_view import Do, Wish, tray_view
from casare_robot.tray.wishes import Wishes

log = logging.getLogger(__name__)

PAINT_EVERY = 250
"""Milliseconds between two paintings at the least."""
TRAY_PATIENCE = 60.0
"""Seconds that a hidden start waits for a tray before it opens a window instead."""
LOOK_FOR_TRAY = (2.0, 15.0)
"""Seconds between two looks for a tray: while none has been seen, and later."""


class Session:
    """One run of the face.

    Args:
        icon: In the tray already.
        places: Where everything is kept.
        home: As it was said on the command line.
    """

    def __init__(self, icon: TrayIcon, *, places: Places, home: Path | None) -> None:
        self.icon = icon
        self.places = places
        self.home = home
        self.config = self._read_config()
        speak_language(self.config.language)
        self.client = ControlClient(memory_folder(self.config, home))
        self.keeper = AgentKeeper(self._start_agent, steady=time.monotonic)
        self.link = RobotLink(
            self.client,
            self.keeper,
            changed=self._changed,
            heard=self._heard,
            clock=lambda: datetime.now(UTC),
        )
        self.timelines = Timelines()
        self.actions = Actions(self.failed)
        self.notices = Notices(icon, config=lambda: self.config)
        self.questions = QuestionPresenter(self, notify=icon.notify)
        self.wishes = Wishes(self)
        self._listeners: list[Callable[[Sight], None]] = []
        self._hearers: list[Callable[[RobotEvent], None]] = []
        self._ended = asyncio.Event()
        self._painting = QTimer(singleShot=True, interval=PAINT_EVERY)
        self._painting.timeout.connect(self._paint)

    async def run(self, *, hidden: bool) -> int:
        """Live until the person exits."""
        loop = asyncio.get_running_loop()
        hook_before, sys.excepthook = sys.excepthook, self._excepthook
        loop.set_exception_handler(self._loop_trouble)
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.add_signal_handler(number, self._ended.set)
        self.icon.wished.connect(self.wishes.grant)
        self.icon.opened.connect(partial(self.wishes.grant, Wish(Do.OPEN)))
        self.icon.asked.connect(self._menu_asked)
        self.icon.notice_clicked.connect(self._notice_clicked)
        instance = SingleInstance(folder_of_face(self.places.data), self._called)
        try:
            await instance.start()
        except OSError as error:
            log.warning("later starts cannot reach this one: %s", error)
        with suppress(OSError):
            if was_stopped(self.places.data):
                self.link.leaves()
        following = asyncio.create_task(self.link.run(), name="link")
        attending = asyncio.create_task(self.questions.follow(), name="questions")
        watching = asyncio.create_task(self._mind_tray(hidden=hidden), name="tray")
        self._paint()
        if not hidden:
            self.wishes.welcome()
        try:
            await self._ended.wait()
        finally:
            self.icon.hide()
            self._painting.stop()
            self.wishes.close_windows()
            tasks = (following, attending, watching)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.questions.close()
            await self.actions.end()
            await instance.close()
            sys.excepthook = hook_before
        return 0

    def end(self) -> None:
        """Leave; what the robot does goes on."""
        self._ended.set()

    # What windows ask of it

    @property
    def sight(self) -> Sight:
        """The robot as last seen."""
        return self.link.sight

    def listen(
        self, changed: Callable[[Sight], None], heard: Callable[[RobotEvent], None] | None = None
    ) -> Callable[[], None]:
        """Be told of what changes, four times a second at most, and of each event; the way out."""
        self._listeners.append(changed)
        if heard is not None:
            self._hearers.append(heard)

        def leave() -> None:
            if changed in self._listeners:
                self._listeners.remove(changed)
            if heard is not None and heard in self._hearers:
                self._hearers.remove(heard)

        return leave

    def read_settings(self) -> RobotConfig:
        """Read the settings again."""
        self.config = self._read_config()
        return self.config

    def failed(self, error: BaseException) -> None:
        """Something went wrong: a person is told, and faults of this program turn the icon red."""
        if isinstance(error, RobotError | OSError | TimeoutError):
            log.warning("%s", error)
            self.wishes.tell_failure(str(error) or type(error).__name__)
            return
        log.error("the face failed", exc_info=error)
        self.link.trouble(
            tr("the tray failed: {error}; see the logs", error=f"{type(error).__name__}: {error}")
        )

    # What happens

    def _changed(self) -> None:
        if not self._painting.isActive():
            self._painting.start()

    def _heard(self, event: RobotEvent) -> None:
        self.timelines.hear(event)
        self.questions.hear(event)
        if isinstance(event, JobEnded):
            self.notices.job_ended(event, self.link.sight)
        for hear in tuple(self._hearers):
            hear(event)

    def _paint(self) -> None:
        sight = self.link.sight
        self.icon.show_view(tray_view(sight, now=datetime.now().astimezone()))
        self.notices.saw(sight)
        for tell in tuple(self._listeners):
            tell(sight)

    def _menu_asked(self) -> None:
        self.icon.show_view(tray_view(self.link.sight, now=datetime.now().astimezone()))

    def _called(self, word: str) -> None:
        if word == "open":
            self.wishes.grant(Wish(Do.OPEN))
        elif word == "leave":  # a set-up says so, which starts another one
            if self.sight.reach is Reach.LEFT:
                with suppress(OSError):
                    keep_stopped(self.places.data)
            self.end()

    def _notice_clicked(self) -> None:
        self.wishes.grant(self.notices.wish)

    async def _mind_tray(self, *, hidden: bool) -> None:
        """Enter a tray that appears late or again; open a window where there is none."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + (TRAY_PATIENCE if hidden else 0)
        was_in = self.icon.is_in_a_tray
        while True:
            is_in = self.icon.is_in_a_tray
            if is_in and not was_in:
                self.icon.enter_tray()
            if not is_in and loop.time() >= patience and not self.wishes.has_window():
                self.wishes.grant(Wish(Do.OPEN))
            was_in = is_in
            with suppress(OSError):
                self.keeper.tidy()
            first, later = LOOK_FOR_TRAY
            await asyncio.sleep(later if is_in else first)

    def _start_agent(self) -> BackgroundProgram:
        output = self.places.logs / "agent_output.txt"
        return start_background(agent_command(self.home), output=output)

    def _read_config(self) -> RobotConfig:
        try:
            return load_config(places=self.places)
        except ConfigError as error:
            log.warning("the settings are wrong: %s", error)
            return RobotConfig(checkpoint_dir=self.places.data, faults=error.faults)

    # Trouble of its own

    def _excepthook(
        self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        self.failed(error)

    def _loop_trouble(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.failed(error)
        else:
            loop.default_exception_handler(context)
