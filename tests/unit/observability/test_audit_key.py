"""The signing key is made once and kept where only this user reads it."""

import stat
import sys

import pytest

from casare_robot.observability.audit_key import load_key


def test_the_key_is_kept_in_the_keyring_and_found_again(tmp_path):
    ring = {}

    def keep(name, value):
        ring[name] = value
        return True

    first = load_key(tmp_path, find=ring.get, keep=keep)
    second = load_key(tmp_path, find=ring.get, keep=keep)

    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert list(tmp_path.iterdir()) == []


def test_two_homes_have_two_keys(tmp_path):
    ring = {}

    def keep(name, value):
        ring[name] = value
        return True

    one = load_key(tmp_path / "a", find=ring.get, keep=keep)
    other = load_key(tmp_path / "b", find=ring.get, keep=keep)

    assert one.private_bytes_raw() != other.private_bytes_raw()


@pytest.mark.skipif(sys.platform == "win32", reason="the profile's own rights hold there")
def test_without_a_keyring_the_key_is_in_a_file_of_this_user_only(tmp_path):
    first = load_key(tmp_path, find=lambda _: None, keep=lambda *_: False)
    second = load_key(tmp_path, find=lambda _: None, keep=lambda *_: False)

    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert [path.name for path in tmp_path.iterdir()] == ["audit.key"]
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
