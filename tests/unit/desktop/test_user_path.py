"""The user's PATH keeps what is there."""

from pathlib import PureWindowsPath

import pytest

from casare_robot.desktop.user_path import UserPath

BIN = PureWindowsPath(r"C:\Users\Jörg Öz\Robot\bin")


class Text:
    def __init__(self, text: str) -> None:
        self.text = text
        self.writes = 0

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        self.text = text
        self.writes += 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", str(BIN)),
        (r"%USERPROFILE%\go;C:\tools", rf"%USERPROFILE%\go;C:\tools;{BIN}"),
        ("C:\\tools;", rf"C:\tools;{BIN}"),
    ],
)
def test_a_folder_comes_to_the_end_and_goes_without_a_trace(before, after) -> None:
    place = Text(before)
    path = UserPath(place)

    path.add(BIN)
    added = place.text
    path.remove(BIN)

    assert (added, place.text) == (after, before.rstrip(";"))


def test_a_folder_that_is_there_in_another_spelling_is_not_added_again() -> None:
    place = Text(rf'C:\a;"{str(BIN).upper()}\";C:\b')

    UserPath(place).add(BIN)

    assert place.writes == 0


def test_removing_what_is_not_there_writes_nothing() -> None:
    place = Text(r"C:\a;C:\b")

    UserPath(place).remove(BIN)

    assert place.writes == 0
