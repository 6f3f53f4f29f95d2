"""The folders in which a user's programs are found by name."""

import sys
from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """Where the system keeps the list of folders, as one text with semicolons."""

    def read(self) -> str:
        """The text; empty if there is none."""
        ...

    def write(self, text: str) -> None:
        """Replace it, for programs started from now on."""
        ...


class UserPath:
    """The user's part of PATH; only Windows keeps one.

    Args:
        place: Where it is kept.
    """

    def __init__(self, place: Place | None = None) -> None:
        self._place = place or user_place()

    def add(self, folder: Path) -> None:
        """Put a folder at the end, once; what is there stays as it is.

        Raises:
            OSError: It cannot be read or written.
        """
        if self._without(folder) == (text := self._place.read()):
            self._place.write(f"{text.rstrip(';')};{folder}" if text.strip(";") else str(folder))

    def remove(self, folder: Path) -> None:
        """Take a folder out, wherever it is.

        Raises:
            OSError: It cannot be read or written.
        """
        if (text := self._without(folder)) != self._place.read():
            self._place.write(text)

    def _without(self, folder: Path) -> str:
        unwanted = _compared(str(folder))
        parts = self._place.read().split(";")
        return ";".join(part for part in parts if _compared(part) != unwanted)


def _compared(folder: str) -> str:
    return folder.strip().strip('"').rstrip("\\/").casefold()


if sys.platform == "win32":
    import ctypes
    import winreg

    _TO_ALL, _SETTING_CHANGED, _IF_NOT_HUNG, _MILLISECONDS = 0xFFFF, 0x1A, 0x2, 2000

    class _Registry:
        def __init__(self) -> None:
            self._kind = winreg.REG_EXPAND_SZ

        def read(self) -> str:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, "Environment") as key:
                    text, self._kind = winreg.QueryValueEx(key, "Path")
            except FileNotFoundError:
                return ""
            return str(text)

        def write(self, text: str) -> None:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, "Environment") as key:
                if text:
                    winreg.SetValueEx(key, "Path", 0, self._kind, text)
                else:
                    winreg.DeleteValue(key, "Path")
            answer = ctypes.c_size_t()
            ctypes.WinDLL("user32").SendMessageTimeoutW(
                ctypes.c_void_p(_TO_ALL),
                _SETTING_CHANGED,
                ctypes.c_size_t(0),
                ctypes.c_wchar_p("Environment"),
                _IF_NOT_HUNG,
                _MILLISECONDS,
                ctypes.byref(answer),
            )

    def user_place() -> Place:
        """The registry."""
        return _Registry()

else:

    class _Nowhere:
        def read(self) -> str:
            raise OSError("only Windows keeps a user's PATH")

        def write(self, text: str) -> None:
            raise OSError(f"only Windows keeps a user's PATH: {text}")

    def user_place() -> Place:
        """There is none: each call of it raises OSError."""
        return _Nowhere()
