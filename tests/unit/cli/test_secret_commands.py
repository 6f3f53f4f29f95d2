"""`casare-robot secret` as a person sees it."""

import json

import keyring
import pytest
from keyring.backends.fail import Keyring as Missing
from typer.testing import CliRunner

from casare_robot.cli.app import app
from casare_robot.desktop.secret_store import find_secret


def secret(*arguments, said=""):
    return CliRunner().invoke(app, ["secret", *arguments], input=said)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("one\n", "one"),
        ("one", "one"),
        ("two\nlines\n\n", "two\nlines\n"),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_a_value_is_read_from_standard_input_whole(home, given, kept) -> None:
    done = secret("set", "mail", said=given)

    assert (done.exit_code, done.stdout, done.stderr) == (0, "mail is kept\n", "")
    assert find_secret("mail") == kept


def test_names_are_listed_and_values_shown_nowhere(home) -> None:
    said = secret("set", "zeta", said="correct-horse").output
    said += secret("set", "alpha", "--json", said="correct-horse").output

    assert secret("list").stdout == "alpha\nzeta\n"
    said += secret("list", "--json").stdout
    assert json.loads(secret("list", "--json").stdout) == {"secrets": ["alpha", "zeta"]}
    assert "correct-horse" not in said


def test_a_value_as_an_argument_is_refused(home) -> None:
    refused = secret("set", "mail", "hunter2")

    assert refused.exit_code == 2
    assert secret("list").stdout == "there are no secrets\n"


def test_an_empty_value_is_refused(home) -> None:
    assert secret("set", "mail", said="\n").exit_code == 2


def test_a_deleted_secret_is_gone(home) -> None:
    secret("set", "mail", said="m")

    assert secret("delete", "mail").exit_code == 0
    assert find_secret("mail") is None
    assert secret("delete", "mail").exit_code == 2


def test_without_a_keyring_the_person_is_warned(home) -> None:
    keyring.set_keyring(Missing())

    done = secret("set", "mail", said="m")

    assert done.exit_code == 0
    assert "there is no keyring here" in done.stderr
    assert find_secret("mail") == "m"


def test_a_locked_keyring_is_told(home, ring) -> None:
    secret("set", "mail", said="m")
    ring.is_locked = True

    refused = secret("set", "other", said="o")

    assert refused.exit_code == 1
    assert "E-SEC-904" in refused.stderr


def test_each_home_has_its_own_secrets(home, tmp_path) -> None:
    secret("set", "mail", "--home", str(tmp_path / "other"), said="m")

    assert find_secret("mail") is None
    assert find_secret("mail", tmp_path / "other" / "data") == "m"
