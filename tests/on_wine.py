"""Whether this Windows is wine, which lacks some of it."""

import sys


def on_wine() -> bool:
    """Told by what only wine exports."""
    if sys.platform != "win32":
        return False
    import ctypes

    return hasattr(ctypes.windll.ntdll, "wine_get_version")
