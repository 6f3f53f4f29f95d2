"""The mouse: where it is, moving, clicking and dragging."""

import asyncio
from collections.abc import Callable

from casare_robot.desktop.screen_here import on_screen
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import MouseButton, ScreenWork
from casare_robot.nodes.windows import NEED, SUCCESS

_BUTTON = Property("button", DataType.CHOICE, "left", choices=("left", "right", "middle"))
_CLICKS = {"single": 1, "double": 2, "triple": 3}
_STEPS_PER_SECOND = 60
_EASES: dict[str, Callable[[float], float]] = {
    "linear": lambda part: part,
    "ease_in": lambda part: part**2,
    "ease_out": lambda part: 1 - (1 - part) ** 2,
    "ease_in_out": lambda part: 2 * part**2 if part < 0.5 else 1 - 2 * (1 - part) ** 2,
}


@node(
    "GetMousePositionNode",
    category="desktop",
    effect=Effect.READS,
    needs=NEED,
    outputs=(Port("x", DataType.INTEGER), Port("y", DataType.INTEGER)),
)
async def mouse_position() -> Outputs:
    """Where the mouse is."""
    x, y = await on_screen(lambda screen: screen.pointer())
    return {"x": x, "y": y}


@node(
    "MoveMouseNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    inputs=(
        Port("x", DataType.INTEGER, required=True),
        Port("y", DataType.INTEGER, required=True),
        Port("duration", DataType.FLOAT),
    ),
    outputs=(SUCCESS, Port("final_x", DataType.INTEGER), Port("final_y", DataType.INTEGER)),
    properties=(
        Property("x", DataType.INTEGER, required=True),
        Property("y", DataType.INTEGER, required=True),
        Property("duration", DataType.FLOAT, 0.0, low=0.0),
        Property("ease", DataType.CHOICE, "linear", choices=tuple(_EASES)),
        Property("steps", DataType.INTEGER, 10, low=1),
    ),
    synonyms={"mouse_x": "x", "mouse_y": "y"},
)
async def move_mouse(*, x: int, y: int, duration: float, ease: str, steps: int) -> Outputs:
    """Move the mouse, in so many steps if it is to take time."""
    await _moved(x, y, duration, steps, _EASES[ease])
    final_x, final_y = await on_screen(lambda screen: screen.pointer())
    return {"success": True, "final_x": final_x, "final_y": final_y}


async def _moved(
    x: int, y: int, duration: float, steps: int, ease: Callable[[float], float]
) -> None:
    from_x, from_y = await on_screen(lambda screen: screen.pointer())
    steps = max(1, steps) if duration > 0 else 1
    for step in range(1, steps + 1):
        part = ease(step / steps)
        await on_screen(_pointing(from_x + (x - from_x) * part, from_y + (y - from_y) * part))
        if duration > 0:
            await asyncio.sleep(duration / steps)


def _pointing(x: float, y: float) -> Callable[[ScreenWork], None]:
    return lambda screen: screen.point(round(x), round(y))


@node(
    "MouseClickNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(Port("x", DataType.INTEGER), Port("y", DataType.INTEGER)),
    outputs=(SUCCESS, Port("click_x", DataType.INTEGER), Port("click_y", DataType.INTEGER)),
    properties=(
        Property("x", DataType.INTEGER),
        Property("y", DataType.INTEGER),
        _BUTTON,
        Property("click_type", DataType.CHOICE, "single", choices=tuple(_CLICKS)),
        Property("click_count", DataType.INTEGER, 1, low=1),
        Property("with_ctrl", DataType.BOOLEAN, False),
        Property("with_shift", DataType.BOOLEAN, False),
        Property("with_alt", DataType.BOOLEAN, False),
        Property("delay", DataType.INTEGER, 0, low=0),
    ),
)
async def mouse_click(
    *,
    x: int | None,
    y: int | None,
    button: MouseButton,
    click_type: str,
    click_count: int,
    with_ctrl: bool,
    with_shift: bool,
    with_alt: bool,
    delay: int,
) -> Outputs:
    """Click at a point, or where the mouse is; ``delay`` is milliseconds between the clicks."""
    if (x is None) != (y is None):
        raise NodeFailure("x and y go together; give both, or none", retryable=False)
    given = {"CTRL": with_ctrl, "SHIFT": with_shift, "ALT": with_alt}
    held = [name for name, is_held in given.items() if is_held]
    clicks = _CLICKS[click_type]

    def click(screen: ScreenWork) -> tuple[int, int]:
        if x is not None and y is not None:
            screen.point(x, y)
        for name in held:
            screen.hold(name, down=True)
        try:
            for _ in range(clicks):
                screen.button(button, down=True)
                screen.button(button, down=False)
        finally:
            for name in reversed(held):
                screen.hold(name, down=False)
        return screen.pointer()

    for number in range(click_count):
        if number and delay > 0:
            await asyncio.sleep(delay / 1000)
        click_x, click_y = await on_screen(click)
    return {"success": True, "click_x": click_x, "click_y": click_y}


@node(
    "DragMouseNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(
        Port("start_x", DataType.INTEGER, required=True),
        Port("start_y", DataType.INTEGER, required=True),
        Port("end_x", DataType.INTEGER, required=True),
        Port("end_y", DataType.INTEGER, required=True),
        Port("duration", DataType.FLOAT),
    ),
    outputs=(SUCCESS,),
    properties=(
        Property("start_x", DataType.INTEGER, required=True),
        Property("start_y", DataType.INTEGER, required=True),
        Property("end_x", DataType.INTEGER, required=True),
        Property("end_y", DataType.INTEGER, required=True),
        _BUTTON,
        Property("duration", DataType.FLOAT, 0.0, low=0.0),
    ),
    synonyms={"from_x": "start_x", "from_y": "start_y", "to_x": "end_x", "to_y": "end_y"},
)
async def drag_mouse(
    *, start_x: int, start_y: int, end_x: int, end_y: int, button: MouseButton, duration: float
) -> Outputs:
    """Press at one point, move, and release at another; released whatever happens."""
    await on_screen(_pointing(start_x, start_y))
    await on_screen(lambda screen: screen.button(button, down=True))
    try:
        steps = max(2, round(duration * _STEPS_PER_SECOND))
        await _moved(end_x, end_y, duration, steps, _EASES["linear"])
    finally:
        await on_screen(lambda screen: screen.button(button, down=False))
    return {"success": True}
