"""What a run holds open: connections, pages, workbooks. Never state."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from casare_robot.desktop.diagnostics import warn
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import LiveHandle
from casare_robot.execution.running.branch import Branch

Reopen = Callable[[Branch, LiveHandle], Awaitable[None]]


class Handles:
    """Live things by handle. ``attempt`` tells a run's handles from those of the runs before."""

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt
        self._live: dict[LiveHandle, tuple[Any, Callable[[], None]]] = {}
        self._number = 0
        self._last: dict[str, list[LiveHandle]] = {}

    def add(self, opener: str, live: Any, close: Callable[[], None], kind: str = "") -> LiveHandle:
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

    def close(self, handle: LiveHandle) -> None:
        """Close it; closing twice is fine."""
        entry = self._live.pop(handle, None)
        if entry is not None:
            for other in [key for key, value in self._live.items() if value is entry]:
                del self._live[other]
            entry[1]()

    def close_all(self) -> None:
        """Close everything, whatever happens on the way."""
        for handle in list(self._live):
            try:
                self.close(handle)
            except Exception as error:  # noqa: BLE001 - one broken handle must not keep others open
                warn("execution", "could not close", opened_by=handle.opener, error=str(error))

    async def reopen(self, values: Mapping[str, Any], branch: Branch, reopen: Reopen) -> None:
        """Open again what a resumed run lost and a node is about to use."""
        for value in values.values():
            if (
                isinstance(value, LiveHandle)
                and value not in self._live
                and int(value.serial.partition(".")[0]) < self._attempt
            ):
                await reopen(branch, value)
