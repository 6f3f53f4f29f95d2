"""The icon in a StatusNotifier tray, as KDE, GNOME's extension and Xfce have it."""

import shutil
import subprocess
import sys

import pytest

from tests.person_at_screen import Tray, until
from tests.real_screen import RealScreen, missing

pytest.importorskip("jeepney")

if sys.platform != "linux" or missing() or shutil.which("dbus-daemon") is None:
    pytest.skip("needs Xvfb, xdotool, trayer and dbus-daemon", allow_module_level=True)

from tests.sni_host import SniHost


@pytest.fixture
def bus():
    """The address of a session bus of its own."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        yield daemon.stdout.readline().strip()
        daemon.terminate()


@pytest.fixture
def host(bus):
    made = SniHost(bus)
    yield made
    made.close()


@pytest.fixture
def tray(tmp_path, bus):
    screen = RealScreen(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    made = Tray(screen, home)
    made.surroundings["DBUS_SESSION_BUS_ADDRESS"] = bus
    yield made
    made.end()
    screen.close()


def found(entries, text):
    return next(entry for entry in entries if entry.text == text)


def test_icon_tooltip_and_menu_are_there_and_a_choice_reaches_the_robot(tray, host) -> None:
    tray.start("--hidden")
    item = until(lambda: host.items and host.items[0], "an icon")
    until(lambda: tray.state() == "idle", "the robot runs")
    until(lambda: "idle" in host.says(item)["title"], "a tooltip that says so")
    idle = host.says(item)
    menu = host.menu(item)

    host.choose(item, found(found(menu, "Pause").entries, "Until I resume"))
    until(lambda: tray.state() == "paused", "the robot is paused")
    until(lambda: host.says(item)["icon"] != idle["icon"], "another icon")
    paused = host.says(item)
    resume = next(entry for entry in host.menu(item) if entry.text.startswith("Resume"))
    host.choose(item, resume)
    until(lambda: tray.state() == "idle", "the robot goes on")

    assert idle["icon"][0] >= 22
    assert "paused" in paused["title"]
    assert [entry.text for entry in menu if entry.text][-1] == "Exit"


def test_a_host_that_appears_late_gets_the_icon(tray, bus) -> None:
    tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")

    host = SniHost(bus)
    try:
        until(lambda: host.items, "an icon")
    finally:
        host.close()
