"""Sound and pictures of this machine: a tone, a voice, how loud it is, the camera."""

import asyncio
import tempfile
from pathlib import Path

from casare_robot.desktop.camera import camera_command
from casare_robot.desktop.process_tree import run
from casare_robot.desktop.sounds import play, write_tone
from casare_robot.desktop.speech import speak
from casare_robot.desktop.volume import mixer
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import told_plainly, writable

_SUCCESS = Port("success", DataType.BOOLEAN)
_CAMERA_SECONDS = 30.0


@node(
    "BeepNode",
    category="system",
    effect=Effect.READS,
    inputs=(Port("frequency", DataType.INTEGER), Port("duration", DataType.INTEGER)),
    outputs=(_SUCCESS,),
    properties=(
        Property("frequency", DataType.INTEGER, 440, low=37, high=32767),
        Property("duration", DataType.INTEGER, 200, low=10, high=10000),
    ),
)
async def beep(ctx: NodeContext, *, frequency: int, duration: int) -> Outputs:
    """A tone of so many hertz, so many milliseconds long; where none is heard the log says why."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tone.wav"
        hertz, seconds = min(max(frequency, 37), 32767), min(max(duration, 10), 10_000) / 1000
        await asyncio.to_thread(write_tone, file, hertz=hertz, seconds=seconds)
        fault = await play(file)
    if fault:
        ctx.log("warning", f"nothing is heard: {fault}")
    return {"success": not fault}


@node(
    "TextToSpeechNode",
    category="system",
    effect=Effect.READS,
    inputs=(Port("text", DataType.STRING),),
    outputs=(_SUCCESS,),
    properties=(
        Property("text", DataType.TEXT),
        Property("speech_text", DataType.TEXT),
        Property("rate", DataType.INTEGER, 150, low=50, high=300),
        Property("volume", DataType.FLOAT, 1.0, low=0.0, high=1.0),
        Property("wait", DataType.BOOLEAN, True),
    ),
)
async def text_to_speech(
    ctx: NodeContext,
    *,
    text: str | None,
    speech_text: str | None,
    rate: int,
    volume: float,
    wait: bool,
) -> Outputs:
    """Say a text aloud, to its end: nothing that a job began goes on without it.

    Raises:
        NodeFailure: There is no text, or it cannot be said.
    """
    said = text or speech_text or ""
    if not said.strip():
        raise NodeFailure("there is no text to say", retryable=False)
    if not wait:
        ctx.log("info", "the text is said to its end: a job leaves nothing running")
    fault = await speak(said, rate=rate, volume=min(max(volume, 0.0), 1.0))
    if fault:
        raise NodeFailure(f"nothing is heard: {fault}", outputs={"success": False})
    return {"success": True}


@node(
    "VolumeControlNode",
    category="system",
    effect=Effect.IDEMPOTENT,
    inputs=(Port("level", DataType.INTEGER),),
    outputs=(Port("volume", DataType.INTEGER), Port("muted", DataType.BOOLEAN), _SUCCESS),
    properties=(
        Property("action", DataType.CHOICE, "get", choices=("get", "set", "mute", "unmute")),
        Property("level", DataType.INTEGER, 50, low=0, high=100),
    ),
)
async def volume_control(*, action: str, level: int) -> Outputs:
    """Tell how loud this machine is, make it so loud, or switch the sound off and on."""
    knows = mixer()
    if knows is None:
        raise NodeFailure("nothing here knows the volume", retryable=False)
    try:
        if action == "set":
            await knows.set_volume(min(max(level, 0), 100))
        elif action in ("mute", "unmute"):
            await knows.set_mute(off=action == "mute")
        now = await knows.loudness()
    except (OSError, TimeoutError) as error:
        raise NodeFailure(f"the volume cannot be told: {error}") from error
    return {"volume": now.volume, "muted": now.muted, "success": True}


@node(
    "WebcamCaptureNode",
    category="system",
    effect=Effect.IDEMPOTENT,
    outputs=(
        Port("image_path", DataType.STRING),
        _SUCCESS,
        Port("width", DataType.INTEGER),
        Port("height", DataType.INTEGER),
    ),
    properties=(
        Property("camera_id", DataType.INTEGER, 0, low=0, high=10),
        Property("output_path", DataType.FILE_PATH, ""),
        Property("show_preview", DataType.BOOLEAN, True),
    ),
)
async def webcam_capture(
    ctx: NodeContext, *, camera_id: int, output_path: str, show_preview: bool
) -> Outputs:
    """One picture of a camera, as a file.

    Raises:
        NodeFailure: The camera is not there, or gives none.
    """
    from PIL import Image, UnidentifiedImageError

    if show_preview:
        ctx.log("info", "the picture is taken without a preview")
    with told_plainly():
        target = writable(ctx, output_path or f"{ctx.node_id}.png")
        target.parent.mkdir(parents=True, exist_ok=True)
        command = camera_command(camera_id, target)
        if command is None:
            raise NodeFailure("no program that reads a camera is installed", retryable=False)
        done = await run(command, timeout=_CAMERA_SECONDS)
        if done.return_code or not target.exists():
            lines = done.stderr.strip().splitlines()
            raise NodeFailure(f"camera {camera_id} gives no picture: {lines[-1:] or ''}")
        try:
            with Image.open(target) as picture:
                width, height = picture.size
        except UnidentifiedImageError as error:
            raise NodeFailure(f"camera {camera_id} gives no picture: {error}") from error
    return {"image_path": str(target), "success": True, "width": width, "height": height}
