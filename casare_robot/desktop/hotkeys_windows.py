"""Combinations of keys on Windows."""

import sys

if sys.platform == "win32":
    import ctypes
    from collections.abc import Callable
    from ctypes import wintypes
    from threading import Event
    from time import monotonic

    from casare_robot.desktop.screen_windows import key_code
    from casare_robot.domain.errors import NodeFailure
    from casare_robot.domain.screen_work import Stroke

    _user32 = ctypes.WinDLL("user32", use_last_error=True)
    _REGISTERED = {"ALT": 0x1, "CTRL": 0x2, "SHIFT": 0x4, "WIN": 0x8}
    _HELD = {"ALT": (0x12,), "CTRL": (0x11,), "SHIFT": (0x10,), "WIN": (0x5B, 0x5C)}
    _NO_REPEAT = 0x4000
    _WM_HOTKEY = 0x0312
    _REMOVE = 1
    _TAKEN = 1409
    _IS_DOWN = 0x8000
    _WAS_PRESSED = 0x1
    _PAUSE = 0.02
    """Seconds between two looks."""
    _ID = 1

    class WindowsHotkeys:
        """The keyboard of this process's session."""

        def wait(
            self, stroke: Stroke, over: Event, *, seconds: float | None, consumes: bool
        ) -> bool:
            """Whether the combination was pressed in time: registered, or only looked at."""
            code = key_code(stroke.key)
            if code is None:
                raise NodeFailure(f"{stroke.key!r} is on no key here", retryable=False)
            if not consumes:
                _user32.GetAsyncKeyState(code)  # what was pressed before does not count
                return _seen(lambda: _is_held(stroke, code), over, seconds)
            modifiers = sum(_REGISTERED[name] for name in set(stroke.modifiers))
            if not _user32.RegisterHotKey(None, _ID, modifiers | _NO_REPEAT, code):
                why = ctypes.get_last_error()
                told = "another program has it" if why == _TAKEN else ctypes.FormatError(why)
                keys = "+".join((*stroke.modifiers, stroke.key))
                raise NodeFailure(f"{keys} cannot be waited for: {told}")
            try:
                return _seen(_is_told, over, seconds)
            finally:
                _user32.UnregisterHotKey(None, _ID)

    def _seen(look: Callable[[], bool], over: Event, seconds: float | None) -> bool:
        end = None if seconds is None else monotonic() + seconds
        while not look():
            if over.wait(_PAUSE) or (end is not None and monotonic() >= end):
                return False
        return True

    def _is_told() -> bool:
        """Whether Windows has told this thread of the combination."""
        message = wintypes.MSG()
        told = ctypes.byref(message)
        return bool(_user32.PeekMessageW(told, None, _WM_HOTKEY, _WM_HOTKEY, _REMOVE))

    def _is_held(stroke: Stroke, code: int) -> bool:
        """Whether the key went down since the last look, with its modifiers."""
        state = _user32.GetAsyncKeyState(code)
        return bool(state & (_IS_DOWN | _WAS_PRESSED)) and all(
            any(_user32.GetAsyncKeyState(key) & _IS_DOWN for key in _HELD[name])
            for name in stroke.modifiers
        )
