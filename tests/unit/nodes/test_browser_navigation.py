"""Going places, and where a browser may not go."""

import pytest

from casare_robot.domain.policy import Policy


@pytest.fixture
def site(web_server):
    for name in ("one", "two"):
        body = f"<title>{name}</title>".encode()
        web_server.answers[f"/{name}"] = (200, {"Content-Type": "text/html"}, body)
    return web_server


def test_a_page_goes_there_back_forth_and_loads_again(act, site):
    first = act("GoToURL", url=f"{site.url}/one", referer="http://before.example/")
    act("BrowserNavigate", url=f"{site.url}/two", wait_until="networkidle")
    back = act("GoBack")
    after_back = act.page.url
    act("GoForward")
    after_forward = act.page.url
    seen = len(site.seen)
    act("RefreshPage")

    assert first.outputs == back.outputs == {"page": act.ctx.current["page"]}
    assert site.seen[0][2]["Referer"] == "http://before.example/"
    assert after_back == f"{site.url}/one"
    assert after_forward == f"{site.url}/two"
    assert len(site.seen) > seen
    assert act.ctx.notes[act.ctx.current["page"]] == {"address": f"{site.url}/two"}


def test_where_there_is_no_history_nobody_goes_back(act, site):
    act("GoToURL", url=f"{site.url}/one")

    assert "no page after" in act("GoForward").error


def test_an_address_nobody_answers_at_is_told(act):
    done = act("GoToURL", url="http://127.0.0.1:9/", timeout=3000)

    assert "ERR_" in done.error
    assert "no url" in act("GoToURL", url=" ").error


def test_an_interaction_is_noted_until_the_page_goes_elsewhere(act, site):
    act.html("<button>x</button>")
    page = act.ctx.current["page"]

    act("ClickElement", selector="button")
    clicked = act.ctx.noted(page)
    act("GoToURL", url=f"{site.url}/one")

    assert clicked == {"touched_by": "n"}
    assert act.ctx.noted(page) == {"address": f"{site.url}/one"}


@pytest.mark.parametrize(
    "url", ["chrome://version", "javascript:alert(1)", "view-source:http://a/", "ftp://a/"]
)
def test_only_addresses_of_pages_are_opened(act, url):
    assert "opens no" in act("GoToURL", url=url).error


def test_files_are_opened_within_the_readable_folders_only(act, tmp_path):
    (tmp_path / "in.html").write_text("<title>in</title>")
    act.ctx.policy = Policy(readable_folders=(str(tmp_path),))

    inside = act("GoToURL", url=(tmp_path / "in.html").as_uri())
    outside = act("GoToURL", url="file:///etc/hostname")

    assert inside.error is None
    assert "read" in outside.error
    assert act.page.url.endswith("in.html")


def test_certificates_go_unverified_for_people_only(act):
    act.ctx.policy = Policy(profile="remote")

    assert "certificates" in act("GoToURL", url="https://a.example", ignore_https_errors=True).error
