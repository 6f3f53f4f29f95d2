"""What this robot can do, as its group is told."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from casare_robot.groups.job_rows import DESKTOP

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "browser": ("playwright",),
    "databases": ("sqlalchemy",),
    "documents": ("pypdf", "pypdfium2", "PIL"),
}
"""Families of nodes that need an extra, and what that brings."""


def capabilities(tags: Sequence[str], *, has_desktop: bool) -> tuple[str, ...]:
    """The robot's tags, the families of nodes that it can run, and ``desktop`` if it has one."""
    found = [name for name, libraries in FAMILIES.items() if all(map(find_spec, libraries))]
    return tuple(dict.fromkeys([*tags, *found, *([DESKTOP] if has_desktop else [])]))
