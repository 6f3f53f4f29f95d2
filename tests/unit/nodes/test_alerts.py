"""What the person at this machine hears."""

import sys

import pytest

from casare_robot.domain.question import AskOutcome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="players of Linux")


@pytest.fixture
def player(tmp_path, monkeypatch):
    """The only player of this machine, which writes down how long what it plays is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "paplay"
    program.write_text(
        f'#!{sys.executable}\nimport os, sys\nopen("{tmp_path}/heard", "a").write(\n'
        '    f"{os.path.basename(sys.argv[1])} {os.path.getsize(sys.argv[1])}\\n")\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return program


def heard(tmp_path):
    return [line.split() for line in (tmp_path / "heard").read_text().splitlines()]


def test_a_tone_is_as_long_as_wanted_and_comes_three_times_where_it_loops(
    run_node, at_desk, player, tmp_path
):
    config = {"use_beep": True, "beep_duration": 100, "loop": True}

    run = run_node("AudioAlertNode", config, surroundings=at_desk())

    assert run.outputs == {"success": True}
    assert heard(tmp_path) == [["tone.wav", str(44 + 2 * 4410)]] * 3


def test_a_file_is_played_once(run_node, at_desk, player, tmp_path):
    (tmp_path / "ding.wav").write_bytes(b"12345")

    run = run_node("AudioAlertNode", {"file_path": "ding.wav"}, surroundings=at_desk())

    assert (run.outputs, heard(tmp_path)) == ({"success": True}, [["ding.wav", "5"]])


def test_a_file_that_is_not_there_is_a_failure(run_node, at_desk, player):
    run = run_node("AudioAlertNode", {"file_path": "gone.wav"}, surroundings=at_desk())

    assert "gone.wav" in str(run.error)


@pytest.mark.parametrize(
    ("outcome", "rings"), [(AskOutcome.SHOWN, True), (AskOutcome.NOBODY, False)]
)
def test_where_nothing_plays_it_the_bell_rings_if_somebody_is_there(
    run_node, at_desk, player, outcome, rings
):
    player.unlink()

    run = run_node("AudioAlertNode", {}, surroundings=at_desk(outcome=outcome))

    assert run.outputs == {"success": rings}
    assert run.surroundings.asked[0].body.style == "bell"
    assert "no program that plays sounds" in run.log[0][1]
