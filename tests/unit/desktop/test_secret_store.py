"""Secrets are kept whole, sealed, and never in plain text without anybody's knowing."""

import json
import stat
import sys
from datetime import UTC, datetime

import keyring
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as Missing

from casare_robot.desktop.secret_key import SERVICE, safe_keyring
from casare_robot.desktop.secret_store import (
    SecretStore,
    find_secret,
    robot_secrets,
    workflow_secrets,
)
from casare_robot.domain.errors import SecretStoreError
from tests.memory_keyring import CREDENTIAL_MANAGER, MemoryKeyring, in_use


class PlainKeyring(MemoryKeyring):
    """What keyrings.alt has: files in plain text."""

    __module__ = "keyrings.alt.file"


@pytest.fixture
def use():
    """Set the system's keyring; the one that was there comes back."""
    with in_use(MemoryKeyring()):
        yield lambda one: keyring.set_keyring(one) or one


@pytest.fixture
def ring(use):
    return use(MemoryKeyring())


@pytest.fixture
def store(tmp_path):
    return SecretStore(tmp_path / "secrets" / "robot.json")


def everything_in(folder) -> str:
    return "".join(p.read_text("latin-1") for p in folder.rglob("*") if p.is_file())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1, max_size=3))
def test_what_is_kept_is_found_until_it_is_deleted(store, ring, kept) -> None:
    for name, value in kept.items():
        store.keep(name, value)

    assert {name: store.find(name) for name in store.names()} == kept

    for name in kept:
        assert store.delete(name)
        assert store.find(name) is None
        assert not store.delete(name)
    assert ring.kept == {}


@pytest.mark.parametrize("value", ["x" * 1280, "x" * 1281, "\U0001f511" * 700, "sealed:../a:00"])
def test_no_length_and_no_look_of_a_secret_is_special(store, ring, value) -> None:
    store.keep("a", value)

    assert store.find("a") == value


def test_a_token_longer_than_the_keyring_holds_is_kept_whole(store, ring) -> None:
    token = "eyJ" + "a1-_" * 1100

    assert store.keep("supabase_key", token)

    assert SecretStore(store.file).find("supabase_key") == token
    assert all(len(value) <= CREDENTIAL_MANAGER for value in ring.kept.values())


def test_no_file_holds_a_secret_or_its_key(store, ring, tmp_path) -> None:
    store.keep("name", "correct-horse-battery")

    written = everything_in(tmp_path)

    assert "correct-horse" not in written
    assert not any(key in written for key in ring.kept.values())


@pytest.mark.skipif(sys.platform == "win32", reason="a profile is private as it is")
def test_files_and_their_folder_are_this_users_only(store, use) -> None:
    use(Missing())
    store.keep("name", "value")

    modes = [stat.S_IMODE(path.stat().st_mode) for path in store.file.parent.iterdir()]

    assert stat.S_IMODE(store.file.parent.stat().st_mode) == 0o700
    assert 0o600 in modes
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    [key] = store.file.parent.glob("*.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_without_a_keyring_a_file_guards_and_the_store_says_so(store, use) -> None:
    use(Missing())

    assert store.keep("name", "value") is False
    assert store.is_guarded is False
    assert store.find("name") == "value"

    store.delete("name")
    assert list(store.file.parent.glob("*.key")) == []


def test_a_keyring_in_plain_text_is_refused_and_holds_nothing(store, use) -> None:
    ring = use(PlainKeyring())

    with pytest.raises(SecretStoreError, match="plain text") as refused:
        store.keep("name", "value")

    assert refused.value.code == "E-SEC-902"
    assert ring.kept == {}
    assert not store.file.exists()


def test_a_safe_keyring_is_taken_out_of_a_chain_with_an_unsafe_one(use, monkeypatch) -> None:
    safe = MemoryKeyring()
    monkeypatch.setattr(ChainerBackend, "backends", [PlainKeyring(), safe])
    use(ChainerBackend())

    assert safe_keyring() is safe


def test_a_locked_keyring_is_told_and_changes_nothing(store, ring) -> None:
    store.keep("name", "value")
    before = store.file.read_bytes()
    ring.is_locked = True

    with pytest.raises(SecretStoreError, match="refuses: locked"):
        store.find("name")
    with pytest.raises(SecretStoreError):
        store.keep("name", "other")

    assert store.file.read_bytes() == before


def test_secrets_whose_key_is_gone_are_told_and_can_be_given_again(store, ring) -> None:
    """A home that was copied to another machine comes without its keyring."""
    store.keep("name", "value")
    ring.kept.clear()

    with pytest.raises(SecretStoreError, match="give the secret 'name' again"):
        store.find("name")

    store.keep("other", "new")
    assert store.names() == ("other",)
    assert store.file.with_suffix(".lost").exists()


def test_secrets_that_changed_places_are_not_opened(store, ring) -> None:
    store.keep("mine", "a")
    store.keep("theirs", "b")
    said = json.loads(store.file.read_bytes())
    said["secrets"]["mine"] = said["secrets"]["theirs"]
    store.file.write_text(json.dumps(said))

    with pytest.raises(SecretStoreError, match="changed"):
        store.find("mine")


@pytest.mark.parametrize("content", ["{", "[]", '{"secrets": {"a": {"data": 1}}}', "\xff"])
def test_a_damaged_file_is_told(store, ring, content) -> None:
    store.file.parent.mkdir()
    store.file.write_text(content, "latin-1")

    with pytest.raises(SecretStoreError) as told:
        store.find("a")

    assert told.value.code == "E-SEC-903"


def test_the_end_of_a_secret_is_told_without_opening_it(store, ring) -> None:
    end = datetime(2026, 12, 24, tzinfo=UTC)
    store.keep("api_key", "k", expires_at=end)
    store.keep("other", "k")
    ring.is_locked = True

    assert store.expiries() == {"api_key": end}
    assert store.names() == ("api_key", "other")


def test_somebody_else_who_changes_secrets_is_waited_for(store, ring) -> None:
    waits = []
    store.keep("a", "1")
    with store._alone():

        def sleep(seconds):
            waits.append(seconds)

        with pytest.raises(SecretStoreError, match="another program"):
            SecretStore(store.file, sleep=sleep).keep("b", "2")

    assert 4 < sum(waits) < 6
    assert store.names() == ("a",)


def test_a_workflow_gets_its_secrets_but_never_the_robots(tmp_path, ring) -> None:
    workflow_secrets(tmp_path).keep("mail", "m")
    robot_secrets(tmp_path).keep("api_key", "crown")

    assert find_secret("mail", tmp_path) == "m"
    asked = ["api_key", "robot.json", *(name for _, name in ring.kept)]
    assert [find_secret(name, tmp_path) for name in asked] == [None] * len(asked)


def test_a_variable_comes_first_and_the_keyring_of_others_last(tmp_path, ring, monkeypatch) -> None:
    ring.set_password(SERVICE, "my-mail", "from the keyring")
    assert find_secret("my-mail", tmp_path) == "from the keyring"

    workflow_secrets(tmp_path).keep("my-mail", "kept")
    assert find_secret("my-mail", tmp_path) == "kept"

    monkeypatch.setenv("CASARE_SECRET_MY_MAIL", "from outside")
    assert find_secret("my-mail", tmp_path) == "from outside"


def test_a_workflow_whose_secret_cannot_be_read_gets_none(tmp_path, ring, capsys) -> None:
    workflow_secrets(tmp_path).keep("mail", "m")
    ring.is_locked = True

    assert find_secret("mail", tmp_path) is None
