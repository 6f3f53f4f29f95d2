"""The states the icon tells apart: by glyph and shape as well as by colour. Pure."""

from enum import Enum
from typing import NamedTuple


class Look(Enum):
    """What the icon says about the robot."""

    STARTING = "starting"
    IDLE = "idle"
    EXECUTING = "executing"
    RECONNECTING = "reconnecting"
    DISCONNECTED = "disconnected"
    ERROR = "error"
    PAUSED = "paused"
    NEEDS_YOU = "needs you"


class Drawing(NamedTuple):
    """How a look is drawn: a coloured shape with a glyph on it, colours as ``#rrggbb``."""

    shape: str
    glyph: str
    colour: str
    ink: str
    mark: str


GREEN, BLUE, YELLOW, RED, GREY, ORANGE = (
    "#2e8b3d",
    "#1a73e8",
    "#f4b400",
    "#d93025",
    "#6b7280",
    "#e8590c",
)

DRAWINGS = {
    Look.STARTING: Drawing("disc", "dots", GREY, "#ffffff", "…"),
    Look.IDLE: Drawing("disc", "check", GREEN, "#ffffff", "✓"),
    Look.EXECUTING: Drawing("disc", "play", BLUE, "#ffffff", "▶"),
    Look.RECONNECTING: Drawing("disc", "circling", YELLOW, "#3c2f00", "↻"),
    Look.DISCONNECTED: Drawing("octagon", "cross", RED, "#ffffff", "✕"),
    Look.ERROR: Drawing("octagon", "bang", RED, "#ffffff", "!"),
    Look.PAUSED: Drawing("disc", "pause", GREY, "#ffffff", "‖"),
    Look.NEEDS_YOU: Drawing("triangle", "bang", ORANGE, "#ffffff", "!"),
}
"""Colours of the robot reference for idle, executing, reconnecting, disconnected and error."""
