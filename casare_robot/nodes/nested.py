"""Looking into nested lists and dictionaries, and telling equal ones. Pure."""

from collections.abc import Hashable
from typing import Any

from casare_robot.domain.errors import NodeFailure


def as_list(value: Any) -> list[Any]:
    """The list, as a new one that may be changed.

    Raises:
        NodeFailure: It is none.
    """
    if not isinstance(value, list | tuple):
        raise NodeFailure("Input is not a list", error_type="TypeError", retryable=False)
    return list(value)


def as_dict(value: Any) -> dict[Any, Any]:
    """The dictionary, as a new one that may be changed.

    Raises:
        NodeFailure: It is none.
    """
    if not isinstance(value, dict):
        raise NodeFailure("Input is not a dictionary", error_type="TypeError", retryable=False)
    return dict(value)


def find(
    value: Any, path: str, *, separator: str = ".", through_lists: bool = False
) -> tuple[bool, Any]:
    """Follow a path of keys: (whether it leads somewhere, what is there or None).

    Empty steps are passed over, so an empty path leads to the value itself.
    Lists are only entered, by their index, with ``through_lists``.
    """
    for step in path.split(separator) if separator else [path]:
        if not step:
            continue
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif through_lists and isinstance(value, list | tuple):
            if not step.lstrip("-").isdecimal() or not -len(value) <= int(step) < len(value):
                return False, None
            value = value[int(step)]
        else:
            return False, None
    return True, value


def identity(value: Any) -> Hashable:
    """A key that two values share exactly when they are equal, however nested they are.

    Raises:
        NodeFailure: The value is something that cannot be told apart from others.
    """
    if isinstance(value, dict):
        return dict, frozenset((key, identity(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return list, tuple(identity(item) for item in value)
    if isinstance(value, set | frozenset):
        return frozenset(value)
    if not isinstance(value, Hashable):
        raise NodeFailure(f"a {type(value).__name__} cannot be compared", retryable=False)
    return value


def numbered(values: dict[str, Any], prefix: str) -> dict[int, Any]:
    """Values of the names ``<prefix>1`` or ``<prefix>_1`` and so on, by ascending number."""
    found: dict[int, Any] = {}
    for name, value in values.items():
        number = name.removeprefix(prefix).removeprefix("_")
        if name.startswith(prefix) and number.isdecimal() and value is not None:
            found[int(number)] = value
    return dict(sorted(found.items()))
