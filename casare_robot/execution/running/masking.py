"""Keeps secrets and sensitive variables out of whatever a run says."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from casare_robot.execution.language.references import SealedText, SecretTemplate

MASK = "***"
ANYWHERE = 4
"""Characters from which a value is masked wherever it occurs; shorter ones are part of any text."""
AS_WORD = 2
"""Characters from which a value is masked as a word of its own; one is masked as a whole value."""
WRITTEN_ANYWHERE = 8
"""The same as `ANYWHERE` for what a file gives as a secret: ``test`` is often one there."""


class Masking:
    """Knows what must not be said; reads sensitive variables at the moment of speaking."""

    def __init__(self) -> None:
        self._hidden: set[str] = set()
        self._words: set[str] = set()
        self._short = re.compile(r"(?!)")
        self._references: dict[str, str] = {}
        self._sensitive: set[str] = set()
        self._places: list[tuple[str, Mapping[str, Any]]] = []

    def hide(self, value: str, reference: str | None = None, *, anywhere: int = ANYWHERE) -> None:
        """Mask this text, the secret of this name, from now on.

        ``anywhere`` is the length from which it is masked inside other text too.
        """
        if not value:
            return
        if reference is not None:
            self._references[value] = reference
        is_word = len(value) < anywhere
        if value not in self._hidden or (value in self._words and not is_word):
            self._hidden.add(value)
            (self._words.add if is_word else self._words.discard)(value)
            self._short = _words(self._words)
            if not is_word:
                self._hidden |= _forms(value)

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
        found = self._hidden - self._words
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


def _forms(secret: str) -> set[str]:
    """How a secret looks in JSON and in an address."""
    return {json.dumps(secret)[1:-1], quote(secret, safe="")}


def _pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    """Where any of these may not be said; the longest first."""
    found = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join(map(_place, found)) or r"(?!)")


def _words(secrets: Iterable[str]) -> re.Pattern[str]:
    """Where any of these stands by itself."""
    return re.compile("|".join(map(_alone, sorted(secrets, key=len, reverse=True))) or r"(?!)")


def _place(secret: str) -> str:
    return re.escape(secret) if len(secret) >= ANYWHERE else _alone(secret)


def _alone(secret: str) -> str:
    text = re.escape(secret)
    return rf"(?<!\w){text}(?!\w)" if len(secret) >= AS_WORD else rf"\A{text}\Z"
