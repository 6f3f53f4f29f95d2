"""An element that is described in words gets a selector, with a model and without."""

import pytest

from casare_robot.nodes.page_outline import Found, candidates, ranked
from tests.accounts import Service, says
from tests.browsing import needs_browser

FORM = """
<h1>Orders</h1>
<form id=login>
  <label for=u>User name</label><input id=u name=user>
  <label>Password <input type=password name=pass></label>
  <button type=submit>Sign in</button><button type=reset>Clear</button>
</form>
<table id=t123456><tr><td><button>Edit</button></td><td><button>Edit</button></td></tr></table>
<a href=/help title="Help centre">?</a>
"""


@needs_browser
@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("the sign in button", "Sign in"),
        ("user name field", ""),
        ("Password", ""),
        ("the link to the help centre", "?"),
        ("the reset button that says clear", "Clear"),
    ],
)
def test_without_a_model_the_words_of_the_description_are_compared(act, description, found):
    act.html(FORM)

    done = act("SmartSelector", description=description)

    assert done.error is None
    assert done.outputs["is_unique"] is True
    assert 0 < done.outputs["confidence"] <= 1
    element = act.page.locator(done.outputs["selector"])
    assert act.run(element.inner_text()) == found


@needs_browser
def test_fields_are_told_apart_by_their_labels(act):
    act.html(FORM)

    names = [
        act("SmartSelector", description=wanted).outputs["selector"]
        for wanted in ("user name field", "the password input")
    ]

    assert names == ["#u", 'input[name="pass"]']


@needs_browser
def test_the_selector_is_of_the_kind_that_is_wanted(act):
    act.html(FORM)

    css = act("SmartSelector", description="user name field", selector_type="css").outputs
    xpath = act("SmartSelector", description="user name field", selector_type="xpath").outputs

    assert (css["selector_type"], xpath["selector_type"]) == ("css", "xpath")
    assert xpath["selector"] == "//*[@id='u']"
    assert xpath["selector"] in css["alternatives"]
    assert act.run(act.page.locator(xpath["selector"]).count()) == 1


@needs_browser
def test_what_is_on_no_page_is_a_failure(act):
    act.html(FORM)

    assert "nothing on the page fits" in act("SmartSelector", description="shopping cart").error


@needs_browser
def test_a_model_chooses_the_element_and_sees_the_page(act):
    act.html(FORM)
    with Service() as service:
        index = 3
        service.script([says({"elements": [{"index": index, "confidence": 0.7}]})])

        done = act("SmartSelector", description="whatever", base_url=service.url, api_key="k")
        text, shown = service.seen[0].json["messages"][-1]["content"]

    assert done.error is None
    assert done.outputs["confidence"] == 0.7
    line = next(one for one in text["text"].splitlines() if one.startswith(f'{{"index": {index},'))
    assert act.run(act.page.locator(done.outputs["selector"]).get_attribute("type")) in line
    assert shown["type"] == "image_url"


@needs_browser
def test_a_model_that_means_no_element_is_a_failure(act):
    act.html(FORM)
    with Service() as service:
        service.script([says({"elements": [{"index": 99}, {"index": "x"}]})])
        done = act(
            "SmartSelector",
            description="x",
            base_url=service.url,
            api_key="k",
            use_screenshot=False,
        )

    assert "nothing on the page fits" in done.error


@needs_browser
def test_several_options_are_told_the_likeliest_first(act):
    act.html(FORM)

    done = act("SmartSelectorOptions", description="edit button", option_count=2)

    options = done.outputs["options"]
    assert len(options) == 2
    assert done.outputs["best_selector"] == options[0]["selector"]
    assert all(option["is_unique"] for option in options)
    assert options[0]["selector"] != options[1]["selector"]


@needs_browser
def test_a_selector_that_finds_several_is_narrowed_to_one_of_them(act):
    act.html(FORM)

    done = act("RefineSelector", original_selector="button", description="sign in")

    assert done.outputs["is_unique"] is True
    assert act.run(act.page.locator(done.outputs["selector"]).inner_text()) == "Sign in"


@needs_browser
def test_a_selector_that_finds_nothing_more_is_healed_by_the_description(act):
    act.html(FORM)

    done = act(
        "RefineSelector",
        original_selector="#old-user",
        description="user name field",
        issue="not found",
    )

    assert (done.outputs["selector"], done.outputs["is_unique"]) == ("#u", True)


@needs_browser
def test_the_wrong_element_is_not_found_again(act):
    act.html("<button id=a>Save</button><button id=b>Save all</button>")

    done = act("RefineSelector", original_selector="#a", description="save", issue="wrong element")

    assert done.outputs["selector"] == "#b"


@needs_browser
def test_an_id_that_is_made_anew_gives_way(act):
    act.html("<button id=btn-83746238 title=Send>Go</button>")

    done = act(
        "RefineSelector",
        original_selector="#btn-83746238",
        description="send",
        issue="unstable",
    )

    assert done.outputs["selector"] == 'button[title="Send"]'


def element(**given):
    keys = ("type", "role", "id", "name", "testid", "label", "placeholder", "title", "alt")
    empty = dict.fromkeys((*keys, "value", "labels", "text", "classes", "href"), "")
    return {**empty, "tag": "div", "depth": 0, "path": "div", "xpath": "/div", **given}


def test_the_kind_of_an_element_counts():
    outline = [
        element(tag="a", text="Search"),
        element(tag="button", text="Search"),
        element(tag="input", placeholder="Search"),
    ]

    assert ranked(outline, "search button")[0].place == 1
    assert ranked(outline, "search link")[0].place == 0
    assert ranked(outline, "search field")[0].place == 2
    assert ranked(outline, "nothing alike") == []


def test_quotes_in_what_an_element_says_are_harmless():
    found = candidates(element(tag="a", title='say "it\'s"', id="1a", text="it's"))

    assert found[0] == Found("#\\31 a", "//*[@id='1a']")
    assert found[1].css == 'a[title="say \\"it\'s\\""]'
    assert found[1].xpath == "//a[@title=concat('say \"it', \"'\", 's\"')]"
    assert found[2] == Found("", '//a[normalize-space(.)="it\'s"]')
