"""Documents read by a language model, which a server plays, and checked without one."""

import base64
import json
from pathlib import Path

import pytest
from pypdf import PdfWriter

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.document_reading import document_parts, is_path
from casare_robot.nodes.extraction_checks import validate_extraction
from tests.accounts import Case, check, says
from tests.pdf_pages import page_with

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
CHAT = "POST /chat/completions"
TEXT = "Invoice 17 of Ada Ltd"
INVOICE = {
    "vendor_name": "Ada Ltd",
    "invoice_number": "17",
    "invoice_date": "2026-11-01",
    "due_date": None,
    "total_amount": "119.00",
    "currency": "EUR",
    "subtotal": 100,
    "tax_amount": 19,
    "po": "P-1",
    "line_items": [{"description": "Work", "amount": 100}],
}

CASES = [
    Case(
        "ClassifyDocumentNode",
        {"document": TEXT, "categories": ["Invoice", "Letter"]},
        [says({"document_type": "invoice", "confidence": 0.9, "scores": {"Invoice": 0.9}})],
        [CHAT],
        {"document_type": "Invoice", "confidence": 0.9, "all_scores": {"Invoice": 0.9}},
    ),
    Case(
        "ExtractInvoiceNode",
        {"document": TEXT, "custom_fields": "po"},
        [says({**INVOICE, "confidence": 0.95})],
        [CHAT],
        {
            "vendor_name": "Ada Ltd",
            "invoice_number": "17",
            "due_date": "",
            "total_amount": 119.0,
            "tax_amount": 19.0,
            "line_items": INVOICE["line_items"],
            "raw_extraction": INVOICE,
            "confidence": 0.95,
            "needs_review": False,
        },
    ),
    Case(
        "ExtractFormNode",
        {"document": TEXT, "field_schema": '{"vendor": "text", "phone": "text"}'},
        [says({"fields": {"vendor": "Ada Ltd", "phone": None, "x": 1}, "confidence": 0.9})],
        [CHAT],
        {
            "extracted_fields": {"vendor": "Ada Ltd"},
            "unmatched_fields": ["phone"],
            "confidence": 0.9,
            "needs_review": True,
        },
    ),
    Case(
        "ExtractTableNode",
        {"document": TEXT, "table_hint": "prices"},
        [says({"tables": [{"headers": ["a", "b"], "rows": [[1, 2], {"b": 4, "a": 3}]}]})],
        [CHAT],
        {
            "tables": [{"headers": ["a", "b"], "rows": [[1, 2], [3, 4]]}],
            "row_count": 2,
            "column_count": 2,
        },
    ),
]


def asked(service):
    """The texts of the last prompt, and how many pictures it has."""
    parts = service.seen[-1].json["messages"][-1]["content"]
    texts = "\n".join(part["text"] for part in parts if part["type"] == "text")
    return texts, sum(part["type"] == "image_url" for part in parts)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_document_is_read_by_the_model(case, account_case, service):
    done = account_case(case)

    check(case, done, service)
    texts, _ = asked(service)
    assert TEXT in texts
    for value in case.config.values():
        assert str(value).strip("{}[]'\"").split("'")[0].split('"')[0] in texts


def test_a_kind_that_nobody_asked_for_is_a_failure(account_case, service):
    case = Case("ClassifyDocumentNode", {"document": TEXT, "categories": "a,b"})
    case.answers = [says({"document_type": "c"})]

    assert "'c', which is no category" in account_case(case).error


def test_an_invoice_without_a_total_is_for_a_person(account_case):
    case = Case("ExtractInvoiceNode", {"document": TEXT})
    case.answers = [says({"invoice_number": "1", "total_amount": None, "confidence": 1})]

    done = account_case(case)

    assert (done.outputs["total_amount"], done.outputs["needs_review"]) == (0.0, True)


