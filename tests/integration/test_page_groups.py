"""Groups of robots on the orchestrator's page, in a real browser, out of its own store."""

from functools import partial

import pytest

from casare_robot.groups.fleet import Fleet
from casare_robot.store.opening import open_store
from tests.browsing import PATIENCE, a_browser, a_look, needs_browser, shot
from tests.whole import house, robot_in, sets

pytestmark = needs_browser

LONG = "invoices of the whole group of companies, " * 20


@pytest.fixture
async def expect():
    expect = pytest.importorskip("playwright.async_api").expect
    expect.set_options(timeout=PATIENCE)
    return expect


@pytest.fixture
async def browser():
    async with a_browser() as browser:
        yield browser


@pytest.fixture
def url(tmp_path):
    return f"sqlite:{tmp_path / 'orchestrator.db'}"


@pytest.fixture
async def served(url):
    async with house(url, strategy="round_robin") as served:
        yield served


@pytest.fixture
def look(browser, served):
    return partial(a_look, browser, served)


@pytest.fixture
async def fleet(url, served):
    """The fleet of the same store, as another process opens it."""
    async with await open_store(url) as store, await Fleet.open(store=store) as fleet:
        yield fleet


async def fill(fleet):
    """A group with members, memory, jobs and a failover."""
    group = await fleet.create_group(
        "invoices", active=["desk-1"], passive=["desk-2"], objective="reads invoices", max_tokens=50
    )
    await group.join("desk-3", capabilities=["sap", "pdf"], priority="high")
    await group.remember("the portal is in German; the login button says Anmelden")
    for name in ("monday", "tuesday"):
        await fleet.distribute("invoices", {"name": name, "group": "invoices"})
    await group.failover("desk-1")
    return group


async def test_the_strategy_is_shown_and_used(look, served, tmp_path, expect) -> None:
    async with (
        look() as page,
        robot_in(served, tmp_path / "a", robot_id="a"),
        robot_in(served, tmp_path / "b", robot_id="b"),
    ):
        await served.connected("a", "b")
        for robot in ("a", "b"):
            await served.shows(robot, state="idle", free_slots=1)
        jobs = [await served.until(await served.submit(sets())) for _ in range(2)]
        await expect(page.locator(".strategy")).to_have_text("Jobs go to robots in turn.")

    assert {job["robot_id"] for job in jobs} == {"a", "b"}


async def test_groups_are_listed_and_one_is_shown_whole(look, fleet, expect) -> None:
    await fill(fleet)
    async with look() as page:
        card = page.locator(".group", has_text="invoices")
        await expect(card).to_contain_text("▶ desk-2")
        await expect(card).to_contain_text("‖ desk-3")
        await expect(page.locator(".groups")).to_contain_text("invoices leads")
        await shot(page, "groups")
        await card.click()
        await expect(page.locator("h1")).to_have_text("invoices")
        members = page.locator("section", has_text="Members").locator("tbody tr")
        await expect(members).to_have_count(3)
        await expect(members.first).to_contain_text("retired")
        await expect(members.nth(2)).to_contain_text("sap, pdf")
        await expect(page.get_by_role("meter")).to_have_attribute("aria-valuemax", "50")
        jobs = page.locator("section", has_text="Jobs").locator("tbody tr")
        await expect(jobs.first).to_contain_text("tuesday")
        await expect(page.locator("section", has_text="Failovers")).to_contain_text(
            "desk-2 from desk-1by hand"
        )
        await shot(page, "group")
        await page.go_back()
        await expect(card).to_be_visible()


async def test_what_changes_in_a_group_is_seen_without_a_reload(look, fleet, expect) -> None:
    group = await fill(fleet)
    async with look() as page:
        await page.locator(".group", has_text="invoices").click()
        row = page.locator("tbody tr", has_text="desk-3")
        await expect(row).to_contain_text("passive")
        await group.promote("desk-3")
        await expect(row).to_contain_text("active")
        await fleet.create_group("newer")
        await page.goto(page.url.partition("#")[0] + "#/")
        await expect(page.locator(".group", has_text="newer")).to_contain_text("nobody active")


async def test_an_unknown_group_is_said(look, expect) -> None:
    async with look() as page:
        await page.goto(page.url.partition("#")[0] + "#/groups/no%2Fbody")
        await expect(page.locator(".empty", has_text="no/body")).to_be_visible()


async def test_it_fits_narrow_dark_screens_with_long_names(look, fleet, expect) -> None:
    group = await fill(fleet)
    await fleet.create_group("invoices-" * 11, active=[LONG[:100].strip()], objective=LONG)
    await group.join("desk-" + "x" * 90, capabilities=[LONG[:60]])
    for width, scheme in ((360, "dark"), (1280, "dark"), (360, "light")):
        async with look(width=width, scheme=scheme) as page:
            await expect(page.locator(".group")).to_have_count(2)
            await shot(page, f"groups-{width}-{scheme}")
            assert not await is_too_wide(page)
            await page.locator(".group", has_text="desk-2").click()
            await expect(page.locator("h1")).to_have_text("invoices")
            await shot(page, f"group-{width}-{scheme}")
            assert not await is_too_wide(page)


async def is_too_wide(page):
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
