"""Windows and elements as values on wires: how they are told, found and waited for.

A window on a wire is a dict with its ``handle``, an element a dict with its
window's handle and its ``key``: plain data, which a resumed job can still use as
long as the window is open.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from casare_robot.desktop.screen_here import on_screen
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import Area, Element, ScreenWork, Window

POLL = 0.1
"""Seconds between two looks."""

_STRATEGIES = {
    "control_type": "ControlType",
    "name": "Name",
    "automation_id": "AutomationId",
    "class_name": "ClassName",
}
_SHORT = {name.replace("_", ""): name for name in _STRATEGIES}
T = TypeVar("T")


async def until(look: Callable[[ScreenWork], T | None], timeout: float, poll: float = POLL) -> T:
    """What a look finds, as soon as it finds something; one look is made however long it takes.

    Raises:
        TimeoutError: It found nothing for so many seconds.
    """
    ends = asyncio.get_running_loop().time() + timeout
    found = await on_screen(look)
    async with asyncio.timeout_at(ends):
        while found is None:
            await asyncio.sleep(poll)
            found = await on_screen(look)
        return found


def window_value(window: Window) -> dict[str, Any]:
    """A window as it is told on a wire."""
    area = window.area
    return {
        "handle": window.handle,
        "title": window.title,
        "class_name": window.class_name,
        "process_id": window.process_id,
        "x": area.x,
        "y": area.y,
        "width": area.width,
        "height": area.height,
        "state": window.shape,
        "is_visible": window.is_visible,
        "is_enabled": window.is_enabled,
    }


def handle_of(window: Any) -> int:
    """The handle in a window's value; a bare number is one, too.

    Raises:
        NodeFailure: It is no window.
    """
    handle = window.get("handle") if isinstance(window, Mapping) else window
    if isinstance(handle, str) and handle.strip().isdigit():
        handle = int(handle)
    if not isinstance(handle, int) or isinstance(handle, bool):
        raise NodeFailure(f"a window is needed, not {window!r:.80}; wire one, or launch or find it")
    return handle


def open_window(screen: ScreenWork, window: Any) -> Window:
    """The window a value stands for, as it is now.

    Raises:
        NodeFailure: It is no window, or was closed.
    """
    handle = handle_of(window)
    for each in screen.windows():
        if each.handle == handle:
            return each
    title = window.get("title", "") if isinstance(window, Mapping) else ""
    raise NodeFailure(f"the window {title or handle!r} is not open", error_type="WindowGoneError")


def titled(
    screen: ScreenWork, title: str, *, partial: bool = True, visible: bool = True
) -> Window | None:
    """The foremost window with a title, in any case; part of it is enough if ``partial``."""
    wanted = title.casefold()
    for window in screen.windows():
        own = window.title.casefold()
        if (wanted in own if partial else wanted == own) and (window.is_visible or not visible):
            return window
    return None


def element_value(element: Element, handle: int | None) -> dict[str, Any]:
    """An element as it is told on a wire."""
    area = element.area
    return {
        "key": element.key,
        "window": handle,
        "name": element.read("Name"),
        "control_type": element.read("ControlType"),
        "automation_id": element.read("AutomationId"),
        "class_name": element.read("ClassName"),
        "x": area.x,
        "y": area.y,
        "width": area.width,
        "height": area.height,
    }


def existing_element(screen: ScreenWork, element: Any) -> Element:
    """The element a value stands for.

    Raises:
        NodeFailure: It is no element, or is not there any more.
    """
    if not isinstance(element, Mapping) or "key" not in element:
        raise NodeFailure(f"an element is needed, not {element!r:.80}; wire one from Find Element")
    for each in screen.elements(element.get("window")):
        if each.key == element["key"]:
            return each
    name = element.get("name") or element["key"]
    raise NodeFailure(f"the element {name!r} is not there any more", error_type="ElementGoneError")


def wanted_properties(selector: Any) -> dict[str, str]:
    """What a selector asks for: property name to value.

    Takes ``{"strategy": "name", "value": ..., "properties": {...}}``, properties
    alone (``{"Name": ..., "AutomationId": ...}``), the same as JSON text, and
    text like ``name=OK``; any other text is a name.

    Raises:
        NodeFailure: It asks for nothing, or by a strategy there is not.
    """
    if isinstance(selector, str):
        selector = _parsed(selector)
    if not isinstance(selector, Mapping):
        raise NodeFailure(f"a selector is needed, not {selector!r:.80}", retryable=False)
    wanted = {}
    extra = selector.get("properties") or {}
    if "strategy" in selector:
        strategy = str(selector["strategy"])
        if strategy not in _STRATEGIES:
            known = ", ".join(_STRATEGIES)
            raise NodeFailure(
                f"there is no selector strategy {strategy!r}; there are {known}", retryable=False
            )
        wanted[_STRATEGIES[strategy]] = str(selector.get("value", ""))
    else:
        extra = {**selector, **extra}
    for name, value in extra.items():
        if name != "properties":
            own = _STRATEGIES.get(name) or _STRATEGIES.get(_SHORT.get(name.lower(), ""), name)
            wanted[own] = str(value)
    if "ControlType" in wanted:
        wanted["ControlType"] = wanted["ControlType"].removesuffix("Control")
    if not any(wanted.values()):
        raise NodeFailure("the selector asks for nothing", retryable=False)
    return wanted


def _parsed(text: str) -> Any:
    text = text.strip()
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError as error:
            raise NodeFailure(f"the selector is no JSON: {error}", retryable=False) from error
    strategy, sign, value = text.partition("=")
    if sign and _SHORT.get(strategy.strip().lower().replace("_", "")):
        return {strategy.strip(): value.strip()}
    return {"name": text}


def first_match(
    screen: ScreenWork, handle: int | None, wanted: Mapping[str, str]
) -> Element | None:
    """The first element with these properties."""
    for element in screen.elements(handle):
        if all(str(element.read(name)) == value for name, value in wanted.items()):
            return element
    return None


async def target(
    element: Any, window: Any, selector: Any, timeout: float
) -> tuple[Callable[[ScreenWork], Element], int | None]:
    """How to get at the element a node works on, and its window.

    Either the element's value is given, or a selector, which is waited for.

    Raises:
        NodeFailure: Neither is given, or nothing fits in time.
    """
    if element:
        handle = element.get("window") if isinstance(element, Mapping) else None
        return lambda screen: existing_element(screen, element), handle
    if not selector:
        raise NodeFailure("an element or a selector is needed, and neither is given")
    handle, value = await found(window, selector, timeout)
    return lambda screen: existing_element(screen, value), handle


async def found(window: Any, selector: Any, timeout: float) -> tuple[int | None, dict[str, Any]]:
    """The handle and the value of the first element that fits, waited for.

    Raises:
        NodeFailure: None does in time.
    """
    wanted = wanted_properties(selector)

    def look(screen: ScreenWork) -> tuple[int | None, dict[str, Any]] | None:
        handle = open_window(screen, window).handle if window else None
        element = first_match(screen, handle, wanted)
        return None if element is None else (handle, element_value(element, handle))

    try:
        return await until(look, timeout)
    except TimeoutError as error:
        asked = ", ".join(f"{name} {value!r}" for name, value in wanted.items())
        message = f"no element with {asked} within {timeout:g} s"
        raise NodeFailure(message, error_type="ElementNotFoundError") from error


def area_of(region: Any) -> Area | None:
    """A region: a dict with ``x, y, width, height``, or a list of these four; None: the whole.

    Raises:
        NodeFailure: It is something else.
    """
    if region is None or region in ("", {}, []):
        return None
    parts = region
    if isinstance(region, Mapping):
        parts = [region.get(name) for name in ("x", "y", "width", "height")]
    try:
        x, y, width, height = (int(part) for part in parts)
    except (TypeError, ValueError) as error:
        raise NodeFailure(
            f"a region is x, y, width and height, not {region!r:.80}", retryable=False
        ) from error
    if width < 1 or height < 1:
        raise NodeFailure(f"the region {region!r:.80} is empty", retryable=False)
    return Area(x, y, width, height)
