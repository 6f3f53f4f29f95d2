import stat
import sys

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordSetError

from casare_robot.desktop import sealed_file
from casare_robot.desktop.secret_store import SERVICE, find_secret, keep_secret, store_name

TOKEN = "eyJ" + "x" * 5_000


class Store(KeyringBackend):
    """A store that takes as much as the Windows one."""

    priority = 1
    name = "test store"

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if len(password.encode("utf-16-le")) > 2_560:
            raise PasswordSetError("too long")
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))
    before = keyring.get_keyring()
    keyring.set_keyring(Store())
    yield keyring.get_keyring()
    keyring.set_keyring(before)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "secrets"


@pytest.mark.parametrize("value", ["short", "x" * 1_280, "x" * 1_281, TOKEN, "\U0001f511" * 700])
def test_a_secret_of_any_length_is_found_again(store, value) -> None:
    assert keep_secret("a", value)
    assert find_secret("a") == value


def test_a_long_secret_is_sealed_and_its_file_tells_nothing(store, folder) -> None:
    keep_secret("a", TOKEN)

    [file] = folder.iterdir()
    assert TOKEN[:20].encode() not in file.read_bytes()
    assert TOKEN[:20] not in store.kept[SERVICE, "a"]
    assert sys.platform == "win32" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_short_secret_leaves_no_file(store, folder) -> None:
    keep_secret("a", TOKEN)
    keep_secret("a", TOKEN + "2")
    files = len(list(folder.iterdir()))
    keep_secret("a", "short")

    assert files == 1
    assert list(folder.iterdir()) == []
    assert find_secret("a") == "short"


def test_a_secret_that_looks_like_a_note_is_only_a_secret(store) -> None:
    keep_secret("a", "sealed:../../etc/passwd:00")

    assert find_secret("a") == "sealed:../../etc/passwd:00"


@pytest.mark.parametrize("change", [b"", b"x" * 100, None])
def test_a_file_that_was_changed_or_lost_is_no_secret(store, folder, change, capsys) -> None:
    keep_secret("a", TOKEN)
    [file] = folder.iterdir()
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change)

    assert find_secret("a") is None
    assert "a secret is lost" in capsys.readouterr().err


def test_the_file_of_another_secret_does_not_do(store, folder) -> None:
    keep_secret("a", TOKEN)
    [first] = folder.iterdir()
    keep_secret("b", TOKEN + "2")
    [second] = set(folder.iterdir()) - {first}
    first.write_bytes(second.read_bytes())

    assert find_secret("a") is None


def test_a_note_names_no_file_elsewhere(store, folder) -> None:
    store.kept[SERVICE, "a"] = "sealed:../journal:" + "00" * 32

    assert find_secret("a") is None


def test_a_store_that_refuses_leaves_no_file_and_the_old_secret(store, folder, monkeypatch) -> None:
    keep_secret("a", TOKEN)
    before = list(folder.iterdir())

    def refuse(*_):
        raise PasswordSetError("locked")

    monkeypatch.setattr(store, "set_password", refuse)

    assert not keep_secret("a", TOKEN + "2")
    assert find_secret("a") == TOKEN
    assert list(folder.iterdir()) == before
    assert store_name() == "test store"
    assert sealed_file.is_too_long(TOKEN)
