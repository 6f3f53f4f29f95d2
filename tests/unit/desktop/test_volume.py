"""How loud Windows is; the programs of other systems are played in the tests of the nodes."""

import sys

import pytest

from casare_robot.desktop import volume
from casare_robot.desktop.loudness import Loudness
from casare_robot.desktop.volume import mixer, volume_obstacle

ON_WINDOWS = pytest.mark.skipif(sys.platform != "win32", reason="Windows' own mixer")


def test_without_its_library_windows_says_what_brings_it(monkeypatch):
    monkeypatch.setattr(volume, "find_spec", lambda name: None)

    assert volume_obstacle("win32").endswith("pip install 'casare-robot[windows]'")


def test_with_it_nothing_is_in_the_way(monkeypatch):
    monkeypatch.setattr(volume, "find_spec", lambda name: name)

    assert volume_obstacle("win32") == ""


@ON_WINDOWS
async def test_windows_is_made_louder_and_silent_and_as_it_was():
    mine = mixer()
    try:
        before = await mine.loudness()
    except OSError as error:
        pytest.skip(str(error))

    await mine.set_volume(40)
    await mine.set_mute(off=True)
    assert await mine.loudness() == Loudness(40, muted=True)

    await mine.set_volume(before.volume)
    await mine.set_mute(off=before.muted)
    assert await mine.loudness() == before
