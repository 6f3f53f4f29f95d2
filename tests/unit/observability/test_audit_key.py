"""The signing key is made once and kept where only this user reads it."""

import stat
import sys

import pytest

from casare_robot.observability.audit_key import load_key


def test_the_key_is_made_once(tmp_path):
    first, second = load_key(tmp_path), load_key(tmp_path)

    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert [path.name for path in tmp_path.iterdir()] == ["audit.key"]


def test_two_homes_have_two_keys(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert (
        load_key(tmp_path / "a").private_bytes_raw() != load_key(tmp_path / "b").private_bytes_raw()
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the profile's own rights hold there")
def test_the_key_is_for_this_user_only(tmp_path):
    load_key(tmp_path)

    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
