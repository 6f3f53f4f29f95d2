"""What Windows tells of the session of this process."""

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _CURRENT_SESSION = 0xFFFFFFFF
    _SESSION_INFO_EX = 25
    _STATE_DISCONNECTED = 4
    _FLAGS_LOCKED = 0

    class _InfoEx(ctypes.Structure):
        """The beginning of WTSINFOEXW with its level 1."""

        _fields_ = (
            ("level", wintypes.DWORD),
            ("alignment", wintypes.DWORD),
            ("session", wintypes.ULONG),
            ("state", ctypes.c_int),
            ("flags", wintypes.LONG),
        )

    def is_disconnected_or_locked() -> tuple[bool, bool]:
        """Whether it has no screen now, and whether its screen is locked; False: or unknown."""
        library = ctypes.WinDLL("wtsapi32")
        answer, size = ctypes.c_void_p(), wintypes.DWORD()
        if not library.WTSQuerySessionInformationW(
            None, _CURRENT_SESSION, _SESSION_INFO_EX, ctypes.byref(answer), ctypes.byref(size)
        ):
            return False, False
        try:
            if not answer.value or size.value < ctypes.sizeof(_InfoEx):
                return False, False
            info = _InfoEx.from_address(answer.value)
            return info.state == _STATE_DISCONNECTED, info.flags == _FLAGS_LOCKED
        finally:
            library.WTSFreeMemory(answer)
