"""What a run holds open: connections, pages, workbooks. Never state."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from casare_robot.desktop.diagnostics import warn
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import Close, LiveHandle, Restorable
from casare_robot.execution.current import note_name
from casare_robot.execution.running.branch import Branch

PATIENCE = 10.0
"""Seconds that closing one thing may take at the end of a run."""

Reopen = Callable[[Branch, LiveHandle], Awaitable[None]]


class Handles:
    """Live things by handle. ``attempt`` tells a run's handles from those of the runs before."""

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt
        self._live: dict[LiveHandle, tuple[Any, Close]] = {}
        self._restored: set[LiveHandle] = set()
        self._number = 0
        self._last: dict[str, list[LiveHandle]] = {}

    def add(self, opener: str, live: Any, close: Close, kind: str = "") -> LiveHandle:
        """Register something live under a new handle.

        Things of different kinds that a node opens one after the other belong together.
        """
        together = self._last.get(opener, [])
        if not kind or not together or kind in [each.kind for each in together]:
            self._number += 1
            together = self._last[opener] = []
            number = self._number
        else:
            number = int(together[0].serial.split(".")[1])
        serial = f"{self._attempt}.{number}"
        handle = LiveHandle(opener, f"{serial}.{kind}" if kind else serial)
        together.append(handle)
        self._live[handle] = (live, close)
        return handle

    def forget_last(self, opener: str) -> None:
        """What the node opens next belongs to nothing it opened before."""
        self._last.pop(opener, None)

    def stand_in(self, handle: LiveHandle) -> None:
        """Let what a node has just opened again stand for what it opened then."""
        before = ".".join(handle.serial.split(".")[:2])
        for reopened in self._last.get(handle.opener, ()):
            serial = f"{before}.{reopened.kind}" if reopened.kind else before
            self._live[LiveHandle(handle.opener, serial)] = self._live[reopened]

    def get(self, handle: LiveHandle) -> Any:
        """What a handle stands for.

        Raises:
            NodeFailure: It was closed.
        """
        if handle not in self._live:
            raise NodeFailure(f"what {handle.opener} opened is closed", code="E-HANDLE-410")
        return self._live[handle][0]

    def close(self, handle: LiveHandle) -> Awaitable[None] | None:
        """Close it; closing twice is fine. What comes back is to be awaited."""
        entry = self._live.pop(handle, None)
        if entry is not None:
            for other in [key for key, value in self._live.items() if value is entry]:
                del self._live[other]
            return entry[1]()
        return None

    async def close_all(self) -> None:
        """Close everything, whatever happens on the way."""
        for handle in reversed(list(self._live)):
            try:
                closing = self.close(handle)
                if closing is not None:
                    async with asyncio.timeout(PATIENCE):
                        await closing
            except Exception as error:  # noqa: BLE001 - one broken handle must not keep others open
                warn("execution", "could not close", opened_by=handle.opener, error=str(error))

    async def reopen(
        self, values: Mapping[str, Any], branch: Branch, reopen: Reopen, *, restore: bool = True
    ) -> None:
        """Open again what a resumed run lost and a node is about to use.

        With ``restore`` it is brought back to where it stood.

        Raises:
            StateLostError: It cannot be.
        """
        for value in self._from_before(values):
            if value not in self._live:
                await reopen(branch, value)
            if value in self._restored:
                continue
            self._restored.add(value)
            live = self._live[value][0] if value in self._live else None
            if restore and isinstance(live, Restorable):
                name = note_name(value.opener, value.serial)
                await live.restore(branch.scope.variables.get(name))

    def forget_restored(self, values: Mapping[str, Any]) -> None:
        """What these hold is still not as it stood."""
        self._restored.difference_update(self._from_before(values))

    def _from_before(self, values: Mapping[str, Any]) -> list[LiveHandle]:
        return [
            value
            for value in values.values()
            if isinstance(value, LiveHandle) and int(value.serial.partition(".")[0]) < self._attempt
        ]
