"""What systemd's session service is asked for on Linux, by a service that only notes it."""

import os
import select
import shutil
import subprocess
import sys
import threading

import pytest

from casare_robot.desktop.keep_awake import keep_awake

if (
    sys.platform != "linux"
    or not shutil.which("systemd-inhibit")
    or not shutil.which("dbus-daemon")
):
    pytest.skip("needs systemd-inhibit and dbus-daemon", allow_module_level=True)

from jeepney import DBus, HeaderFields, MessageType, new_error, new_method_return
from jeepney.io.blocking import open_dbus_connection

PATIENCE = 60.0


class SessionService:
    """Answers on a bus in the name of ``org.freedesktop.login1``."""

    def __init__(self, address):
        self.asked = []
        self.was_asked = threading.Event()
        self.held, self._given = os.pipe()
        self._connection = open_dbus_connection(address, enable_fds=True)
        self._connection.send_and_get_reply(DBus().RequestName("org.freedesktop.login1"))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        """Once the bus has gone."""
        self._thread.join(PATIENCE)
        self._connection.close()
        os.close(self.held)
        if not self.asked:
            os.close(self._given)

    def _serve(self):
        while True:
            try:
                message = self._connection.receive()
            except (ConnectionResetError, OSError):
                return
            if message.header.message_type is not MessageType.method_call:
                continue
            if message.header.fields[HeaderFields.member] == "Inhibit":
                self.asked.append(message.body)
                self._connection.send(new_method_return(message, "h", (self._given,)))
                os.close(self._given)
                self.was_asked.set()
            else:
                error = "org.freedesktop.DBus.Error.UnknownMethod"
                self._connection.send(new_error(message, error))


@pytest.fixture
def service(tmp_path, monkeypatch):
    address = f"unix:path={tmp_path}/bus"
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={address}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    address = bus.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    made = SessionService(address)
    yield made
    bus.terminate()
    bus.communicate()
    made.close()


def is_let_go(held, seconds):
    """Whether nobody holds the other end any more."""
    readable, _, _ = select.select([held], [], [], seconds)
    return bool(readable)


def test_sleep_is_held_off_until_it_is_released(service) -> None:
    awake = keep_awake()

    assert awake.hold()
    assert service.was_asked.wait(PATIENCE)
    still_held = not is_let_go(service.held, 0.2)
    awake.release()

    assert service.asked == [("sleep:idle", "CasareRobot", "a job runs", "block")]
    assert still_held
    assert is_let_go(service.held, PATIENCE)
