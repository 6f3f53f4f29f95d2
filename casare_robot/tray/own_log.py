"""The face's own log: little is written, and it is kept small."""

import logging
import logging.handlers
from pathlib import Path

FILE = "tray.log"
MOST_BYTES = 1 << 20


def keep_log(folder: Path) -> None:
    """Write what this program logs to a file, whose older half is one more file.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / FILE, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
