"""The desktop of Windows, over UI Automation."""

import sys

if sys.platform == "win32":
    import subprocess
    from collections.abc import Iterator, Sequence
    from contextlib import suppress

    import psutil
    import uiautomation as uia

    from casare_robot.desktop.element_windows import WindowsElement, told
    from casare_robot.desktop.session import obstacle_now
    from casare_robot.domain.errors import NodeFailure
    from casare_robot.domain.screen_work import Area, MouseButton, Stroke, Window, WindowShape

    _SHOW: dict[WindowShape, int] = {
        "normal": uia.SW.Restore,
        "maximized": uia.SW.ShowMaximized,
        "minimized": uia.SW.Minimize,
    }
    _BUTTONS: dict[MouseButton, tuple[int, int]] = {
        "left": (uia.MouseEventFlag.LeftDown, uia.MouseEventFlag.LeftUp),
        "right": (uia.MouseEventFlag.RightDown, uia.MouseEventFlag.RightUp),
        "middle": (uia.MouseEventFlag.MiddleDown, uia.MouseEventFlag.MiddleUp),
    }
    _BREAKAWAY = 0x01000000  # CREATE_BREAKAWAY_FROM_JOB: the job's end is not the program's
    _MODIFIERS = {
        "CTRL": uia.Keys.VK_CONTROL,
        "SHIFT": uia.Keys.VK_SHIFT,
        "ALT": uia.Keys.VK_MENU,
        "WIN": uia.Keys.VK_LWIN,
    }

    class WindowsScreen:
        """The desktop that this process's session shows. Opened by the thread that uses it."""

        def __init__(self) -> None:
            uia.InitializeUIAutomationInCurrentThread()
            uia.SetProcessDpiAwareness(2)  # points are pixels on every monitor

        def obstacle(self) -> str:
            """Why nobody can click or type now; empty: nothing is known against it."""
            return obstacle_now()

        def launch(self, command: Sequence[str], folder: str) -> int:
            """Start a program that outlives this process, and its process number."""
            for flags in (_BREAKAWAY, 0):  # some jobs let nothing leave them
                try:
                    return subprocess.Popen(command, cwd=folder, creationflags=flags).pid
                except OSError as error:
                    failed = error
            message = f"cannot start {command[0]}: {failed.strerror}"
            raise NodeFailure(message, retryable=False) from failed

        def kill(self, process_id: int) -> None:
            """End a program at once; one that has ended is fine."""
            with suppress(psutil.NoSuchProcess):
                try:
                    psutil.Process(process_id).kill()
                except psutil.AccessDenied as error:
                    message = f"process {process_id} may not be ended by this user"
                    raise NodeFailure(message) from error

        def windows(self) -> Sequence[Window]:
            """The top-level windows, the foremost first."""
            found = []
            with told("list the windows"):
                for control in uia.GetRootControl().GetChildren():
                    handle = control.NativeWindowHandle
                    area = uia.GetWindowRect(handle) if handle else None
                    if area is None:  # it has gone meanwhile
                        continue
                    found.append(
                        Window(
                            handle=handle,
                            title=control.Name,
                            class_name=control.ClassName,
                            process_id=control.ProcessId,
                            area=Area(area.left, area.top, area.width(), area.height()),
                            shape=_shape(handle),
                            is_visible=bool(uia.IsWindowVisible(handle)),
                            is_enabled=bool(control.IsEnabled),
                        )
                    )
            return found

        def place(self, handle: int, area: Area) -> None:
            """Move and resize a window."""
            _must(
                uia.MoveWindow(handle, area.x, area.y, area.width, area.height), "place the window"
            )

        def show(self, handle: int, shape: WindowShape) -> None:
            """Maximize, minimize or restore a window."""
            uia.ShowWindow(handle, _SHOW[shape])  # its answer is what the window was
            if shape == "normal" and _shape(handle) != "normal":  # it was maximized before
                uia.ShowWindow(handle, _SHOW[shape])
            _must(_shape(handle) == shape, f"make the window {shape}")

        def activate(self, handle: int) -> None:
            """Bring a window to the front and give it the keyboard."""
            if uia.IsIconic(handle):
                uia.ShowWindow(handle, uia.SW.Restore)
            if not uia.SetForegroundWindow(handle):
                uia.SwitchToThisWindow(handle)
            _must(uia.GetForegroundWindow() == handle, "bring the window to the front")

        def close(self, handle: int) -> None:
            """Ask a window to close."""
            _must(uia.PostMessage(handle, _WM_CLOSE, 0, 0), "ask the window to close")

        def elements(self, handle: int | None) -> Iterator[WindowsElement]:
            """All elements of a window, or of all windows, the outer before the inner."""
            top = uia.GetRootControl() if handle is None else uia.ControlFromHandle(handle)
            if top is None:
                raise NodeFailure("the window is not open", error_type="WindowGoneError")
            for control, _ in uia.WalkControl(top):
                yield WindowsElement(control)

        def pointer(self) -> tuple[int, int]:
            """Where the mouse is."""
            return uia.GetCursorPos()

        def point(self, x: int, y: int) -> None:
            """Put the mouse somewhere."""
            _must(uia.SetCursorPos(x, y), "move the mouse")

        def button(self, name: MouseButton, *, down: bool) -> None:
            """Press or release a mouse button."""
            press, release = _BUTTONS[name]
            uia.mouse_event(press if down else release, 0, 0, 0, 0)

        def hold(self, modifier: str, *, down: bool) -> None:
            """Press or release a modifier."""
            key = _MODIFIERS[modifier]
            uia.PressKey(key, 0) if down else uia.ReleaseKey(key, 0)

        def stroke(self, stroke: Stroke) -> None:
            """Press and release a key."""
            for modifier in stroke.modifiers:
                self.hold(modifier, down=True)
            try:
                self._press(stroke.key, is_held=bool(stroke.modifiers))
            finally:
                for modifier in reversed(stroke.modifiers):
                    self.hold(modifier, down=False)

        def _press(self, key: str, *, is_held: bool) -> None:
            code = key_code(key) if is_held or len(key) > 1 else None
            if code is None:
                uia.SendUnicodeChar(key)
            else:
                uia.SendKey(code, 0)

    _WM_CLOSE = 0x0010
    _OTHER_NAMES = {"BACKSPACE": "BACK", "CAPSLOCK": "CAPITAL"}

    def key_code(key: str) -> int | None:
        """Number of a key; None for a character that is on none."""
        if key in _MODIFIERS:
            return int(_MODIFIERS[key])
        if len(key) > 1:
            return int(uia.SpecialKeyNames[_OTHER_NAMES.get(key, key)])
        code = uia.CharacterCodes.get(key.upper())
        return None if code is None else int(code)

    def _shape(handle: int) -> WindowShape:
        if uia.IsIconic(handle):
            return "minimized"
        return "maximized" if uia.IsZoomed(handle) else "normal"

    def _must(answer: object, what: str) -> None:
        if not answer:
            raise NodeFailure(f"Windows did not {what}")
