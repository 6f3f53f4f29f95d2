"""How loud Windows is: the device that sound goes to by default."""

import sys

if sys.platform == "win32":
    import asyncio
    from collections.abc import Callable
    from typing import Any, TypeVar

    from casare_robot.desktop.loudness import Loudness

    T = TypeVar("T")

    class WindowsMixer:
        """The device of the moment, by Windows' own interface."""

        async def loudness(self) -> Loudness:
            """How loud it is now."""
            return await asyncio.to_thread(_with, _loudness)

        async def set_volume(self, level: int) -> None:
            """Make it so loud, in percent."""
            await asyncio.to_thread(
                _with, lambda device: device.SetMasterVolumeLevelScalar(level / 100, None)
            )

        async def set_mute(self, *, off: bool) -> None:
            """Switch the sound off or on."""
            await asyncio.to_thread(_with, lambda device: device.SetMute(off, None))

    def _loudness(device: Any) -> Loudness:
        return Loudness(round(device.GetMasterVolumeLevelScalar() * 100), bool(device.GetMute()))

    def _with(use: Callable[[Any], T]) -> T:
        """Use the device in this thread.

        COM stays begun in it: an error may hold something of it that is let go later.
        """
        import comtypes

        comtypes.CoInitialize()
        try:
            from pycaw.utils import AudioUtilities

            return use(AudioUtilities.GetSpeakers().EndpointVolume)
        except comtypes.COMError as error:
            raise OSError(f"no device for sound: {error.text or hex(error.hresult)}") from error
