"""The window of accounts and what fills it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from casare_robot.agent import google_sign_in
from casare_robot.domain.account import Account, Consent
from casare_robot.tray.accounts_presenter import AccountsPresenter
from casare_robot.tray.actions import Actions
from casare_robot.tray.views.accounts_view import accounts_view
from casare_robot.tray.windows.accounts_window import AccountsWindow
from tests.google_identity import DESKTOP, TV, GoogleIdentity
from tests.memory_keyring import MemoryKeyring, in_use

KNOWN = (Account(name="google", service="Google", access=("gmail", "odd-scope")),)


class Window:
    """Remembers what it was told; its browser goes where it is sent."""

    def __init__(self, _presenter):
        self.views, self.pages = [], []

    def show_accounts(self, view):
        self.views.append(view)

    def open_page(self, url):
        self.pages.append(asyncio.ensure_future(self._browse(url)))

    async def _browse(self, url):
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            return await browser.get(url)


@pytest.fixture
def google(tmp_path):
    with GoogleIdentity() as running:
        for client in (TV, DESKTOP):
            (tmp_path / client).write_text(running.client(client))
        yield running


@pytest.fixture
async def made(tmp_path, monkeypatch):
    async def at_once(_seconds):
        await asyncio.sleep(0)

    monkeypatch.setattr(google_sign_in.sign_in, "__kwdefaults__", {"sleep": at_once})
    failed = []
    house = SimpleNamespace(
        actions=Actions(failed.append), failures=failed, places=SimpleNamespace(data=tmp_path)
    )
    with in_use(MemoryKeyring()):
        presenter = AccountsPresenter(house, make=Window)
        await settled(presenter)
        yield presenter
        await house.actions.end()


async def settled(presenter):
    actions = presenter._house.actions
    while actions._tasks:
        await asyncio.gather(*actions._tasks.values(), return_exceptions=True)
        await asyncio.sleep(0)
    return presenter.window.views[-1]


async def test_a_sign_in_shows_its_code_and_then_the_account(google, made, tmp_path) -> None:
    made.add("google", str(tmp_path / TV), ["drive-file"])
    view = await settled(made)

    codes = [shown.asked.code for shown in made.window.views if shown.asked]
    assert codes == ["GQVQ-JKEC"]
    assert [line.title for line in view.lines] == ["Google as google"]
    assert [line.access for line in view.lines] == ["Drive: only files the robot made"]
    assert (view.told, view.is_busy) == (
        "Signed in; workflows find the account as google.",
        False,
    )


async def test_what_gets_no_code_opens_the_browser(google, made, tmp_path) -> None:
    made.add("google", str(tmp_path / DESKTOP), ["gmail"])
    view = await settled(made)

    assert len(made.window.pages) == 1
    assert [line.access for line in view.lines] == ["Gmail: read, send, delete"]


async def test_a_sign_in_can_be_given_up(google, made, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(google_sign_in.sign_in, "__kwdefaults__", {"sleep": asyncio.sleep})
    google.looks = [(428, {"error": "authorization_pending"})] * 1_000
    made.add("google", str(tmp_path / TV), ["drive-file"])
    async with asyncio.timeout(120):
        while not any(shown.asked for shown in made.window.views):
            await asyncio.sleep(0.01)

    made.give_up()
    view = await settled(made)

    assert (view.told, view.lines, view.is_busy) == ("Nobody was signed in.", (), False)
    assert made._house.failures == []


async def test_what_goes_wrong_is_told_in_the_window(google, made, tmp_path) -> None:
    made.add("google", str(tmp_path / "none"), ["gmail"])
    missing = await settled(made)
    made.add("google", "", ["gmail"])
    unknown = await settled(made)

    assert missing.is_bad
    assert "none" in missing.told
    assert unknown.told == "there is no account 'google' whose client could be used again"
    assert made._house.failures == []


async def test_a_removed_account_is_gone(google, made, tmp_path) -> None:
    made.add("google", str(tmp_path / TV), ["drive-file"])
    await settled(made)

    made.remove("google")
    view = await settled(made)

    assert (view.lines, view.told) == ((), "google is forgotten.")


@pytest.fixture
def window(qtbot):
    said = []
    window = AccountsWindow(
        add=lambda *given: said.append(("add", *given)),
        give_up=lambda: said.append("give up"),
        remove=lambda name: said.append(("remove", name)),
    )
    qtbot.addWidget(window)
    window.show_accounts(accounts_view(KNOWN))
    window.show()
    return window, said


def test_the_window_says_what_is_chosen(window, tmp_path) -> None:
    shown, said = window
    shown._choose()
    shown._asking.fileSelected.emit("/c.json")
    shown._asking.close()
    shown.access["drive"].setChecked(False)

    shown._go.click()

    assert said == [("add", "google", str(Path("/c.json")), ["gmail", "sheets"])]


def test_a_removal_is_asked_about(window) -> None:
    shown, said = window
    [remove] = [it for it in shown.findChildren(QPushButton) if it.text() == "Remove…"]
    remove.click()
    box = shown.findChildren(QMessageBox)[-1]
    unasked = list(said)
    next(it for it in box.findChildren(QPushButton) if it.text() == "Remove it").click()

    assert (unasked, said) == ([], [("remove", "google")])


def test_while_somebody_is_asked_only_giving_up_is_possible(window) -> None:
    shown, said = window
    asked = Consent("https://www.google.com/device", "GQVQ-JKEC", 1800)
    shown.show_accounts(accounts_view(KNOWN, asked=asked, is_busy=True))

    assert shown._code.text() == "GQVQ-JKEC"
    assert not shown._form.isEnabled()
    assert shown._give_up.isVisible()
    shown._give_up.click()
    assert said == ["give up"]


def test_scopes_without_a_word_are_shown_as_they_are() -> None:
    [line] = accounts_view(KNOWN).lines

    assert line.access == "Gmail: read, send, delete · odd-scope"
