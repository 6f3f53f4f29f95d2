"""Browsers and tabs are opened, kept within the policy, and closed."""

import asyncio

import pytest

from casare_robot.domain.policy import Policy
from tests.browsing import needs_browser
from tests.unit.nodes.conftest import Browsing

pytestmark = needs_browser


@pytest.fixture
def fresh(tmp_path):
    """Nodes without a browser yet."""
    pytest.importorskip("playwright.async_api")
    browsing = Browsing(tmp_path)
    yield browsing
    browsing.close()


def seen(browsing, script):
    return browsing.run(browsing.page.evaluate(script))


def test_a_browser_is_what_its_properties_say(fresh, web_server):
    web_server.answers["/"] = (200, {"Content-Type": "text/html"}, b"x")

    done = fresh(
        "LaunchBrowser",
        url=f"{web_server.url}/",
        headless=True,
        viewport_width=801,
        viewport_height=602,
        user_agent="casare/1",
        locale="tr-TR",
        timezone_id="Asia/Tokyo",
        color_scheme="dark",
        slow_mo=1,
        window_state="maximized",
        window_wait=1,
    )

    assert done.error is None
    assert set(done.outputs) == {"browser", "page", "window"}
    assert fresh.page.url == f"{web_server.url}/"
    assert seen(fresh, "[innerWidth, innerHeight]") == [801, 602]
    assert seen(fresh, "[navigator.userAgent, navigator.language]") == ["casare/1", "tr-TR"]
    assert seen(fresh, "new Date().getTimezoneOffset()") == -540
    assert seen(fresh, "matchMedia('(prefers-color-scheme: dark)').matches") is True


def test_a_profile_stays_and_closing_ends_what_is_current(fresh, web_server, tmp_path):
    web_server.answers["/"] = (200, {"Content-Type": "text/html"}, b"x")
    config = {"profile_mode": "custom", "user_data_dir": str(tmp_path / "profile")}
    config |= {"headless": True, "url": f"{web_server.url}/"}
    fresh("LaunchBrowser", **config)
    seen(fresh, "localStorage.setItem('kept', 'yes')")
    fresh("GoToURL", url="about:blank")
    closed = fresh("CloseBrowser")
    after = fresh("ExtractText", selector="p")
    again = fresh("LaunchBrowser", **config)

    assert closed.error is None
    assert "Launch Browser" in after.error
    assert again.error is None
    assert seen(fresh, "localStorage.getItem('kept')") == "yes"
    assert fresh("BrowserClose", force_close=True).error is None
    assert fresh("CloseBrowser").error is None


def test_a_profile_lies_within_the_policy_s_folders(fresh, tmp_path):
    fresh.ctx.policy = Policy(writable_folders=(str(tmp_path / "in"),))

    outside = fresh("LaunchBrowser", profile_mode="custom", user_data_dir=str(tmp_path / "out"))
    unnamed = fresh("LaunchBrowser", profile_mode="custom")

    assert "write to" in outside.error
    assert "user_data_dir is empty" in unnamed.error


def test_a_new_tab_becomes_the_current_one_and_closing_its_browser_ends_both(fresh, web_server):
    web_server.answers["/two"] = (200, {"Content-Type": "text/html"}, b"<title>two</title>")
    none = fresh("NewTab")
    first = fresh("LaunchBrowser", headless=True)
    second = fresh("NewTab", url=f"{web_server.url}/two", tab_name="other")
    failed = fresh("ClickElement", selector="#none", timeout=100)

    assert "Launch Browser" in none.error
    assert second.outputs["page"] != first.outputs["page"]
    assert seen(fresh, "document.title") == "two"
    assert "'other'" in failed.error


def test_a_browser_that_is_not_there_is_named_and_nothing_is_downloaded(fresh, monkeypatch):
    fox = fresh("LaunchBrowser", browser_type="firefox", headless=True)
    edge = fresh("LaunchBrowser", channel="msedge-canary", headless=True)
    monkeypatch.setenv("PATH", "")
    chromium = fresh("LaunchBrowser", headless=True)

    assert "there is no firefox" in fox.error
    assert "there is no msedge-canary" in edge.error
    assert "install Chromium" in chromium.error


def test_where_there_is_no_screen_the_browser_is_not_shown(fresh, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    done = fresh("LaunchBrowser")

    assert done.error is None
    assert any("no screen" in text for _level, text in fresh.ctx.lines)


def test_the_policy_s_hosts_hold_for_pages_what_they_load_and_where_they_lead(fresh, web_server):
    fresh.ctx.policy = Policy(allowed_hosts=("127.0.0.1",))
    port = web_server.server_port
    web_server.answers["/"] = (
        200,
        {"Content-Type": "text/html"},
        f"<img src=http://localhost:{port}/picture><title>in</title>".encode(),
    )
    web_server.answers["/away"] = (302, {"Location": f"http://localhost:{port}/there"}, b"")
    web_server.answers["/there"] = (200, {}, b"there")
    fresh("LaunchBrowser", headless=True)

    inside = fresh("GoToURL", url=f"{web_server.url}/")
    outside = fresh("GoToURL", url=f"http://localhost:{port}/there")
    away = fresh("GoToURL", url=f"{web_server.url}/away")
    secure = fresh("GoToURL", url="https://example.com/")
    script = f"fetch('http://localhost:{port}/fetched', {{mode: 'no-cors'}}).then(() => 1)"
    fresh("BrowserEvaluate", script=script)

    assert inside.error is None
    for refused in (outside, away, secure):
        assert "not among the allowed hosts" in refused.error
    assert {path for _, path, _, _ in web_server.seen} <= {"/", "/away", "/favicon.ico"}


def test_private_addresses_are_out_of_reach_where_the_policy_says_so(fresh, web_server):
    fresh.ctx.policy = Policy(allow_private_addresses=False)
    fresh("LaunchBrowser", headless=True)

    done = fresh("GoToURL", url=f"{web_server.url}/")

    assert "not a public address" in done.error
    assert web_server.seen == []


def test_everything_goes_through_a_proxy_that_is_named(fresh, web_server):
    web_server.answers["http://far.example/"] = (200, {"Content-Type": "text/html"}, b"by proxy")

    fresh("LaunchBrowser", headless=True, proxy_server=web_server.url)
    done = fresh("GoToURL", url="http://far.example/")

    assert done.error is None
    assert fresh("ExtractText", selector="body").outputs["text"] == "by proxy"


def test_certificates_go_unverified_for_people_only(fresh):
    fresh.ctx.policy = Policy(profile="remote")

    assert "certificates" in fresh("LaunchBrowser", ignore_https_errors=True).error


def test_an_address_that_cannot_be_opened_leaves_no_browser(fresh):
    done = fresh("LaunchBrowser", headless=True, url="http://127.0.0.1:9/")

    assert "ERR_" in done.error
    assert fresh.ctx.in_use("page") is None
    assert fresh.ctx.in_use("browser") is None


def test_closing_in_time_is_what_timeout_asks(fresh):
    fresh("LaunchBrowser", headless=True)
    opened = fresh.ctx.live(fresh.ctx.current["browser"])

    async def never():
        await asyncio.Event().wait()

    opened.context.pages[0].close = never

    assert "0.1 s" in fresh("CloseBrowser", timeout=100).error
    assert fresh("CloseBrowser", force_close=True).error is None
