"""Texts, attributes, tables and pictures of a real page; waiting for what comes."""

import pytest

TABLE = """
<table id=t><tr><th>Name<th>Age</tr><tr><td>Ada<td>36<td>x</tr>
<tr><td> <td></tr><tr><td>Bob, Jr<td>20</tr></table>
<table id=bare><tr><td>a<td>b</tr><tr><td>1<td>2</tr></table>
"""


def test_a_text_is_read_and_kept_under_its_name(act):
    act.html("<p id=p>  One <b style='display:none'>two</b></p>")

    read = act("ExtractText", selector="#p", variable_name="found")
    shown = act("BrowserGetText", selector="#p", use_inner_text=True, variable_name="")
    whole = act("ExtractText", selector="#p", trim_whitespace=False)

    assert read.outputs["text"] == "One two"
    assert act.ctx.node_values == {"found": "One two", "extracted_text": "  One two"}
    assert shown.outputs["text"] == "One"
    assert whole.outputs["text"] == "  One two"


@pytest.mark.parametrize(
    "selector",
    [
        "#i",
        "css=#i",
        "//input[@id='i']",
        "xpath=//input",
        "id=i",
        "data-testid=field",
        'role=textbox[name="Field"]',
        "div >> input",
        "#host >>> input",
        "#i*",
        "<input id='i'/>",
        "<webctrl tag='DIV' id='host' />\n<webctrl tag='INPUT' aaname='Field' />",
        "<webctrl tag='B' aaname='T*t' />\n<nav up='1' />\n<webctrl selector='<input id='z' />' />",
    ],
)
def test_every_kind_of_selector_finds_its_element(act, selector):
    act.html("<div id=host><b>Text</b><input id=i data-testid=field aria-label=Field></div>")

    assert (
        act("GetAttribute", selector=selector, attribute="id", timeout=500).outputs["value"] == "i"
    )


@pytest.mark.parametrize("selector", ["text=press", "itext=PRESS", "itext=button:press ME"])
def test_text_finds_an_element_in_any_case(act, selector):
    act.html("<p>other</p><button id=b>Press me</button>")

    done = act("GetAttribute", selector=selector, attribute="id", timeout=500)

    assert done.outputs["value"] == "b"


def test_frames_and_shadow_trees_are_entered(act):
    act.html(
        '<iframe id=f srcdoc="<b id=inner data-x=1></b>"></iframe><div id=s></div><script>'
        "s.attachShadow({mode: 'open'}).innerHTML = '<i id=deep data-x=2></i>'</script>"
    )

    framed = act("GetAttribute", selector="iframe#f >> #inner", attribute="data-x")
    shadowed = act("GetAttribute", selector="#s >> #deep", attribute="data-x")

    assert (framed.outputs["value"], shadowed.outputs["value"]) == ("1", "2")


def test_an_attribute_that_is_not_there_is_empty_and_no_selector_is_told(act):
    act.html("<p id=p></p>")

    assert act("GetAttribute", selector="#p", attribute="href").outputs["value"] == ""
    assert "no selector" in act("GetAttribute", selector=" ", attribute="href").error


def test_strict_reading_wants_one_element(act):
    act.html("<p>a</p><p>b</p>")

    assert act("ExtractText", selector="p").outputs["text"] == "a"
    assert act("ExtractText", selector="p", strict=True).error is not None
    assert act("GetAttribute", selector="p", attribute="id", strict=True).error is not None


def test_a_table_is_read_as_rows_by_name(act):
    act.html(TABLE)

    done = act("TableScraper", output_variable="rows")

    assert done.outputs["headers"] == ["Name", "Age"]
    assert done.outputs["row_count"] == 2
    assert done.outputs["data"][1] == {"Name": "Bob, Jr", "Age": "20"}
    assert done.outputs["data"][0]["col_2"] == "x"
    assert act.ctx.node_values["rows"] == done.outputs["data"]


def test_a_table_is_read_as_lists_or_csv_and_in_part(act):
    act.html(TABLE)

    lists = act("TableScraper", output_format="list_of_lists", skip_rows=1)
    bare = act("TableScraper", output_format="list_of_lists", include_headers=False, max_rows=1)
    text = act("TableScraper", output_format="csv_string", skip_rows=1)
    headless = act("TableScraper", table_selector="#bare")

    assert lists.outputs["data"] == [["Name", "Age"], ["Bob, Jr", "20"]]
    assert bare.outputs["data"] == [["Ada", "36", "x"]]
    assert text.outputs["data"] == 'Name,Age\n"Bob, Jr",20\n'
    assert headless.outputs["data"] == [{"a": "1", "b": "2"}]


def test_the_addresses_of_pictures(act, web_server):
    dot = b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='30'></svg>"
    for name in ("a.svg", "b.png"):
        web_server.answers[f"/{name}"] = (200, {"Content-Type": "image/svg+xml"}, dot)
    page = b"<img src=a.svg><img src=a.svg><div style=\"background:url('b.png');width:9px\">x</div>"
    web_server.answers["/"] = (200, {"Content-Type": "text/html"}, page)
    act("GoToURL", url=f"{web_server.url}/")

    every = act("GetAllImages").outputs
    assert every["images"] == [f"{web_server.url}/a.svg", f"{web_server.url}/b.png"]
    assert every["count"] == 2
    assert act("GetAllImages", include_backgrounds=False).outputs["count"] == 1
    assert act("GetAllImages", file_types="png, gif").outputs["images"] == [
        f"{web_server.url}/b.png"
    ]
    assert act("GetAllImages", min_width=41).outputs["count"] == 0
    assert act("GetAllImages", min_height=20).outputs["count"] == 1


def test_an_element_is_waited_for_until_it_is_there_or_gone(act):
    act.html(
        "<p id=old>old</p><script>setTimeout(() => { old.remove();"
        "const come = document.createElement('p'); come.id = come.innerText = 'new';"
        "document.body.append(come)"
        "}, 100)</script>"
    )

    come = act("WaitForElement", selector="#new", highlight_on_find=True)
    gone = act("WaitForElement", selector="#old", state="detached")
    never = act("WaitForElement", selector="#never", timeout=100)

    assert come.outputs["found"] is True
    assert gone.outputs["found"] is True
    assert gone.error is None
    assert "#never" in never.error
    assert never.outputs["found"] is False


@pytest.mark.parametrize("wait_until", ["load", "domcontentloaded", "networkidle", "commit"])
def test_a_navigation_is_waited_for(act, web_server, wait_until):
    web_server.answers["/next"] = (200, {"Content-Type": "text/html"}, b"<title>next</title>")
    web_server.answers["/"] = (200, {"Content-Type": "text/html"}, b"<a href=/next>go</a>")
    act("GoToURL", url=f"{web_server.url}/")
    act("ClickElement", selector="a")

    done = act("WaitForNavigation", wait_until=wait_until)

    assert done.error is None
    assert act.page.url == f"{web_server.url}/next"


def test_a_page_that_never_comes_to_rest_is_told(act, web_server):
    act.html("<script>setInterval(() => fetch('" + web_server.url + "/'), 50)</script>")

    assert "200ms" in act("WaitForNavigation", wait_until="networkidle", timeout=200).error
