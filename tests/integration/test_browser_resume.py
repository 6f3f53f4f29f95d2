"""A job on web pages that is killed anywhere goes on with its page, or asks."""

import asyncio
import json

import pytest

from casare_robot.domain.job import JobId, JobStatus
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.execution.planning.plan import compile_plan
from casare_robot.execution.running.engine import Run, RunOptions
from casare_robot.execution.state import Delta, DeltaWriter, SavedState
from casare_robot.nodes.catalogue import load_catalogue
from tests.browsing import needs_browser
from tests.drawing import draw

pytestmark = needs_browser

PAGE = b"<p id=p>text</p><button id=b onclick=\"fetch('/clicked', {method: 'POST'})\">b</button>"


class KilledError(BaseException):
    """The process is gone."""


class Disk:
    """What survives; after ``left`` more writes the process is gone."""

    def __init__(self):
        self.blobs = []
        self.left = None

    async def append(self, blob, *, wait):
        if self.left == 0:
            raise KilledError
        self.left = None if self.left is None else self.left - 1
        self.blobs.append(blob)

    async def replace(self, blob):
        self.blobs[:] = [blob]

    def decide(self, unknown, decision):
        decisions = {step.key: decision for step in unknown}
        self.blobs.append(DeltaWriter().encode(Delta(decisions=decisions)))


@pytest.fixture
def site(web_server):
    for path in ("/one", "/two"):
        web_server.answers[path] = (200, {"Content-Type": "text/html"}, PAGE)
    web_server.answers["/clicked"] = (200, {}, b"")
    return web_server


def workflow(site, *, returns):
    """Click on a page, then read it; ``returns`` goes somewhere else in between."""
    nodes = {
        "s": "Start",
        "l": ("LaunchBrowser", {"headless": True, "url": f"{site.url}/one"}),
        "g": ("GoToURL", {"url": f"{site.url}/two"}),
        "w": ("WaitForElement", {"selector": "#p"}),
        "c": ("ClickElement", {"selector": "#b"}),
        "r": ("GoToURL", {"url": f"{site.url}/one"}),
        "e": ("ExtractText", {"selector": "#p"}),
        "x": "CloseBrowser",
    }
    way = "s > l > g > w > c > r > e > x" if returns else "s > l > g > w > c > e > x"
    if not returns:
        del nodes["r"]
    return draw(nodes, way)


def run(drawn, disk):
    catalogue = load_catalogue()
    plan = compile_plan(load_workflow(json.dumps(drawn).encode(), catalogue).workflow, catalogue)
    saved = SavedState.fold(disk.blobs) if disk.blobs else None
    job = Run(plan, RunOptions(job_id=JobId("job")), recorder=disk, saved=saved)
    try:
        return asyncio.run(job.run())
    except KilledError:
        return None


def visits(site, path):
    return sum(1 for _, seen, _, _ in site.seen if seen == path)


def killed_after(drawn, site, path, times):
    """A disk as it is when the process is killed after the site saw a request so often."""
    for left in range(1, 40):
        disk = Disk()
        disk.left = left
        site.seen.clear()
        ended = run(drawn, disk)
        disk.left = None
        if ended is not None or visits(site, path) >= times:
            return disk
    raise AssertionError(path)


def test_a_page_that_was_only_read_is_brought_back_to_its_last_address(site):
    drawn = workflow(site, returns=False)
    disk = killed_after(drawn, site, "/two", 1)
    site.seen.clear()

    result = run(drawn, disk)

    assert result.status is JobStatus.COMPLETED, result.error
    assert result.resumed
    assert visits(site, "/two") >= 1
    assert visits(site, "/clicked") == 1
    assert result.variables["extracted_text"] == "text"


def test_what_was_clicked_cannot_be_brought_back_so_the_job_asks(site):
    drawn = workflow(site, returns=False)
    disk = after_click(drawn, site)

    asked = run(drawn, disk)
    disk.decide(asked.needs_attention, "again")
    ended = run(drawn, disk)

    assert asked.status is JobStatus.NEEDS_ATTENTION
    assert [step.node_id for step in asked.needs_attention] == ["e"]
    assert any("what c did on it is gone" in warning.message for warning in asked.warnings)
    assert ended.status is JobStatus.COMPLETED, ended.error
    assert visits(site, "/clicked") == 1


def test_a_workflow_that_goes_elsewhere_after_its_click_needs_nobody(site):
    drawn = workflow(site, returns=True)
    disk = after_click(drawn, site)

    ended = run(drawn, disk)

    assert ended.status is JobStatus.COMPLETED, ended.error
    assert ended.resumed
    assert visits(site, "/clicked") == 1


def test_a_download_that_does_not_ask_as_the_browser_needs_nobody(site, tmp_path):
    drawn = workflow(site, returns=False)
    drawn["nodes"]["e"] = {
        "node_id": "e",
        "node_type": "DownloadFileNode",
        "config": {"url": f"{site.url}/one", "save_path": str(tmp_path / "one.html")},
    }
    disk = after_click(drawn, site)

    ended = run(drawn, disk)

    assert ended.status is JobStatus.COMPLETED, ended.error
    assert (tmp_path / "one.html").read_bytes() == PAGE


def after_click(drawn, site):
    """A disk as it is when the process is killed as soon as the click has ended."""
    disk = Disk()
    whole = run(drawn, disk)
    assert whole.status is JobStatus.COMPLETED, whole.error
    site.seen.clear()
    for number in range(len(disk.blobs), 0, -1):
        kept = SavedState.fold(disk.blobs[:number])
        clicking = any(key.endswith("/c") for key in kept.intents)
        if kept.executed and list(kept.executed)[-1] == "c" and not clicking:
            disk.blobs = disk.blobs[:number]
            site.seen.append(("POST", "/clicked", {}, b""))
            return disk
    raise AssertionError([list(SavedState.fold(disk.blobs[:n]).executed) for n in range(20)])
