"""How loud a machine is, and what knows it. Pure."""

from typing import NamedTuple, Protocol


class Loudness(NamedTuple):
    """Percent of the most, and whether it is switched off."""

    volume: int
    muted: bool


class Mixer(Protocol):
    """What knows how loud this machine is. All methods raise OSError if it refuses."""

    async def loudness(self) -> Loudness:
        """How loud it is now."""
        ...

    async def set_volume(self, level: int) -> None:
        """Make it so loud, in percent."""
        ...

    async def set_mute(self, *, off: bool) -> None:
        """Switch the sound off or on."""
        ...
