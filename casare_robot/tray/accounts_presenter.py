"""Fills the window of accounts, signs in and takes away. Without Qt."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from casare_robot.agent.accounts import accounts, add_google, remove
from casare_robot.agent.google_sign_in import read_client
from casare_robot.desktop.secret_store import SecretStore, workflow_secrets
from casare_robot.domain.account import Account, Consent
from casare_robot.domain.errors import AccountError, RobotError
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.accounts_view import AccountsView, accounts_view

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

ADDING = "sign in"


class Window(Protocol):
    """What is asked of the window."""

    def show_accounts(self, view: AccountsView) -> None:
        """Show what there is."""
        ...

    def open_page(self, url: str) -> None:
        """Open a page in the person's browser."""
        ...


class AccountsPresenter:
    """The window of accounts.

    Args:
        house: The session.
        make: Makes the window of the presenter; by default the real one.
    """

    def __init__(
        self, house: House, *, make: "Callable[[AccountsPresenter], Any] | None" = None
    ) -> None:
        self._house = house
        self._store: SecretStore = workflow_secrets(house.places.data)
        self._signing_in: asyncio.Task[Any] | None = None
        self.window: Any = (make or _window)(self)
        self.begin_refresh()

    def widget(self) -> "QWidget":
        """The window."""
        widget: QWidget = self.window
        return widget

    def close(self) -> None:
        """Wait for nobody."""
        self.give_up()

    def begin_refresh(self) -> None:
        """Look which accounts there are."""
        self._house.actions.start("accounts", self._show)

    def add(self, name: str, client_file: str, access: Sequence[str]) -> None:
        """Sign in to Google; without a file with the client of the account of this name."""
        self._house.actions.start(ADDING, partial(self._add, name, client_file, tuple(access)))

    def give_up(self) -> None:
        """Wait for the person no longer."""
        if self._signing_in is not None:
            self._signing_in.cancel()

    def remove(self, name: str) -> None:
        """Take the consent back, and forget an account."""

        async def act() -> None:
            problem = await remove(self._store, name)
            told = problem or tr("{name} is forgotten.", name=name)
            await self._show(told=told, is_bad=bool(problem))

        self._house.actions.start(("forget", name), act)

    async def _add(self, name: str, client_file: str, access: Sequence[str]) -> None:
        shown: list[asyncio.Task[None]] = []

        def show(consent: Consent) -> None:
            shown.append(asyncio.ensure_future(self._show(asked=consent, is_busy=True)))
            if not consent.code:
                self.window.open_page(consent.url)

        told, is_bad = "", False
        try:
            client = None
            if client_file:
                text = await asyncio.to_thread(Path(client_file).read_text, "utf-8")
                client = read_client(text)
            await self._show(told=tr("Asking Google…"), is_busy=True)
            signing_in = add_google(self._store, name, client, access, show=show)
            self._signing_in = asyncio.ensure_future(signing_in)
            await self._signing_in
            told = tr("Signed in; workflows find the account as {name}.", name=name)
        except asyncio.CancelledError:
            if self._signing_in is None or not self._signing_in.cancelled():
                raise
            told = tr("Nobody was signed in.")
        except (RobotError, OSError, UnicodeDecodeError) as error:
            told, is_bad = str(error), True
        finally:
            self._signing_in = None
            await asyncio.gather(*shown, return_exceptions=True)
        await self._show(told=told, is_bad=is_bad)

    async def _show(self, **more: Any) -> None:
        try:
            found: Sequence[Account] = await asyncio.to_thread(accounts, self._store)
        except (RobotError, AccountError) as error:
            found, more = (), {"told": str(error), "is_bad": True}
        self.window.show_accounts(accounts_view(found, **more))


def _window(presenter: AccountsPresenter) -> Any:
    from casare_robot.tray.windows.accounts_window import AccountsWindow

    return AccountsWindow(add=presenter.add, give_up=presenter.give_up, remove=presenter.remove)
