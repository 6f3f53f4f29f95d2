"""PDFs are read, merged, split and rendered; locked and damaged ones say so."""

import sys

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from tests.pdf_pages import page_with


@pytest.fixture
def make_pdf(tmp_path):
    def make(name, *texts, password=None, metadata=None):
        writer = PdfWriter()
        for text in texts:
            page_with(writer, text if isinstance(text, list) else [(10, 50, text)])
        if metadata:
            writer.add_metadata(metadata)
        if password:
            writer.encrypt(password, algorithm="AES-256")
        writer.write(tmp_path / name)
        return tmp_path / name

    return make


def texts_of(path):
    return [page.extract_text().strip() for page in PdfReader(path).pages]


def test_text_comes_page_by_page(run_node, make_pdf):
    make_pdf("a.pdf", "one", "two", "three")

    config = {"file_path": "a.pdf", "start_page": "2", "end_page": "0", "page_separator": "|"}
    outputs = run_node("ReadPDFTextNode", config).outputs

    assert outputs == {
        "text": "two|three",
        "page_count": 3,
        "pages": ["two", "three"],
        "is_encrypted": False,
        "success": True,
    }


def test_columns_stay_apart_with_layout_and_become_tabs_in_tables(run_node, make_pdf):
    make_pdf("a.pdf", [(10, 70, "a"), (100, 70, "b"), (10, 50, "c"), (100, 50, "d")])

    laid = run_node("ReadPDFTextNode", {"file_path": "a.pdf", "preserve_layout": True})
    table = run_node("ReadPDFTextNode", {"file_path": "a.pdf", "extract_tables": True})

    assert "a      " in laid.outputs["text"]
    assert table.outputs["text"].split() == ["a", "b", "c", "d"]
    assert "a\tb\n" in table.outputs["text"]


def test_a_locked_file_opens_with_its_password_only(run_node, make_pdf):
    make_pdf("a.pdf", "one", password="pw")

    none = run_node("ReadPDFTextNode", {"file_path": "a.pdf"})
    wrong = run_node("ReadPDFTextNode", {"file_path": "a.pdf", "password": "no"})
    right = run_node("ReadPDFTextNode", {"file_path": "a.pdf", "password": "pw"})

    assert "needs a password" in none.error
    assert none.outputs == {"is_encrypted": True, "success": False}
    assert "password is wrong" in wrong.error
    assert (right.outputs["text"], right.outputs["is_encrypted"]) == ("one", True)


def test_facts_are_told_with_iso_dates(run_node, make_pdf):
    metadata = {"/Title": "T", "/CreationDate": "D:20240131120000+01'00'", "/ModDate": "soon"}
    make_pdf("a.pdf", "one", metadata=metadata)

    outputs = run_node("GetPDFInfoNode", {"file_path": "a.pdf"}).outputs

    assert (outputs["page_count"], outputs["title"], outputs["author"]) == (1, "T", "")
    assert outputs["creation_date"] == "2024-01-31T12:00:00+01:00"
    assert outputs["modification_date"] == "soon"
    assert outputs["metadata"]["Title"] == "T"


def test_of_a_locked_file_only_the_lock_is_told(run_node, make_pdf):
    make_pdf("a.pdf", "one", "two", password="pw", metadata={"/Title": "T"})

    outputs = run_node("GetPDFInfoNode", {"file_path": "a.pdf"}).outputs

    assert (outputs["is_encrypted"], outputs["page_count"], outputs["title"]) == (True, 0, "")


def test_merged_pages_keep_the_order_given(run_node, make_pdf, tmp_path):
    make_pdf("a.pdf", "one", "two")
    make_pdf("b.pdf", "three")

    config = {"output_path": "out/m.pdf"}
    merged = run_node("MergePDFsNode", config, inputs={"input_files": ["b.pdf", "a.pdf"]})

    path = str(tmp_path / "out" / "m.pdf")
    assert merged.outputs == {
        "output_path": path,
        "attachment_file": [path],
        "page_count": 3,
        "success": True,
    }
    assert texts_of(path) == ["three", "one", "two"]


def test_a_file_can_be_merged_into_itself(run_node, make_pdf, tmp_path):
    make_pdf("a.pdf", "one")

    run_node("MergePDFsNode", {"output_path": "a.pdf", "input_files": '["a.pdf", "a.pdf"]'})

    assert texts_of(tmp_path / "a.pdf") == ["one", "one"]


