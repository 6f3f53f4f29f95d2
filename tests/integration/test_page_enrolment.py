"""The page lets a robot in: its dialog in a real browser, what it says pasted by a robot."""

import os
import shutil
from pathlib import Path

import pytest

from tests.whole import command, house

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SHOTS = os.environ.get("CASARE_SCREENSHOTS")
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed here")


async def test_add_a_robot_shows_the_command_that_makes_it_known(tmp_path) -> None:
    playwright = pytest.importorskip("playwright.async_api")
    async with house() as served, playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"{served.url}/#key={served.admin_key}")
        await page.get_by_role("button", name="Add a robot").click()
        dialog = page.locator("#add-robot")
        await playwright.expect(dialog.locator("pre")).to_contain_text("casare-robot run")
        shown = await dialog.locator("pre").inner_text()
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / "add-robot.png")
        await dialog.get_by_role("button", name="Done").click()
        await playwright.expect(dialog).to_be_hidden()
        left = await dialog.locator("pre").text_content()
        await browser.close()
        enroll, run = (line.split()[1:] for line in shown.splitlines())
        enrolled = await command(*enroll, home=tmp_path, **NO_KEYRING)

    assert enrolled.returncode == 0, enrolled.stderr
    assert run == ["run"]
    assert left == ""
