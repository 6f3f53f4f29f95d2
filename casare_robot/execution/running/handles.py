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
        self._serial = 0

    def add(self, opener: str, live: Any, close: Callable[[], None]) -> LiveHandle:
        """Register something live under a new handle."""
        self._serial += 1
        handle = LiveHandle(opener, f"{self._attempt}.{self._serial}")
        self._live[handle] = (live, close)
        return handle

    def alias(self, handle: LiveHandle, reopened: LiveHandle) -> None:
        """Let a handle from before a resume stand for what was opened again."""
        self._live[handle] = self._live[reopened]

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
