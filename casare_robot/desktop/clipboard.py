"""The clipboard of this session, through what each system has for it."""

import asyncio
import os
import shutil
import sys

from casare_robot.desktop.process_tree import run
from casare_robot.domain.errors import NodeFailure

_LIMIT = 10.0
_TOOLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wl-copy": (("wl-copy",), ("wl-paste", "--no-newline")),
    "xclip": (
        ("xclip", "-selection", "clipboard", "-in"),
        ("xclip", "-selection", "clipboard", "-out"),
    ),
    "xsel": (("xsel", "--clipboard", "--input"), ("xsel", "--clipboard", "--output")),
    "pbcopy": (("pbcopy",), ("pbpaste",)),
}
"""Program to look for, and the commands that write and read."""


def clipboard_obstacle() -> str:
    """Why there is no clipboard here, as it reads after a comma; empty: there is one."""
    if sys.platform == "win32":
        from importlib.util import find_spec

        has_library = find_spec("uiautomation") is not None
        return "" if has_library else "and uiautomation is not installed"
    if not _fitting():
        return "and there is no display here"
    if _tool() is None:
        return f"and none of {', '.join(_fitting())} is installed"
    return ""


async def write_clipboard(text: str) -> None:
    """Put a text on the clipboard.

    Raises:
        NodeFailure: It cannot be done.
    """
    if sys.platform == "win32":
        await asyncio.to_thread(_set_on_windows, text)
        return
    # what holds the clipboard goes on in the background, and with it its output
    await _run(_commands()[0], text.encode(), capture=False)


async def read_clipboard() -> str:
    """The text on the clipboard; empty: there is none.

    Raises:
        NodeFailure: It cannot be done.
    """
    if sys.platform == "win32":
        return await asyncio.to_thread(_text_on_windows)
    return await _run(_commands()[1], b"", capture=True)


def _fitting() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("pbcopy",)
    if os.environ.get("WAYLAND_DISPLAY"):
        return ("wl-copy",)
    return ("xclip", "xsel") if os.environ.get("DISPLAY") else ()


def _tool() -> str | None:
    return next((tool for tool in _fitting() if shutil.which(tool)), None)


def _commands() -> tuple[tuple[str, ...], tuple[str, ...]]:
    tool = _tool()
    if tool is None:
        message = f"this needs a clipboard, {clipboard_obstacle()}"
        raise NodeFailure(message, retryable=False)
    return _TOOLS[tool]


async def _run(command: tuple[str, ...], stdin: bytes, *, capture: bool) -> str:
    try:
        done = await run(command, timeout=_LIMIT, stdin=stdin, capture=capture)
    except (OSError, TimeoutError) as error:
        raise NodeFailure(f"{command[0]} did not answer: {error or 'out of time'}") from error
    if done.return_code:
        if capture and not done.stdout:  # how they say that nothing or no text is there
            return ""
        raise NodeFailure(f"{command[0]} ended with {done.return_code}: {done.stderr.strip()}")
    return done.stdout


if sys.platform == "win32":

    def _set_on_windows(text: str) -> None:
        import uiautomation

        if not uiautomation.SetClipboardText(text):
            raise NodeFailure("Windows did not take the text; another program holds the clipboard")

    def _text_on_windows() -> str:
        import uiautomation

        return str(uiautomation.GetClipboardText())
