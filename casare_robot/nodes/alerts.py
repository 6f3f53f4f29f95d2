"""What the person at this machine hears."""

import asyncio
import tempfile
from pathlib import Path

from casare_robot.desktop.sounds import play, write_tone
from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import Ask, AskOutcome, Passing
from casare_robot.nodes.asking import text
from casare_robot.nodes.paths import existing_file

LOOPS = 3
"""How often a sound is heard that loops."""


@node(
    "AudioAlertNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("file_path", DataType.STRING),),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        Property("file_path", DataType.FILE_PATH, ""),
        Property("use_beep", DataType.BOOLEAN, False),
        Property("frequency", DataType.INTEGER, 440, low=37, high=32767),
        Property("beep_duration", DataType.INTEGER, 500, low=50, high=5000),
        Property("loop", DataType.BOOLEAN, False),
    ),
)
async def audio_alert(
    ctx: NodeContext,
    *,
    file_path: str,
    use_beep: bool,
    frequency: int,
    beep_duration: int,
    loop: bool,
) -> Outputs:
    """Play a file, or else a tone, to its end: once, or three times with ``loop``.

    Where nothing plays it the tray's bell rings instead; where there is none
    either, ``success`` is false and the job's log says why.
    """
    times = LOOPS if loop else 1
    if text(file_path) and not use_beep:
        file = existing_file(ctx, file_path)
        fault = await play(file, times=times)
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tone.wav"
            seconds = beep_duration / 1000
            await asyncio.to_thread(write_tone, file, hertz=frequency, seconds=seconds)
            fault = await play(file, times=times)
    if not fault:
        return {"success": True}
    bell = Passing(style="bell", seconds=0.0)
    reply = await ctx.ask(
        Ask(title="", message="the bell rings", body=bell, buttons=(), has_sound=True, waits=False)
    )
    rings = reply.outcome is AskOutcome.SHOWN
    ctx.log("warning", f"{'the bell rings instead' if rings else 'nothing is heard'}: {fault}")
    return {"success": rings}
