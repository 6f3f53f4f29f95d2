"""XML is parsed, queried and converted; entities never reach a file or the network."""

import pytest

ITEMS = '<root><item id="1">Test</item><item id="2">B</item></root>'
SPACED = '<r xmlns:n="urn:n" xmlns="urn:d"><n:a>1</n:a></r>'
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><l x="&c;">&c;</l>'
)


def test_xml_is_parsed_and_kept_for_later_queries(run_node):
    parsed = run_node("ParseXMLNode", inputs={"xml_string": ITEMS})
    found = run_node(
        "XPathQueryNode", inputs={"xpath": "count(item)"}, surroundings=parsed.surroundings
    )

    assert parsed.outputs == {
        "root_tag": "root",
        "root_text": "",
        "child_count": 2,
        "success": True,
    }
    assert found.outputs["results"] == [2]


@pytest.mark.parametrize("text", ["<a>", "no xml", "<a/><b/>", "\ud800"])
def test_what_is_no_xml_is_a_clear_error(run_node, text):
    failed = run_node("ParseXMLNode", inputs={"xml_string": text})

    assert failed.error.startswith("XML parse error")
    assert failed.outputs == {"success": False}


@pytest.mark.parametrize("node", ["ParseXMLNode", "XMLToJsonNode", "XPathQueryNode"])
def test_entities_are_refused(run_node, tmp_path, node):
    (tmp_path / "secret").write_text("secret")
    stolen = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><r>&x;</r>'

    for text in (stolen, LAUGHS):
        failed = run_node(node, inputs={"xml_string": text, "xpath": "."})

        assert "XML parse error" in failed.error
        assert "secret" not in str(failed.outputs)


def test_a_plain_doctype_is_no_obstacle_and_is_not_fetched(run_node):
    text = '<!DOCTYPE r PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd"><r/>'

    assert run_node("ParseXMLNode", inputs={"xml_string": text}).outputs["root_tag"] == "r"


def test_a_declared_encoding_does_not_matter_for_text(run_node):
    text = '<?xml version="1.0" encoding="utf-16"?><r>é</r>'

    assert run_node("ParseXMLNode", inputs={"xml_string": text}).outputs["root_text"] == "é"


@pytest.mark.parametrize(
    ("xml", "xpath", "results", "first"),
    [
        (
            ITEMS,
            "item[@id='2']",
            [{"tag": "item", "text": "B", "attrib": {"id": "2"}, "tail": ""}],
            "B",
        ),
        (ITEMS, "//item/@id", ["1", "2"], "1"),
        (ITEMS, "/root/item/text()", ["Test", "B"], "Test"),
        (ITEMS, "no", [], ""),
        (ITEMS, "boolean(item)", [True], "True"),
        (SPACED, "n:a/text()", ["1"], "1"),
        (SPACED, "{urn:n}a", [{"tag": "{urn:n}a", "text": "1", "attrib": {}, "tail": ""}], "1"),
    ],
)
def test_xpath_finds_elements_and_values(run_node, xml, xpath, results, first):
    outputs = run_node("XPathQueryNode", {"xpath": xpath, "xml_string": xml}).outputs

    assert outputs == {
        "results": results,
        "count": len(results),
        "first_text": first,
        "success": True,
    }


@pytest.mark.parametrize("xpath", ["//[", "x:y", "number('a')", "{", ""])
def test_a_wrong_xpath_is_a_clear_error(run_node, xpath):
    failed = run_node("XPathQueryNode", {"xml_string": ITEMS, "xpath": xpath})

    assert failed.error
    assert failed.outputs == {"success": False}


def test_without_xml_there_is_a_clear_error(run_node):
    assert "No XML available" in run_node("XPathQueryNode", {"xpath": "a"}).error


