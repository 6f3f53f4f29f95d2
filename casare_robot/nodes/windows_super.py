"""What a window can be told to do, in one node."""

from types import MappingProxyType
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import Action, DataType, NodeType, Outputs, Port, Property
from casare_robot.nodes import windows

_WINDOW = windows.WINDOW_PORT
_WIDTH, _HEIGHT = Port("width", DataType.INTEGER), Port("height", DataType.INTEGER)
_X, _Y = Port("x", DataType.INTEGER), Port("y", DataType.INTEGER)
_DONE = (windows.SUCCESS,)
_IDEMPOTENT = Effect.IDEMPOTENT


async def _set_state(*, window: Any, state: str | None, window_state: str) -> Outputs:
    """The port says it, else the setting."""
    return await windows.set_window_state(window=window, state=state or window_state)


_ACTIONS = {
    "Resize": Action(
        windows.resize_window, inputs=(_WINDOW, _WIDTH, _HEIGHT), outputs=_DONE, effect=_IDEMPOTENT
    ),
    "Move": Action(
        windows.move_window, inputs=(_WINDOW, _X, _Y), outputs=_DONE, effect=_IDEMPOTENT
    ),
    "Maximize": Action(
        windows.maximize_window, inputs=(_WINDOW,), outputs=_DONE, effect=_IDEMPOTENT
    ),
    "Minimize": Action(
        windows.minimize_window, inputs=(_WINDOW,), outputs=_DONE, effect=_IDEMPOTENT
    ),
    "Restore": Action(windows.restore_window, inputs=(_WINDOW,), outputs=_DONE, effect=_IDEMPOTENT),
    "Get Properties": Action(
        windows.window_properties,
        inputs=(_WINDOW,),
        outputs=windows.PROPERTIES,
        effect=Effect.READS,
    ),
    "Set State": Action(
        _set_state,
        inputs=(_WINDOW, Port("state", DataType.STRING)),
        outputs=_DONE,
        effect=_IDEMPOTENT,
    ),
}

NODE_TYPES = (
    NodeType(
        "WindowManagementSuperNode",
        category="desktop",
        effect=_IDEMPOTENT,
        needs=windows.NEED,
        inputs=(_WINDOW, _WIDTH, _HEIGHT),
        outputs=_DONE,
        properties=(
            windows.WINDOW,
            Property("action", DataType.CHOICE, "Resize", choices=tuple(_ACTIONS)),
            Property("width", DataType.INTEGER, 800, low=1),
            Property("x", DataType.INTEGER, 100),
            Property("window_state", DataType.CHOICE, "normal", choices=windows.SHAPES),
            Property("height", DataType.INTEGER, 600, low=1),
            Property("y", DataType.INTEGER, 100),
            windows.BRING_TO_FRONT,
            *windows.RETRIES,
        ),
        actions=MappingProxyType(_ACTIONS),
    ),
)
