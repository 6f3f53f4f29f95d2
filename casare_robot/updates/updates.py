"""Looks for newer versions and installs them: the same for the robot, the tray and commands."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.file_lock import FileLock
from casare_robot.domain.errors import UpdateError
from casare_robot.domain.robot_status import UpdateStatus
from casare_robot.updates import installation as installations
from casare_robot.updates.feed import newest, order, read_feed
from casare_robot.updates.installation import Installation, Starter, this_installation
from casare_robot.updates.state import Offer, UpdateState, keep_state, read_state

EVERY = timedelta(hours=6)
"""Between two looks, and between two attempts to install one version."""
PATIENCE = 3600.0
"""Seconds that a set-up waits for jobs when a person does not want to wait for idleness."""


class Told(NamedTuple):
    """What became of a wish: ``is_begun``, or what is next, and a sentence for people."""

    is_begun: bool
    message: str


class Updates:
    """The newer versions of one robot.

    Args:
        config: The settings.
        data: The robot's folder.
        version: That runs.
        installed: How it was installed.
        start: Starts a set-up.
        clock: Now, in UTC.
    """

    def __init__(
        self,
        config: RobotConfig,
        data: Path,
        *,
        version: str,
        installed: Installation | None = None,
        start: Starter = installations.start,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._folder = data / "updates"
        self._file = self._folder / "state.json"
        self._installed = installed or this_installation()
        self._version = version
        self._start = start
        self._clock = clock

    @property
    def can_be_changed(self) -> bool:
        """Whether something installs newer versions here: not over sources or a folder."""
        return self._installed.kind in ("windows", "debian")

    @property
    def are_off(self) -> bool:
        """Whether nobody is to look, or there is nowhere to look."""
        is_off = self._config.updates == "off" or not self.can_be_changed
        return is_off or not self._source()[0]

    def status(self) -> UpdateStatus:
        """What people are shown."""
        state, previous = self._state(), self._installed.previous
        if state.offer is None or self.are_off:
            return UpdateStatus(previous=previous, problem=state.problem)
        return UpdateStatus(
            version=state.offer.version,
            notes=state.offer.notes,
            is_ready=state.is_ready,
            is_wanted=state.is_wanted,
            previous=previous,
            problem=state.problem,
        )

    def is_due(self) -> bool:
        """Whether it is time to look."""
        at = self._state().checked_at
        return not self.are_off and (at is None or not at <= self._clock() < at + EVERY)

    async def check(self) -> UpdateStatus:
        """Look, and fetch what is new; how things are then.

        Raises:
            UpdateError: Updates are off, the feed cannot be had or not be believed,
                or what it offers not. What was known before still is. E-UPD-423:
                somebody else looks just now.
            OSError: Nothing can be kept.
        """
        feed_url, keys = self._allowed()
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._folder / "look.lock")
        if not lock.acquire():
            message = "the robot, or another program, looks for a newer version just now"
            raise UpdateError(message, code="E-UPD-423")
        try:
            offer = await self._look(feed_url, keys)
            if offer is None:
                self._keep(checked_at=self._clock(), problem="", offer=None, is_ready=False)
            else:
                await self._fetch(offer)
        except UpdateError as error:
            self._keep(checked_at=self._clock(), problem=str(error))
            raise
        else:
            self._sweep(offer)
        finally:
            lock.release()
        return self.status()

    def install(self, *, is_busy: bool, drain: bool = False) -> Told:
        """Install what is ready: at once, or as soon as the robot is idle.

        Args:
            is_busy: The robot runs jobs, or some wait.
            drain: Let it finish what runs and begin nothing, rather than wait for idleness.

        Raises:
            UpdateError: Updates are off, nothing is ready, or it cannot be used.
            OSError: The set-up cannot be started.
        """
        self._allowed()
        offer, setup = self._ready()
        if self._installed.kind == "debian":
            return Told(
                is_begun=False, message=f"version {offer.version}: sudo apt install {setup}"
            )
        if is_busy and not drain:
            self._keep(is_wanted=True)
            when = "as soon as the robot is idle"
            return Told(is_begun=False, message=f"version {offer.version} is installed {when}")
        self._keep(is_wanted=False, begun_at=self._clock(), skipped="")
        patience = PATIENCE if drain else 0.0
        self._start(
            self._installed.installing(setup, patience=patience),
            output=self._folder / "setup.log",
        )
        return Told(is_begun=True, message=f"version {offer.version} is being installed")

    def install_when_idle(self) -> bool:
        """Install what is ready if a person, or the settings, want it; the robot is idle.

        Returns:
            Whether it was begun.

        Raises:
            UpdateError: It cannot be used.
            OSError: The set-up cannot be started.
        """
        state = self._state()
        wanted = state.is_wanted or self._config.updates == "install"
        if self.are_off or not (wanted and state.is_ready) or self._installed.kind != "windows":
            return False
        if state.begun_at is not None and self._clock() < state.begun_at + EVERY:
            return False
        return self.install(is_busy=False).is_begun

    def go_back(self, *, is_busy: bool, drain: bool = False) -> Told:
        """Put the version before this one in its place; the feed's is not offered again.

        Raises:
            UpdateError: E-UPD-403: updates are off. E-UPD-404: there is none.
                E-UPD-423: the robot is busy.
            OSError: It cannot be done.
        """
        self._refuse_if_off()
        previous = self._installed.previous
        if self._installed.kind == "debian":
            how = "sudo apt install --allow-downgrades ./casare-robot_VERSION_amd64.deb"
            raise UpdateError(f"{how} brings an older version back")
        if not previous:
            raise UpdateError("no earlier version lies beside this one")
        if is_busy and not drain:
            message = "jobs run or wait; --drain finishes what runs first"
            raise UpdateError(message, code="E-UPD-423")
        self._keep(
            skipped=max(self._version, previous, key=order),
            offer=None,
            is_ready=False,
            is_wanted=False,
        )
        patience = PATIENCE if drain else 0.0
        self._start(
            self._installed.going_back(patience=patience), output=self._folder / "setup.log"
        )
        return Told(is_begun=True, message=f"version {previous} is put back")

    # What it does for that

    async def _look(self, feed_url: str, keys: tuple[str, ...]) -> Offer | None:
        from casare_robot.updates.fetching import fetch_feed

        feed = read_feed(await fetch_feed(feed_url), keys=keys, now=self._clock())
        kind = self._installed.kind
        found = newest(feed, kind=kind, than=self._version)
        if found is None or found.version == self._state().skipped:
            return None
        url = urljoin(feed_url, found.files[kind].url)
        if urlsplit(feed_url).scheme == "https" != urlsplit(url).scheme:
            raise UpdateError(f"the feed names {url}, which is not encrypted", code="E-UPD-422")
        return Offer(version=found.version, url=url, file=found.files[kind], notes=found.notes)

    async def _fetch(self, offer: Offer) -> None:
        """Fetch it, unless it is here; then it is what is offered."""
        from casare_robot.updates.fetching import check_file, fetch_file

        before = self._state()
        is_known = before.offer == offer
        place = self._place(offer)
        try:
            check_file(place, offer.file)
        except (OSError, UpdateError):
            self._keep(offer=offer, is_ready=False, is_wanted=is_known and before.is_wanted)
            await fetch_file(offer.url, offer.file, place)
        self._keep(
            checked_at=self._clock(),
            problem="",
            offer=offer,
            is_ready=True,
            is_wanted=is_known and before.is_wanted,
        )

    def _ready(self) -> tuple[Offer, Path]:
        from casare_robot.updates.fetching import check_file

        state = self._state()
        if state.offer is None or not state.is_ready:
            message = "no newer version is ready; casare-robot update check looks for one"
            raise UpdateError(message)
        place = self._place(state.offer)
        try:
            check_file(place, state.offer.file)
        except (OSError, UpdateError) as error:
            self._keep(is_ready=False, is_wanted=False, checked_at=None)
            place.unlink(missing_ok=True)
            if isinstance(error, UpdateError):
                raise
            message = f"{place} is gone; casare-robot update check fetches it again"
            raise UpdateError(message) from error
        return state.offer, place

    def _place(self, offer: Offer) -> Path:
        suffix = "amd64.deb" if self._installed.kind == "debian" else "setup.exe"
        return self._folder / f"casare-robot_{offer.version}_{suffix}"

    def _sweep(self, offer: Offer | None) -> None:
        """Delete what was fetched of other versions."""
        kept = None if offer is None else self._place(offer)
        for file in self._folder.glob("casare-robot_*"):
            if file != kept:
                file.unlink(missing_ok=True)

    def _state(self) -> UpdateState:
        """What is kept; what is not newer than what runs is no offer."""
        state = read_state(self._file)
        if state.offer is not None and order(state.offer.version) <= order(self._version):
            return msgspec.structs.replace(state, offer=None, is_ready=False, is_wanted=False)
        return state

    def _keep(self, **changed: object) -> None:
        keep_state(self._file, msgspec.structs.replace(self._state(), **changed))

    def _allowed(self) -> tuple[str, tuple[str, ...]]:
        """Feed and keys.

        Raises:
            UpdateError: There are none, or updates are off.
        """
        self._refuse_if_off()
        if self._installed.kind == "folder":
            message = "this robot is a folder: unpack a newer one and start the robot from there"
            raise UpdateError(message)
        if not self.can_be_changed:
            message = "this robot runs from its sources: `git pull` and installer/bootstrap.py"
            raise UpdateError(message)
        feed, keys = self._source()
        if not feed:
            raise UpdateError("no feed is set: casare-robot config set update_feed URL")
        if not keys:
            message = "`update_keys` names no key, so no feed can be believed"
            raise UpdateError(message, code="E-UPD-495")
        return feed, keys

    def _refuse_if_off(self) -> None:
        if self._config.updates == "off":
            where = self._config.where("updates")
            raise UpdateError(f"updates are off, says {where}", code="E-UPD-403")

    def _source(self) -> tuple[str, tuple[str, ...]]:
        if self._config.update_feed:
            return self._config.update_feed, self._config.update_keys
        try:
            return installations.packaged_source()
        except (OSError, ValueError, KeyError):
            return "", ()