@pytest.mark.parametrize(
    ("index", "text", "found"),
    [("0", "Test", True), (1, "B", True), (2, "", False), (-1, "", False)],
)
def test_an_element_is_got_by_name_and_index(run_node, index, text, found):
    config = {"xml_string": ITEMS, "tag_name": "item", "index": index}

    outputs = run_node("GetXMLElementNode", config).outputs

    assert (outputs["text"], outputs["found"]) == (text, found)


@pytest.mark.parametrize(
    ("xpath", "name", "value", "found"),
    [("item[2]", "id", "2", True), ("item", "no", "", False), ("no", "id", "", False)],
)
def test_an_attribute_is_got_by_path_and_name(run_node, xpath, name, value, found):
    config = {"xml_string": ITEMS, "xpath": xpath, "attribute_name": name}

    assert run_node("GetXMLAttributeNode", config).outputs == {"value": value, "found": found}


def test_xml_becomes_data_and_xml_again(run_node):
    xml = '<r a="1">t<i>1</i><i>2</i><e/></r>'

    data = run_node("XMLToJsonNode", {"xml_string": xml}).outputs["json_data"]
    back = run_node(
        "JsonToXMLNode", {"root_tag": "r", "pretty_print": False}, inputs={"json_data": data["r"]}
    )

    assert data == {"r": {"@attributes": {"a": "1"}, "#text": "t", "i": ["1", "2"], "e": ""}}
    assert back.outputs["xml_string"] == xml


def test_attributes_can_be_left_out_and_the_text_key_chosen(run_node):
    config = {"xml_string": '<r a="1">t<i/></r>', "include_attributes": False, "text_key": "$"}

    assert run_node("XMLToJsonNode", config).outputs["json_data"] == {"r": {"$": "t", "i": ""}}


def test_data_is_written_indented(run_node):
    made = run_node("JsonToXMLNode", {"json_data": '{"a": [1, null, true], "b": {"c": 2.5}}'})

    assert made.outputs["xml_string"] == (
        '<?xml version="1.0" ?>\n<root>\n  <a>1</a>\n  <a/>\n  <a>true</a>\n'
        "  <b>\n    <c>2.5</c>\n  </b>\n</root>"
    )


@pytest.mark.parametrize("data", [{"a b": 1}, {"": 1}, "{", {"a": "\x00"}])
def test_data_that_is_no_xml_is_a_clear_error(run_node, data):
    assert "cannot be written" in run_node("JsonToXMLNode", inputs={"json_data": data}).error


def test_a_file_keeps_its_comments_and_is_read_again(run_node, tmp_path):
    config = {"file_path": "d/x.xml", "xml_string": "<r><!--c--><a>é</a></r>"}

    written = run_node("WriteXMLFileNode", config)
    read = run_node("ReadXMLFileNode", {"file_path": "d/x.xml"})

    path = tmp_path / "d" / "x.xml"
    assert written.outputs == {"file_path": str(path), "success": True}
    assert read.outputs["root_tag"] == "r"
    assert path.read_text("utf-8") == (
        '<?xml version="1.0" encoding="utf-8"?>\n<r>\n  <!--c-->\n  <a>é</a>\n</r>\n'
    )


def test_declaration_indent_and_encoding_are_as_asked(run_node, tmp_path):
    config = {
        "file_path": "x.xml",
        "xml_string": "<r> <a>€</a></r>",
        "encoding": "iso-8859-1",
        "pretty_print": False,
        "xml_declaration": False,
    }

    run_node("WriteXMLFileNode", config)

    assert (tmp_path / "x.xml").read_bytes() == b"<r> <a>&#8364;</a></r>\n"


def test_broken_xml_leaves_the_old_file(run_node, tmp_path):
    (tmp_path / "x.xml").write_text("<old/>")

    failed = run_node("WriteXMLFileNode", {"file_path": "x.xml", "xml_string": "<r>"})

    assert "XML parse error" in failed.error
    assert (tmp_path / "x.xml").read_text() == "<old/>"
