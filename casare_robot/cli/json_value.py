"""JSON as people type it."""

from typing import Any

from casare_robot.cli.refusal import UsageError
from casare_robot.domain.json_guard import JsonRefusedError, read_json


def json_value(text: str) -> Any:
    """What a person typed as JSON; what is none is a text.

    Raises:
        UsageError: It looks like an object or a list and is none.
    """
    try:
        return read_json(text.encode())
    except JsonRefusedError as error:
        if text.lstrip()[:1] in ("{", "["):
            raise UsageError(f"{text:.60} is no JSON: {error}") from error
        return text
