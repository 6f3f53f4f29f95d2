"""A real browser on the orchestrator's page.

With ``CASARE_SCREENSHOTS`` set to a folder, each look is kept there.
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
]
PATIENCE = 90_000
"""Milliseconds until something is seen, on a slow machine with much to do."""
SHOTS = os.environ.get("CASARE_SCREENSHOTS")

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed here")


@contextlib.asynccontextmanager
async def a_browser():
    """A browser, gone at the end."""
    playwright = pytest.importorskip("playwright.async_api")
    playwright.expect.set_options(timeout=PATIENCE)
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=BROWSER, args=FLAGS, timeout=PATIENCE
        )
        yield browser
        await browser.close()


async def a_page(browser, **how):
    """A page in a context of its own."""
    page = await browser.new_page(**how)
    page.set_default_timeout(PATIENCE)
    return page


@contextlib.asynccontextmanager
async def a_look(browser, served, *, width=1280, height=800, scheme="light", key=True):
    """The page, signed in by the printed link; it must not report a fault."""
    page = await a_page(browser, viewport={"width": width, "height": height}, color_scheme=scheme)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await page.goto(f"{served.url}/#key={served.admin_key}" if key else served.url)
    if key:
        await page.wait_for_selector("text=● live")
    yield page
    await page.context.close()
    assert [fault for fault in faults if "Failed to load" not in fault] == []


async def shot(page, name):
    """Keep what is seen, if that is wanted."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
