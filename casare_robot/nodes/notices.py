"""What is shown to the person at this machine while the workflow goes on."""

from typing import Literal

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import (
    CANCEL,
    Ask,
    AskOutcome,
    Button,
    Mood,
    Passing,
    Progress,
    Reply,
)
from casare_robot.nodes.asking import text
from casare_robot.nodes.paths import readable

_MOODS: dict[str, Mood] = {
    "none": "none",
    "info": "information",
    "warning": "warning",
    "error": "error",
    "success": "success",
}
_PRIORITIES: dict[str, Literal["low", "normal", "high"]] = {
    "low": "low",
    "normal": "normal",
    "high": "high",
}


async def _shown(ctx: NodeContext, ask: Ask) -> Reply:
    """Show it; where nobody is there the job's log has it."""
    reply = await ctx.ask(ask)
    if reply.outcome is AskOutcome.NOBODY:
        said = f"{ask.title}: {ask.message}" if ask.title else ask.message
        ctx.log("info", f"nobody is there to see it: {said}")
    return reply


@node(
    "TooltipNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("message", DataType.STRING),),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        Property("message", DataType.STRING, ""),
        Property("duration", DataType.INTEGER, 3000, low=500, high=30000),
        Property("bg_color", DataType.STRING, "#ffffff"),
        Property("tooltip_text_color", DataType.STRING, "#000000"),
        Property(
            "position",
            DataType.CHOICE,
            "cursor",
            choices=("cursor", "top_left", "top_right", "bottom_left", "bottom_right", "center"),
        ),
        Property("click_to_dismiss", DataType.BOOLEAN, False),
        Property("max_width", DataType.INTEGER, 400, low=100, high=1000),
        Property(
            "tooltip_icon",
            DataType.CHOICE,
            "none",
            choices=("none", "info", "warning", "error", "success"),
        ),
        Property("fade_animation", DataType.BOOLEAN, True),
    ),
)
async def tooltip(
    ctx: NodeContext,
    *,
    message: str,
    duration: int,
    bg_color: str,
    tooltip_text_color: str,
    position: str,
    click_to_dismiss: bool,
    max_width: int,
    tooltip_icon: str,
    fade_animation: bool,
) -> Outputs:
    """Whether somebody could see it."""
    body = Passing(
        style="tooltip",
        seconds=duration / 1000,
        place=position,
        ground=text(bg_color),
        ink=text(tooltip_text_color),
        width=max_width,
        goes_on_click=click_to_dismiss,
        fades=fade_animation,
    )
    mood = _MOODS[tooltip_icon]
    reply = await _shown(
        ctx, Ask(title="", message=text(message), mood=mood, body=body, buttons=(), waits=False)
    )
    return {"success": reply.outcome is AskOutcome.SHOWN}


