"""Start at login by the user's Run key, which the Windows settings can overrule."""

import subprocess
import sys
from collections.abc import Sequence

from casare_robot.desktop.autostart_state import AutostartState

NAME = "CasareRobot"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

if sys.platform == "win32":
    import winreg

    def state(command: Sequence[str]) -> AutostartState:
        """As Windows will do it: both keys count."""
        said = _value(RUN)
        if said is None:
            return AutostartState(is_on=False)
        approved = _value(APPROVED)
        if isinstance(approved, bytes) and approved and approved[0] & 1:
            why = "disabled in Windows settings, Apps, Startup"
            return AutostartState(is_on=False, why=why)
        if said != subprocess.list2cmdline(command):
            return AutostartState(is_on=True, why=f"starts another command: {said}")
        return AutostartState(is_on=True)

    def enable(command: Sequence[str]) -> None:
        """Set the Run key, and take back what the settings say against it."""
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN) as key:
            line = subprocess.list2cmdline(command)
            winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, line)
        _delete(APPROVED)

    def disable() -> None:
        """Take the Run key away."""
        _delete(RUN)

    def _value(place: str) -> object:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, place) as key:
                return winreg.QueryValueEx(key, NAME)[0]
        except FileNotFoundError:
            return None

    def _delete(place: str) -> None:
        try:
            access = winreg.KEY_SET_VALUE
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, place, 0, access) as key:
                winreg.DeleteValue(key, NAME)
        except FileNotFoundError:
            return
