"""Whether what was taken from a document is whole and as it should be. Needs no model."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.llm_account import listed, share, tabled

_ALL = ("type", "pattern", "min", "max", "min_length", "max_length", "allowed")


@node(
    "ValidateExtractionNode",
    category="document",
    may_stall=True,
    inputs=(
        Port("extraction", DataType.DICT, required=True),
        Port("required_fields", DataType.LIST, required=True),
        Port("confidence_threshold", DataType.FLOAT),
        Port("validation_rules", DataType.DICT),
    ),
    outputs=(
        Port("is_valid", DataType.BOOLEAN),
        Port("needs_review", DataType.BOOLEAN),
        Port("confidence_score", DataType.FLOAT),
        Port("validation_errors", DataType.LIST),
        Port("field_status", DataType.DICT),
        Port("success", DataType.BOOLEAN),
        Port("error", DataType.STRING),
    ),
    properties=(
        Property("extraction", DataType.JSON, required=True),
        Property("required_fields", DataType.LIST, required=True),
        Property("confidence_threshold", DataType.FLOAT, 0.8),
        Property("validation_rules", DataType.JSON),
    ),
)
def validate_extraction(
    *, extraction: Any, required_fields: Any, confidence_threshold: float, validation_rules: Any
) -> Outputs:
    """Check fields; a wrong one is an answer, not a failure.

    ``validation_rules``: field to ``type`` (text, number, integer, date, boolean), ``pattern``
    (of the whole text), ``min``, ``max``, ``min_length``, ``max_length``, ``allowed``.
    ``field_status`` is ``valid``, ``missing`` or ``invalid``. The score is the extraction's own
    ``confidence``, times the share of the fields that are as they should be.
    """
    given = tabled(extraction, "extraction")
    inner = given.get("fields", given.get("extracted_fields"))
    fields = inner if isinstance(inner, Mapping) else given
    rules = tabled(validation_rules, "validation_rules") if validation_rules else {}
    required = [str(name) for name in listed(required_fields, "required_fields")]
    errors: list[str] = []
    status: dict[str, str] = {}
    for name in dict.fromkeys((*required, *rules)):
        value = fields.get(name)
        if value in (None, "", [], {}):
            status[name] = "missing"
            if name in required:
                errors.append(f"{name} is missing")
            continue
        wrong = _wrong(name, value, rules.get(name))
        status[name] = "invalid" if wrong else "valid"
        errors += wrong
    counted = [name for name in status if name in required or status[name] != "missing"]
    good = sum(status[name] == "valid" for name in counted)
    score = share(given.get("confidence"), 1.0) * (good / len(counted) if counted else 1.0)
    return {
        "is_valid": not errors,
        "needs_review": bool(errors) or score < confidence_threshold,
        "confidence_score": round(score, 4),
        "validation_errors": errors,
        "field_status": status,
        "success": True,
        "error": "",
    }


def _wrong(name: str, value: Any, rule: Any) -> list[str]:
    """What a value lacks of its rule. Pure.

    Raises:
        NodeFailure: The rule is none.
    """
    if rule is None:
        return []
    if not isinstance(rule, Mapping) or not set(rule) <= {*_ALL, "required"}:
        raise NodeFailure(
            f"the rule of {name} must be a dict with some of {', '.join(_ALL)}, not {rule!r:.100}",
            retryable=False,
        )
    text = str(value)
    found = []
    if rule.get("type") and not _is(value, str(rule["type"])):
        found.append(f"{name} is no {rule['type']}: {text[:100]!r}")
    if rule.get("pattern") and not _fits(name, text, str(rule["pattern"])):
        found.append(f"{name} is not of the form {rule['pattern']}: {text[:100]!r}")
    number = _number(value)
    for end, sign in (("min", 1), ("max", -1)):
        limit = _number(rule.get(end))
        if limit is not None and (number is None or sign * number < sign * limit):
            found.append(f"{name} is {text[:100]!r}, and its {end} is {rule[end]}")
    if len(text) < (_number(rule.get("min_length")) or 0):
        found.append(f"{name} is shorter than {rule['min_length']}")
    longest = _number(rule.get("max_length"))
    if longest is not None and len(text) > longest:
        found.append(f"{name} is longer than {rule['max_length']}")
    if rule.get("allowed") and value not in listed(rule["allowed"], "allowed"):
        found.append(f"{name} is none of {rule['allowed']}: {text[:100]!r}")
    return found


def _fits(name: str, text: str, pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error as error:
        raise NodeFailure(f"the pattern of {name} is none: {error}", retryable=False) from error


def _is(value: Any, type_: str) -> bool:
    if type_ in ("number", "float"):
        return _number(value) is not None
    if type_ in ("integer", "int"):
        number = _number(value)
        return number is not None and number.is_integer()
    if type_ in ("boolean", "bool"):
        return isinstance(value, bool) or str(value).lower() in ("true", "false")
    if type_ == "date":
        try:
            return bool(date.fromisoformat(str(value)[:10]))
        except ValueError:
            return False
    if type_ in ("text", "string", "str"):
        return isinstance(value, str)
    raise NodeFailure(f"{type_!r} is no type that a rule knows", retryable=False)


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
