"""Pictures and tables."""

from pathlib import Path

import pytest


@pytest.mark.parametrize(("button", "confirmed"), [("ok", True), ("cancel", False)])
def test_a_picture_is_confirmed_or_not(run_node, at_desk, tmp_path, button, confirmed):
    (tmp_path / "a.png").write_bytes(b"")
    config = {"image_path": "a.png", "scale": "2", "allow_zoom": False}

    run = run_node("ImagePreviewDialogNode", config, surroundings=at_desk(button))

    assert run.outputs == {"confirmed": confirmed, "canceled": not confirmed}
    body = run.surroundings.asked[0].body
    assert (body.path, body.scale, body.can_zoom) == (str(tmp_path / "a.png"), 2.0, False)


def test_a_picture_that_is_not_there_is_not_asked_about(run_node, at_desk):
    run = run_node("ImagePreviewDialogNode", {"image_path": "none.png"}, surroundings=at_desk("ok"))

    assert "not found" in run.error


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        ([{"a": 1, "b": None}, {"a": 2, "c": 3}], ("a", "b", "c"), (("1", "", ""), ("2", "", "3"))),
        ([[1, 2], [3]], ("Column 1", "Column 2"), (("1", "2"), ("3", ""))),
        ('["x"]', ("Column 1",), (("x",),)),
    ],
)
def test_a_table_shows_rows_as_text(run_node, at_desk, data, columns, rows):
    run = run_node("TableDialogNode", {"data": data}, surroundings=at_desk("ok"))

    body = run.surroundings.asked[0].body
    assert (body.columns, body.rows) == (columns, rows)


def test_the_chosen_row_comes_back_as_it_was(run_node, at_desk):
    config = {"selectable": True, "columns": "b"}
    rows = [{"a": 1}, {"a": 2}]

    run = run_node(
        "TableDialogNode", config, inputs={"data": rows}, surroundings=at_desk("ok", row=1)
    )

    assert run.outputs == {"selected_row": {"a": 2}, "selected_index": 1, "confirmed": True}
    assert run.surroundings.asked[0].body.columns == ("b",)


def test_an_empty_table_asks_nothing(run_node, at_desk):
    run = run_node("TableDialogNode", {}, surroundings=at_desk())

    assert run.outputs == {"selected_row": None, "selected_index": -1, "confirmed": False}
    assert not run.surroundings.asked


@pytest.fixture
def pdf(tmp_path):
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("pypdfium2")
    writer = pypdf.PdfWriter()
    for _ in range(3):
        writer.add_blank_page(200, 100)
    writer.write(tmp_path / "a.pdf")
    return tmp_path / "a.pdf"


def test_a_pdf_is_shown_page_by_page_and_its_pictures_go_with_the_dialog(run_node, at_desk, pdf):
    config = {"pdf_path": str(pdf), "initial_page": 9, "zoom": 2}
    seen = []
    desk = at_desk("ok", page=2)
    answer = desk.answer

    def look(ask):
        seen.extend(Path(page).exists() for page in ask.body.pages)
        return answer(ask)

    desk.answer = look

    run = run_node("PDFPreviewDialogNode", config, surroundings=desk)

    assert run.outputs == {"confirmed": True, "current_page": 2, "page_count": 3}
    body = desk.asked[0].body
    assert (body.page, body.scale, seen) == (3, 2.0, [True] * 3)
    assert not any(Path(page).exists() for page in body.pages)


def test_a_page_that_is_not_there_cannot_have_been_seen(run_node, at_desk, pdf):
    desk = at_desk("ok", page=4)

    run = run_node("PDFPreviewDialogNode", {"pdf_path": str(pdf)}, surroundings=desk)

    assert "none of the 3 pages" in run.error


def test_what_is_no_pdf_is_not_asked_about(run_node, at_desk, tmp_path):
    pytest.importorskip("pypdfium2")
    (tmp_path / "a.pdf").write_text("no")

    run = run_node(
        "PDFPreviewDialogNode", {"pdf_path": str(tmp_path / "a.pdf")}, surroundings=at_desk("ok")
    )

    assert "cannot be rendered" in run.error
