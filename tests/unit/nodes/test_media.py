"""Sound, voice, volume and camera by the programs of this machine, which stand-ins play."""

import sys

import pytest
from PIL import Image

from casare_robot.nodes.needs_here import obstacle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs of Linux")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The only programs of this machine: `program("espeak-ng", "python code")`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name, code):
        path = folder / name
        path.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\nfolder = {str(tmp_path)!r}\n{code}"
        )
        path.chmod(0o755)

    return make


NOTES = "pathlib.Path(folder, 'done').open('a').write(' '.join(sys.argv[1:]) + '\\n')\n"


def done(tmp_path):
    return (tmp_path / "done").read_text().splitlines()


def test_a_beep_is_a_tone_of_its_length(run_node, program, tmp_path):
    program(
        "paplay",
        "import os\npathlib.Path(folder, 'done').write_text(str(os.path.getsize(sys.argv[1])))",
    )

    run = run_node("BeepNode", {"frequency": 880, "duration": 100})

    assert run.outputs == {"success": True}
    assert done(tmp_path) == [str(44 + 2 * 4410)]


def test_a_beep_that_nobody_hears_says_so_and_goes_on(run_node, program):
    run = run_node("BeepNode", {})

    assert (run.error, run.outputs) == (None, {"success": False})
    assert "no program that plays sounds" in run.log[0][1]


def test_a_text_is_said_at_its_rate_and_never_is_an_argument(run_node, program, tmp_path):
    program("espeak-ng", NOTES + "pathlib.Path(folder, 'said').write_text(sys.stdin.read())")
    text = "--help; rm 'x' $(y)"

    run = run_node("TextToSpeechNode", {"text": text, "rate": 200, "volume": 0.5})

    assert run.outputs == {"success": True}
    assert (tmp_path / "said").read_text() == text
    assert done(tmp_path) == ["-s 200 -a 100 --stdin"]


@pytest.mark.parametrize(
    ("code", "reason"), [("sys.exit('no voice')", "no voice"), ("sys.exit(3)", "ended with 3")]
)
def test_a_voice_that_fails_says_why(run_node, program, code, reason):
    program("espeak", code)

    run = run_node("TextToSpeechNode", {"speech_text": "hello"})

    assert reason in run.error
    assert run.outputs == {"success": False}


def test_nothing_to_say_is_a_failure(run_node):
    assert "there is no text" in run_node("TextToSpeechNode", {"text": " "}).error


MIXERS = [
    ("wpctl", "print('Volume: 0.40 [MUTED]')", "set-volume @DEFAULT_AUDIO_SINK@ 40%"),
    (
        "pactl",
        "print('Volume: front-left: 26214 /  40% / -23 dB\\nMute: yes')",
        "set-sink-volume @DEFAULT_SINK@ 40%",
    ),
    ("amixer", "print('Front Left: Playback 26214 [40%] [off]')", "set Master 40%"),
]


@pytest.mark.parametrize(("name", "answer", "command"), MIXERS)
def test_the_volume_is_set_and_told(run_node, program, tmp_path, name, answer, command):
    program(name, NOTES + answer)

    run = run_node("VolumeControlNode", {"action": "set", "level": 40})

    assert run.outputs == {"volume": 40, "muted": True, "success": True}
    assert done(tmp_path)[0] == command


@pytest.mark.parametrize(("action", "word"), [("mute", "1"), ("unmute", "0")])
def test_the_sound_is_switched_off_and_on(run_node, program, tmp_path, action, word):
    program("wpctl", NOTES + "print('Volume: 1.00')")

    run = run_node("VolumeControlNode", {"action": action})

    assert run.outputs == {"volume": 100, "muted": False, "success": True}
    assert done(tmp_path)[0] == f"set-mute @DEFAULT_AUDIO_SINK@ {word}"


def test_a_mixer_that_refuses_says_why(run_node, program):
    program("pactl", "sys.exit('Connection refused')")

    assert "Connection refused" in run_node("VolumeControlNode", {}).error


def test_a_camera_gives_a_picture_of_its_size(run_node, program, tmp_path):
    Image.new("RGB", (32, 24)).save(tmp_path / "seen.png")
    copies = "pathlib.Path(sys.argv[-1]).write_bytes(pathlib.Path(folder, 'seen.png').read_bytes())"
    program("fswebcam", NOTES + copies)

    run = run_node("WebcamCaptureNode", {"camera_id": 2, "output_path": "a/shot.png"})

    assert run.error is None
    assert (run.outputs["width"], run.outputs["height"]) == (32, 24)
    assert run.outputs["image_path"] == str(tmp_path / "a" / "shot.png")
    assert "-d /dev/video2" in done(tmp_path)[0]


def test_a_camera_that_is_not_there_says_so(run_node, program):
    program("ffmpeg", "sys.exit('/dev/video0: No such file or directory')")

    assert "camera 0 gives no picture" in run_node("WebcamCaptureNode", {}).error


@pytest.mark.parametrize(
    ("need", "name"),
    [
        ("a program that speaks", "espeak-ng"),
        ("a program that knows the volume", "pactl"),
        ("a program that reads a camera", "ffmpeg"),
        ("a program that reads text in pictures", "tesseract"),
    ],
)
def test_a_need_is_met_where_its_program_is_installed(program, need, name):
    assert obstacle(need).startswith("and ")

    program(name, "")

    assert obstacle(need) == ""
