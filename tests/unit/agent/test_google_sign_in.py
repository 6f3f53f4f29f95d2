"""Signing in to Google: by a code on any device, or by the browser of this machine."""

import asyncio
import json

import httpx
import pytest
from keyring.backends.fail import Keyring as Missing

from casare_robot.agent.accounts import accounts, add_google, remove
from casare_robot.agent.google_sign_in import read_client, sign_in
from casare_robot.desktop.secret_store import workflow_secrets
from casare_robot.domain.account import ACCESS
from casare_robot.domain.errors import AccountError
from tests.google_identity import DESKTOP, REFRESH, TV, GoogleIdentity
from tests.memory_keyring import MemoryKeyring, in_use

PENDING = (428, {"error": "authorization_pending"})


@pytest.fixture
def google():
    with GoogleIdentity() as running:
        yield running


class Person:
    """Does what is asked, and waits for nothing."""

    def __init__(self):
        self.asked, self.waits, self.tasks = [], [], []

    async def sleep(self, seconds):
        self.waits.append(seconds)

    def show(self, consent):
        self.asked.append(consent)
        if not consent.code:
            self.tasks.append(asyncio.create_task(self._browse(consent.url)))

    async def _browse(self, url):
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            return await browser.get(url)


@pytest.fixture
def person():
    return Person()


def signed_in(google, person, client=TV, *access):
    return sign_in(
        read_client(google.client(client)),
        access or ("drive-file",),
        show=person.show,
        sleep=person.sleep,
    )


async def test_a_code_is_shown_and_looked_after_as_slowly_as_google_asks(google, person) -> None:
    google.looks = [PENDING, (403, {"error": "slow_down"}), PENDING]

    kept = await signed_in(google, person)

    [asked] = person.asked
    assert (asked.url, asked.code, asked.seconds) == (
        "https://www.google.com/device",
        "GQVQ-JKEC",
        1800,
    )
    assert person.waits == [5, 5, 10, 10]
    assert kept["refresh_token"] == REFRESH
    assert kept["scopes"] == [ACCESS["drive-file"]]
    assert google.paths() == ["/device/code", *["/token"] * 4]


@pytest.mark.parametrize(
    ("client", "access"), [(TV, ("gmail", "sheets")), (DESKTOP, ("drive-file",))]
)
async def test_what_gets_no_device_code_is_asked_for_in_the_browser_here(
    google, person, client, access
) -> None:
    kept = await signed_in(google, person, client, *access)

    [page] = [await task for task in person.tasks]
    assert (page.status_code, "Signed in" in page.text) == (200, True)
    assert kept["scopes"] == [ACCESS[word] for word in access]
    assert google.paths() == ["/device/code", "/token"]


async def test_who_says_no_is_believed(google, person) -> None:
    google.looks = [(403, {"error": "access_denied", "error_description": "Forbidden"})]
    with pytest.raises(AccountError, match="let nobody in: access_denied: Forbidden"):
        await signed_in(google, person)

    google.denies = True
    with pytest.raises(AccountError, match="let nobody in: access_denied"):
        await signed_in(google, person, DESKTOP)


async def test_a_code_that_nobody_enters_ends(google, person) -> None:
    google.looks = [PENDING] * 500

    with pytest.raises(AccountError, match="in time"):
        await signed_in(google, person)

    assert sum(person.waits) == 1800


async def test_without_a_refresh_token_nothing_is_kept(google, person) -> None:
    google.gives_no_refresh_token = True

    with pytest.raises(AccountError, match="no refresh token"):
        await signed_in(google, person)


async def test_a_google_that_cannot_be_reached_is_told(person) -> None:
    with GoogleIdentity() as gone:
        pass

    with pytest.raises(AccountError, match=r"127\.0\.0\.1"):
        await signed_in(gone, person)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ("[]", "client_id"), ('{"installed": {}}', "client_id")],
)
def test_a_file_that_holds_no_client_is_refused(text, said) -> None:
    with pytest.raises(AccountError, match=said):
        read_client(text)


async def test_unknown_access_is_refused_with_what_there_is(google, person) -> None:
    with pytest.raises(AccountError, match="gmail, sheets, drive, drive-file, not 'mail'"):
        await signed_in(google, person, TV, "mail")


@pytest.fixture(params=[MemoryKeyring, Missing])
def store(tmp_path, request):
    with in_use(request.param()):
        yield workflow_secrets(tmp_path)


async def test_an_account_is_kept_as_nodes_take_it_and_its_client_serves_again(
    google, person, store
) -> None:
    store.keep("google", "an old token")
    client = read_client(google.client(DESKTOP))

    made = await add_google(store, "google", client, ["gmail"], show=person.show)
    google.granted = ACCESS["sheets"]
    again = await add_google(store, "google", None, ["gmail", "sheets"], show=person.show)

    assert (made.access, again.access) == (("gmail",), ("sheets",))
    assert accounts(store) == (again,)
    kept = json.loads(store.find("google"))
    assert (kept["refresh_token"], kept["token_uri"]) == (REFRESH, f"{google.url}/token")
    assert REFRESH not in store.file.read_text()


async def test_a_sign_in_that_fails_leaves_what_was_kept(google, person, store) -> None:
    await add_google(
        store, "google", read_client(google.client(DESKTOP)), ["gmail"], show=person.show
    )
    google.denies = True

    with pytest.raises(AccountError):
        await add_google(store, "google", None, ["gmail"], show=person.show)

    assert [one.access for one in accounts(store)] == [("gmail",)]
    with pytest.raises(AccountError, match="no account 'other'"):
        await add_google(store, "other", None, ["gmail"], show=person.show)


async def test_a_removed_account_is_taken_back_and_forgotten(google, person, store) -> None:
    client = read_client(google.client(DESKTOP))
    await add_google(store, "google", client, ["gmail"], show=person.show)
    store.keep("telegram", "42:bot")

    assert await remove(store, "google") == ""
    assert (google.paths()[-1], store.names()) == ("/revoke", ("telegram",))
    with pytest.raises(AccountError, match="no account 'telegram'"):
        await remove(store, "telegram")


async def test_an_account_is_forgotten_also_when_google_knows_nothing_of_it(
    google, person, store
) -> None:
    client = read_client(google.client(DESKTOP))
    await add_google(store, "google", client, ["gmail"], show=person.show)
    store.keep("google", store.find("google").replace(REFRESH, "other"))

    assert "invalid_token" in await remove(store, "google")
    assert store.names() == ()
