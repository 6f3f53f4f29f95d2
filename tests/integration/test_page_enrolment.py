"""The page lets a robot in: its dialog in a real browser, what it says pasted by a robot."""

import pytest

from tests.browsing import a_browser, a_look, needs_browser, shot
from tests.whole import command, house

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}

pytestmark = needs_browser


async def test_add_a_robot_shows_the_command_that_makes_it_known(tmp_path) -> None:
    playwright = pytest.importorskip("playwright.async_api")
    async with (
        house() as served,
        a_browser() as browser,
        a_look(browser, served) as page,
    ):
        await page.get_by_role("button", name="Add a robot").click()
        dialog = page.locator("#add-robot")
        await playwright.expect(dialog.locator("pre")).to_contain_text("casare-robot run")
        shown = await dialog.locator("pre").inner_text()
        await shot(page, "add-robot")
        await dialog.get_by_role("button", name="Done").click()
        await playwright.expect(dialog).to_be_hidden()
        await playwright.expect(dialog.locator("pre")).to_have_text("")
        enroll, run = (line.split()[1:] for line in shown.splitlines())
        enrolled = await command(*enroll, home=tmp_path, **NO_KEYRING)

    assert enrolled.returncode == 0, enrolled.stderr
    assert run == ["run"]
