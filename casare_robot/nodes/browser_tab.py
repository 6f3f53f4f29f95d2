"""Open browsers and their tabs, as nodes hold them. Live, never state."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from casare_robot.domain.errors import StateLostError
from casare_robot.nodes.browser_guard import BrowserGuard

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Dialog, Locator, Page

T = TypeVar("T")

BROWSER = "browser"
PAGE = "page"
"""Kinds of live things (`NodeContext.keep_open`)."""

ADDRESS, TOUCHED = "address", "touched_by"
"""What is noted of a page: where a navigation brought it, and which node acted on it since."""


class OpenBrowser:
    """A browser that a node opened. ``context`` is its one profile."""

    def __init__(
        self, context: "BrowserContext", opened: AsyncExitStack, guard: BrowserGuard | None
    ) -> None:
        self.context = context
        self.guard = guard
        self._opened = opened

    async def close(self) -> None:
        """Close it with all its tabs and what runs beside it."""
        await self._opened.aclose()


class Tab:
    """A page. A dialog that it shows waits for a node that answers it.

    Attributes:
        name: How the workflow calls it.
        page: Playwright's own.
        dialog: What is shown and not answered.
        was_reopened: Its history is gone.
    """

    def __init__(self, page: "Page", browser: OpenBrowser, *, name: str = "main") -> None:
        self.name = name
        self.page = page
        self.browser = browser
        self.dialog: Dialog | None = None
        self.was_reopened = False
        self._shown = asyncio.Event()
        self._held_up: asyncio.Future[Any] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        page.on("dialog", self._show)

    async def restore(self, noted: Any) -> None:
        """Go to the last address; what was clicked and typed there cannot be done again."""
        self.was_reopened = True
        if not isinstance(noted, dict):
            return
        if noted.get(ADDRESS):
            await self.during(self.page.goto(noted[ADDRESS]), Tab.dismiss)
        if noted.get(TOUCHED):
            raise StateLostError(
                f"the page was opened again at {self.page.url}, but what {noted[TOUCHED]} "
                "did on it is gone: bring it back and run the step again, or end the job"
            )

    async def during(
        self, action: Awaitable[T], on_dialog: "Callable[[Tab], Coroutine[Any, Any, None]] | None"
    ) -> T | None:
        """Do something that may make the page show a dialog, which holds it up.

        Without ``on_dialog`` that leaves the dialog, and the action goes on after the answer.
        """
        doing = asyncio.ensure_future(action)
        try:
            while not doing.done():
                shown = asyncio.ensure_future(self._shown.wait())
                try:
                    await asyncio.wait((doing, shown), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    shown.cancel()
                if doing.done():
                    break
                if on_dialog is None:
                    self._held_up = doing
                    return None
                await on_dialog(self)
        except asyncio.CancelledError:
            doing.cancel()
            raise
        return doing.result()

    async def next_dialog(self) -> "Dialog":
        """The dialog that is shown, or the next one; may wait for ever."""
        while self.dialog is None:
            await self._shown.wait()
        return self.dialog

    async def answer(self, *, accept: bool, text: str = "") -> None:
        """Answer the dialog, and let what it held up come to its end."""
        dialog, self.dialog = self.dialog, None
        self._shown.clear()
        if dialog is not None:
            if not accept:
                await dialog.dismiss()
            elif dialog.type == "prompt":
                await dialog.accept(text or dialog.default_value)
            else:
                await dialog.accept()
        held_up, self._held_up = self._held_up, None
        if held_up is not None:
            self._held_up = None
            await self.during(held_up, None)

    async def dismiss(self) -> None:
        """Answer the dialog as a person does who closes it."""
        await self.answer(accept=False)

    def _show(self, dialog: "Dialog") -> None:
        if dialog.type == "beforeunload":
            leaving = asyncio.ensure_future(_leave(dialog))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            return
        self.dialog = dialog
        self._shown.set()


async def _leave(dialog: "Dialog") -> None:
    await dialog.accept()


def first_of(found: "Locator", *, strict: bool) -> "Locator":
    """The first of what a selector finds; with ``strict`` it must be the only one."""
    return found if strict else found.first
