"""Windows tells programs by messages to a window of theirs, which nobody sees.

A console's own events do not come to a program that has loaded user32.dll, so this is
also how a robot without any window hears of a logoff and a shutdown.

Source: Microsoft, "SetConsoleCtrlHandler", remarks; "WM_QUERYENDSESSION".
"""

import sys

from casare_robot.desktop.system_event import SystemEvent, Tell

LEAVES_WITHIN = 4.5
"""Seconds: Windows ends who has not answered WM_ENDSESSION after five."""
CLASS = "CasareRobotEvents"

if sys.platform == "win32":
    import ctypes
    import threading
    from ctypes import wintypes

    _QUERY_END, _END, _POWER, _SESSION, _CLOSE = 0x11, 0x16, 0x218, 0x2B1, 0x10
    _POWER_EVENTS = {
        0x4: SystemEvent.SUSPENDING,
        0x7: SystemEvent.RESUMED,
        0x12: SystemEvent.RESUMED,
    }
    _SESSION_EVENTS = {
        0x1: SystemEvent.CONNECTED,
        0x2: SystemEvent.DISCONNECTED,
        0x3: SystemEvent.CONNECTED,
        0x4: SystemEvent.DISCONNECTED,
        0x7: SystemEvent.LOCKED,
        0x8: SystemEvent.UNLOCKED,
    }
    _Procedure = ctypes.WINFUNCTYPE(
        ctypes.c_ssize_t, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM
    )

    class _WindowClass(ctypes.Structure):
        _fields_ = (
            ("style", wintypes.UINT),
            ("procedure", _Procedure),
            ("class_extra", ctypes.c_int),
            ("window_extra", ctypes.c_int),
            ("instance", wintypes.HINSTANCE),
            ("icon", wintypes.HICON),
            ("cursor", wintypes.HANDLE),
            ("brush", wintypes.HBRUSH),
            ("menu", wintypes.LPCWSTR),
            ("name", wintypes.LPCWSTR),
        )

    _user = ctypes.WinDLL("user32", use_last_error=True)
    _user.DefWindowProcW.restype = ctypes.c_ssize_t
    _user.DefWindowProcW.argtypes = (
        wintypes.HWND,
        wintypes.UINT,
        wintypes.WPARAM,
        wintypes.LPARAM,
    )
    _user.CreateWindowExW.restype = wintypes.HWND
    _user.CreateWindowExW.argtypes = (
        wintypes.DWORD,
        wintypes.LPCWSTR,
        wintypes.LPCWSTR,
        wintypes.DWORD,
        *[ctypes.c_int] * 4,
        wintypes.HWND,
        wintypes.HMENU,
        wintypes.HINSTANCE,
        wintypes.LPVOID,
    )
    _user.PostMessageW.argtypes = (
        wintypes.HWND,
        wintypes.UINT,
        wintypes.WPARAM,
        wintypes.LPARAM,
    )
    _user.ShutdownBlockReasonCreate.argtypes = (wintypes.HWND, wintypes.LPCWSTR)
    _user.ShutdownBlockReasonDestroy.argtypes = (wintypes.HWND,)
    _user.DestroyWindow.argtypes = (wintypes.HWND,)
    _sessions = ctypes.WinDLL("wtsapi32")
    _sessions.WTSRegisterSessionNotification.argtypes = (wintypes.HWND, wintypes.DWORD)
    _sessions.WTSUnRegisterSessionNotification.argtypes = (wintypes.HWND,)

    class WindowsEvents:
        """A hidden window with a thread of its own.

        Attributes:
            window: Its handle; None while there is none.
        """

        def __init__(self) -> None:
            self.window: int | None = None
            self._left = threading.Event()
            self._opened = threading.Event()
            self._thread: threading.Thread | None = None

        def listen(self, tell: Tell, *, ending: str) -> None:
            """Open the window; see `SystemEvents`."""
            self._tell, self._ending = tell, ending
            self._thread = threading.Thread(target=self._serve, name="system events", daemon=True)
            self._thread.start()
            self._opened.wait()

        def close(self) -> None:
            """Close the window; who waits in WM_ENDSESSION answers."""
            self._left.set()
            if self.window is not None and self._thread is not None:
                _user.PostMessageW(self.window, _CLOSE, 0, 0)
                self._thread.join(LEAVES_WITHIN)

        def _serve(self) -> None:
            procedure = _Procedure(self._hear)
            name = f"{CLASS}{id(self)}"
            kind = _WindowClass(procedure=procedure, name=name)
            _user.RegisterClassW(ctypes.byref(kind))
            # no message-only window: those are not told of broadcasts
            self.window = _user.CreateWindowExW(
                0, name, "Casare Robot", 0, 0, 0, 0, 0, None, None, None, None
            )
            self._opened.set()
            if not self.window:
                return
            _sessions.WTSRegisterSessionNotification(self.window, 0)
            message = wintypes.MSG()
            while _user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
                _user.DispatchMessageW(ctypes.byref(message))
            self.window = None
            _user.UnregisterClassW(name, None)

        def _hear(self, window: int, message: int, word: int, long: int) -> int:
            if message == _QUERY_END:
                _user.ShutdownBlockReasonCreate(window, self._ending)
                self._tell(SystemEvent.ENDING)
                return 1
            if message == _END:
                if word:
                    self._left.wait(LEAVES_WITHIN)
                _user.ShutdownBlockReasonDestroy(window)
                return 0
            if message == _CLOSE:
                _sessions.WTSUnRegisterSessionNotification(window)
                _user.DestroyWindow(window)
                _user.PostQuitMessage(0)
                return 0
            known = {_POWER: _POWER_EVENTS, _SESSION: _SESSION_EVENTS}.get(message, {})
            if word in known:
                self._tell(known[word])
                return 1
            return int(_user.DefWindowProcW(window, message, word, long))
