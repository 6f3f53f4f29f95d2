"""Cookies of a real browser."""

import json

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.nodes.browser_cookies import cookie_effect


@pytest.fixture
def cookies(act, web_server):
    web_server.answers["/"] = (200, {"Content-Type": "text/html", "Set-Cookie": "a=1"}, b"x")
    assert act("GoToURL", url=f"{web_server.url}/").error is None
    return lambda operation, **config: act("CookieManagement", operation=operation, **config)


def names(done):
    return sorted(cookie["name"] for cookie in json.loads(done.outputs["cookies"]))


def test_cookies_are_got_and_set(cookies, web_server, act):
    got = cookies("get", cookie_name="a")
    put = cookies("set", cookie_name="b", cookie_value="2", expires=86400, http_only=True)
    act("RefreshPage")

    assert (got.outputs["cookie"]["value"], got.outputs["count"]) == ("1", 1)
    assert put.error is None
    pages = [headers for _, path, headers, _ in web_server.seen if path == "/"]
    assert "b=2" in pages[-1]["Cookie"]
    kept = cookies("get", cookie_name="b").outputs["cookie"]
    assert kept["httpOnly"] is True
    assert kept["expires"] > 0
    assert names(cookies("export")) == ["a", "b"]


def test_every_part_of_a_cookie_is_set(cookies):
    cookies(
        "set",
        cookie_name="s",
        cookie_value="v",
        domain="example.com",
        path="/in",
        secure=True,
        same_site="Strict",
    )

    kept = cookies("get", cookie_name="s").outputs["cookie"]
    assert (kept["domain"], kept["path"], kept["secure"]) == ("example.com", "/in", True)
    assert kept["sameSite"] == "Strict"


def test_cookies_are_deleted_by_name_or_all(cookies):
    cookies("set", cookie_name="b", cookie_value="2")

    one = cookies("delete", cookie_name="a")
    left = names(cookies("get"))
    every = cookies("delete_all")

    assert (one.outputs["count"], left) == (1, ["b"])
    assert every.outputs["count"] == 1
    assert names(cookies("get")) == []


def test_what_was_exported_is_imported(cookies, act):
    exported = cookies("export").outputs["cookies"]
    cookies("delete_all")

    done = act("CookieManagement", {"cookies_input": exported}, operation="import")

    assert done.outputs["count"] == 1
    assert names(cookies("get")) == ["a"]


def test_what_is_missing_or_no_json_is_told(cookies):
    assert "cookie_name" in cookies("delete").error
    assert "cookie_name" in cookies("set").error
    assert "no JSON" in cookies("import", cookies_json="{").error
    assert "list of objects" in cookies("import", cookies_json="[1]").error


def test_reading_cookies_touches_nothing():
    assert cookie_effect({"operation": "export"}) is Effect.READS
    assert cookie_effect({"operation": "delete"}) is Effect.IDEMPOTENT
