"""A store in a Supabase project, for robots that need no orchestrator."""

import time
from collections.abc import Callable
from typing import Self

from casare_robot.domain.errors import StoreError
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.function_store import FunctionStore
from casare_robot.store.records import Append, Change, Fence
from casare_robot.store.store import StoreHealth
from casare_robot.store.supabase.calls import RestCalls
from casare_robot.store.supabase.http import ProjectHttp
from casare_robot.store.supabase.project import Project, read_project
from casare_robot.store.supabase.sign_in import SignIn

FORMAT = 1
"""Of the functions that this release calls; see `store.postgres.schema`."""


class SupabaseStore(FunctionStore):
    """Opened by `SupabaseStore.open`.

    Args:
        project: Where, as whom, and which space.
        clock: For tests: instead of the database's clock.

    Attributes:
        project: As given.
        sign_in: The robot's token.
    """

    def __init__(self, project: Project, clock: Callable[[], float] | None) -> None:
        self.project = project
        self._space = f"{project.space}/"
        self._http = ProjectHttp(project, clock)
        self.sign_in = SignIn(self._http, project.robot_key)
        self._rest = RestCalls(self._http, self.sign_in, self._space)
        self._belfry = Belfry()

    @classmethod
    async def open(cls, url: str, *, clock: Callable[[], float] | None = None) -> Self:
        """Sign in and make sure that the project has what the robot needs.

        Raises:
            StoreError: It cannot be reached or used.
        """
        project = read_project(url)
        if not project.key or not project.robot_key or not project.space:
            raise StoreError("a store in a Supabase project needs an enrolled robot and a space")
        store = cls(project, clock)
        try:
            await store._check()
        except BaseException:
            await store.close()
            raise
        return store

    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """See `Store.commit`."""
        results = await super().commit(*changes, fence=fence)
        self._belfry.ring(change.stream for change in changes if isinstance(change, Append))
        return results

    async def unlease(self, fence: Fence) -> bool:
        """See `Store.unlease`."""
        given = {"fence": {"name": self._space + fence.name, "token": fence.token}}
        has_ended = bool(await self._rest.call("unlease", given))
        if has_ended:
            self._belfry.ring([f"lease:{fence.name}"])
        return has_ended

    def watch(self, *streams: str) -> Doorbell:
        """See `Store.watch`."""
        return Doorbell(streams, self._belfry)

    async def health(self) -> StoreHealth:
        """See `Store.health`."""
        begin = time.monotonic()
        await self._rest.call("probe", {})
        return StoreHealth(latency=time.monotonic() - begin)

    async def close(self) -> None:
        """See `Store.close`."""
        if not self._belfry.is_closed:
            self._belfry.close()
        await self._rest.close()
        await self._http.close()

    @property
    def _calls(self) -> RestCalls:
        return self._rest

    async def _check(self) -> None:
        token = await self.sign_in.fresh()
        told = await self._http.rpc("casare_robot_about", {}, token)
        about = told if isinstance(told, dict) else {}
        if about.get("format") != FORMAT:
            raise StoreError(
                f"the project has format {about.get('format')} of the robot's functions, this "
                f"release knows {FORMAT}: its owner runs `casare-robot supabase init`, or this "
                "robot is updated"
            )
        if self.project.space not in about.get("spaces", ()):
            raise StoreError(
                f"this robot may not see {self.project.space}; it may see "
                f"{', '.join(about.get('spaces', ())) or 'nothing'}"
            )
