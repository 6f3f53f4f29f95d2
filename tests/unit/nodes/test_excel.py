"""Workbooks without Excel: real files, and what a crash leaves."""

import datetime

import openpyxl
import pytest

from casare_robot.domain.bound_code import BoundCode
from casare_robot.nodes.unsaved_edits import UnsavedEdits
from casare_robot.nodes.workbooks import Workbook


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def book(tmp_path):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Orders"
    for row in (["id", "due", "sum"], [1, datetime.datetime(2026, 11, 21, 10), 2.5], [2, None, 4]):
        sheet.append(row)
    sheet["C4"] = "=SUM(C2:C3)"
    made.create_sheet("Empty")
    made.save(tmp_path / "orders.xlsx")
    return tmp_path / "orders.xlsx"


@pytest.fixture
def excel(run_node, book):
    """The nodes on one open workbook."""

    class Excel:
        def __init__(self, path="orders.xlsx", **config):
            self.opened = run_node("ExcelOpenNode", {"file_path": path, **config})

        def __call__(self, name, **config):
            return run_node(
                f"Excel{name}Node",
                config,
                inputs={"workbook": self.opened.outputs["workbook"]},
                surroundings=self.opened.surroundings,
            )

    return Excel


@pytest.mark.parametrize("read_only", [False, True])
def test_cells_and_areas_are_read(excel, read_only):
    orders = excel(read_only=read_only)

    assert orders.opened.error is None
    assert orders("ReadCell", cell="A2").outputs == {"value": 1, "success": True}
    assert orders("ReadCell", cell="b2", sheet="Orders").outputs["value"] == "2026-11-21T10:00:00"
    assert orders("GetRange", range="A1:C3").outputs == {
        "data": [["id", "due", "sum"], [1, "2026-11-21T10:00:00", 2.5], [2, None, 4]],
        "rows": 3,
        "columns": 3,
        "success": True,
    }
    assert orders("GetRange", range="A:A").outputs["data"] == [["id"], [1], [2], [None]]
    assert orders("GetRange", range="3:3").outputs["data"] == [[2, None, 4]]
    assert orders("GetRange", range="B9:C10").outputs["data"] == [[None, None], [None, None]]
    assert orders("GetRange", range="A1:B2", sheet="2").outputs["data"] == [[None] * 2] * 2


def test_what_is_written_is_in_the_file_after_closing_and_not_before(excel, book):
    orders = excel()
    orders("WriteCell", cell="A5", value="third")
    before = openpyxl.load_workbook(book).active["A5"].value

    closed = orders("Close")

    assert (before, closed.outputs) == (None, {"success": True})
    assert openpyxl.load_workbook(book).active["A5"].value == "third"
    assert orders("ReadCell", cell="A1").error == "not open"


def test_closing_without_saving_changes_nothing(excel, book):
    orders = excel()
    orders("WriteCell", cell="A5", value="third")
    orders("Close", save=False)

    assert openpyxl.load_workbook(book).active["A5"].value is None


