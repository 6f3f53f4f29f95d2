"""JavaScript in a page and Python beside it."""

from casare_robot.domain.policy import Policy


def test_an_expression_or_a_function_gives_its_value(act):
    act.html("<title>Here</title><p id=late></p>")

    title = act("BrowserEvaluate", script="document.title", store_variable="title")
    added = act("BrowserEvaluate", {"arg": {"a": 2}}, script="given => given.a + 1")
    waited = act("BrowserEvaluate", script="1", wait_for_selector="#never", timeout=200)

    assert title.outputs["result"] == "Here"
    assert title.outputs["success"] is True
    assert act.ctx.node_values["title"] == "Here"
    assert added.outputs["result"] == 3
    assert "#never" in waited.error


def test_text_that_is_json_is_read_unless_it_should_not(act):
    read = act("BrowserEvaluate", script="JSON.stringify({a: [1]})")
    left = act("BrowserEvaluate", script="JSON.stringify({a: [1]})", return_json=False)

    assert read.outputs["result"] == {"a": [1]}
    assert left.outputs["result"] == '{"a":[1]}'


def test_a_reference_is_a_value_and_never_code(act, bind):
    hostile = "'; document.title = 'pwned'; '"

    done = act("BrowserEvaluate", script=bind("'<' + {{x}} + '>' + '{{x}}'", x=hostile))

    assert done.outputs["result"] == f"<{hostile}>{hostile}"
    assert act.run(act.page.title()) == ""


def test_a_broken_script_and_an_endless_one_are_told(act):
    broken = act("BrowserEvaluate", script="nothing.at.all")
    endless = act("BrowserEvaluate", script="new Promise(() => 0)", timeout=200)

    assert "nothing is not defined" in broken.error
    assert broken.outputs["success"] is False
    assert "nothing is not defined" in broken.outputs["error"]
    assert "0.2 s" in endless.error


def test_python_has_the_page_the_log_and_the_variables(act):
    act.html("<b>one</b>")
    script = """
import re
text = await page.inner_text("b")
logger.info(f"read {text}")
context.set_variable("kept", re.sub("o", "O", text))
result = {"text": text, "page": page}
"""
    done = act("BrowserRunScript", script=script)

    assert done.outputs["result"]["text"] == "one"
    assert act.ctx.node_values["kept"] == "One"
    assert ("info", "read one") in act.ctx.lines
    assert act("BrowserRunScript", script="return await page.title()").outputs["result"] == ""


def test_python_that_fails_or_is_none_is_told(act):
    assert "ZeroDivisionError" in act("BrowserRunScript", script="1 / 0").error
    assert "no Python" in act("BrowserRunScript", script="if").error
    slow = act("BrowserRunScript", script="import asyncio; await asyncio.sleep(9)", timeout=100)
    assert "0.1 s" in slow.error


def test_a_robot_that_runs_no_scripts_runs_none_on_pages(act):
    act.ctx.policy = Policy(allow_scripts=False)

    assert "no scripts" in act("BrowserRunScript", script="1").error
