"""Tokens of a Google account: kept, fetched, and fetched again only when they end."""

import base64
import json

import pytest

from casare_robot.nodes.google_account import items
from tests.accounts import Case

USER = {"client_id": "i", "client_secret": "s", "refresh_token": "r"}


def reading():
    return Case("SheetsGetCellNode", {"spreadsheet_id": "b"})


def test_a_token_is_fetched_once_for_the_time_it_lasts(account_case, service):
    kept = json.dumps({**USER, "token_uri": f"{service.url}/token"})
    for answers in ([{"access_token": "fresh", "expires_in": 3600}, {}], [{}]):
        case = reading()
        case.answers = answers
        assert account_case(case, google=kept).error is None

    token, first, second = service.seen
    assert token.line == "POST /token"
    assert token.body == b"grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=r"
    assert first.headers["Authorization"] == second.headers["Authorization"] == "Bearer fresh"


def test_a_consent_that_was_taken_back_is_told(account_case, service):
    kept = json.dumps({**USER, "token_uri": f"{service.url}/gone"})
    case = reading()
    case.answers = [(400, {"error": "invalid_grant", "error_description": "Token revoked."})]

    assert account_case(case, google=kept).error == (
        "Google gives no token (HTTP 400): Token revoked."
    )


def test_a_service_account_signs_itself_in(account_case, service, tmp_path):
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    robot = {"type": "service_account", "client_email": "r@x", "private_key": pem}
    (tmp_path / "robot.json").write_text(json.dumps({**robot, "token_uri": f"{service.url}/token"}))
    case = reading()
    case.config["service_account_file"] = "robot.json"
    case.answers = [{"access_token": "t", "expires_in": 10}, {}]

    assert account_case(case).error is None
    form = service.seen[0].body.decode()
    assertion = form.partition("assertion=")[2]
    signed, _, signature = assertion.rpartition(".")
    claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
    key.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="), signed.encode(), padding.PKCS1v15(), SHA256()
    )
    assert (claims["iss"], claims["aud"]) == ("r@x", f"{service.url}/token")
    assert claims["exp"] - claims["iat"] == 3600


def test_a_quota_that_is_used_up_is_waited_for_although_google_says_403(account_case, service):
    case = reading()
    reason = {"error": {"message": "slow", "errors": [{"reason": "rateLimitExceeded"}]}}
    case.answers = [(403, reason, {"Retry-After": "0"}), {"values": [["x"]]}]

    assert account_case(case).outputs["value"] == "x"


@pytest.mark.parametrize(("status", "again"), [(401, False), (403, False), (404, False)])
def test_a_refusal_has_its_status_on_a_port(status, again, account_case, service):
    case = reading()
    case.answers = [(status, {"error": {"code": status, "message": "no"}})]

    done = account_case(case)

    assert done.error == f"Google Sheets answered HTTP {status}: no"
    assert done.outputs["error_code"] == status


def test_a_secret_that_is_no_account_is_told(account_case):
    assert "refresh_token" in account_case(reading(), google='{"a": 1}').error


def test_an_empty_id_never_becomes_another_address(account_case, service):
    case = reading()
    case.config["spreadsheet_id"] = ".."

    assert "is no id" in account_case(case).error
    assert service.seen == []


@pytest.mark.parametrize(
    ("given", "found"), [("a, b", ["a", "b"]), ('["a"]', ["a"]), (None, []), ({"x": 1}, [{"x": 1}])]
)
def test_lists_may_be_written_in_several_ways(given, found):
    assert items(given, "x") == found