def test_a_workbook_is_begun_only_when_told_to(excel, tmp_path):
    missing = excel("sub/new.xlsx")
    made = excel("sub/new.xlsx", create_if_missing=True)
    made("WriteCell", cell="A1", value="1")
    made("Close")

    assert missing.opened.error.startswith("Excel file not found")
    assert openpyxl.load_workbook(tmp_path / "sub" / "new.xlsx").active["A1"].value == 1


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("12", 12),
        ("-1.5", -1.5),
        ("007", "007"),
        ("1e5", "1e5"),
        ("1234567890123456", "1234567890123456"),
        ("=1+1", "=1+1"),
        (True, True),
        (3, 3),
        (None, None),
        (BoundCode("_v", {"_v": "=1+1"}, {"_v": "{{x}}"}), "=1+1"),
        (BoundCode("_v", {"_v": "12"}, {"_v": "{{x}}"}), 12),
        (BoundCode("no. _v", {"_v": 7}, {"_v": "{{x}}"}), "no. 7"),
        (BoundCode("=A1&_v", {"_v": 'a"b'}, {"_v": "{{x}}"}), '=A1&"a""b"'),
        (BoundCode('="<_v>"', {"_v": 'a"b'}, {"_v": "{{x}}"}), '="<a""b>"'),
        (BoundCode("=_v*2", {"_v": 21}, {"_v": "{{x}}"}), "=21*2"),
    ],
)
def test_a_value_becomes_what_excel_would_make_of_it_and_data_no_formula(excel, book, given, held):
    orders = excel()
    written = orders.opened.surroundings.live(orders.opened.outputs["workbook"])
    from casare_robot.nodes.excel import _content

    content, is_formula = _content(given)
    written.write("1", "E1", content, is_formula=is_formula)
    orders("Close")

    cell = openpyxl.load_workbook(book).active["E1"]
    assert cell.value == held
    is_text = isinstance(held, str) and not is_formula
    assert cell.data_type == ("s" if is_text else cell.data_type)


def test_data_that_looks_like_a_formula_is_kept_as_text(excel, book):
    orders = excel()
    workbook = orders.opened.surroundings.live(orders.opened.outputs["workbook"])
    workbook.write("1", "E1", "=HYPERLINK(1)", is_formula=False)
    orders("Close")

    assert openpyxl.load_workbook(book).active["E1"].data_type != "f"


def test_a_crash_before_closing_loses_no_edit(book, tmp_path):
    folder = tmp_path / "edits"
    first = Workbook(
        book, read_only=False, create=False, edits=UnsavedEdits(book, "job/open", folder=folder)
    )
    first.write("Orders", "a5", "third", is_formula=False)
    first.write("Orders", "A6", "=A1", is_formula=True)
    del first  # the process is gone

    again = Workbook(
        book, read_only=False, create=False, edits=UnsavedEdits(book, "job/open", folder=folder)
    )
    other = Workbook(
        book, read_only=False, create=False, edits=UnsavedEdits(book, "other/open", folder=folder)
    )

    assert again.read("1", "A5") == "third"
    assert other.read("1", "A5") is None
    again.save()
    assert openpyxl.load_workbook(book).active["A6"].value == "=A1"
    assert list(folder.iterdir()) == []


def test_an_edit_that_was_cut_off_in_the_middle_is_none(tmp_path, book):
    edits = UnsavedEdits(book, "k", folder=tmp_path / "edits")
    edits.add("Orders", "A1", 1, False)
    (path,) = (tmp_path / "edits").iterdir()
    path.write_bytes(path.read_bytes() + b'["Orders","A2"')

    assert list(UnsavedEdits(book, "k", folder=tmp_path / "edits")) == [["Orders", "A1", 1, False]]


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        (
            "ReadCell",
            {"cell": "A1", "sheet": "Nope"},
            "no sheet 'Nope'; there are: Orders",
        ),
        ("ReadCell", {"cell": "A1", "sheet": "3"}, "there is no sheet '3'"),
        ("ReadCell", {"cell": "A1:B2"}, "no single cell"),
        ("ReadCell", {"cell": "nonsense!"}, "is no cell or area"),
        ("WriteCell", {"cell": "A:A", "value": "1"}, "no single cell"),
        ("WriteCell", {"cell": "A1", "value": "a\x00b"}, "cannot hold"),
        ("GetRange", {"range": "A1:ZZZ99999"}, "cells"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(excel, name, config, reason):
    assert reason in excel()(name, **config).error


def test_what_is_opened_to_be_read_is_not_written(excel):
    assert "read only" in excel(read_only=True)("WriteCell", cell="A1", value="1").error


def test_what_is_no_workbook_is_named(excel, tmp_path):
    (tmp_path / "text.xlsx").write_text("hello")

    assert "is no workbook" in excel("text.xlsx").opened.error
    assert "is none of .xlsx" in excel("old.xls").opened.error
