"""Pictures of a screen: one of Xvfb's, filled with a colour."""

import base64
import io
import shutil
import sys

import pytest
from PIL import Image

from casare_robot.desktop.screen_here import screen_is
from casare_robot.domain.screen_work import Area
from casare_robot.nodes.needs_here import obstacle
from tests.real_screen import RealScreen
from tests.small_desktop import SmallDesktop, Thing


@pytest.fixture
def screen(tmp_path, monkeypatch):
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    folder = tmp_path / "screen"
    folder.mkdir()
    real = RealScreen(folder)
    monkeypatch.setenv("DISPLAY", real.environment["DISPLAY"])
    yield real
    real.close()


def test_a_picture_of_the_screen_is_kept_in_a_file(screen, run_node, tmp_path):
    path = tmp_path / "shots" / "one.jpg"

    told = run_node("CaptureScreenshotNode", {"file_path": str(path), "format": "JPEG"})

    assert told.outputs == {"image": str(path), "file_path": str(path), "success": True}
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1280, 900))


def test_a_picture_of_a_region_is_told_without_a_file(screen, run_node):
    region = {"x": 10, "y": 20, "width": 30, "height": 40}

    told = run_node("CaptureScreenshotNode", {}, inputs={"region": region}).outputs

    content = base64.b64decode(told["image"].removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (30, 40)
    assert told["file_path"] == ""


@pytest.mark.parametrize("region", [[1, 2, 3], {"x": 1}, [0, 0, 0, 5], "left"])
def test_a_region_that_is_none_is_refused(region, run_node):
    assert "region" in run_node("CaptureScreenshotNode", {}, inputs={"region": region}).error


def test_a_picture_of_an_element_has_pixels_around_it(screen, run_node, tmp_path):
    desk = SmallDesktop()
    window = desk.add_window("Form", Thing("1", {"Name": "OK"}, Area(100, 100, 40, 20)))
    element = {"key": "1", "window": window.handle}
    config = {"file_path": str(tmp_path / "ok.png"), "padding": 5}

    with screen_is(desk):
        done = run_node("CaptureElementImageNode", config, inputs={"element": element})

    assert done.error is None
    with Image.open(tmp_path / "ok.png") as picture:
        assert picture.size == (50, 30)


@pytest.mark.skipif(sys.platform != "linux", reason="X displays are Linux's")
def test_without_a_display_the_machine_says_so(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "DISPLAY is not set" in obstacle("a screen")
    monkeypatch.setenv("DISPLAY", ":1")
    assert obstacle("a screen") == ""


def test_a_display_that_is_gone_is_a_failure(run_node, monkeypatch):
    if sys.platform != "linux":
        pytest.skip("X displays are Linux's")
    monkeypatch.setenv("DISPLAY", ":9876")

    assert "no picture of the screen" in run_node("CaptureScreenshotNode").error
