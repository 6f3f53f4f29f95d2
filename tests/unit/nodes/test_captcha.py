"""Captchas are found, and solved by a service that talks as 2Captcha does."""

import json
from urllib.parse import parse_qs

import pytest

V2 = "<div class=g-recaptcha data-sitekey=site1 data-callback=solved></div>"
FIELD = "<textarea id=g-recaptcha-response></textarea>"


@pytest.mark.parametrize(
    ("kind", "html", "key"),
    [
        ("recaptcha_v2", V2, "site1"),
        ("recaptcha_v2", "<div class=rc-imageselect></div>", ""),
        ("recaptcha_v3", "<div class=grecaptcha-badge></div>", ""),
        ("hcaptcha", "<div class=h-captcha data-sitekey=site2></div>", "site2"),
        ("image_captcha", "<img src=/Captcha.png>", ""),
    ],
)
def test_a_captcha_is_found(act, kind, html, key):
    act.html(html)

    done = act("DetectCaptcha", captcha_type=kind, timeout=1000)

    assert done.outputs["captcha_detected"] is True
    assert (done.outputs["captcha_type"], done.outputs["sitekey"]) == (kind, key)
    assert done.outputs["page_url"] == "about:blank"


def test_a_page_without_one_says_so(act):
    act.html("<p class=mine></p>")

    none = act("DetectCaptcha", timeout=100)
    own = act("DetectCaptcha", timeout=100, challenge_selector=".mine")

    assert none.error is None
    assert (none.outputs["captcha_detected"], none.outputs["captcha_type"]) == (False, "")
    assert own.outputs["captcha_detected"] is True


@pytest.fixture
def service(web_server):
    def answers(taken, solved):
        for path, answer in (("/in.php", taken), ("/res.php", solved)):
            web_server.answers[path] = (200, {}, json.dumps(answer).encode())

    web_server.says = answers
    answers({"status": 1, "request": "7"}, {"status": 1, "request": "tok", "price": "0.003"})
    return web_server


def solve(act, service, **config):
    given = {"api_key": "k", "service_url": service.url, "poll_interval": 10, **config}
    return act("SolveCaptcha", **given)


def test_a_captcha_is_solved_and_its_token_given_to_the_page(act, service):
    act.html(f"{V2}{FIELD}<script>window.solved = token => document.title = token</script>")

    done = solve(act, service, invisible=True, enterprise=True)

    order = {name: values[0] for name, values in parse_qs(service.seen[0][3].decode()).items()}
    assert done.outputs["solved"] is True
    assert (done.outputs["token"], done.outputs["cost"]) == ("tok", 0.003)
    assert order["googlekey"] == "site1"
    assert order["pageurl"] == "about:blank"
    assert (order["invisible"], order["enterprise"], order["key"]) == ("1", "1", "k")
    assert act.run(act.page.input_value("textarea")) == "tok"
    assert act.run(act.page.title()) == "tok"


def test_without_auto_inject_the_page_is_left_alone(act, service):
    act.html(FIELD)

    done = solve(act, service, auto_inject=False, sitekey="mine", page_url="http://x.example/")

    assert done.error is None
    assert b"googlekey=mine" in service.seen[0][3]
    assert act.run(act.page.input_value("textarea")) == ""


def test_every_way_a_service_fails_is_told(act, service):
    act.html(V2)
    service.says({"status": 0, "request": "ERROR_ZERO_BALANCE"}, {})
    refused = solve(act, service)
    service.says({"status": 1, "request": "7"}, {"status": 0, "request": "ERROR_UNSOLVABLE"})
    unsolved = solve(act, service)
    service.says({"status": 1, "request": "7"}, {"status": 0, "request": "CAPCHA_NOT_READY"})
    late = solve(act, service, max_wait_time=1)
    service.answers["/in.php"] = (200, {}, b"<html>")
    strange = solve(act, service)

    assert "ERROR_ZERO_BALANCE" in refused.error
    assert "UNSOLVABLE" in unsolved.error
    assert "1 s" in late.error
    assert "does not answer" in strange.error
    assert refused.outputs["solved"] is False


def test_without_a_key_or_a_site_nothing_is_ordered(act, service):
    act.html("<p></p>")

    assert "no sitekey" in solve(act, service).error
    assert "2captcha" in solve(act, service, api_key="").error
    assert service.seen == []
