"""Takes secrets out of whatever is about to be written or sent, in every form they are seen in.

Source of the forms: reliability, T14.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 8
"""Characters from which a secret is masked inside other text; a shorter one only as a whole value,
because it would mask everything."""
MOST = 1000
"""Secrets that are known at once, each some 15 KB of forms."""
_GRAM, _STRIDE = 5, 4  # together at most SHORTEST, so that no form falls between two looks
_URL_KEY = re.compile(
    r"([?&;](?:[\w.-]*[_.-])?(?:api[_-]?key|token|password|secret|signature)=)[^&;#\s\"'\\<>]+",
    re.IGNORECASE,
)


class SecretMask:
    """Knows the robot's secrets and hides them.

    Registering and masking are safe from any thread. A text is looked at once,
    however many secrets there are.
    """

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._short: set[str] = set()
        self._forms: dict[str, tuple[str, ...]] = {}

    def register(self, value: str, *, for_good: bool = False) -> None:
        """Hide this from now on.

        Of more than `MOST` secrets the one that was registered longest ago is
        forgotten, unless it is ``for_good``.
        """
        if not value:
            return
        known = self._known.pop(value, None)
        self._known[value] = for_good or bool(known)
        if known is not None:
            return
        if len(value) < SHORTEST:
            self._short = self._short | {value}
        else:
            self._learn(value)
        if len(self._known) > MOST:
            self._forget_oldest()

    def register_all(self, values: Iterable[str], *, for_good: bool = False) -> None:
        """As `register`, for each."""
        for value in values:
            self.register(value, for_good=for_good)

    def noting(self, find: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """The same source of secrets, which registers whatever it gives."""

        def find_and_note(name: str) -> str | None:
            value = find(name)
            if value is not None:
                self.register(value)
            return value

        return find_and_note

    def __call__(self, text: str) -> str:
        """The text without secrets, and without values of keys in addresses."""
        if text in self._short:
            return MASK
        if self._forms:
            text = self._without_forms(text)
        return _URL_KEY.sub(rf"\1{MASK}", text) if "=" in text else text

    def values(self, value: Any) -> Any:
        """Any plain data without secrets, in keys, texts and numbers."""
        match value:
            case str():
                return self(value)
            case bool() | None:
                return value
            case int() | float():
                shown = repr(value)
                return value if shown not in self._short and self(shown) == shown else MASK
            case Mapping():
                return {self.values(key): self.values(item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.values(item) for item in value]
            case _:
                return value

    def _without_forms(self, text: str) -> str:
        spans = sorted(self._spans(text))
        if not spans:
            return text
        parts: list[str] = []
        shown_to = 0
        for begin, end in spans:
            if end <= shown_to:
                continue
            if begin > shown_to or not parts:
                parts += [text[shown_to:begin], MASK]
            shown_to = end
        return "".join((*parts, text[shown_to:]))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        forms = self._forms
        for at in range(0, len(text) - _GRAM + 1, _STRIDE):
            gram = text[at : at + _GRAM]
            if gram not in forms:
                continue
            for form in forms[gram]:
                for offset in range(_STRIDE):
                    begin = at - offset
                    if begin >= 0 and text.startswith(form, begin):
                        yield begin, begin + len(form)

    def _learn(self, value: str) -> None:
        forms = dict(self._forms)  # replaced as a whole: others read it meanwhile
        for form in forms_of(value):
            for offset in range(_STRIDE):
                gram = form[offset : offset + _GRAM]
                if form not in forms.get(gram, ()):
                    forms[gram] = (*forms.get(gram, ()), form)
        self._forms = forms

    def _forget_oldest(self) -> None:
        oldest = next((value for value, for_good in self._known.items() if not for_good), None)
        if oldest is None:
            return
        del self._known[oldest]
        self._short = self._short - {oldest}
        gone = set(forms_of(oldest)) if len(oldest) >= SHORTEST else set()
        self._forms = {
            gram: kept
            for gram, forms in self._forms.items()
            if (kept := tuple(form for form in forms if form not in gone))
        }


def forms_of(secret: str) -> frozenset[str]:
    """Every text that shows the secret: as it is, encoded, and each quoted up to twice."""
    shown = set(_encoded(secret))
    for _ in range(2):
        shown |= {quoted for form in shown for quoted in _quoted(form)}
    return frozenset(form for form in shown if len(form) >= SHORTEST)


def _encoded(secret: str) -> Iterator[str]:
    data = secret.encode(errors="surrogatepass")
    yield secret
    yield secret.replace("/", "\\")
    yield secret.replace("\\", "/")
    yield secret.translate({ord("/"): "\\", ord("\\"): "/"})
    yield secret.replace("\n", "\r\n")
    for line in secret.splitlines():  # of a secret in several, each may stand alone
        yield line.strip()
    for wide in ("utf-16-le", "utf-16-be"):
        raw = secret.encode(wide, errors="surrogatepass")
        # What a byte-wise reader sees; without the last zero, which such readers often lose.
        yield raw.decode("latin-1").rstrip("\0")
        yield raw.decode("latin-1").lstrip("\0")
        yield repr(raw)[2:-1]
        yield from (raw.hex(), raw.hex().upper())
        yield from _base64(raw)
    yield from (data.hex(), data.hex().upper())
    yield data.decode("latin-1")
    yield repr(data)[2:-1]
    yield from _base64(data)
    yield from _percent(data)
    yield from (html.escape(secret), html.escape(secret, quote=False))
    yield html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield secret.encode("ascii", "xmlcharrefreplace").decode()
    yield html.escape(secret).encode("ascii", "xmlcharrefreplace").decode()


def _quoted(text: str) -> Iterator[str]:
    """As JSON and as Python write it inside quotes."""
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield json.dumps(text)[1:-1].replace("/", "\\/")
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]


def _base64(data: bytes) -> Iterator[str]:
    """What does not depend on the bytes around it, for each of the three places to begin."""
    for before in range(3):
        padded = bytes(before) + data
        first = -(-before * 8 // 6)
        last = len(padded) * 8 // 6
        text = base64.b64encode(padded + bytes(3)).decode()[first:last]
        yield text
        yield text.replace("+", "-").replace("/", "_")


def _percent(data: bytes) -> Iterator[str]:
    for safe in ("", "/", "/:", "-_.!~*'()", ";,/?:@&=+$-_.!~*'()#"):
        coded = quote(data, safe=safe)
        yield coded
        yield re.sub("%..", lambda found: found[0].lower(), coded)
        yield quote(coded, safe="")
    yield quote_plus(data)
    yield re.sub("%..", lambda found: found[0].lower(), quote_plus(data))
    yield "".join(f"%{byte:02X}" for byte in data)
