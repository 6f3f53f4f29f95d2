import pytest
from lxml import etree

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.xml_paths import select
from tests.hostile_values import HOSTILE
from tests.workflow_builder import node, run

SHOP = etree.fromstring(
    '<shop xmlns:n="urn:n"><item id="a1" price="5">A</item>'
    '<item id="b2" price="9">B</item><n:item id="c3">C</n:item></shop>'
)


def texts(found):
    return [item if isinstance(item, str | int | bool) else item.text for item in found]


@pytest.mark.parametrize(
    ("xpath", "values", "expected"),
    [
        ("item[@id='{{id}}']", {"id": "b2"}, ["B"]),
        ('item[@id="b{{number}}"]', {"number": 2}, ["B"]),
        ("item[@id={{id}}]", {"id": "b2"}, ["B"]),
        ("item[@price > {{least}}]", {"least": "6"}, ["B"]),
        ("item[{{n}}]", {"n": 2}, ["B"]),
        ("item[{{n}}]", {"n": "2"}, ["B"]),
        ("item[{{n}}-1]", {"n": 2}, ["A"]),
        ("item[position()={{n}}-1]", {"n": 2}, ["A"]),
        ("item[{{yes}}]", {"yes": True}, ["A", "B"]),
        ("//{{tag}}[1]", {"tag": "item"}, ["A"]),
        ("//{{start}}em[1]", {"start": "it"}, ["A"]),
        ("item/@{{name}}", {"name": "id"}, ["a1", "b2"]),
        ("{{{ns}}}item", {"ns": "urn:n"}, ["C"]),
        ("n:{{tag}}", {"tag": "item"}, ["C"]),
        ("{urn:n}{{tag}}", {"tag": "item"}, ["C"]),
        ("{urn:n}item[@id='{{id}}']", {"id": "c3"}, ["C"]),
        ("{*}item[@id='{{id}}']", {"id": "c3"}, ["C"]),
        ("item[@id='{{nothing}}']", {"nothing": None}, []),
    ],
)
def test_references_in_an_xpath_are_values_and_names(bind, xpath, values, expected):
    assert texts(select(SHOP, bind(xpath, **values))) == expected


@pytest.mark.parametrize("value", [*HOSTILE, "x' or '1'='1", 'x" or "1"="1', "x'] | //*['"])
@pytest.mark.parametrize("place", ["'{{v}}'", '"{{v}}"', "{{v}}"])
def test_whatever_the_value_it_is_compared_as_that_text(bind, value, place):
    root = etree.Element("root")
    try:
        etree.SubElement(root, "item").set("id", value)
    except ValueError:
        pytest.skip("XML cannot hold this text")

    assert len(select(root, bind(f"item[@id={place}]", v=value))) == 1
    assert select(SHOP, bind(f"item[@id={place}]", v=value)) == []


@pytest.mark.parametrize(
    ("xpath", "value"),
    [
        ("//{{v}}", "item | //*"),
        ("item[{{v}}]", "1 or 1"),
        ("item/@{{v}}", ""),
        ("{{v}}", None),
        ("item[@id={{v}}]", ["a1"]),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(bind, xpath, value):
    with pytest.raises(NodeFailure, match=r"stands where XPath wants|not one value"):
        select(SHOP, bind(f" {xpath}  | x", v=value))


def test_a_wrong_xpath_is_shown_as_its_author_wrote_it(bind):
    with pytest.raises(NodeFailure, match=r"'item\[@id=\{\{v\}\}' is wrong"):
        select(SHOP, bind("item[@id={{v}}", v="x"))


@pytest.mark.parametrize(
    ("type_", "config"),
    [
        ("XPathQuery", {"xpath": "//user[name='{{who}}']/pin/text()"}),
        ("GetXMLAttribute", {"xpath": "//user[name='{{who}}']/pin", "attribute_name": "n"}),
        ("GetXMLElement", {"tag_name": "user[name='{{who}}']"}),
    ],
)
def test_a_workflow_cannot_be_talked_into_another_query(type_, config):
    xml = "<r><user><name>Ann</name><pin n='1'>4711</pin></user></r>"
    queried = node(type_, xml_string=xml, **config)

    result = run("s > q", q=queried, inputs={"who": "x' or '1'='1"})

    assert result.status == "completed", result.error
    assert not any(result.outputs["q"].get(port) for port in ("count", "found"))
