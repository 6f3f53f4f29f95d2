"""A robot's token in a project: got once, renewed before its end, got again when refused."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from casare_robot.desktop.secret_store import SecretStore
from casare_robot.domain.errors import SecretStoreError, StoreError, StoreUnavailableError
from casare_robot.domain.web_token import claims
from casare_robot.store.supabase.http import ProjectHttp
from casare_robot.store.supabase.project import Project

log = logging.getLogger(__name__)

AHEAD = 120.0
"""Seconds before its end from which on a token is renewed."""
FOLDER, FILE = "secrets", "project.json"
SHORTEST = 0.5
"""Part of its life that a token is used at least, if that is shorter."""


def sign_in(http: ProjectHttp, project: Project) -> "SignIn":
    """The sign-in of a robot in a project, kept where the project says."""
    kept = SecretStore(Path(project.data) / FOLDER / FILE) if project.data else None
    return SignIn(http, project.robot_key, kept=kept)


class SignIn:
    """Who the robot is, for as long as it runs.

    An account is made once (Supabase's anonymous sign-in) and bound to the robot by
    the robot's key; after that the account's own token is renewed.

    Args:
        http: The project.
        robot_key: The robot's key; empty: an account that is nobody yet.
        kept: Where the token that renews outlives the process, for all of the robot's
            processes: a project lets few accounts be made in an hour.
        wall: The time of day, in seconds since 1970.
    """

    def __init__(
        self,
        http: ProjectHttp,
        robot_key: str,
        *,
        kept: SecretStore | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._robot_key = robot_key
        self._kept = kept
        self._name = hashlib.sha256(robot_key.encode()).hexdigest()[:16]
        self._wall = wall
        self._lock = asyncio.Lock()
        self._refresh = ""
        self._renew_at = 0.0
        self.token = ""
        """The newest; empty before the first."""

    async def fresh(self, *, refused: str = "") -> str:
        """A token that is good for a while.

        Args:
            refused: One that was just refused; another is got unless there is one already.

        Raises:
            SignInError: The project does not know the robot.
            StoreError: It cannot be reached.
        """
        async with self._lock:
            is_good = self.token and self._wall() < self._renew_at and self.token != refused
            if not is_good:
                await self._renew()
            return self.token

    async def _renew(self) -> None:
        await self._recall()
        if self._refresh:
            try:
                told = {"refresh_token": self._refresh}
                self._keep(await self._http.auth("token?grant_type=refresh_token", told))
            except StoreUnavailableError:
                raise
            except StoreError as error:
                log.info("the robot signs in anew: %s", error)
                self._refresh = ""
        if not self._refresh:
            self._keep(await self._http.auth("signup", {"data": {"is_robot": True}}))
        await self._remember()
        if self._robot_key:  # each time: an account that was not seen for long is forgotten
            told = {"robot_key": self._robot_key}
            await self._http.rpc("casare_robot_sign_in", told, self.token)

    async def _recall(self) -> None:
        """The newest, which another process of the robot may have got."""
        if self._kept is not None:
            try:
                found = await asyncio.to_thread(self._kept.find, self._name)
            except (SecretStoreError, OSError) as error:
                log.info("the kept sign-in cannot be read: %s", error)
            else:
                self._refresh = found or self._refresh

    async def _remember(self) -> None:
        if self._kept is not None and self._refresh:
            try:
                await asyncio.to_thread(self._kept.keep, self._name, self._refresh)
            except (SecretStoreError, OSError) as error:
                log.warning("the sign-in does not outlive this process: %s", error)

    def _keep(self, told: Any) -> None:
        if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            raise StoreError("the project's sign-in did not answer with a token")
        self.token = told["access_token"]
        self._refresh = str(told.get("refresh_token") or "")
        now = self._wall()
        end = claims(self.token).get("exp")
        life = max(0.0, float(end) - now) if isinstance(end, int | float) else 3600.0
        self._renew_at = now + max(life - AHEAD, life * SHORTEST)
