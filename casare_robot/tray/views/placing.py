"""Where small windows stand on a screen. Pure."""

from typing import NamedTuple

MARGIN = 24
"""Pixels between a window and the edges of the screen."""
BESIDE_CURSOR = 16


class Box(NamedTuple):
    """A place on the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


def placed(
    size: tuple[int, int],
    area: Box,
    place: str,
    *,
    cursor: tuple[int, int] = (0, 0),
    at: tuple[int, int] = (0, 0),
) -> tuple[int, int]:
    """The left upper corner of a window; it is always wholly on the screen, if it fits.

    Args:
        size: Of the window.
        area: What of the screen may be used.
        place: ``cursor``, ``at``, ``center``, a corner such as ``top_left``, ``bottom_center``.
        cursor: Where the mouse is.
        at: Where it is to be, for ``at``.
    """
    width, height = size
    if place == "cursor":
        x, y = cursor[0] + BESIDE_CURSOR, cursor[1] + BESIDE_CURSOR
    elif place == "at":
        x, y = at
    else:
        x = _along(place, ("left", "right"), area.x, area.width, width)
        y = _along(place, ("top", "bottom"), area.y, area.height, height)
    return (
        max(area.x, min(x, area.x + area.width - width)),
        max(area.y, min(y, area.y + area.height - height)),
    )


def side_by_side(number: int, size: tuple[int, int], area: Box) -> tuple[int, int]:
    """Where the dialog of this number stands: the middle, each further one a step aside."""
    width, height = size
    step = 36 * number
    x = area.x + (area.width - width) // 2 + step
    y = area.y + (area.height - height) // 3 + step
    return placed(size, area, "at", at=(x, y))


def _along(place: str, ends: tuple[str, str], begin: int, room: int, length: int) -> int:
    if ends[0] in place:
        return begin + MARGIN
    if ends[1] in place:
        return begin + room - length - MARGIN
    return begin + (room - length) // 2