@node(
    "SystemNotificationNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("title", DataType.STRING), Port("message", DataType.STRING)),
    outputs=(Port("success", DataType.BOOLEAN), Port("click_action", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Notification"),
        Property("message", DataType.STRING, ""),
        Property("duration", DataType.INTEGER, 5, low=1, high=30),
        Property("icon_type", DataType.CHOICE, "info", choices=("info", "warning", "error")),
        Property("action_buttons", DataType.STRING, ""),
        Property("play_sound", DataType.BOOLEAN, True),
        Property("priority", DataType.CHOICE, "normal", choices=("low", "normal", "high")),
    ),
)
async def system_notification(
    ctx: NodeContext,
    *,
    title: str,
    message: str,
    duration: int,
    icon_type: str,
    action_buttons: str,
    play_sound: bool,
    priority: str,
) -> Outputs:
    """The desktop's own notification, which nobody waits for.

    The desktop's has no buttons everywhere: with ``action_buttons``, between
    commas, it is a small window, and one pressed within ``duration`` is a click.
    """
    labels = [label.strip() for label in text(action_buttons).split(",") if label.strip()]
    body = Passing(
        style="snackbar" if labels else "notice",
        seconds=float(duration),
        priority=_PRIORITIES[priority],
    )
    ask = Ask(
        title=text(title),
        message=text(message),
        mood=_MOODS[icon_type],
        body=body,
        buttons=tuple(Button(name=label, text=label) for label in labels),
        proposed="",
        dismiss="closed",
        has_sound=play_sound,
        seconds=float(duration) if labels else None,
        waits=bool(labels),
    )
    reply = await _shown(ctx, ask)
    return {
        "success": reply.outcome is not AskOutcome.NOBODY,
        "click_action": reply.button in labels,
    }


@node(
    "SnackbarNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("message", DataType.STRING),),
    outputs=(Port("action_clicked", DataType.BOOLEAN), Port("success", DataType.BOOLEAN)),
    properties=(
        Property("message", DataType.STRING, ""),
        Property("duration", DataType.INTEGER, 3000, low=1000, high=10000),
        Property(
            "position",
            DataType.CHOICE,
            "bottom_center",
            choices=("bottom_left", "bottom_center", "bottom_right"),
        ),
        Property("action_text", DataType.STRING, ""),
        Property("bg_color", DataType.STRING, "#323232"),
    ),
)
async def snackbar(
    ctx: NodeContext,
    *,
    message: str,
    duration: int,
    position: str,
    action_text: str,
    bg_color: str,
) -> Outputs:
    """A strip at the screen's edge; with an action it is waited for as long as it lasts."""
    action = text(action_text).strip()
    ask = Ask(
        title="",
        message=text(message),
        body=Passing(
            style="snackbar", seconds=duration / 1000, place=position, ground=text(bg_color)
        ),
        buttons=(Button(name="action", text=action),) if action else (),
        proposed="",
        dismiss="closed",
        seconds=duration / 1000 if action else None,
        waits=bool(action),
    )
    reply = await _shown(ctx, ask)
    return {
        "action_clicked": reply.button == "action",
        "success": reply.outcome is not AskOutcome.NOBODY,
    }


@node(
    "BalloonTipNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("message", DataType.STRING),),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        Property("message", DataType.STRING, ""),
        Property("title", DataType.STRING, ""),
        Property("x", DataType.INTEGER, 0),
        Property("y", DataType.INTEGER, 0),
        Property("duration", DataType.INTEGER, 5000, low=1000, high=30000),
        Property(
            "icon_type", DataType.CHOICE, "info", choices=("none", "info", "warning", "error")
        ),
    ),
)
async def balloon_tip(
    ctx: NodeContext, *, message: str, title: str, x: int, y: int, duration: int, icon_type: str
) -> Outputs:
    """A tip at a place on the screen, in pixels; 0, 0 is where the mouse is."""
    place = "at" if x or y else "cursor"
    body = Passing(style="balloon", seconds=duration / 1000, place=place, x=x, y=y)
    ask = Ask(
        title=text(title),
        message=text(message),
        mood=_MOODS[icon_type],
        body=body,
        buttons=(),
        waits=False,
    )
    return {"success": (await _shown(ctx, ask)).outcome is AskOutcome.SHOWN}


@node(
    "SplashScreenNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("message", DataType.STRING),),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        Property("message", DataType.STRING, "Loading..."),
        Property("image_path", DataType.FILE_PATH, ""),
        Property("duration", DataType.INTEGER, 3000, low=500, high=30000),
        Property("progress", DataType.BOOLEAN, True),
    ),
)
async def splash_screen(
    ctx: NodeContext, *, message: str, image_path: str, duration: int, progress: bool
) -> Outputs:
    """A picture, or only the message, in the middle of the screen."""
    body = Passing(
        style="splash",
        seconds=duration / 1000,
        place="center",
        picture=str(readable(ctx, image_path)) if text(image_path) else "",
        shows_progress=progress,
    )
    ask = Ask(title="", message=text(message), body=body, buttons=(), waits=False)
    return {"success": (await _shown(ctx, ask)).outcome is AskOutcome.SHOWN}


@node(
    "ProgressDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("value", DataType.INTEGER),),
    outputs=(Port("canceled", DataType.BOOLEAN),),
    properties=(
        Property("title", DataType.STRING, "Progress"),
        Property("message", DataType.STRING, "Processing..."),
        Property("show_percent", DataType.BOOLEAN, True),
        Property("allow_cancel", DataType.BOOLEAN, True),
        Property("indeterminate", DataType.BOOLEAN, False),
    ),
)
async def progress_dialog(
    ctx: NodeContext,
    *,
    value: int | None,
    title: str,
    message: str,
    show_percent: bool,
    allow_cancel: bool,
    indeterminate: bool,
) -> Outputs:
    """Whether the person has pressed cancel since it was first shown.

    It stays, and each run of the node moves it, until 100 or the end of the job.
    """
    reached = None if indeterminate else max(0, min(100, value or 0))
    ask = Ask(
        title=text(title),
        message=text(message),
        body=Progress(value=reached, shows_percent=show_percent),
        buttons=(CANCEL,) if allow_cancel else (),
        proposed="",
        dismiss="",
        waits=False,
    )
    reply = await ctx.ask(ask)
    return {"canceled": reply.button == "cancel"}
