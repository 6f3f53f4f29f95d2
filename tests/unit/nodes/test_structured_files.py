"""CSV and JSON files are read and written as the nodes say."""

import json

import pytest


def read(run_node, tmp_path, text, **config):
    (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return run_node("ReadCSVNode", {"file_path": "t.csv", **config})


def test_rows_are_dicts_by_header(run_node, tmp_path):
    outputs = read(run_node, tmp_path, 'p,q\r\n1,"a\n""b"""\r\n\r\n', max_rows="0").outputs

    assert outputs == {
        "data": [{"p": "1", "q": 'a\n"b"'}],
        "headers": ["p", "q"],
        "row_count": 1,
        "success": True,
    }


def test_rows_are_lists_without_a_header(run_node, tmp_path):
    outputs = read(run_node, tmp_path, "1;2\n3;4\n", has_header=False, delimiter=";").outputs

    assert outputs["data"] == [["1", "2"], ["3", "4"]]
    assert outputs["headers"] == []


def test_lines_are_skipped_before_the_header_and_rows_counted_after_it(run_node, tmp_path):
    outputs = read(
        run_node, tmp_path, "# it's a note\np\n1\n2\n3\n", skip_rows="1", max_rows=2
    ).outputs

    assert outputs["data"] == [{"p": "1"}, {"p": "2"}]


def test_the_byte_order_mark_of_excel_is_no_part_of_the_header(run_node, tmp_path):
    assert read(run_node, tmp_path, b"\xef\xbb\xbfp\n1\n").outputs["headers"] == ["p"]


def test_rows_of_another_length_than_the_header(run_node, tmp_path):
    text = "p,q\n1\n1,2,3,4\n"

    assert read(run_node, tmp_path, text).outputs["data"] == [
        {"p": "1", "q": None},
        {"p": "1", "q": "2", "_extra": ["3", "4"]},
    ]
    assert "1 values, the header 2" in read(run_node, tmp_path, text, strict=True).error


def test_strict_refuses_stray_quotes_that_are_read_otherwise(run_node, tmp_path):
    text = 'p\n"a"b\n'

    assert read(run_node, tmp_path, text).outputs["data"] == [{"p": "ab"}]
    assert "cannot be read as CSV" in read(run_node, tmp_path, text, strict=True).error


def test_quotes_escapes_and_tabs_can_be_chosen(run_node, tmp_path):
    assert read(run_node, tmp_path, "p\tq\n'a\t'\tb\n", delimiter="\\t", quotechar="'").outputs[
        "data"
    ] == [{"p": "a\t", "q": "b"}]
    assert read(run_node, tmp_path, 'p\n"a\\"b"\n', escapechar="\\", doublequote=False).outputs[
        "data"
    ] == [{"p": 'a"b'}]
    assert read(run_node, tmp_path, 'p\n"a\n', quotechar="").outputs["data"] == [{"p": '"a'}]


@pytest.mark.parametrize("config", [{"delimiter": ";;"}, {"delimiter": ""}, {"quotechar": "ab"}])
def test_a_wrong_separator_is_a_clear_error(run_node, tmp_path, config):
    assert "cannot be read as CSV" in read(run_node, tmp_path, "a\n1\n", **config).error


def test_an_empty_file_has_no_rows(run_node, tmp_path):
    assert read(run_node, tmp_path, "").outputs["row_count"] == 0


def test_a_missing_csv_is_named(run_node):
    assert run_node("ReadCSVNode", {"file_path": "no.csv"}).error == "CSV file not found: no.csv"


@pytest.mark.parametrize(
    ("data", "config", "content"),
    [
        ([[1, 2], [3, None]], {"headers": ["p", "q"]}, "p,q\r\n1,2\r\n3,\r\n"),
        ([{"a": 1}, {"b": "x,y"}], {}, 'a,b\r\n1,\r\n,"x,y"\r\n'),
        ([{"a": 1, "b": 2}], {"headers": ["b"]}, "b\r\n2\r\n"),
        ([{"a": 1}], {"write_header": False}, "1\r\n"),
        ([1, "é"], {"delimiter": ";"}, "1\r\né\r\n"),
        ([], {"headers": ["p"]}, "p\r\n"),
    ],
)
def test_rows_of_every_kind_are_written(run_node, tmp_path, data, config, content):
    written = run_node("WriteCSVNode", {"file_path": "d/t.csv", **config}, inputs={"data": data})

    path = tmp_path / "d" / "t.csv"
    assert path.read_bytes().decode() == content
    assert written.outputs == {
        "file_path": str(path),
        "attachment_file": [str(path)],
        "row_count": len(data),
        "success": True,
    }


def test_csv_data_that_is_no_list_is_refused(run_node):
    failed = run_node("WriteCSVNode", {"file_path": "t.csv"}, inputs={"data": {"a": 1}})

    assert "must be a list" in failed.error


def test_json_comes_back_as_it_was_written(run_node, tmp_path):
    data = {"a": [1, 2.5, None, True], "é": "ü"}

    written = run_node("WriteJSONFileNode", {"file_path": "t.json"}, inputs={"data": data})
    read = run_node("ReadJSONFileNode", {"file_path": "t.json"})

    assert written.outputs["attachment_file"] == [str(tmp_path / "t.json")]
    assert read.outputs == {"data": data, "success": True}
    assert "é" in (tmp_path / "t.json").read_text("utf-8")


def test_indent_and_ensure_ascii_shape_the_file(run_node, tmp_path):
    config = {"file_path": "t.json", "indent": "1", "ensure_ascii": True}

    run_node("WriteJSONFileNode", config, inputs={"data": ["é"]})

    assert (tmp_path / "t.json").read_text() == '[\n "\\u00e9"\n]'


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x", "Invalid JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[NaN]", "Invalid JSON: NaN is no JSON value"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_a_clear_error(run_node, tmp_path, text, error):
    (tmp_path / "t.json").write_text(text)

    assert error in run_node("ReadJSONFileNode", {"file_path": "t.json"}).error


def test_json_after_a_byte_order_mark_is_read(run_node, tmp_path):
    (tmp_path / "t.json").write_bytes(b"\xef\xbb\xbf[1]")

    assert run_node("ReadJSONFileNode", {"file_path": "t.json"}).outputs["data"] == [1]


@pytest.mark.parametrize("data", [float("nan"), {1, 2}, b"x"])
def test_what_json_cannot_hold_leaves_the_old_file(run_node, tmp_path, data):
    (tmp_path / "t.json").write_text("[1]")

    failed = run_node("WriteJSONFileNode", {"file_path": "t.json"}, inputs={"data": data})

    assert "cannot be written as JSON" in failed.error
    assert json.loads((tmp_path / "t.json").read_text()) == [1]


@pytest.mark.parametrize(
    ("action", "config", "inputs", "key", "value"),
    [
        ("Read CSV", {"file_path": "s.csv"}, {}, "data", [{"a": "1"}]),
        ("Write CSV", {"file_path": "t.csv"}, {"data": [[1]]}, "row_count", 1),
        ("Read JSON", {"file_path": "s.json"}, {}, "data", [1]),
        ("Write JSON", {"file_path": "t.json"}, {"data": [1]}, "success", True),
        ("Zip Files", {"zip_path": "t.zip"}, {"files": ["s.csv"]}, "file_count", 1),
        ("Unzip Files", {"zip_path": "s.zip", "extract_to": "u"}, {}, "file_count", 1),
        ("Image Convert", {"source_path": "s.png", "scale_percent": "50%"}, {}, "format", "JPEG"),
    ],
)
def test_every_action_of_the_super_node_works(
    run_node, tmp_path, action, config, inputs, key, value
):
    import zipfile

    from PIL import Image

    (tmp_path / "s.csv").write_text("a\n1\n")
    (tmp_path / "s.json").write_text("[1]")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("x", "y")
    Image.new("RGB", (4, 4)).save(tmp_path / "s.png")

    done = run_node("StructuredDataSuperNode", {"action": action, **config}, inputs=inputs)

    assert done.error is None
    assert done.outputs[key] == value