def test_a_picture_and_a_scanned_page_are_shown(account_case, service, tmp_path):
    from PIL import Image

    Path(tmp_path, "seen.png").write_bytes(PIXEL)
    Image.new("RGB", (60, 60), "white").save(tmp_path / "scan.pdf")
    for name in ("seen.png", "scan.pdf"):
        case = Case("ClassifyDocumentNode", {"document": str(tmp_path / name)})
        case.answers = [says({"document_type": "letter"})]

        assert account_case(case).outputs["document_type"] == "letter"
        assert asked(service)[1] == 1


def test_a_pdf_with_text_is_read_as_text(run_node, tmp_path):
    writer = PdfWriter()
    page_with(writer, [(10, 50, "A line that is long enough to be read as text")])
    writer.write(tmp_path / "a.pdf")
    surroundings = run_node("LogNode", {"message": ""}).surroundings

    parts = document_parts(surroundings, str(tmp_path / "a.pdf"))

    assert [part["type"] for part in parts] == ["text"]
    assert "long enough" in parts[0]["text"]


@pytest.mark.parametrize(
    ("given", "types"),
    [
        ("just words", ["text"]),
        (base64.b64encode(PIXEL).decode(), ["image_url"]),
        (f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}", ["image_url"]),
        (PIXEL, ["image_url"]),
        ("abcd", ["text"]),
    ],
)
def test_a_document_is_what_it_looks_like(given, types, run_node):
    surroundings = run_node("LogNode", {"message": ""}).surroundings

    assert [part["type"] for part in document_parts(surroundings, given)] == types


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("gone.pdf", "Document not found: gone.pdf"),
        ("", "document is empty"),
        (b"\xff\xfe\x00", "neither text, nor PDF"),
    ],
)
def test_what_cannot_be_read_says_why(given, reason, run_node):
    surroundings = run_node("LogNode", {"message": ""}).surroundings

    with pytest.raises(NodeFailure, match=reason):
        document_parts(surroundings, given)


def test_a_path_is_one_line_that_ends_like_a_file():
    assert is_path("C:/in/a.PDF")
    assert not is_path("The file a.pdf\nis here.txt")
    assert not is_path("no ending")


RULES = {
    "number": {"type": "integer", "min": 1, "max": 99},
    "date": {"type": "date"},
    "code": {"pattern": "[A-Z]{2}", "min_length": 2, "max_length": 2},
    "kind": {"allowed": ["a", "b"]},
}


def checked(fields, **more):
    given = {"required_fields": "number", "confidence_threshold": 0.8, "validation_rules": RULES}
    return validate_extraction(extraction=fields, **{**given, **more})


def test_a_whole_extraction_is_valid():
    fields = {"number": "7", "date": "2026-11-01", "code": "DE", "kind": "a", "confidence": 0.9}

    done = checked(json.dumps(fields))

    assert (done["is_valid"], done["needs_review"], done["validation_errors"]) == (True, False, [])
    assert done["confidence_score"] == 0.9
    assert set(done["field_status"].values()) == {"valid"}


def test_what_is_missing_or_wrong_is_told():
    done = checked({"fields": {"date": "soon", "code": "d", "kind": "z"}})

    assert done["field_status"] == {
        "number": "missing",
        "date": "invalid",
        "code": "invalid",
        "kind": "invalid",
    }
    assert (done["is_valid"], done["needs_review"], done["confidence_score"]) == (False, True, 0.0)
    assert len(done["validation_errors"]) == 5


@pytest.mark.parametrize("number", [0, 100, "many", 1.5])
def test_a_number_outside_its_rule_is_invalid(number):
    assert checked({"number": number})["field_status"]["number"] == "invalid"


@pytest.mark.parametrize(
    "rule", [{"pattern": "("}, {"kind": "x"}, {"type": "colour"}, "x"], ids=str
)
def test_a_rule_that_is_none_is_a_failure(rule):
    with pytest.raises(NodeFailure):
        checked({"number": 1}, validation_rules={"number": rule})


def test_a_node_judges_what_another_has_read(run_node):
    read = {"extraction": {"number": 7, "confidence": 0.9}, "required_fields": ["number", "date"]}

    done = run_node("ValidateExtractionNode", inputs=read)

    assert done.outputs["is_valid"] is False
    assert done.outputs["field_status"] == {"number": "valid", "date": "missing"}
