"""A StatusNotifier tray: what KDE, GNOME's extension and Xfce put icons into, over D-Bus.

dbus-run-session -- python -m tests.sni_host    wait for an icon, tell what it says, its
                                                menu, and then every change, until Ctrl+C
"""

import sys
import threading
import time
from contextlib import suppress
from typing import NamedTuple

from jeepney import (
    DBusAddress,
    HeaderFields,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import DBus
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg

WATCHER = "org.kde.StatusNotifierWatcher"
PATH = "/StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Entry(NamedTuple):
    """A line of a menu; an empty text is a separator."""

    number: int
    text: str
    is_enabled: bool
    entries: tuple


class SniHost:
    """Owns the names of a tray on the session bus until it is closed."""

    def __init__(self, address="SESSION"):
        self.items = []
        self._serving = open_dbus_connection(address)
        self._asking = open_dbus_connection(address)
        self._ask(DBus().RequestName(WATCHER), self._serving)
        self._ask(DBus().RequestName(f"org.kde.StatusNotifierHost-{id(self)}"), self._serving)
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._is_closed = True
        self._thread.join()
        self._serving.close()
        self._asking.close()

    def says(self, item):
        """Title, tooltip and icon of an item; the icon as (width, height, pixels)."""
        found = self._call(item, PROPERTIES, "GetAll", "s", (ITEM,))[0]
        _, _, title, text = found["ToolTip"][1]
        pictures = found["IconPixmap"][1]
        return {
            "title": title or found["Title"][1],
            "tooltip": text,
            "status": found["Status"][1],
            "icon": max(pictures, default=None),
            "menu": found["Menu"][1],
        }

    def menu(self, item):
        """The entries of an item's menu."""
        path = self.says(item)["menu"]
        self._call((item[0], path), MENU, "AboutToShow", "i", (0,))
        _, layout = self._call((item[0], path), MENU, "GetLayout", "iias", (0, -1, []))
        return _entry(layout).entries

    def choose(self, item, entry):
        """Choose an entry, as a click does."""
        path = self.says(item)["menu"]
        event = (entry.number, "clicked", ("s", ""), 0)
        self._call((item[0], path), MENU, "Event", "isvu", event)

    def _call(self, place, interface, method, signature, body):
        address = DBusAddress(place[1], bus_name=place[0], interface=interface)
        return self._ask(new_method_call(address, method, signature, body), self._asking)

    def _ask(self, message, connection):
        return unwrap_msg(connection.send_and_get_reply(message, timeout=20))

    def _serve(self):
        while not self._is_closed:
            with suppress(TimeoutError):
                message = self._serving.receive(timeout=0.2)
                if message.header.message_type is MessageType.method_call:
                    self._serving.send(self._answer(message))

    def _answer(self, message):
        fields = message.header.fields
        method, sender = fields[HeaderFields.member], fields.get(HeaderFields.sender, "")
        known = {
            "IsStatusNotifierHostRegistered": ("b", True),
            "ProtocolVersion": ("i", 0),
            "RegisteredStatusNotifierItems": ("as", [name + path for name, path in self.items]),
        }
        if method == "RegisterStatusNotifierItem":
            said = message.body[0]
            item = (sender, said) if said.startswith("/") else (said, "/StatusNotifierItem")
            self.items.append(item)
            address = DBusAddress(PATH, interface=WATCHER)
            registered = new_signal(address, "StatusNotifierItemRegistered", "s", (item[0],))
            self._serving.send(registered)
            return new_method_return(message)
        if method == "RegisterStatusNotifierHost":
            return new_method_return(message)
        if method == "Get" and message.body[1] in known:
            return new_method_return(message, "v", (known[message.body[1]],))
        if method == "GetAll":
            return new_method_return(message, "a{sv}", (known,))
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")


def _entry(layout):
    number, properties, within = layout
    known = {name: value for name, (_, value) in properties.items()}
    return Entry(
        number,
        known.get("label", "").replace("_", ""),
        known.get("enabled", True),
        tuple(_entry(child) for _, child in within if child[1].get("visible", (0, True))[1]),
    )


def tell(entries, depth=0):
    """A menu as lines."""
    for entry in entries:
        print(f"{'  ' * depth}{entry.text or '-'}{'' if entry.is_enabled else ' (off)'}")
        tell(entry.entries, depth + 1)


def main():
    host = SniHost()
    print("waiting for an icon", flush=True)
    before = {}
    with suppress(KeyboardInterrupt):
        while True:
            for item in list(host.items):
                try:
                    says = host.says(item)
                except DBusErrorResponse:
                    host.items.remove(item)
                    print(f"{item[0]} has left")
                    continue
                if says != before.get(item):
                    icon = says["icon"]
                    size = f"{icon[0]}x{icon[1]}" if icon else "none"
                    print(f"{item[0]}: {says['title']} {says['tooltip']!r}, icon {size}")
                    tell(host.menu(item), 1)
                    sys.stdout.flush()
                    before[item] = says
            time.sleep(1)
    host.close()


if __name__ == "__main__":
    main()
