"""`casare-robot account` as a person sees it."""

import json

import pytest
from typer.testing import CliRunner

from casare_robot.agent import google_sign_in
from casare_robot.cli.app import app
from casare_robot.desktop.secret_store import find_secret
from tests.google_identity import REFRESH, TV, GoogleIdentity


@pytest.fixture
def google(tmp_path, monkeypatch):
    """Google, whose person enters the code at once; ``file`` is a client's."""

    async def at_once(_seconds):
        pass

    monkeypatch.setattr(google_sign_in.sign_in, "__kwdefaults__", {"sleep": at_once})
    with GoogleIdentity() as running:
        running.file = tmp_path / "client.json"
        running.file.write_text(running.client(TV))
        yield running


def account(*arguments):
    return CliRunner().invoke(app, ["account", *map(str, arguments)])


def test_an_account_is_added_listed_and_removed(home, google) -> None:
    none = account("list").stdout
    added = account("add", "google", "--client", google.file, "--access", "drive-file")
    listed = account("list", "--json")
    plain = account("list").stdout
    removed = account("remove", "google")

    assert none.startswith("there are no accounts")
    assert added.exit_code == 0, added.output
    assert added.stdout == "google is kept: Google, drive-file\n"
    assert "open https://www.google.com/device on any device and enter GQVQ-JKEC" in added.stderr
    assert json.loads(listed.stdout) == [
        {"name": "google", "service": "Google", "access": ["drive-file"], "in_keyring": True}
    ]
    assert plain == "google  Google  drive-file\n"
    assert REFRESH not in added.output + listed.output
    assert (removed.exit_code, removed.stdout) == (0, "google is forgotten\n")
    assert find_secret("google") is None


def test_what_a_person_did_not_grant_is_warned_of(home, google) -> None:
    google.granted = "email"
    done = account("add", "google", "--client", google.file, "--access", "drive-file")

    assert "no access was granted to drive-file" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "yahoo"), "none of 'yahoo'"),
        (("add", "google"), "no account 'google' whose client"),
        (("add", "google", "--client", "/nowhere.json"), "cannot be read"),
        (("remove", "google"), "no account 'google'"),
    ],
)
def test_what_cannot_be_done_is_refused(home, arguments, said) -> None:
    done = account(*arguments)

    assert done.exit_code in (1, 2)
    assert said in done.stderr
