"""Source code whose references are bound to values instead of being pasted into it. Pure."""

import re
from collections.abc import Mapping
from typing import Any


class BoundCode(str):
    """Code with a name in place of each reference.

    Args:
        text: The code; where a reference stood, its place (an identifier) stands.
        values: What each place stands for.
        written: Each reference as the author wrote it, by place.

    No place is the beginning of another, and none occurs in the author's own text.
    """

    __slots__ = ("_places", "values", "written")
    _places: re.Pattern[str]
    values: Mapping[str, Any]
    written: Mapping[str, str]

    def __new__(
        cls, text: str, values: Mapping[str, Any], written: Mapping[str, str]
    ) -> "BoundCode":
        """Code as `str`; what does not know of places sees harmless names."""
        self = super().__new__(cls, text)
        self.values = values
        self.written = written
        self._places = re.compile("|".join(map(re.escape, values)) or r"(?!)")
        return self

    @property
    def place(self) -> str:
        """A regular expression for any of the places."""
        return f"(?:{self._places.pattern})"

    def as_written(self, text: str) -> str:
        """Part of the code with the author's references back in their places."""
        return self._places.sub(lambda match: self.written[match[0]], text)

    def filled(self, text: str) -> str:
        """Part of the code with the text of each value in its place."""
        return self._places.sub(lambda match: self.text(match[0]), text)

    def text(self, place: str) -> str:
        """The text of a value, as in any other text with references; None is nothing."""
        value = self.values[place]
        return "" if value is None else str(value)
