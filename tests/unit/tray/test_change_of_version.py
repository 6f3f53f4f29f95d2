"""The tray's wishes for another version do what the commands do."""

import asyncio
from types import SimpleNamespace
from typing import ClassVar

import pytest

from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.wishes import Wishes
from casare_robot.updates import updates as module


class Known:
    """Stands for `Updates`."""

    asked: ClassVar[list] = []

    def __init__(self, config, data, *, version):
        pass

    def install(self, *, is_busy):
        Known.asked.append(("install", is_busy))

    def go_back(self, *, is_busy):
        Known.asked.append(("back", is_busy))


class House:
    """A session whose actions are kept to be run."""

    def __init__(self, sight, tmp_path):
        self.sight = sight
        self.places = SimpleNamespace(data=tmp_path)
        self.actions = self
        self.begun = []

    def read_settings(self):
        return None

    def start(self, key, action):
        self.begun.append(action)


@pytest.mark.parametrize(("waiting", "is_busy"), [(0, False), (2, True)])
def test_a_click_installs_or_waits_for_idleness(
    seen, tmp_path, monkeypatch, waiting, is_busy
) -> None:
    monkeypatch.setattr(module, "Updates", Known)
    Known.asked = []
    house = House(seen(waiting=waiting), tmp_path)

    Wishes(house).grant(Wish(Do.UPDATE))
    asyncio.run(house.begun[0]())

    assert Known.asked == [("install", is_busy)]


def test_going_back_is_asked_about_first(seen, tmp_path, monkeypatch) -> None:
    from casare_robot.tray.windows import parts

    monkeypatch.setattr(module, "Updates", Known)
    Known.asked = []
    questions = []
    monkeypatch.setattr(parts, "ask", lambda *said, **more: questions.append((said, more)))
    house = House(seen(), tmp_path)

    Wishes(house).grant(Wish(Do.BACK))
    before = list(house.begun)
    ((_, more),) = questions
    more["answers"][0][1]()
    asyncio.run(house.begun[0]())

    assert before == []
    assert Known.asked == [("back", False)]
