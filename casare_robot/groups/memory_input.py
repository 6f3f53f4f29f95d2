"""What may be remembered. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from casare_robot.groups.words import invalid

LARGEST_CONTENT = 1_000_000
MOST_TAGS = 1000
MOST_RESULTS = 1000
_TAG = re.compile(r"[a-z0-9-]+(:[a-z0-9-]+)*")


def check_content(content: Any) -> str:
    """A text without spaces around it.

    Raises:
        InvalidRecordError: It is none, empty, or more than 1,000,000 bytes.
    """
    if not isinstance(content, str) or not content.strip():
        raise invalid("content", "there is nothing to remember: the content is empty")
    text = content.strip()
    size = len(text.encode(errors="replace"))
    if size > LARGEST_CONTENT:
        raise invalid("content", f"{size} bytes are more than {LARGEST_CONTENT}")
    return text


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags such as ``database:postgres``; each once.

    Raises:
        InvalidRecordError: One is wrong, or there are more than 1000.
    """
    known = tuple(dict.fromkeys([tags] if isinstance(tags, str) else tags))
    if len(known) > MOST_TAGS:
        raise invalid("tags", f"{len(known)} tags are more than {MOST_TAGS}")
    for tag in known:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            raise invalid("tags", f"{tag!r} is no tag: small letters, digits, '-', ':' between")
    return known


def with_ancestors(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags and those above them: ``a:b`` brings ``a``."""
    found: dict[str, None] = {}
    for tag in tags:
        words = tag.split(":")
        found |= {":".join(words[: n + 1]): None for n in range(len(words))}
    return tuple(found)


def check_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """A mapping whose keys are text."""
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping) or not all(isinstance(key, str) for key in metadata):
        raise invalid("metadata", "metadata is a mapping whose keys are text")
    return dict(metadata)


def check_limit(limit: Any) -> int:
    """1 to 1000; what is above is 1000.

    Raises:
        InvalidRecordError: It is no number, or below 1.
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or limit <= 0:
        raise invalid("limit", f"the limit is a number from 1 to {MOST_RESULTS}, not {limit!r}")
    return min(limit, MOST_RESULTS)


def contains(whole: Any, part: Any) -> bool:
    """Whether JSON contains other JSON, as PostgreSQL's ``@>`` says."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            key in whole and contains(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(contains(w, p) for w in whole) for p in part)
    return bool(whole == part) and isinstance(whole, bool) == isinstance(part, bool)
