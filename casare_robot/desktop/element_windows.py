"""An element of a window, over UI Automation."""

import sys

if sys.platform == "win32":
    from _ctypes import COMError
    from collections.abc import Iterator, Sequence
    from contextlib import contextmanager
    from typing import Any

    import uiautomation as uia

    from casare_robot.domain.errors import NodeFailure
    from casare_robot.domain.screen_work import Area, Direction

    _ITEM_DEPTH = 4
    """How deep items lie in what they can be selected in."""
    _PLAIN = """AcceleratorKey AccessKey AriaProperties AriaRole AutomationId ClassName Culture
        FrameworkId HasKeyboardFocus HelpText IsContentElement IsControlElement
        IsEnabled IsKeyboardFocusable IsOffscreen IsPassword IsRequiredForForm
        ItemStatus ItemType LocalizedControlType Name NativeWindowHandle
        ProcessId ProviderDescription"""
    _PROPERTIES = frozenset(_PLAIN.split())

    class WindowsElement:
        """One element; each reading asks the program it belongs to."""

        def __init__(self, control: uia.Control) -> None:
            self._control = control

        @property
        def key(self) -> str:
            """Its runtime id."""
            with told("tell the element's id"):
                return ".".join(map(str, self._control.GetRuntimeId()))

        @property
        def area(self) -> Area:
            """Where it is."""
            with told("tell where the element is"):
                rect = self._control.BoundingRectangle
                return Area(rect.left, rect.top, rect.width(), rect.height())

        def read(self, name: str) -> Any:
            """A property by its UI Automation name."""
            with told(f"tell {name}"):
                if name in _PROPERTIES:
                    return getattr(self._control, name)
                if name == "ControlType":
                    return self._control.ControlTypeName.removesuffix("Control")
                if name == "BoundingRectangle":
                    area = self.area
                    return {
                        "x": area.x,
                        "y": area.y,
                        "width": area.width,
                        "height": area.height,
                    }
                if name == "Value":
                    return self._pattern("Value").Value
                if name == "IsChecked":
                    return self._pattern("Toggle").ToggleState == uia.ToggleState.On
                if name == "IsSelected":
                    return self._pattern("SelectionItem").IsSelected
                if name == "IsExpanded":
                    state = self._pattern("ExpandCollapse").ExpandCollapseState
                    return state == uia.ExpandCollapseState.Expanded
            raise NodeFailure(f"an element has no property {name!r:.80}", retryable=False)

        def text(self) -> str:
            """Its text, else its value, else its name."""
            with told("tell the element's text"):
                if text := self._control.GetPattern(uia.PatternId.TextPattern):
                    return str(text.DocumentRange.GetText(-1))
                if value := self._control.GetPattern(uia.PatternId.ValuePattern):
                    return str(value.Value)
                return str(self._control.Name)

        def focus(self) -> None:
            """Give it the keyboard."""
            with told("give the element the keyboard"):
                if not self._control.SetFocus():
                    raise NodeFailure("the element does not take the keyboard")

        def invoke(self) -> None:
            """Do what a click on it does, without the mouse."""
            with told("press the element"):
                self._pattern("Invoke").Invoke(0)

        def clear(self) -> None:
            """Take its text away."""
            with told("clear the element"):
                self._pattern("Value").SetValue("", 0)

        def check(self, wanted: bool) -> None:
            """Set a check box; one with three states is turned until it fits."""
            state = uia.ToggleState.On if wanted else uia.ToggleState.Off
            with told("set the check box"):
                pattern = self._pattern("Toggle")
                for _ in range(3):
                    if pattern.ToggleState == state:
                        return
                    pattern.Toggle(0)
                if pattern.ToggleState != state:
                    raise NodeFailure("the check box does not change")

        def select(self) -> None:
            """Choose it."""
            with told("select the element"):
                self._pattern("SelectionItem").Select(0)

        def expand(self, wanted: bool) -> None:
            """Open or close it; a leaf is as it is."""
            with told("open or close the element"):
                pattern = self._pattern("ExpandCollapse")
                if pattern.ExpandCollapseState == uia.ExpandCollapseState.LeafNode:
                    return
                pattern.Expand(0) if wanted else pattern.Collapse(0)

        def scroll(self, direction: Direction, amount: float) -> None:
            """Scroll what is in it by a part of its whole."""
            change = (-1 if direction in ("up", "left") else 1) * amount * 100
            with told("scroll the element"):
                pattern = self._pattern("Scroll")
                across, down = uia.ScrollPattern.NoScrollValue, uia.ScrollPattern.NoScrollValue
                if direction in ("left", "right"):
                    across = min(100.0, max(0.0, pattern.HorizontalScrollPercent + change))
                else:
                    down = min(100.0, max(0.0, pattern.VerticalScrollPercent + change))
                pattern.SetScrollPercent(across, down, 0)

        def items(self) -> "Sequence[WindowsElement]":
            """The items that can be selected in it, in order."""
            with told("list the element's items"):
                return [
                    WindowsElement(control)
                    for control, _ in uia.WalkControl(self._control, maxDepth=_ITEM_DEPTH)
                    if control.GetPattern(uia.PatternId.SelectionItemPattern)
                ]

        def _pattern(self, name: str) -> Any:
            pattern = self._control.GetPattern(getattr(uia.PatternId, f"{name}Pattern"))
            if not pattern:
                kind, own = self._control.ControlTypeName, self._control.Name
                raise NodeFailure(f"the {kind} {own!r:.80} offers no {name}", retryable=False)
            return pattern

    @contextmanager
    def told(what: str) -> Iterator[None]:
        """Make what a program or Windows refuses a `NodeFailure`."""
        try:
            yield
        except (COMError, OSError) as error:
            raise NodeFailure(f"Windows cannot {what}: {error}") from error
