"""Keeps secrets and sensitive variables out of whatever a run says."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from casare_robot.execution.language.references import SealedText, SecretTemplate

MASK = "***"
ANYWHERE = 4
"""Characters from which a value is masked wherever it occurs; shorter ones are part of any text."""
AS_WORD = 2
"""Characters from which a value is masked as a word of its own; one is masked as a whole value."""


class Masking:
    """Knows what must not be said; reads sensitive variables at the moment of speaking."""

    def __init__(self) -> None:
        self._hidden: set[str] = set()
        self._short = re.compile(r"(?!)")
        self._references: dict[str, str] = {}
        self._sensitive: set[str] = set()
        self._places: list[tuple[str, Mapping[str, Any]]] = []

    def hide(self, value: str, reference: str | None = None) -> None:
        """Mask this text, the secret of this name, from now on."""
        if not value:
            return
        if reference is not None:
            self._references[value] = reference
        if value not in self._hidden:
            self._hidden.add(value)
            if len(value) < ANYWHERE:
                self._short = _pattern(text for text in self._hidden if len(text) < ANYWHERE)

    def watch(self, name: str, variables: Mapping[str, Any]) -> None:
        """Mask whatever the sensitive variable of this name holds, now or later."""
        self._sensitive.add(name)
        self._places.append((name, variables))

    def mask(self, text: str) -> str:
        """The text without what must not be said."""
        for secret in self._secrets():
            text = text.replace(secret, MASK)
        return self._short.sub(MASK, text)

    def variables(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Variables with the sensitive ones masked whole."""
        self._secrets()
        masked = {
            name: MASK if name in self._sensitive and value is not None else value
            for name, value in values.items()
        }
        return {name: self._masked(value) for name, value in masked.items()}

    def values(self, value: Any) -> Any:
        """Any structure with every secret in it masked."""
        self._secrets()
        return self._masked(value)

    def sealed(self, value: Any) -> Any:
        """The value with references in the place of secrets; itself if it has none."""
        if not self._references:
            return value
        return self._seal(value, _pattern(self._references))

    def _seal(self, value: Any, pattern: re.Pattern[str]) -> Any:
        if isinstance(value, str):
            found = pattern.findall(value)
            ids = tuple(self._references[secret] for secret in found)
            return SealedText(tuple(pattern.split(value)), ids) if ids else value
        if isinstance(value, Mapping):
            return {key: self._seal(item, pattern) for key, item in value.items()}
        return [self._seal(item, pattern) for item in value] if isinstance(value, list) else value

    def _secrets(self) -> list[str]:
        for name, variables in self._places:
            self._notice(variables.get(name))
        found = [secret for secret in self._hidden if len(secret) >= ANYWHERE]
        return sorted(found, key=len, reverse=True)

    def _notice(self, value: Any) -> None:
        if isinstance(value, str):
            self.hide(value)
        elif isinstance(value, bool) or value is None:
            return
        elif isinstance(value, int | float):
            self.hide(str(value))
        elif isinstance(value, Mapping):
            for item in value.values():
                self._notice(item)
        elif isinstance(value, list):
            for item in value:
                self._notice(item)

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.mask(value) if self._hidden or self._places else value
        if isinstance(value, Mapping):
            return {key: self._masked(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._masked(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASK if str(value) in self._hidden else value
        if isinstance(value, SecretTemplate):
            return str(value)
        return value


def _pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    """Where any of these may not be said; the longest first."""
    found = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join(map(_place, found)) or r"(?!)")


def _place(secret: str) -> str:
    text = re.escape(secret)
    if len(secret) >= ANYWHERE:
        return text
    return rf"(?<!\w){text}(?!\w)" if len(secret) >= AS_WORD else rf"\A{text}\Z"
