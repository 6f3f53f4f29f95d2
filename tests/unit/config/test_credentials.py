"""Credentials are warned of before they end, and those that open everything are."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.config.credentials import credential_warnings, token_end
from casare_robot.config.robot_config import RobotConfig

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def token(**claims) -> str:
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part(claims)}.c2lnbmF0dXJl"


def ending(after: timedelta) -> str:
    return token(role="anon", exp=int((NOW + after).timestamp()))


@pytest.mark.parametrize(
    ("after", "code", "said"),
    [
        (timedelta(days=15), None, ""),
        (timedelta(days=14), "E-CRED-601", "in 14 days, on 2026-12-05"),
        (timedelta(days=1, hours=1), "E-CRED-601", "in 1 day, on 2026-11-22"),
        (timedelta(hours=1), "E-CRED-601", "within a day, on 2026-11-21"),
        (timedelta(0), "E-CRED-602", "it ended on 2026-11-21"),
        (timedelta(days=-400), "E-CRED-602", "it ended on 2025-10-17"),
    ],
)
def test_a_token_is_warned_of_from_14_days_before_its_end(after, code, said) -> None:
    warnings = credential_warnings(RobotConfig(supabase_key=ending(after)), NOW)

    assert [warning.code for warning in warnings] == ([code] if code else [])
    assert all(said in warning.message and warning.key == "supabase_key" for warning in warnings)


def test_the_end_that_the_giver_told_counts(places) -> None:
    config = RobotConfig(api_key="crpa_1", expiries={"api_key": NOW + timedelta(days=3)})

    [warning] = credential_warnings(config, NOW)

    assert "in 3 days" in warning.message
    assert "casare-robot enroll" in warning.message


@pytest.mark.parametrize("key", ["sb_secret_abc", token(role="service_role")])
def test_a_key_that_opens_everything_is_told(key) -> None:
    warnings = credential_warnings(RobotConfig(supabase_key=key), NOW)

    assert [warning.code for warning in warnings] == ["E-CRED-603"]
    assert key not in str(warnings)


def test_without_credentials_there_is_nothing_to_warn_of() -> None:
    expiries = {"api_key": NOW - timedelta(days=1)}

    assert credential_warnings(RobotConfig(expiries=expiries), NOW) == ()


@pytest.mark.parametrize(
    "exp", [None, True, "soon", 1e300, -1e300, float("nan"), float("inf"), [], 10**400]
)
def test_an_end_that_is_no_time_is_none(exp) -> None:
    assert token_end(token(exp=exp)) is None


@given(st.one_of(st.text(), st.binary().map(lambda b: f"a.{base64.b64encode(b).decode()}.c")))
def test_whatever_is_no_token_has_no_end(text) -> None:
    assert token_end(text) is None
