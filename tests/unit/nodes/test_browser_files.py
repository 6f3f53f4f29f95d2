"""Pictures of pages, and downloads."""

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.browser_files import file_effect


def size_of(path):
    content = path.read_bytes()
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def test_a_picture_of_the_page_of_all_of_it_and_of_an_element(act, tmp_path):
    act.html("<div id=d style='width:50px;height:40px'></div><p style='height:3000px'></p>")

    seen = act("Screenshot", file_path="seen.png")
    act("BrowserScreenshot", file_path="deep/all.png", full_page=True, omit_background=True)
    act("Screenshot", file_path="part.png", selector="#d", scale="css", animations="disabled")
    act("Screenshot", file_path="fine.jpg", type="jpeg", quality=90, caret="initial")
    act("Screenshot", file_path="poor.jpg", type="jpeg", quality=1)

    assert seen.outputs["file_path"] == str(tmp_path / "seen.png")
    assert seen.outputs["attachment_file"] == [str(tmp_path / "seen.png")]
    assert size_of(tmp_path / "seen.png") == (1280, 720)
    assert size_of(tmp_path / "deep" / "all.png")[1] > 3000
    assert size_of(tmp_path / "part.png") == (50, 40)
    fine, poor = (tmp_path / f"{name}.jpg" for name in ("fine", "poor"))
    assert fine.read_bytes()[:2] == b"\xff\xd8"
    assert poor.stat().st_size < fine.stat().st_size


def test_a_picture_goes_where_the_policy_lets_it(act, tmp_path):
    act.ctx.policy = Policy(writable_folders=(str(tmp_path / "in"),))

    assert "write to" in act("Screenshot", file_path=str(tmp_path / "out.png")).error
    assert "file_path" in act("Screenshot", file_path="").error
    assert list(tmp_path.glob("out*")) == []


@pytest.fixture
def site(web_server):
    web_server.answers["/"] = (200, {"Set-Cookie": "key=1", "Content-Type": "text/html"}, b"x")
    web_server.answers["/files/my%20one.pdf"] = (200, {}, b"%PDF")
    return web_server


def test_a_file_is_downloaded_to_a_file_or_into_a_folder(act, site, tmp_path):
    url = f"{site.url}/files/my%20one.pdf"

    first = act("DownloadFile", url=url, save_path="got/")
    named = act("DownloadFile", {"filename": "../b.pdf"}, url=url, save_path=str(tmp_path))
    second = act("DownloadFile", url=url, save_path="got/my one.pdf", overwrite=False)
    third = act("DownloadFile", url=url, save_path="got/my one.pdf")

    assert first.outputs["path"] == str(tmp_path / "got" / "my one.pdf")
    assert first.outputs["size"] == 4
    assert first.outputs["success"] is True
    assert named.outputs["path"] == str(tmp_path / "b.pdf")
    assert second.outputs["attachment_file"] == [str(tmp_path / "got" / "my one_1.pdf")]
    assert third.outputs["path"] == first.outputs["path"]


def test_the_browser_s_own_cookies_go_along_when_asked(act, site, tmp_path):
    act("GoToURL", url=f"{site.url}/")
    url = f"{site.url}/files/my%20one.pdf"

    act("DownloadFile", url=url, save_path="a.pdf")
    act("DownloadFile", url=url, save_path="a.pdf", use_browser=True)

    bare, own = (headers for _, path, headers, _ in site.seen if path.startswith("/files/"))
    assert "Cookie" not in bare
    assert own["Cookie"] == "key=1"
    assert "Chrom" in own["User-Agent"]


def test_what_is_not_there_or_not_allowed_is_told(act, site, tmp_path):
    missing = act("DownloadFile", url=f"{site.url}/none", save_path="none")
    act.ctx.policy = Policy(allowed_hosts=("example.com",))
    refused = act("DownloadFile", url=f"{site.url}/files/x", save_path="none")

    assert "HTTP 404" in missing.error
    assert missing.outputs["success"] is False
    assert "allowed hosts" in refused.error
    assert not (tmp_path / "none").exists()


def test_a_download_that_overwrites_can_be_done_again():
    assert file_effect({"overwrite": True}) is Effect.IDEMPOTENT
    assert file_effect({"overwrite": False}) is Effect.ONCE
