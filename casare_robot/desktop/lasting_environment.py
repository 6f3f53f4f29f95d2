"""Environment variables that outlive a process, which only Windows has."""

import sys

if sys.platform == "win32":
    import winreg

    _PLACES = {
        "user": (winreg.HKEY_CURRENT_USER, "Environment"),
        "system": (
            winreg.HKEY_LOCAL_MACHINE,
            r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment",
        ),
    }

    def read(name: str, scope: str) -> str | None:
        """Value of a variable, or None if there is none.

        Raises:
            OSError: It cannot be read.
        """
        with winreg.OpenKey(*_PLACES[scope]) as key:
            try:
                return str(winreg.QueryValueEx(key, name)[0])
            except FileNotFoundError:
                return None

    def write(name: str, value: str, scope: str) -> None:
        """Set a variable for programs started from now on.

        Raises:
            OSError: This user may not.
        """
        with winreg.OpenKey(*_PLACES[scope], 0, winreg.KEY_SET_VALUE) as key:
            winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)

else:

    def read(name: str, scope: str) -> str | None:
        """Always raises OSError."""
        raise OSError(f"only Windows has {scope} environment variables, such as {name}")

    def write(name: str, value: str, scope: str) -> None:
        """Always raises OSError."""
        raise OSError(f"only Windows has {scope} environment variables, such as {name}")
