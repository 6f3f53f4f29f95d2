"""Opens the browser that is on this machine. Nothing is downloaded."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.browser_guard import BrowserGuard, is_bounded
from casare_robot.nodes.browser_tab import OpenBrowser
from casare_robot.nodes.paths import writable

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, BrowserType

ON_PATH: Mapping[str, tuple[str, ...]] = {
    "": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"),
    "chrome": ("google-chrome", "google-chrome-stable"),
    "chromium": ("chromium", "chromium-browser"),
    "msedge": ("microsoft-edge", "microsoft-edge-stable"),
}
"""Channel to the names of its program on Linux."""
CHANNELS = ("msedge", "chrome")
"""What is looked for on Windows and macOS, in this order."""

_PROFILES: Mapping[str, tuple[str, str]] = {
    "chrome_default": ("chrome", "Default"),
    "chrome_profile_1": ("chrome", "Profile 1"),
    "chrome_profile_2": ("chrome", "Profile 2"),
    "edge_default": ("edge", "Default"),
}
_FLAGS = ("--no-first-run", "--no-default-browser-check", "--disable-component-update")


async def open_browser(
    ctx: NodeContext,
    *,
    kind: str,
    channel: str,
    headless: bool,
    slow_mo: int,
    profile: str,
    user_data_dir: str,
    proxy: str,
    context: dict[str, Any],
) -> OpenBrowser:
    """Start a browser with one profile.

    Args:
        ctx: The node's surroundings.
        kind: ``chromium``, ``firefox`` or ``webkit``.
        channel: A program of the chromium kind; "" is the first one found.
        headless: Without a window; so is every browser where there is no screen.
        slow_mo: Milliseconds to wait around each action.
        profile: A choice of ``profile_mode``.
        user_data_dir: Folder of the profile ``custom``.
        proxy: Where to send everything; "" is nowhere.
        context: Options of the profile, as Playwright names them.

    Raises:
        MissingExtraError: Playwright is not installed.
        PolicyError: The profile's folder is outside the policy's.
        NodeFailure: There is no such browser, or it does not start.
    """
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError as error:
        raise MissingExtraError("playwright", "browser") from error

    folder, folder_flags = _profile(ctx, profile, user_data_dir)
    flags = [*_FLAGS, *folder_flags] if kind == "chromium" else []
    guard = BrowserGuard(ctx.policy) if is_bounded(ctx.policy) else None
    if not headless and not _has_screen():
        ctx.log("warning", "there is no screen here, so the browser is not shown")
        headless = True
    async with AsyncExitStack() as opening:
        if guard is not None:
            if proxy:
                raise NodeFailure(
                    "a proxy_server cannot be used where the policy bounds what is reached",
                    retryable=False,
                )
            proxy = await guard.open()
            opening.push_async_callback(guard.close)
            flags += ["--proxy-bypass-list=<-loopback>", "--disable-quic"]
            flags += ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp"]
        options: dict[str, Any] = {"headless": headless, "args": flags}
        if slow_mo:
            options["slow_mo"] = slow_mo
        if proxy:
            options["proxy"] = {"server": proxy}
        if kind == "chromium":
            options["chromium_sandbox"] = not _is_root()
        driver = await opening.enter_async_context(async_playwright())
        try:
            started = await _start(getattr(driver, kind), kind, channel, folder, options, context)
        except Error as error:
            raise NodeFailure(_why_not_started(error.message, folder)) from error
        opening.push_async_callback(started.close)
        if started.browser is not None:
            opening.push_async_callback(started.browser.close)
        return OpenBrowser(started, opening.pop_all(), guard)


async def _start(
    type_: "BrowserType",
    kind: str,
    channel: str,
    folder: Path | None,
    options: dict[str, Any],
    context: dict[str, Any],
) -> "BrowserContext":
    from playwright.async_api import Error

    programs = _programs(type_, kind, channel)
    for place, program in enumerate(programs):
        try:
            if folder is not None:
                return await type_.launch_persistent_context(
                    folder, **options, **program, **context
                )
            browser = await type_.launch(**options, **program)
            return await browser.new_context(**context)
        except Error as error:
            is_missing = "is not found" in error.message or "doesn't exist" in error.message
            if not is_missing or place == len(programs) - 1:
                raise
    raise NodeFailure(_missing(kind, channel), retryable=False)


def _programs(type_: "BrowserType", kind: str, channel: str) -> list[dict[str, Any]]:
    """What to launch, as Playwright's options, in the order to try.

    Raises:
        NodeFailure: There is none.
    """
    if kind != "chromium":
        if not Path(type_.executable_path).exists():
            raise NodeFailure(_missing(kind, channel), retryable=False)
        return [{}]
    if sys.platform in ("win32", "darwin"):
        return [{"channel": name} for name in ([channel] if channel else CHANNELS)]
    found = next(filter(None, map(shutil.which, ON_PATH.get(channel, (channel,)))), None)
    if found is None:
        raise NodeFailure(_missing(kind, channel), retryable=False)
    return [{"executable_path": found}]


def _missing(kind: str, channel: str) -> str:
    what = channel or kind
    advice = (
        "install Chromium, Google Chrome or Microsoft Edge"
        if kind == "chromium"
        else f"choose chromium, or install it with: playwright install {kind}"
    )
    return f"there is no {what} on this machine; {advice}"


def _why_not_started(message: str, folder: Path | None) -> str:
    is_locked = folder is not None and ("ProcessSingleton" in message or "exitCode=21" in message)
    if is_locked:
        return f"the profile in {folder} is in use: close the browser that has it open"
    if "sandbox" in message.lower():
        return "the browser cannot make its sandbox here: this system must allow user namespaces"
    return f"the browser did not start: {message.splitlines()[0]}"


def _profile(ctx: NodeContext, mode: str, user_data_dir: str) -> tuple[Path | None, list[str]]:
    """Folder and flags of a profile that stays, or None for one of this job's own."""
    if mode == "none":
        return None, []
    if mode == "custom":
        if not user_data_dir.strip():
            raise NodeFailure("profile_mode is custom, and user_data_dir is empty", retryable=False)
        return writable(ctx, user_data_dir), []
    brand, name = _PROFILES[mode]
    folder = writable(ctx, str(_own_profiles(brand)))
    if not folder.is_dir():
        raise NodeFailure(f"there is no {brand} profile in {folder}", retryable=False)
    return folder, [f"--profile-directory={name}"]


def _own_profiles(brand: str) -> Path:
    """Where a person's own browser keeps its profiles."""
    home = Path.home()
    if sys.platform == "win32":
        vendor = ("Google", "Chrome") if brand == "chrome" else ("Microsoft", "Edge")
        return Path(os.environ.get("LOCALAPPDATA", home), *vendor, "User Data")
    if sys.platform == "darwin":
        support = home / "Library" / "Application Support"
        return support / ("Google/Chrome" if brand == "chrome" else "Microsoft Edge")
    return home / ".config" / ("google-chrome" if brand == "chrome" else "microsoft-edge")


def _has_screen() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in names)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


async def set_window(opened: OpenBrowser, page: Any, state: str, wait: float) -> None:
    """Maximise or minimise the window; ``wait`` are seconds until it is there."""
    if state == "normal":
        return
    await asyncio.sleep(wait)
    line = await opened.context.new_cdp_session(page)
    window = await line.send("Browser.getWindowForTarget")
    bounds = {"windowId": window["windowId"], "bounds": {"windowState": state}}
    await line.send("Browser.setWindowBounds", bounds)
    await line.detach()
