"""What working on somebody's screen takes: windows, elements, mouse and keyboard. Protocols."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

WindowShape = Literal["normal", "maximized", "minimized"]
MouseButton = Literal["left", "right", "middle"]
Direction = Literal["up", "down", "left", "right"]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on the screen, in pixels from its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[int, int]:
        """The point in its middle."""
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level window as it is now. ``handle`` names it for as long as it is open."""

    handle: int
    title: str
    class_name: str
    process_id: int
    area: Area
    shape: WindowShape = "normal"
    is_visible: bool = True
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key that goes down and up while modifiers are held.

    ``key`` is a character, or the name of a key in capitals, such as ``ENTER``;
    ``modifiers`` are ``CTRL``, ``SHIFT``, ``ALT`` and ``WIN``.
    """

    key: str
    modifiers: tuple[str, ...] = field(default=())


class Element(Protocol):
    """Something in a window. What it cannot do raises `NodeFailure`."""

    @property
    def key(self) -> str:
        """What tells it from all others for as long as it exists."""
        ...

    def read(self, name: str) -> Any:
        """A property by its UI Automation name.

        At least ``Name``, ``AutomationId``, ``ClassName``, ``ControlType`` (such as
        ``Button``), ``IsEnabled`` and ``IsOffscreen``.

        Raises:
            NodeFailure: There is no such property.
        """
        ...

    @property
    def area(self) -> Area:
        """Where it is."""
        ...

    def text(self) -> str:
        """Its text, else its value, else its name."""
        ...

    def focus(self) -> None:
        """Give it the keyboard."""
        ...

    def invoke(self) -> None:
        """Do what a click on it does, without the mouse."""
        ...

    def clear(self) -> None:
        """Take its text away."""
        ...

    def check(self, wanted: bool) -> None:
        """Set a check box."""
        ...

    def select(self) -> None:
        """Choose it: an item of a list, a radio button, a tab."""
        ...

    def expand(self, wanted: bool) -> None:
        """Open or close a tree item or a drop-down list."""
        ...

    def scroll(self, direction: Direction, amount: float) -> None:
        """Scroll what is in it by a part of its whole, from 0 to 1."""
        ...

    def items(self) -> "Sequence[Element]":
        """The items that can be selected in it, in order."""
        ...


class ScreenWork(Protocol):
    """One desktop. What it refuses raises `NodeFailure`. Used by one thread only."""

    def obstacle(self) -> str:
        """Why nobody can click or type now; empty: nothing is known against it."""
        ...

    def launch(self, command: Sequence[str], folder: str) -> int:
        """Start a program that outlives this process, and its process number."""
        ...

    def kill(self, process_id: int) -> None:
        """End a program at once; one that has ended is fine."""
        ...

    def windows(self) -> Sequence[Window]:
        """The top-level windows, the foremost first, those that do not show included."""
        ...

    def place(self, handle: int, area: Area) -> None:
        """Move and resize a window."""
        ...

    def show(self, handle: int, shape: WindowShape) -> None:
        """Maximize, minimize or restore a window."""
        ...

    def activate(self, handle: int) -> None:
        """Bring a window to the front and give it the keyboard."""
        ...

    def close(self, handle: int) -> None:
        """Ask a window to close."""
        ...

    def elements(self, handle: int | None) -> Iterator[Element]:
        """All elements of a window, or of all windows, the outer before the inner."""
        ...

    def pointer(self) -> tuple[int, int]:
        """Where the mouse is."""
        ...

    def point(self, x: int, y: int) -> None:
        """Put the mouse somewhere."""
        ...

    def button(self, name: MouseButton, *, down: bool) -> None:
        """Press or release a mouse button."""
        ...

    def hold(self, modifier: str, *, down: bool) -> None:
        """Press or release ``CTRL``, ``SHIFT``, ``ALT`` or ``WIN``."""
        ...

    def stroke(self, stroke: Stroke) -> None:
        """Press and release a key.

        Raises:
            NodeFailure: There is no key of this name.
        """
        ...
