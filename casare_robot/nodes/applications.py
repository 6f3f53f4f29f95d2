"""Applications with windows: start and close."""

from collections.abc import Callable
from typing import Any

from casare_robot.desktop.screen_here import later, on_screen
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import ScreenWork, Window
from casare_robot.nodes.processes import check_policy, folder_of, words
from casare_robot.nodes.screen_targets import open_window, titled, until, window_value
from casare_robot.nodes.windows import NEED, SHAPES, SUCCESS, no_window, shape_named


@node(
    "LaunchApplicationNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(
        Port("application_path", DataType.STRING, required=True),
        Port("arguments", DataType.STRING),
        Port("working_directory", DataType.STRING),
    ),
    outputs=(
        Port("window"),
        Port("process_id", DataType.INTEGER),
        Port("window_title", DataType.STRING),
    ),
    properties=(
        Property("application_path", DataType.STRING, required=True),
        Property("arguments", DataType.STRING, "", is_code=True),
        Property("working_directory", DataType.STRING, ""),
        Property("timeout", DataType.FLOAT, 10.0, low=0.1),
        Property("window_title_hint", DataType.STRING, ""),
        Property("window_state", DataType.CHOICE, "normal", choices=SHAPES),
        Property("keep_open", DataType.BOOLEAN, True),
    ),
    synonyms={"path": "application_path"},
)
async def launch_application(
    ctx: NodeContext,
    *,
    application_path: str,
    arguments: str | None,
    working_directory: str | None,
    timeout: float,
    window_title_hint: str,
    window_state: str,
    keep_open: bool,
) -> Outputs:
    """Start a program and wait for its window.

    That is the first new window of its process or whose title holds the hint;
    programs that hand over to another process need the hint. Without
    ``keep_open`` the program is ended with the job, by the process that
    started it: after a crash it stays.
    """
    check_policy(ctx)
    folder = str(folder_of(ctx, working_directory))
    command = [application_path.strip().strip('"'), *words(arguments)]
    shape = shape_named(window_state)

    def start(screen: ScreenWork) -> tuple[set[int], int]:
        before = {window.handle for window in screen.windows()}
        return before, screen.launch(command, folder)

    before, process_id = await on_screen(start)
    if not keep_open:
        ctx.keep_open(process_id, later(_killing(process_id)))
    hint = window_title_hint.casefold()

    def look(screen: ScreenWork) -> Window | None:
        for window in screen.windows():
            is_own = window.process_id == process_id
            is_hinted = hint != "" and hint in window.title.casefold()
            if window.is_visible and window.handle not in before and (is_own or is_hinted):
                if window.shape != shape:
                    screen.show(window.handle, shape)
                return open_window(screen, window.handle)
        return None

    try:
        window = await until(look, timeout)
    except TimeoutError as error:
        failure = no_window(f"of {command[0]} appeared", timeout)
        failure.outputs.update(process_id=process_id)
        raise failure from error
    return {
        "window": window_value(window),
        "process_id": process_id,
        "window_title": window.title,
    }


@node(
    "CloseApplicationNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(
        Port("window"),
        Port("process_id", DataType.INTEGER),
        Port("window_title", DataType.STRING),
    ),
    outputs=(SUCCESS,),
    properties=(
        Property("force_close", DataType.BOOLEAN, False),
        Property("timeout", DataType.FLOAT, 5.0, low=0.1),
    ),
)
async def close_application(
    *,
    window: Any,
    process_id: int | None,
    window_title: str | None,
    force_close: bool,
    timeout: float,
) -> Outputs:
    """Ask windows to close: the wired one, those of a process, or the foremost with a title.

    ``force_close`` ends the process where that is not enough in time; otherwise
    it is a failure, with ``success`` False.
    """
    if not (window or process_id or window_title):
        raise NodeFailure("a window, a process_id or a window_title is needed", retryable=False)

    def ask(screen: ScreenWork) -> list[Window]:
        if window:
            chosen = [open_window(screen, window)]
        elif process_id:
            chosen = [each for each in screen.windows() if each.process_id == process_id]
        else:
            named = titled(screen, window_title or "")
            chosen = [named] if named is not None else []
        for each in chosen:
            screen.close(each.handle)
        return chosen

    chosen = await on_screen(ask)
    if not chosen:
        what = f"process {process_id}" if process_id else f"title {window_title!r}"
        raise NodeFailure(f"no window has the {what}", outputs={"success": False})
    handles = {each.handle for each in chosen}

    def look(screen: ScreenWork) -> bool | None:
        return None if any(each.handle in handles for each in screen.windows()) else True

    try:
        await until(look, timeout)
    except TimeoutError as error:
        if not force_close:
            message = f"{chosen[0].title!r} did not close within {timeout:g} s; it may be asking"
            raise NodeFailure(message, outputs={"success": False}) from error
        for process in {each.process_id for each in chosen}:
            await on_screen(_killing(process))
    return {"success": True}


def _killing(process_id: int) -> Callable[[ScreenWork], None]:
    return lambda screen: screen.kill(process_id)
