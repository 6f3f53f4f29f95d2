"""Clicks and reads on a page beside bare Playwright, and how soon the first page is there.

Run: python -m tests.benchmarks.bench_browser [--rounds 5]

A button is clicked and its text read, again and again; the page itself measures
how long that took, for both in the same way. "kept" is the robot as it runs jobs:
each click is noted on disk before and after. The first page is there when it has
told the server so, counted from the beginning of the run.
"""

import asyncio
import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import async_playwright

from casare_robot import run_workflow
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show
from tests.browsing import BROWSER
from tests.drawing import draw

TURNS = 150
PAGE = b"""<script>const at = []</script>
<button id=b onclick="at.push(performance.now())">text</button>
<script>onload = () => fetch('/loaded')</script>"""
TAKEN = "at[at.length - 1] - at[0]"
BARE, PLAIN, KEPT = "bare Playwright", "robot, nothing kept", "robot, kept"
FIRST_BARE, FIRST = "first page, bare Playwright", "first page, robot"


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/loaded":
            self.server.loaded = time.perf_counter()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Keep the table clean."""


@contextlib.contextmanager
def _site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _robot(url: str, *, kept: bool) -> float:
    """Clicks and reads a second."""
    drawn = draw(
        {
            "s": "Start",
            "l": ("LaunchBrowser", {"headless": True, "url": url}),
            "f": ("ForLoopStart", {"mode": "range", "end": TURNS, "item_var": "i"}),
            "c": ("ClickElement", {"selector": "#b"}),
            "e": ("ExtractText", {"selector": "#b"}),
            "t": ("BrowserEvaluate", {"script": TAKEN, "store_variable": "taken"}),
        },
        "s > l > f.body > c > e; f.completed > t",
    )
    with tempfile.TemporaryDirectory() as folder:
        result = run_workflow(drawn, home=Path(folder) if kept else None)
    assert result.status == "completed", result.error
    return 2 * (TURNS - 1) / (result.variables["taken"] / 1000)


async def _bare(url: str) -> float:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=BROWSER, headless=True)
        page = await (await browser.new_context()).new_page()
        await page.goto(url)
        for _ in range(TURNS):
            await page.locator("#b").first.click()
            await page.locator("#b").first.text_content()
        taken = float(await page.evaluate(TAKEN))
        await browser.close()
    return 2 * (TURNS - 1) / (taken / 1000)


def _first_page(server: ThreadingHTTPServer, url: str) -> float:
    """Milliseconds."""
    drawn = draw({"s": "Start", "l": ("LaunchBrowser", {"headless": True, "url": url})}, "s > l")
    began = time.perf_counter()
    result = run_workflow(drawn)
    assert result.status == "completed", result.error
    return 1000 * (server.loaded - began)


async def _first_page_bare(server: ThreadingHTTPServer, url: str) -> float:
    began = time.perf_counter()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=BROWSER, headless=True)
        page = await (await browser.new_context()).new_page()
        await page.goto(url)
        await page.wait_for_load_state("networkidle")
        await browser.close()
    return 1000 * (server.loaded - began)


def measure(rounds: int, _peers: str | None = None) -> list[Row]:
    if BROWSER is None:
        print("\nleft out: no Chromium is installed here")
        return []
    with _site() as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        acting: Cases = {
            BARE: lambda: asyncio.run(_bare(url)),
            PLAIN: lambda: _robot(url, kept=False),
            KEPT: lambda: _robot(url, kept=True),
        }
        acted = interleave(acting, rounds)
        medians(acted, "clicks and reads per second")
        opening: Cases = {
            FIRST_BARE: lambda: asyncio.run(_first_page_bare(server, url)),
            FIRST: lambda: _first_page(server, url),
        }
        opened = interleave(opening, rounds)
        medians(opened, "ms")
    return [
        Row(f"{PLAIN} / {BARE}, clicks and reads", median_ratio(acted, PLAIN, BARE), 0.85),
        Row(f"{KEPT} / {BARE}, clicks and reads", median_ratio(acted, KEPT, BARE), 0.85),
        Row(f"{FIRST} / {FIRST_BARE}", median_ratio(opened, FIRST, FIRST_BARE), 1.2, at_most=True),
    ]


if __name__ == "__main__":
    show(measure(options(__doc__ or "").rounds))
