"""A store in a Supabase project, for robots that need no orchestrator."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

from casare_robot.domain.errors import StoreError
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.function_store import FunctionStore
from casare_robot.store.records import Append, Change, Fence
from casare_robot.store.store import StoreHealth
from casare_robot.store.supabase.calls import RestCalls
from casare_robot.store.supabase.http import ProjectHttp
from casare_robot.store.supabase.project import Project, read_project
from casare_robot.store.supabase.realtime import Channel, Realtime
from casare_robot.store.supabase.sign_in import sign_in
from casare_robot.store.supabase.socket import open_socket

FORMAT = 1
"""Of the functions that this release calls; see `store.postgres.schema`."""
ACCESS = 1
"""Of the rules and functions that only a project has; see `public.casare_robot_about`."""
POLLS = (5.0, 30.0)
"""Seconds from one look to the next without and with Realtime: each is a request, and a
project counts them. Who was called, or is connected anew, looks at once."""
JITTER = 0.2
"""Part by which each wait is longer or shorter, so that robots do not look all together."""
STREAMS = {"event": "*", "schema": "casare_robot", "table": "streams"}
"""Each log has a row with the number of its last entry."""


class SupabaseStore(FunctionStore):
    """Opened by `SupabaseStore.open`.

    Args:
        project: Where, as whom, and which space.
        clock: For tests: instead of the database's clock.

    Attributes:
        project: As given.
        sign_in: The robot's token.
        line: To Realtime, from the first watch on: on it the robot may also speak on the
            channel of its own, and be seen in the space's.
    """

    lease_ttl = 30.0
    lease_renewal = 10.0

    def __init__(self, project: Project, clock: Callable[[], float] | None) -> None:
        self.project = project
        self._space = f"{project.space}/"
        self._http = ProjectHttp(project, clock)
        self.sign_in = sign_in(self._http, project)
        self._rest = RestCalls(self._http, self.sign_in, self._space)
        self._belfry = Belfry(self._listen, poll=lambda: self.poll)
        self._rng = random.random
        self._robot = ""
        self.line: Realtime | None = None
        self._listening: asyncio.Task[None] | None = None

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
        took = time.monotonic() - begin
        warnings = []
        if self.line is not None and not self.line.is_joined:
            problem = self.line.problem
            warnings.append(f"Realtime is silent ({problem}); one looks each {POLLS[0]:.0f} s")
        return StoreHealth(latency=took, warnings=tuple(warnings))

    async def close(self) -> None:
        """See `Store.close`."""
        if not self._belfry.is_closed:
            self._belfry.close()
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait([listening])
        await self._rest.close()
        await self._http.close()

    @property
    def poll(self) -> float:
        """See `Store.poll`."""
        wait = POLLS[self.line is not None and self.line.is_joined]
        return wait * (1 - JITTER + 2 * JITTER * self._rng())

    @property
    def _calls(self) -> RestCalls:
        return self._rest

    async def _listen(self) -> None:
        """Hear from now on what others write; bells are looked after anyway meanwhile."""
        space, own = self.project.space, f"robot:{self._robot}"
        channels = [Channel(topic=space, hear=self._hear, changes=(STREAMS,), presence=self._robot)]
        if self._robot and own != space:
            channels.append(Channel(topic=own, hear=_nothing))
        self.line = Realtime(partial(open_socket, self.project), self.sign_in.fresh, *channels)
        run = self.line.run()
        self._listening = asyncio.get_running_loop().create_task(run, name="store listens")

    def _hear(self, event: str, told: Mapping[str, Any]) -> None:
        data = told.get("data")
        record = data.get("record") if isinstance(data, Mapping) else None
        name = record.get("name") if isinstance(record, Mapping) else None
        if isinstance(name, str):
            self._belfry.ring([name.removeprefix(self._space)])
        elif event == "":
            self._belfry.ring(None)

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
        self._robot = str(about.get("robot") or "")
        if self.project.space not in about.get("spaces", ()):
            raise StoreError(
                f"this robot may not see {self.project.space}; it may see "
                f"{', '.join(about.get('spaces', ())) or 'nothing'}"
            )


def _nothing(_event: str, _told: Mapping[str, Any]) -> None:
    """Whoever speaks there is not listened to: what counts is in the tables."""
