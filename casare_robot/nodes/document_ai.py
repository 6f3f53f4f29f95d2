"""Let a language model read documents: which kind, an invoice, a form, tables."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.document_reading import document_parts
from casare_robot.nodes.llm import named
from casare_robot.nodes.llm_account import (
    LLM,
    as_text,
    ask_for_json,
    listed,
    model,
    share,
    tabled,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_STRING, _FLOAT, _BOOLEAN = DataType.STRING, DataType.FLOAT, DataType.BOOLEAN
_PORTS = (Port("document", _STRING, required=True), Port("model", _STRING))
_DOCUMENT = Property("document", _STRING, required=True)
_MODEL = model("gpt-4o")
_CONFIDENCE = Port("confidence", _FLOAT)
_REVIEW = Port("needs_review", _BOOLEAN)
_KINDS = ("invoice", "receipt", "contract", "form", "letter", "report", "other")
_SURE = 0.8
"""Confidence below which a person should look."""
_WORDS = ("vendor_name", "invoice_number", "invoice_date", "due_date", "currency")
_AMOUNTS = ("total_amount", "subtotal", "tax_amount")


async def _read(
    api: "AccountApi", ctx: NodeContext, document: Any, question: str, model: str
) -> dict[str, Any]:
    parts = await asyncio.to_thread(document_parts, ctx, document)
    wanted = f"{question} Answer with one JSON object alone."
    prompt = [*parts, {"type": "text", "text": wanted}]
    found, _ = await ask_for_json(api, prompt, model=model, temperature=0.0)
    return found


@account_node(
    LLM,
    "ClassifyDocumentNode",
    category="document",
    inputs=(*_PORTS, Port("categories", DataType.LIST)),
    outputs=(Port("document_type", _STRING), _CONFIDENCE, Port("all_scores", DataType.DICT)),
    properties=(_DOCUMENT, Property("categories", DataType.LIST), _MODEL),
)
async def classify_document(
    api: "AccountApi", ctx: NodeContext, *, document: Any, categories: Any, model: str
) -> Outputs:
    """Of which kind a document is; of the usual kinds where none are given.

    Raises:
        NodeFailure: The model names another kind.
    """
    kinds = [str(one) for one in listed(categories, "categories")] if categories else [*_KINDS]
    found = await _read(
        api,
        ctx,
        document,
        f"Of which of these kinds is the document: {as_text(kinds)}? Give"
        ' {"document_type": the kind, as it is written, "confidence": number from 0 to 1,'
        ' "scores": {kind: number from 0 to 1}}.',
        model,
    )
    chosen = named(found.get("document_type"), kinds)
    if not chosen:
        raise NodeFailure(f"the model named {found.get('document_type')!r}, which is no category")
    scores = found.get("scores")
    return {
        "document_type": chosen[0],
        "confidence": share(found.get("confidence")),
        "all_scores": {
            str(kind): share(score, 0.0)
            for kind, score in (scores.items() if isinstance(scores, Mapping) else ())
        },
    }


@account_node(
    LLM,
    "ExtractInvoiceNode",
    category="document",
    inputs=(*_PORTS, Port("custom_fields", DataType.LIST)),
    outputs=(
        *(Port(name, _STRING) for name in _WORDS[:4]),
        Port("total_amount", _FLOAT),
        Port("currency", _STRING),
        Port("subtotal", _FLOAT),
        Port("tax_amount", _FLOAT),
        Port("line_items", DataType.LIST),
        Port("raw_extraction", DataType.DICT),
        _CONFIDENCE,
        _REVIEW,
    ),
    properties=(_DOCUMENT, Property("custom_fields", DataType.LIST), _MODEL),
)
async def extract_invoice(
    api: "AccountApi", ctx: NodeContext, *, document: Any, custom_fields: Any, model: str
) -> Outputs:
    """What an invoice says; further fields are in ``raw_extraction``.

    A person should look where the model is not sure, or names no number or total.
    """
    more = [str(one) for one in listed(custom_fields, "custom_fields")] if custom_fields else []
    found = await _read(
        api,
        ctx,
        document,
        f"Take from the invoice: {as_text([*_WORDS, *_AMOUNTS, *more])}, with dates as"
        " YYYY-MM-DD, amounts as plain numbers, the currency as its ISO code, and null for what"
        ' is not there; further "line_items": [{"description", "quantity", "unit_price",'
        ' "amount"}] and "confidence": number from 0 to 1.',
        model,
    )
    confidence = share(found.get("confidence"))
    amounts = {name: _amount(found.get(name)) for name in _AMOUNTS}
    words = {name: _word(found.get(name)) for name in _WORDS}
    items = found.get("line_items")
    raw = {key: value for key, value in found.items() if key != "confidence"}
    is_whole = bool(words["invoice_number"]) and amounts["total_amount"] is not None
    return {
        **words,
        **{name: amount or 0.0 for name, amount in amounts.items()},
        "line_items": items if isinstance(items, list) else [],
        "raw_extraction": raw,
        "confidence": confidence,
        "needs_review": confidence < _SURE or not is_whole,
    }


@account_node(
    LLM,
    "ExtractFormNode",
    category="document",
    inputs=(
        *_PORTS,
        Port("field_schema", DataType.DICT, required=True),
        Port("fuzzy_match", _BOOLEAN),
    ),
    outputs=(
        Port("extracted_fields", DataType.DICT),
        Port("unmatched_fields", DataType.LIST),
        _CONFIDENCE,
        _REVIEW,
    ),
    properties=(
        _DOCUMENT,
        Property("field_schema", DataType.JSON, required=True),
        Property("fuzzy_match", _BOOLEAN, True),
        _MODEL,
    ),
)
async def extract_form(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    document: Any,
    field_schema: Any,
    fuzzy_match: bool,
    model: str,
) -> Outputs:
    """The fields that a schema names, and which of them the form does not have.

    The schema: field to what it holds. ``fuzzy_match`` lets a field be called
    otherwise in the form.
    """
    schema = tabled(field_schema, "field_schema")
    spelling = "may be called otherwise" if fuzzy_match else "are called exactly so"
    found = await _read(
        api,
        ctx,
        document,
        f"Take these fields from the form, where they {spelling}:\n{as_text(schema)}\nGive"
        ' {"fields": {name as it is written here: value, or null if the form does not have it},'
        ' "confidence": number from 0 to 1}.',
        model,
    )
    given = found.get("fields")
    told = given if isinstance(given, Mapping) else {}
    fields = {name: told[name] for name in schema if told.get(name) is not None}
    missing = [name for name in schema if name not in fields]
    confidence = share(found.get("confidence"))
    return {
        "extracted_fields": fields,
        "unmatched_fields": missing,
        "confidence": confidence,
        "needs_review": confidence < _SURE or bool(missing),
    }


@account_node(
    LLM,
    "ExtractTableNode",
    category="document",
    inputs=(*_PORTS, Port("table_hint", _STRING)),
    outputs=(
        Port("tables", DataType.LIST),
        Port("row_count", DataType.INTEGER),
        Port("column_count", DataType.INTEGER),
        _CONFIDENCE,
    ),
    properties=(_DOCUMENT, Property("table_hint", _STRING), _MODEL),
)
async def extract_table(
    api: "AccountApi", ctx: NodeContext, *, document: Any, table_hint: str | None, model: str
) -> Outputs:
    """The tables of a document, ``{"headers", "rows"}`` each.

    ``row_count`` is of all tables, ``column_count`` that of the widest.
    """
    hint = f" It is about: {table_hint}." if table_hint else ""
    found = await _read(
        api,
        ctx,
        document,
        f'Take the tables from the document.{hint} Give {{"tables": [{{"headers": [name, ...],'
        ' "rows": [[value, ...], ...]}], "confidence": number from 0 to 1}.',
        model,
    )
    tables = [_table(one) for one in found.get("tables") or [] if isinstance(one, Mapping)]
    rows = [row for table in tables for row in table["rows"]]
    widths = [len(line) for table in tables for line in (table["headers"], *table["rows"])]
    return {
        "tables": tables,
        "row_count": len(rows),
        "column_count": max(widths, default=0),
        "confidence": share(found.get("confidence")),
    }


def _table(said: Mapping[str, Any]) -> dict[str, list[Any]]:
    headers = said.get("headers")
    named = [str(name) for name in headers] if isinstance(headers, list) else []
    rows = said.get("rows")
    return {"headers": named, "rows": [_row(one, named) for one in rows or []]}


def _row(said: Any, headers: list[str]) -> list[Any]:
    if isinstance(said, Mapping):
        return [said.get(name) for name in headers] if headers else list(said.values())
    return list(said) if isinstance(said, list) else [said]


def _word(said: Any) -> str:
    return "" if said is None else str(said)


def _amount(said: Any) -> float | None:
    """A plain number, or text that is one; None otherwise. Pure."""
    try:
        return None if isinstance(said, bool) else float(said)
    except (TypeError, ValueError):
        return None
