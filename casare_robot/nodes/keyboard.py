"""The keyboard: texts with keys in braces, and combinations of keys, pressed and waited for."""

import asyncio

from casare_robot.desktop.hotkeys import is_pressed
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import Stroke
from casare_robot.nodes.element_actions import typed
from casare_robot.nodes.key_strokes import hotkey as combination
from casare_robot.nodes.key_strokes import key_named, strokes_of
from casare_robot.nodes.windows import NEED, SUCCESS


@node(
    "SendKeysNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(Port("keys", DataType.STRING), Port("interval", DataType.FLOAT)),
    outputs=(SUCCESS, Port("keys_sent", DataType.INTEGER)),
    properties=(
        Property("keys", DataType.STRING, "", is_code=True),
        Property("interval", DataType.FLOAT, 0.01, low=0.0),
        Property("with_shift", DataType.BOOLEAN, False),
        Property("with_ctrl", DataType.BOOLEAN, False),
        Property("with_alt", DataType.BOOLEAN, False),
        Property("press_enter_after", DataType.BOOLEAN, False),
        Property("clear_first", DataType.BOOLEAN, False),
    ),
)
async def send_keys(
    *,
    keys: str,
    interval: float,
    with_shift: bool,
    with_ctrl: bool,
    with_alt: bool,
    press_enter_after: bool,
    clear_first: bool,
) -> Outputs:
    """Press keys in the window that has the keyboard; values of references are typed as they are.

    ``clear_first`` is Ctrl+A and Delete; ``keys_sent`` counts what ``keys`` says.
    """
    given = {"CTRL": with_ctrl, "SHIFT": with_shift, "ALT": with_alt}
    held = tuple(name for name, is_held in given.items() if is_held)
    wanted = [_held(stroke, held) for stroke in strokes_of(keys or "")]
    if not wanted and not press_enter_after and not clear_first:
        raise NodeFailure("no keys are given", retryable=False)
    before = [Stroke("a", ("CTRL",)), Stroke("DELETE")] if clear_first else []
    after = [Stroke("ENTER")] if press_enter_after else []
    await typed([*before, *wanted, *after], interval)
    return {"success": True, "keys_sent": len(wanted)}


def _held(stroke: Stroke, held: tuple[str, ...]) -> Stroke:
    more = tuple(name for name in held if name not in stroke.modifiers)
    return Stroke(stroke.key, (*more, *stroke.modifiers))


@node(
    "SendHotKeyNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(Port("keys", DataType.STRING), Port("wait_time", DataType.FLOAT)),
    outputs=(SUCCESS,),
    properties=(
        Property(
            "modifier", DataType.CHOICE, "none", choices=("none", "Ctrl", "Alt", "Shift", "Win")
        ),
        Property("key", DataType.STRING, "Enter"),
        Property("keys", DataType.STRING, ""),
        Property("wait_time", DataType.FLOAT, 0.0, low=0.0),
    ),
    synonyms={"hotkey": "keys"},
)
async def send_hotkey(*, modifier: str, key: str, keys: str, wait_time: float) -> Outputs:
    """Press a combination: ``keys`` such as ``Ctrl+C``, else ``modifier`` and ``key``."""
    if keys.strip():
        stroke = combination(keys)
    else:
        held = () if modifier == "none" else (modifier.upper(),)
        stroke = Stroke(key_named(key), held)
    await typed([stroke], 0)
    await asyncio.sleep(max(0.0, wait_time))
    return {"success": True}


@node(
    "HotkeyWaitNode",
    category="system",
    effect=Effect.READS,
    needs=NEED,
    inputs=(Port("hotkey", DataType.STRING),),
    outputs=(Port("triggered", DataType.BOOLEAN), Port("timed_out", DataType.BOOLEAN)),
    properties=(
        Property("hotkey", DataType.STRING, "ctrl+shift+a"),
        Property("timeout", DataType.INTEGER, 0, low=0, high=300000),
        Property("consume_key", DataType.BOOLEAN, True),
    ),
)
async def hotkey_wait(*, hotkey: str, timeout: int, consume_key: bool) -> Outputs:
    """Go on when a person presses a combination; ``timeout`` in milliseconds, 0 for ever.

    With ``consume_key`` no other program gets the combination while this waits.
    """
    seconds = timeout / 1000 if timeout > 0 else None
    pressed = await is_pressed(combination(hotkey), seconds=seconds, consumes=consume_key)
    return {"triggered": pressed, "timed_out": not pressed}
