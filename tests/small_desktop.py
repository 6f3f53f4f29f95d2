"""A small desktop: windows with elements, a mouse and a keyboard, all in memory."""

from dataclasses import dataclass, field, replace
from threading import Event
from time import monotonic

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import Area, Window

UNDONE = "it cannot do that"


@dataclass
class Thing:
    """An element; ``inside`` are those in it."""

    key: str
    properties: dict
    area: Area = field(default_factory=lambda: Area(10, 10, 80, 20))
    inside: list = field(default_factory=list)
    can: tuple = ()
    done: list = field(default_factory=list)
    desk: "SmallDesktop | None" = None

    def read(self, name):
        standard = {"IsEnabled": True, "IsOffscreen": False, "Name": "", "AutomationId": ""}
        known = {**standard, "ClassName": "", "ControlType": "Pane", **self.properties}
        if name not in known:
            raise NodeFailure(f"an element has no property {name!r}")
        return known[name]

    def text(self):
        return self.properties.get("Value", self.properties.get("Name", ""))

    def focus(self):
        self.desk.focused = self

    def invoke(self):
        self._may("invoke")
        self.done.append("invoked")

    def clear(self):
        self._may("edit")
        self.properties["Value"] = ""

    def check(self, wanted):
        self._may("check")
        self.properties["IsChecked"] = wanted

    def select(self):
        self._may("select")
        self.properties["IsSelected"] = True

    def expand(self, wanted):
        self._may("expand")
        self.properties["IsExpanded"] = wanted

    def scroll(self, direction, amount):
        self._may("scroll")
        self.done.append((direction, amount))

    def items(self):
        return [each for each in self.inside if "select" in each.can]

    def _may(self, what):
        if what not in self.can:
            raise NodeFailure(f"{UNDONE}: {what}")


def walk(things):
    for thing in things:
        yield thing
        yield from walk(thing.inside)


class SmallDesktop:
    """As Windows' own as far as nodes can tell."""

    def __init__(self):
        self.why_not = ""
        self.open = {}
        self.things = {}
        self.focused = None
        self.mouse = (0, 0)
        self.held = []
        self.events = []
        self.programs = {}
        self.stubborn = set()
        self.appearing = []
        self.looks = 0

    def add_window(self, title, *things, handle=None, process_id=1, **more):
        handle = handle or 100 + len(self.open)
        area = more.pop("area", Area(0, 0, 640, 480))
        class_name = more.pop("class_name", "Window")
        self.open[handle] = Window(handle, title, class_name, process_id, area, **more)
        self.things[handle] = list(things)
        for thing in walk(things):
            thing.desk = self
        return self.open[handle]

    def obstacle(self):
        return self.why_not

    def launch(self, command, folder):
        process_id = 4000 + len(self.programs)
        self.programs[process_id] = (list(command), folder)
        self.add_window(f"{command[0]} - new", process_id=process_id)
        return process_id

    def kill(self, process_id):
        self.programs.pop(process_id, None)
        self.open = {h: w for h, w in self.open.items() if w.process_id != process_id}

    def windows(self):
        self.looks += 1
        if self.appearing and self.looks > 1:
            self.add_window(self.appearing.pop())
        return list(reversed(self.open.values()))

    def place(self, handle, area):
        self._change(handle, area=area)

    def show(self, handle, shape):
        self._change(handle, shape=shape)

    def activate(self, handle):
        self.open[handle] = self.open.pop(handle)

    def close(self, handle):
        self._window(handle)
        if handle not in self.stubborn:
            del self.open[handle]

    def elements(self, handle):
        if handle is not None:
            self._window(handle)
        for each in [handle] if handle is not None else list(self.open):
            yield from walk(self.things[each])

    def pointer(self):
        return self.mouse

    def point(self, x, y):
        self.mouse = (x, y)
        self.events.append(("point", x, y))

    def button(self, name, *, down):
        self.events.append((name, "down" if down else "up", self.mouse, tuple(self.held)))

    def hold(self, modifier, *, down):
        (self.held.append if down else self.held.remove)(modifier)

    def stroke(self, stroke):
        self.events.append(stroke)
        if len(stroke.key) == 1 and not stroke.modifiers and self.focused is not None:
            before = self.focused.properties.get("Value", "")
            self.focused.properties["Value"] = before + stroke.key

    def clicks(self):
        return [event for event in self.events if isinstance(event, tuple) and event[1] == "down"]

    def typed(self):
        strokes = [event for event in self.events if not isinstance(event, tuple)]
        return ["+".join((*each.modifiers, each.key)) for each in strokes]

    def _window(self, handle):
        if handle not in self.open:
            raise NodeFailure("the window is not open")
        return self.open[handle]

    def _change(self, handle, **changes):
        self.open[handle] = replace(self._window(handle), **changes)


class SmallHotkeys:
    """A keyboard that is listened to as `casare_robot.desktop.hotkeys.Hotkeys` promises."""

    def __init__(self):
        self.taken = set()
        self._listening = {}

    def press(self, stroke):
        for event in list(self._listening.get(stroke, ())):
            event.set()

    def wait(self, stroke, over, *, seconds, consumes):
        if consumes and stroke in self.taken:
            keys = "+".join((*stroke.modifiers, stroke.key))
            raise NodeFailure(f"{keys} cannot be waited for: another program has it")
        pressed = Event()
        listening = self._listening.setdefault(stroke, [])
        listening.append(pressed)
        if consumes:
            self.taken.add(stroke)
        end = None if seconds is None else monotonic() + seconds
        try:
            while not pressed.wait(0.01):
                if over.is_set() or (end is not None and monotonic() >= end):
                    return False
            return True
        finally:
            listening.remove(pressed)
            if consumes:
                self.taken.discard(stroke)
