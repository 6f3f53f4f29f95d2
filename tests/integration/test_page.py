"""The orchestrator's page in a real browser, with real robots behind it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from casare_robot.domain.job import JobError, JobStatus
from casare_robot.domain.robot_events import NodeCompleted, NodeFailed
from casare_robot.link.native.messages import JobResult
from casare_robot.orchestrator.job_record import Submission
from tests.browsing import a_browser, a_look, a_page, needs_browser, shot
from tests.ports import free_port
from tests.whole import SCRIPTS, chain, fails, house, lasts_until, robot_in, sets, until, waits

LONG = "The quarterly reconciliation of supplier invoices " * 40

CONTRAST = """() => {
const style = getComputedStyle(document.documentElement);
const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
const light = (name) => {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = style.getPropertyValue(name).trim();
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((part) => linear(part / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
};
const over = (a, b) => Math.max(light(a) / light(b), light(b) / light(a));
return ["text", "quiet", "good", "busy", "wait", "warn", "bad"]
  .map((name) => [name, over(`--${name}`, "--panel")]);
}"""

pytestmark = needs_browser


@pytest.fixture
async def browser():
    async with a_browser() as browser:
        yield browser


@pytest.fixture
async def served():
    async with house() as served:
        yield served


@pytest.fixture
def look(browser, served):
    """Opens the page; see `a_look`."""
    return partial(a_look, browser, served)


async def is_too_wide(page):
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def row(page, name):
    return page.locator("tr.link", has_text=name)


async def has_rows(page, number):
    """Wait until the list shows so many jobs."""

    async def does():
        return await page.locator("tr.link").count() == number

    await until(does)


def file_of(workflow, name="night.json"):
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(workflow).encode()}


async def test_the_printed_link_signs_in_and_leaves_no_key_in_the_address(look, served) -> None:
    async with look() as page:
        await page.wait_for_selector("text=No robot yet")
        address = page.url
        await page.reload()
        await page.wait_for_selector("text=● live")

    assert served.admin_key not in address


async def test_without_a_key_it_asks_and_a_wrong_one_is_refused(look, served) -> None:
    async with look(key=False) as page:
        await page.wait_for_selector("#login[open]")
        await page.fill("#login input", "wrong")
        await page.click("text=Come in")
        await page.wait_for_selector("text=this key is not known here")
        await page.keyboard.press("Escape")
        await page.wait_for_selector("#login[open]")
        await shot(page, "login")
        await page.fill("#login input", served.admin_key)
        await page.click("text=Come in")
        await page.wait_for_selector("text=● live")


async def test_a_link_with_a_wrong_key_asks_for_another(browser, served) -> None:
    page = await a_page(browser)
    await page.goto(f"{served.url}/#key=wrong")
    await page.wait_for_selector("#login[open]")

    assert "not known" in await page.inner_text("#login .problem")


async def test_what_happens_is_seen_without_a_reload(look, served, tmp_path) -> None:
    async with look() as page:
        async with robot_in(served, tmp_path / "r", robot_name="Front desk", **SCRIPTS):
            await page.wait_for_selector(".robot.idle >> text=Front desk")
            works = chain(("w", *lasts_until(tmp_path / "seen")))
            job = await served.submit(works, name="invoices")
            await row(page, "invoices").locator("text=running").wait_for()
            await page.wait_for_selector(".robot.executing")
            (tmp_path / "seen").touch()
            await served.until(job)
            await row(page, "invoices").locator("text=completed").wait_for()
            await shot(page, "overview")
        await page.wait_for_selector(".robot.offline")


async def test_a_jobs_view_shows_its_time_line_log_and_outputs_as_they_grow(
    look, served, tmp_path
) -> None:
    drawn = chain(
        ("say", "Log", {"message": "half way <b>there</b>"}),
        ("short", "Wait", {"duration": 0.2}),
        ("long", *lasts_until(tmp_path / "seen")),
        ("kept", "WriteFile", {"file_path": str(tmp_path / "kept"), "content": "abc"}),
        ("put", "SetVariable", {"variable_name": "total", "default_value": 42}),
    )
    async with look() as page, robot_in(served, tmp_path / "r", **SCRIPTS):
        await served.submit(drawn, name="report")
        await row(page, "report").locator("a").click()
        await page.wait_for_selector(".bar.busy")
        await page.wait_for_selector(".log >> text=half way <b>there</b>")
        (tmp_path / "seen").touch()
        await page.wait_for_selector(".timeline >> text=long")
        await page.wait_for_selector("text=completed")
        await page.wait_for_selector("section:has-text('Outputs') >> text=total")
        shown = await page.locator(".who", has_text="kept").get_attribute("title")
        await shot(page, "job")
        await page.go_back()
        await row(page, "report").wait_for()

    assert shown.splitlines()[0] == "kept WriteFileNode"
    assert "bytes_written: 3" in shown.splitlines()


async def test_a_workflow_is_submitted_in_the_dialog_with_its_variables(
    look, served, tmp_path
) -> None:
    drawn = chain(
        ("put", "SetVariable", {"variable_name": "said", "default_value": "{{who}}"}),
        variables={"who": {"type": "String", "default_value": "nobody"}},
    )
    async with look() as page, robot_in(served, tmp_path / "r"):
        await page.wait_for_selector(".robot")
        await page.click("#new-job")
        await page.set_input_files("input[name=file]", file_of(drawn))
        await page.fill("input[name='var:who']", "Ada")
        await page.fill("input[name=priority]", "5")
        await shot(page, "submit")
        await page.click("#submit button.primary")
        await page.wait_for_selector("h1:has-text('night')")
        await page.wait_for_selector("text=completed")
        await page.wait_for_selector("section:has-text('Outputs') >> text=Ada")
    [job] = await served.client.jobs()

    assert (job["name"], job["priority"]) == ("night", 5)


async def test_a_file_that_is_no_workflow_is_refused_in_the_dialog(look, served) -> None:
    async with look() as page:
        await page.click("#new-job")
        broken = {"name": "x.json", "mimeType": "application/json", "buffer": b"{"}
        await page.set_input_files("input[name=file]", broken)
        await page.wait_for_selector("text=x.json is no workflow")
        await page.set_input_files("input[name=file]", file_of([], "list.json"))
        await page.click("#submit button.primary")
        await page.wait_for_selector("#submit >> text=not a JSON object")

    assert await served.client.jobs() == []


async def test_a_dropped_file_opens_the_dialog(look, served) -> None:
    async with look() as page:
        data = await page.evaluate_handle(
            """text => { const data = new DataTransfer();
            data.items.add(new File([text], "dropped.json", { type: "application/json" }));
            return data; }""",
            json.dumps(sets()),
        )
        await page.dispatch_event("body", "dragover", {"dataTransfer": data})
        await shot(page, "dropping")
        await page.dispatch_event("body", "drop", {"dataTransfer": data})
        await page.wait_for_selector("#submit[open]")
        await page.click("#submit button.primary")
        await page.wait_for_selector("h1:has-text('dropped')")
        await page.wait_for_selector("text=no robot is connected")


async def test_a_job_is_cancelled_and_run_again(look, served, tmp_path) -> None:
    async with look() as page, robot_in(served, tmp_path / "r"):
        job = await served.submit(waits(600), name="endless")
        await served.until(job, "running")
        await row(page, "endless").click()
        await page.click("button:has-text('Cancel'):visible")
        await page.wait_for_selector(".badge:has-text('cancelled')")
        await page.click("text=Run again")
        await page.wait_for_selector(".badge:has-text('running')")
        [again, first] = await served.client.jobs()

    assert (again["retry_of"], first["job_id"]) == (job, job)


async def test_a_robot_is_paused_and_resumed(look, served, tmp_path) -> None:
    async with look() as page, robot_in(served, tmp_path / "r"):
        await page.click(".robot >> text=Pause")
        await page.wait_for_selector(".robot.paused")
        await page.click(".robot >> text=Resume")
        await page.wait_for_selector(".robot.idle")


async def test_what_cannot_be_done_is_said(browser, served, tmp_path) -> None:
    page = await a_page(browser)
    async with robot_in(served, tmp_path / "r"):
        await page.goto(f"{served.url}/#key={served.admin_key}")
        await page.wait_for_selector(".robot.idle")
        await page.route("**/pause", lambda route: route.abort())
        await page.click(".robot >> text=Pause")
        await page.wait_for_selector("#problem:visible")


async def test_search_and_filters_choose_jobs(look, served, tmp_path) -> None:
    async with look() as page, robot_in(served, tmp_path / "r"):
        for workflow, name in ((sets(), "good one"), (fails("no money"), "bad one")):
            await served.until(await served.submit(workflow, name=name))
        await served.submit(sets(), name="for nobody", tags=["x"])
        await has_rows(page, 3)
        await page.click(".tab:has-text('Failed')")
        await has_rows(page, 1)
        assert "no money" in await row(page, "bad one").inner_text()
        await page.click(".tab:has-text('All')")
        await page.fill("input[type=search]", "GOOD one")
        await has_rows(page, 1)
        await row(page, "good one").wait_for()
        await page.fill("input[type=search]", "nothing like this")
        await page.wait_for_selector("text=No job matches")


async def test_it_can_be_worked_with_the_keyboard_alone(look, served, tmp_path) -> None:
    async with look() as page, robot_in(served, tmp_path / "r"):
        job = await served.submit(waits(600), name="endless")
        await served.until(job, "running")
        await row(page, "endless").wait_for()

        async def tab_to(text):
            for _ in range(30):
                await page.keyboard.press("Tab")
                if await page.evaluate("document.activeElement.innerText") == text:
                    return
            raise AssertionError(f"Tab does not lead to {text}")

        await tab_to("endless")
        for number in range(5):
            await served.submit(sets(number), name="news", robot_id="robot-2")
        await has_rows(page, 6)
        held = await page.evaluate("document.activeElement.innerText")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:has-text('endless')")
        await page.wait_for_selector("button:has-text('Cancel'):visible")
        await tab_to("Cancel")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".badge:has-text('cancelled')")

    assert held == "endless"


async def test_a_click_is_not_lost_while_news_come_in(look, served) -> None:
    for number in range(100):
        await served.submit(sets(), name=f"job {number}")
    async with look() as page:
        await has_rows(page, 100)
        target = row(page, "job 42")
        await target.scroll_into_view_if_needed()
        box = await target.bounding_box()
        await page.mouse.move(box["x"] + 200, box["y"] + 10)
        await page.mouse.down()
        await page.evaluate("document.querySelector('#summary').dataset.seen = 1")
        job = (await served.client.jobs())[10]["job_id"]
        await served.client.cancel(job, "news")
        await page.locator("tr.link", has_text="cancelled").wait_for()
        await page.mouse.up()
        await page.wait_for_selector("h1:has-text('job 42')")


async def test_it_comes_back_after_the_server_was_away(look, tmp_path, browser) -> None:
    store = f"sqlite:{tmp_path / 'o.db'}"
    port = free_port()
    async with house(store, port=port) as first:
        keys = first.admin_key, first.robot_key
        page = await a_page(browser)
        await page.goto(f"{first.url}/#key={first.admin_key}")
        await page.wait_for_selector("text=● live")
    await page.wait_for_selector("text=○ reconnecting")
    async with house(store, port=port, keys=keys) as second:
        await second.submit(sets(), name="after")
        await page.wait_for_selector("text=● live")
        await row(page, "after").wait_for()
        await page.close()


async def fill(served):
    """Robots with long names, 200 jobs, one with 1,000 nodes and one with a very long error."""
    board, traces = served.orchestrator.board, served.orchestrator.traces
    workflow = msgspec.Raw(msgspec.json.encode(sets()))

    async def ended(name, status, error=None):
        wanted = Submission(workflow=workflow, name=name, robot_id="robot-1", job_id=name[:60])
        job_id, _ = await board.submit(wanted)
        await board.assign(job_id, "robot-1")
        facts = {"outputs": {"answer": LONG[:500]}, "nodes_executed": 1000, "execution_time": 1.5}
        result = JobResult(job_id=job_id, status=status, key=name[:60], error=error, **facts)
        await board.ended("robot-1", result)
        return job_id

    for number in range(198):
        await ended(f"job {number:03}", JobStatus.COMPLETED)
    error = JobError(code="E-NODE-1", message=LONG + "x" * 600, node_id="read")
    failed = await ended("a very long name of a job " * 4, JobStatus.FAILED, error)
    long_line = await ended("long line", JobStatus.COMPLETED)
    now = datetime.now(UTC)
    for number in range(1000):
        at = now + timedelta(seconds=number * 0.05)
        facts = {"job_id": long_line, "node_id": f"node_{number}", "node_type": "WaitNode"}
        facts |= {"seconds": 0.04, "at": at}
        event = (
            NodeFailed(**facts, error="no " * 50) if number % 97 == 5 else NodeCompleted(**facts)
        )
        traces.of(long_line).add(event)
    return failed, long_line


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (375, "light"), (375, "dark")]
)
async def test_much_and_long_things_fit(look, served, tmp_path, width, scheme) -> None:
    failed, long_line = await fill(served)
    name = "Accounting workstation of the third floor, by the window, left of the printer"
    tags = ("excel", "sap", "a-tag-that-is-much-longer-than-anybody-would-expect")
    settings = {"robot_name": name, "tags": tags, "environment": "production"}
    async with (
        robot_in(served, tmp_path / "r", robot_id="robot-1", **settings),
        look(width=width, scheme=scheme) as page,
    ):
        await has_rows(page, 200)
        await page.wait_for_selector(".robot")
        await shot(page, f"much-{width}-{scheme}")
        wide = [await is_too_wide(page)]
        await page.goto(f"{served.url}/#/jobs/{failed}")
        await page.wait_for_selector(".notice:has-text('E-NODE-1')")
        await shot(page, f"error-{width}-{scheme}")
        wide.append(await is_too_wide(page))
        await page.goto(f"{served.url}/#/jobs/{long_line}")
        await page.wait_for_selector(".timeline >> text=node_999")
        await shot(page, f"nodes-{width}-{scheme}")
        wide.append(await is_too_wide(page))
        await page.click("#new-job")
        await page.wait_for_selector("#submit[open]")
        await shot(page, f"dialog-{width}-{scheme}")
        wide.append(await is_too_wide(page))

    assert wide == [False] * 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read_on_its_ground(look, scheme) -> None:
    async with look(scheme=scheme) as page:
        ratios = await page.evaluate(CONTRAST)

    assert [(name, ratio) for name, ratio in ratios if ratio < 4.5] == []


async def test_nothing_is_fetched_from_elsewhere(look, served) -> None:
    asked = []
    async with look() as page:
        page.on("request", lambda request: asked.append(request.url))
        await page.reload()
        await page.wait_for_selector("text=● live")
        await asyncio.sleep(0)

    assert asked
    assert {url for url in asked if not url.startswith(served.url)} == set()


async def test_the_nodes_are_shown_with_their_effect_and_what_they_need(look):
    async with look() as page:
        await page.click("text=Nodes")
        await page.wait_for_selector("tr:has-text('ExcelOpen')")
        await page.fill("input[aria-label='Search nodes']", "telegramsend")
        await page.wait_for_selector("tr:has-text('ExcelOpen')", state="detached")
        row = await page.inner_text("tr:has-text('TelegramSendMessage')")
        await shot(page, "nodes")
        await page.fill("input[aria-label='Search nodes']", "FindElement")
        needs = await page.inner_text("tr:has-text('YOLOFindElement')")

    assert "once only" in row
    assert "chat_id" in row
    assert "a trained model" in needs
    assert "its settings name none" in needs
