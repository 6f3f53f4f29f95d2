"""Sounds through the system's own programs."""

import asyncio
import sys
import wave

import pytest

from casare_robot.desktop.sounds import RATE, play, write_tone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs of Linux")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install players that write down what they play: `installed(paplay=0)` is one that can."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(**codes):
        for name, code in codes.items():
            program = folder / name.replace("_", "-")
            program.write_text(
                f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/played\necho no server >&2\nexit {code}\n'
            )
            program.chmod(0o755)

    return install


def played(tmp_path):
    return [line.split("/bin/")[1] for line in (tmp_path / "played").read_text().splitlines()]


def test_a_tone_has_its_pitch_and_its_length(tmp_path) -> None:
    write_tone(tmp_path / "t.wav", hertz=441, seconds=0.5)

    with wave.open(str(tmp_path / "t.wav")) as read:
        frames = memoryview(read.readframes(read.getnframes())).cast("h")
        assert (read.getframerate(), len(frames)) == (RATE, RATE // 2)
    rises = sum(1 for at in range(1, len(frames)) if frames[at - 1] < 0 <= frames[at])
    assert abs(rises - 220) <= 1
    assert max(map(abs, frames[:10])) < max(frames) / 5


def test_the_first_player_that_can_plays_it_as_often_as_wanted(installed, tmp_path) -> None:
    installed(pw_play=1, paplay=0, aplay=0)

    assert asyncio.run(play(tmp_path / "a.wav", times=2)) == ""

    names = [line.split()[0] for line in played(tmp_path)]
    assert names == ["pw-play", "paplay"] * 2


def test_what_no_player_can_play_is_told_with_what_each_says(installed, tmp_path) -> None:
    installed(paplay=1, aplay=2)

    fault = asyncio.run(play(tmp_path / "a.wav", times=3))

    assert fault == "paplay: no server; aplay: no server"
    assert len(played(tmp_path)) == 2


def test_without_players_it_says_so(installed, tmp_path) -> None:
    assert "no program that plays sounds" in asyncio.run(play(tmp_path / "a.wav"))
