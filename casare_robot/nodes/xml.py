"""XML: parse, query, convert, read and write. No entities, no DTDs, no network."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import write_whole
from casare_robot.nodes.paths import existing_file, told_plainly, writable
from casare_robot.nodes.xml_paths import select

if TYPE_CHECKING:
    from lxml.etree import _Element

_LAST_PARSED = "_xml_root"  # the reference's name for the variable that later nodes fall back on
_XML = Port("xml_string", DataType.STRING)
_NEEDS_XML = Port("xml_string", DataType.STRING, required=True)
_XML_TEXT = Property("xml_string", DataType.TEXT)
_FILE_PATH = Property("file_path", DataType.FILE_PATH, required=True)
_NEEDS_FILE = Port("file_path", DataType.STRING, required=True)
_ENCODING = Property("encoding", DataType.STRING, "utf-8")
_SUCCESS = Port("success", DataType.BOOLEAN)


@node(
    "ParseXMLNode",
    category="document",
    blocking=True,
    inputs=(_NEEDS_XML,),
    outputs=(
        Port("root_tag", DataType.STRING),
        Port("root_text", DataType.STRING),
        Port("child_count", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=(_XML_TEXT,),
)
def parse_xml(ctx: NodeContext, *, xml_string: Any) -> Outputs:
    """Check XML and keep it for query nodes that are given none."""
    with told_plainly():
        root = _parsed(xml_string)
        ctx.set_variable(_LAST_PARSED, xml_string)
        return {
            "root_tag": root.tag,
            "root_text": root.text or "",
            "child_count": len(root),
            "success": True,
        }


@node(
    "ReadXMLFileNode",
    category="document",
    effect=Effect.READS,
    blocking=True,
    inputs=(_NEEDS_FILE,),
    outputs=(
        Port("root_tag", DataType.STRING),
        Port("xml_string", DataType.STRING),
        _SUCCESS,
    ),
    properties=(_FILE_PATH, _ENCODING),
)
def read_xml(ctx: NodeContext, *, file_path: Any, encoding: str) -> Outputs:
    """Read an XML file and keep it for query nodes that are given none."""
    with told_plainly():
        path = existing_file(ctx, file_path, "XML file")
        text = path.read_text(encoding=encoding).removeprefix("\ufeff")
        root = _parsed(text)
        ctx.set_variable(_LAST_PARSED, text)
        return {"root_tag": root.tag, "xml_string": text, "success": True}


@node(
    "WriteXMLFileNode",
    category="document",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    inputs=(_NEEDS_FILE, _NEEDS_XML),
    outputs=(Port("file_path", DataType.STRING), _SUCCESS),
    properties=(
        _FILE_PATH,
        _XML_TEXT,
        _ENCODING,
        Property("pretty_print", DataType.BOOLEAN, True),
        Property("xml_declaration", DataType.BOOLEAN, True),
    ),
)
def write_xml(
    ctx: NodeContext,
    *,
    file_path: Any,
    xml_string: Any,
    encoding: str,
    pretty_print: bool,
    xml_declaration: bool,
) -> Outputs:
    """Write XML that parses; comments stay, characters the encoding lacks become references."""
    from lxml import etree

    with told_plainly():
        path = writable(ctx, file_path)
        root = _parsed(xml_string, keep_comments=True, drop_blanks=pretty_print)
        if pretty_print:
            etree.indent(root, "  ")
        text = etree.tostring(root.getroottree(), encoding="unicode") + "\n"
        if xml_declaration:
            text = f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'
        write_whole(ctx, path, text.encode(encoding, "xmlcharrefreplace"))
        return {"file_path": str(path), "success": True}


@node(
    "XPathQueryNode",
    category="document",
    blocking=True,
    inputs=(_XML, Port("xpath", DataType.STRING, required=True)),
    outputs=(
        Port("results", DataType.LIST),
        Port("count", DataType.INTEGER),
        Port("first_text", DataType.STRING),
        _SUCCESS,
    ),
    properties=(_XML_TEXT, Property("xpath", DataType.STRING, required=True, is_code=True)),
    synonyms={"query": "xpath"},
)
def query_xpath(ctx: NodeContext, *, xml_string: Any, xpath: str) -> Outputs:
    """Elements as dicts of ``tag``, ``text``, ``attrib`` and ``tail``; other values as they are.

    Takes XPath 1.0, and ``{namespace}tag`` as in Python's ElementTree.
    """
    with told_plainly():
        found = select(_parsed(xml_string, ctx), xpath)
        return {
            "results": [item if _is_value(item) else _description(item) for item in found],
            "count": len(found),
            "first_text": _text_of(found[0]) if found else "",
            "success": True,
        }


@node(
    "GetXMLElementNode",
    category="document",
    blocking=True,
    inputs=(
        _XML,
        Port("tag_name", DataType.STRING, required=True),
        Port("index", DataType.INTEGER),
    ),
    outputs=(
        Port("tag", DataType.STRING),
        Port("text", DataType.STRING),
        Port("attributes", DataType.DICT),
        Port("child_count", DataType.INTEGER),
        Port("found", DataType.BOOLEAN),
    ),
    properties=(
        _XML_TEXT,
        Property("tag_name", DataType.STRING, required=True, is_code=True),
        Property("index", DataType.INTEGER, 0),
    ),
)
def get_element(ctx: NodeContext, *, xml_string: Any, tag_name: str, index: int) -> Outputs:
    """The ``index``-th (from 0) element of this name below the root; not found is no failure."""
    path = f".//{tag_name}"
    if isinstance(tag_name, BoundCode):
        path = BoundCode(path, tag_name.values, tag_name.written)
    found = select(_parsed(xml_string, ctx), path)
    elements = [element for element in found if not _is_value(element)]
    if not 0 <= index < len(elements):
        return {"tag": "", "text": "", "attributes": {}, "child_count": 0, "found": False}
    element = elements[index]
    return {
        "tag": element.tag,
        "text": element.text or "",
        "attributes": _attributes(element),
        "child_count": len(element),
        "found": True,
    }


@node(
    "GetXMLAttributeNode",
    category="document",
    blocking=True,
    inputs=(
        _XML,
        Port("xpath", DataType.STRING),
        Port("attribute_name", DataType.STRING, required=True),
    ),
    outputs=(Port("value", DataType.STRING), Port("found", DataType.BOOLEAN)),
    properties=(
        _XML_TEXT,
        Property("xpath", DataType.STRING, ".", is_code=True),
        Property("attribute_name", DataType.STRING, required=True),
    ),
)
def get_attribute(ctx: NodeContext, *, xml_string: Any, xpath: str, attribute_name: str) -> Outputs:
    """An attribute of the first element that ``xpath`` finds; not found is no failure."""
    found = select(_parsed(xml_string, ctx), xpath or ".")
    value = None
    if found and not _is_value(found[0]):
        value = _attributes(found[0]).get(attribute_name)
    return {"value": value or "", "found": value is not None}


@node(
    "XMLToJsonNode",
    category="document",
    blocking=True,
    inputs=(_NEEDS_XML,),
    outputs=(
        Port("json_data", DataType.DICT),
        Port("json_string", DataType.STRING),
        _SUCCESS,
    ),
    properties=(
        _XML_TEXT,
        Property("include_attributes", DataType.BOOLEAN, True),
        Property("text_key", DataType.STRING, "#text"),
    ),
)
def xml_to_json(*, xml_string: Any, include_attributes: bool, text_key: str) -> Outputs:
    """Elements as dicts; ``@attributes`` holds attributes, repeated children become lists."""
    with told_plainly():
        root = _parsed(xml_string)
        data = {root.tag: _as_data(root, include_attributes, text_key)}
        return {
            "json_data": data,
            "json_string": json.dumps(data, indent=2, ensure_ascii=False),
            "success": True,
        }


@node(
    "JsonToXMLNode",
    category="document",
    blocking=True,
    inputs=(Port("json_data", required=True),),
    outputs=(Port("xml_string", DataType.STRING), _SUCCESS),
    properties=(
        Property("json_data", DataType.JSON),
        Property("root_tag", DataType.STRING, "root"),
        Property("pretty_print", DataType.BOOLEAN, True),
    ),
)
def json_to_xml(*, json_data: Any, root_tag: str, pretty_print: bool) -> Outputs:
    """The inverse of XMLToJson; a list without a name of its own becomes ``item`` elements."""
    from lxml import etree

    with told_plainly():
        try:
            data = json.loads(json_data) if isinstance(json_data, str) else json_data
            root = etree.Element(root_tag)
            _fill(root, data, etree.SubElement)
        except (ValueError, TypeError, RecursionError) as error:
            raise NodeFailure(f"the data cannot be written as XML: {error}") from error
        if pretty_print:
            etree.indent(root, "  ")
        text = etree.tostring(root, encoding="unicode")
        heading = '<?xml version="1.0" ?>\n' if pretty_print else ""
        return {"xml_string": heading + text, "success": True}


def _parsed(
    xml_string: Any,
    ctx: NodeContext | None = None,
    *,
    keep_comments: bool = False,
    drop_blanks: bool = False,
) -> "_Element":
    """Root of the text, or, with ``ctx`` and no text, of what was parsed last."""
    from lxml import etree

    text = xml_string or (ctx.get_variable(_LAST_PARSED) if ctx else None)
    if not isinstance(text, str | bytes) or not text:
        raise NodeFailure("No XML available: give xml_string" + (" or parse some" if ctx else ""))
    parser = etree.XMLParser(
        encoding="utf-8" if isinstance(text, str) else None,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=not keep_comments,
        remove_pis=not keep_comments,
        remove_blank_text=drop_blanks,
    )
    try:
        content = text.lstrip("\ufeff \t\r\n").encode() if isinstance(text, str) else text
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, UnicodeError) as error:
        raise NodeFailure(f"XML parse error: {error}") from error
    dtd: Any = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise NodeFailure("XML parse error: entities declared in the document are not accepted")
    return root


def _is_value(item: Any) -> bool:
    return isinstance(item, str | int | float | list)


def _text_of(item: Any) -> str:
    return str(item) if _is_value(item) else item.text or ""


def _description(element: "_Element") -> dict[str, Any]:
    return {
        "tag": element.tag,
        "text": element.text or "",
        "attrib": _attributes(element),
        "tail": element.tail or "",
    }


def _attributes(element: "_Element") -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _as_data(element: "_Element", include_attributes: bool, text_key: str) -> Any:
    data: dict[str, Any] = {}
    if include_attributes and element.attrib:
        data["@attributes"] = _attributes(element)
    text = (element.text or "").strip()
    if text and not len(element) and not data:
        return text
    if text:
        data[text_key] = text
    for child in element:
        value = _as_data(child, include_attributes, text_key)
        tag = str(child.tag)
        if tag not in data:
            data[tag] = value
        elif isinstance(data[tag], list):
            data[tag].append(value)
        else:
            data[tag] = [data[tag], value]
    return data or ""


def _fill(element: "_Element", data: Any, add: "Callable[[_Element, str], _Element]") -> None:
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "@attributes" and isinstance(value, dict):
                for name, attribute in value.items():
                    element.set(name, _as_text(attribute))
            elif key == "#text":
                element.text = _as_text(value)
            else:
                for item in value if isinstance(value, list | tuple) else [value]:
                    _fill(add(element, str(key)), item, add)
    elif isinstance(data, list | tuple):
        for item in data:
            _fill(add(element, "item"), item, add)
    else:
        element.text = _as_text(data) or None


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