def test_a_file_is_split_page_by_page_or_in_parts(run_node, make_pdf, tmp_path):
    make_pdf("a.pdf", "one", "two", "three")

    pages = run_node("SplitPDFNode", {"input_file": "a.pdf", "output_dir": "p"}).outputs
    config = {"input_file": "a.pdf", "output_dir": "q", "filename_pattern": "part-{n}.pdf"}
    parts = run_node("SplitPDFNode", {**config, "pages_per_file": "2"}).outputs

    assert pages["output_files"] == [str(tmp_path / "p" / f"page_{n}.pdf") for n in (1, 2, 3)]
    assert texts_of(tmp_path / "q" / "part-1.pdf") == ["one", "two"]
    assert parts["page_count"] == 2


@pytest.mark.parametrize("pattern", ["same.pdf", "../{n}.pdf", "a\\{n}.pdf", "CON.{n}", "{n}:x"])
def test_a_pattern_must_give_plain_and_different_names(run_node, make_pdf, tmp_path, pattern):
    make_pdf("a.pdf", "one", "two")

    config = {"input_file": "a.pdf", "output_dir": "p", "filename_pattern": pattern}

    assert "filename_pattern" in run_node("SplitPDFNode", config).error
    assert not (tmp_path / "p").exists()


def test_chosen_pages_are_extracted_in_the_order_given(run_node, make_pdf, tmp_path):
    make_pdf("a.pdf", "one", "two", "three")

    config = {"input_file": "a.pdf", "output_path": "x.pdf", "pages": '[3, "1"]'}
    outputs = run_node("ExtractPDFPagesNode", config).outputs

    assert outputs["page_count"] == 2
    assert texts_of(tmp_path / "x.pdf") == ["three", "one"]


@pytest.mark.parametrize("pages", [[4], [0], [1.5], ["x"], "1-2", []])
def test_pages_that_are_not_there_are_refused(run_node, make_pdf, tmp_path, pages):
    make_pdf("a.pdf", "one", "two", "three")

    config = {"input_file": "a.pdf", "output_path": "x.pdf"}
    failed = run_node("ExtractPDFPagesNode", config, inputs={"pages": pages})

    assert "page" in failed.error
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.parametrize("format_", ["png", "jpg", "jpeg", "bmp", "tiff"])
def test_pages_become_images_numbered_as_in_the_file(run_node, make_pdf, tmp_path, format_):
    make_pdf("a.pdf", "one", "two", "three")

    config = {"input_file": "a.pdf", "output_dir": "i", "start_page": 2, "end_page": 2}
    outputs = run_node("PDFToImagesNode", {**config, "dpi": "144", "format": format_}).outputs

    path = tmp_path / "i" / f"page_2.{format_}"
    assert outputs == {"output_files": [str(path)], "page_count": 1, "success": True}
    with Image.open(path) as image:
        assert image.size == (400, 200)


def test_an_enormous_page_is_not_rendered(run_node, tmp_path):
    writer = PdfWriter()
    writer.add_blank_page(14_400, 14_400)
    writer.write(tmp_path / "a.pdf")

    config = {"input_file": "a.pdf", "output_dir": "i", "dpi": 600}

    assert "lower dpi" in run_node("PDFToImagesNode", config).error


@pytest.mark.parametrize(
    ("node", "config"),
    [
        ("ReadPDFTextNode", {"file_path": "a.pdf"}),
        ("GetPDFInfoNode", {"file_path": "a.pdf"}),
        ("MergePDFsNode", {"input_files": '["a.pdf"]', "output_path": "o/x.pdf"}),
        ("SplitPDFNode", {"input_file": "a.pdf", "output_dir": "o"}),
        ("ExtractPDFPagesNode", {"input_file": "a.pdf", "output_path": "o/x.pdf", "pages": "[1]"}),
        ("PDFToImagesNode", {"input_file": "a.pdf", "output_dir": "o"}),
    ],
)
@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n1 0 obj\n<</Type"])
def test_a_damaged_file_is_a_clear_error_and_makes_nothing(
    run_node, tmp_path, node, config, content
):
    missing = run_node(node, config)
    (tmp_path / "a.pdf").write_bytes(content)
    damaged = run_node(node, config)

    assert missing.error == "PDF file not found: a.pdf"
    assert damaged.error
    assert damaged.outputs["success"] is False
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("library", ["pypdf", "pypdf.errors"])
def test_without_the_library_the_error_names_the_extra(run_node, make_pdf, monkeypatch, library):
    make_pdf("a.pdf", "one")
    monkeypatch.setitem(sys.modules, library, None)

    failed = run_node("ReadPDFTextNode", {"file_path": "a.pdf"})

    assert "casare-robot[documents]" in failed.error
