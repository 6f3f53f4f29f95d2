"""Puts a file in another's place, also where virus scanners and indexers look at it just then."""

import time
from collections.abc import Callable
from pathlib import Path

HELD = frozenset({5, 32, 33})
"""Windows' codes while somebody holds a file: access denied, sharing and lock violations."""
PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
"""Seconds between attempts: two in all, longer than a scanner takes."""


def put_in_place(
    draft: Path,
    target: Path,
    *,
    move: Callable[[Path, Path], object] = Path.replace,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Move a file over another; where somebody holds one of them, again and again for a while.

    Raises:
        OSError: It cannot be moved, or is held for too long.
    """
    for pause in PAUSES:
        try:
            move(draft, target)
        except OSError as error:
            if getattr(error, "winerror", None) not in HELD:
                raise
            sleep(pause)
        else:
            return
    move(draft, target)
