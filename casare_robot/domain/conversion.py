"""Values written in a file, made what their port or property says. Pure."""

import json
from typing import Any

from casare_robot.domain.node_type import DataType

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", ""})
_TEXTUAL = frozenset(
    {
        DataType.STRING,
        DataType.TEXT,
        DataType.CODE,
        DataType.FILE_PATH,
        DataType.DIRECTORY_PATH,
        DataType.SECRET,
        DataType.SELECTOR,
        DataType.CHOICE,
    }
)
_AS_IS = frozenset({DataType.ANY, DataType.HANDLE, DataType.BROWSER, DataType.PAGE, DataType.BYTES})


def is_textual(type: DataType) -> bool:
    """Whether an empty string is a value of this type (elsewhere it means "unset")."""
    return type in _TEXTUAL or type is DataType.ANY


def convert(value: Any, type: DataType) -> Any:
    """Make a configured value one of ``type``, as leniently as the designer's files need.

    Numbers and truth values may be strings (spin boxes save strings); a list or
    dict may be JSON text. Text takes any number or truth value as its ``str``;
    lists, dicts and bytes pass through text types unchanged, because some
    "text" ports carry them.

    Raises:
        ValueError: The value cannot be of that type; the message says why.
    """
    if value is None or type in _AS_IS:
        return value
    if type in _TEXTUAL:
        return str(value) if isinstance(value, int | float) else value
    if type is DataType.INTEGER:
        return _integer(value)
    if type is DataType.FLOAT:
        return _number(float, value)
    if type is DataType.NUMBER:
        return value if isinstance(value, int | float) else _number_as_written(value)
    if type is DataType.BOOLEAN:
        return _boolean(value)
    return _structure(value, type)


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            value = _number(float, value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise ValueError(f"{value!r} is not a whole number")


def _number(kind: type[float], value: Any) -> float:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a number") from None


def _number_as_written(value: Any) -> int | float:
    number = _number(float, value)
    return (
        int(number) if isinstance(value, str) and value.strip().lstrip("+-").isdigit() else number
    )


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    raise ValueError(f"{value!r} is neither true nor false")


def _structure(value: Any, type: DataType) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if type is DataType.MULTI_CHOICE and text[:1] != "[":
        return [choice.strip() for choice in text.split(",") if choice.strip()]
    opening = {DataType.LIST: "[", DataType.DICT: "{", DataType.OBJECT: "{"}.get(type)
    if text and (opening is None or text[0] == opening):
        try:
            return json.loads(text)
        except ValueError:
            return value
    return value
