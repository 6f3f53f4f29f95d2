"""Elements of windows: find, wait for, read and verify."""

import re
from typing import Any

from casare_robot.desktop.screen_here import on_screen
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import ScreenWork
from casare_robot.nodes.screen_targets import (
    element_value,
    existing_element,
    first_match,
    found,
    target,
    until,
    wanted_properties,
)
from casare_robot.nodes.windows import NEED, SUCCESS

ELEMENT = Property("element", required=True)
ELEMENT_PORT = Port("element", required=True)
SELECTOR = Property("selector", DataType.JSON)
TARGET = (Port("element"), Port("window"), Port("selector"))
FIVE_SECONDS = Property("timeout", DataType.FLOAT, 5.0, low=0.1)


@node(
    "FindElementNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    inputs=(Port("window"), Port("selector")),
    outputs=(Port("element"), Port("found", DataType.BOOLEAN)),
    properties=(
        Property("window", required=True),
        SELECTOR,
        FIVE_SECONDS,
        Property("throw_on_not_found", DataType.BOOLEAN, True),
    ),
)
async def find_element(
    *, window: Any, selector: Any, timeout: float, throw_on_not_found: bool
) -> Outputs:
    """The first element that fits, waited for; without a window in all of them."""
    wanted_properties(selector)
    try:
        _, element = await found(window, selector, timeout)
    except NodeFailure as failure:
        if throw_on_not_found or failure.error_type != "ElementNotFoundError":
            raise
        return {"element": None, "found": False}
    return {"element": element, "found": True}


@node(
    "VerifyElementExistsNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    inputs=(Port("selector"), Port("timeout", DataType.FLOAT)),
    outputs=(Port("exists", DataType.BOOLEAN), Port("element")),
    properties=(SELECTOR, FIVE_SECONDS),
)
async def verify_element_exists(*, selector: Any, timeout: float) -> Outputs:
    """Whether an element that fits is in any window within the time."""
    told = await find_element(
        window=None, selector=selector, timeout=timeout, throw_on_not_found=False
    )
    return {"exists": told["found"], "element": told["element"]}


@node(
    "DesktopWaitForElementNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    inputs=(Port("selector"), Port("timeout", DataType.FLOAT)),
    outputs=(Port("element"), SUCCESS),
    properties=(
        SELECTOR,
        Property("timeout", DataType.FLOAT, 10.0, low=0.1),
        Property(
            "state",
            DataType.CHOICE,
            "visible",
            choices=("visible", "hidden", "enabled", "disabled"),
        ),
        Property("poll_interval", DataType.FLOAT, 0.5, low=0.1),
    ),
)
async def wait_for_element(
    *, selector: Any, timeout: float, state: str, poll_interval: float
) -> Outputs:
    """Wait until an element is in a state; no element at all is hidden, too."""
    wanted = wanted_properties(selector)

    def look(screen: ScreenWork) -> tuple[dict[str, Any] | None] | None:
        element = first_match(screen, None, wanted)
        is_visible = element is not None and not element.read("IsOffscreen")
        if state == "hidden":
            return None if is_visible else (None,)
        if element is None or not is_visible:
            return None
        if state != "visible" and bool(element.read("IsEnabled")) != (state == "enabled"):
            return None
        return (element_value(element, None),)

    try:
        (element,) = await until(look, timeout, poll_interval)
    except TimeoutError as error:
        message = f"no element like {selector!r:.80} was {state} within {timeout:g} s"
        raise NodeFailure(message, error_type="ElementNotFoundError") from error
    return {"element": element, "success": True}


@node(
    "GetElementTextNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    inputs=TARGET,
    outputs=(Port("text", DataType.STRING), Port("element")),
    properties=(SELECTOR, Property("variable_name", DataType.STRING, ""), FIVE_SECONDS),
)
async def element_text(
    ctx: NodeContext,
    *,
    element: Any,
    window: Any,
    selector: Any,
    variable_name: str,
    timeout: float,
) -> Outputs:
    """An element's text, else its value, else its name; also kept in a variable."""
    at, handle = await target(element, window, selector, timeout)

    def read(screen: ScreenWork) -> tuple[str, dict[str, Any]]:
        it = at(screen)
        return it.text(), element_value(it, handle)

    text, value = await on_screen(read)
    if variable_name:
        ctx.set_variable(variable_name, text)
    return {"text": text, "element": value}


@node(
    "GetElementPropertyNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    inputs=(*TARGET, Port("property_name", DataType.STRING)),
    outputs=(Port("value"), Port("element")),
    properties=(
        Property("property_name", DataType.STRING, "Name", required=True),
        SELECTOR,
        FIVE_SECONDS,
    ),
)
async def element_property(
    *, element: Any, window: Any, selector: Any, property_name: str, timeout: float
) -> Outputs:
    """A property of an element, by its UI Automation name."""
    at, handle = await target(element, window, selector, timeout)

    def read(screen: ScreenWork) -> tuple[Any, dict[str, Any]]:
        it = at(screen)
        return it.read(property_name), element_value(it, handle)

    value, told = await on_screen(read)
    return {"value": value, "element": told}


@node(
    "VerifyElementPropertyNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    may_stall=True,
    inputs=(ELEMENT_PORT, Port("property_name", DataType.STRING), Port("expected_value")),
    outputs=(Port("result", DataType.BOOLEAN), Port("actual_value")),
    properties=(
        ELEMENT,
        Property("property_name", DataType.STRING, required=True),
        Property("expected_value", required=True),
        Property(
            "comparison",
            DataType.CHOICE,
            "equals",
            choices=("equals", "contains", "startswith", "endswith", "regex"),
        ),
    ),
)
async def verify_element_property(
    *, element: Any, property_name: str, expected_value: Any, comparison: str
) -> Outputs:
    """Whether a property is as expected, compared as text."""
    actual = await on_screen(lambda screen: existing_element(screen, element).read(property_name))
    own, wanted = str(actual), str(expected_value)
    if comparison == "regex":
        try:
            result = re.search(wanted, own) is not None
        except re.error as error:
            message = f"{wanted!r:.80} is no regular expression: {error}"
            raise NodeFailure(message, retryable=False) from error
    else:
        result = {
            "equals": own == wanted,
            "contains": wanted in own,
            "startswith": own.startswith(wanted),
            "endswith": own.endswith(wanted),
        }[comparison]
    return {"result": result, "actual_value": actual}
