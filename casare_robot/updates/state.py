"""What is known of newer versions, kept over restarts."""

from datetime import datetime
from pathlib import Path

import msgspec

from casare_robot.desktop.private_file import write_private
from casare_robot.updates.feed import UpdateFile


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A newer version and its file for this installation; ``url`` is whole."""

    version: str
    url: str
    file: UpdateFile
    notes: str = ""


class UpdateState(msgspec.Struct, frozen=True, kw_only=True):
    """``offer`` is fetched and verified if ``is_ready``, and wanted by a person if ``is_wanted``.

    ``skipped`` is a version that a person went back from. ``begun_at`` is when the
    offer's set-up was last started; ``problem`` why the last look failed.
    """

    checked_at: datetime | None = None
    problem: str = ""
    offer: Offer | None = None
    is_ready: bool = False
    is_wanted: bool = False
    skipped: str = ""
    begun_at: datetime | None = None


def read_state(file: Path) -> UpdateState:
    """What was kept; nothing, if that cannot be read: all of it can be found out again."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=UpdateState)
    except (OSError, msgspec.MsgspecError, ValueError):
        return UpdateState()


def keep_state(file: Path, state: UpdateState) -> None:
    """Keep it.

    Raises:
        OSError: It cannot be written.
    """
    write_private(file, msgspec.json.encode(state))
