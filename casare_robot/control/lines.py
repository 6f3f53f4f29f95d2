"""Lines from a stream, each of bounded length."""

import asyncio

_CHUNK = 1 << 16


class LineTooLongError(ValueError):
    """A line is longer than allowed; it was read to its end and dropped."""


class Lines:
    """Reads lines without their line breaks. Cancelling a call loses nothing.

    Args:
        reader: Where the lines come from.
        longest: Bytes of a line; a longer one is skipped, never kept.

    Attributes:
        at_end: The stream has ended; what was read before may still be there.
    """

    def __init__(self, reader: asyncio.StreamReader, longest: int) -> None:
        self._reader = reader
        self._longest = longest
        self._buffer = bytearray()
        self._searched = 0
        self._is_skipping = False
        self.at_end = False

    async def wait(self) -> None:
        """Return when `next` has something to say: a line, its excess, or the end."""
        while not (self.has_line or self.at_end):
            self._searched = len(self._buffer)
            if self._searched > self._longest:
                self._is_skipping = True
                self._buffer.clear()
                self._searched = 0
            chunk = await self._reader.read(_CHUNK)
            self.at_end = not chunk
            self._buffer += chunk

    @property
    def has_line(self) -> bool:
        """Whether `next` would give a line at once."""
        return self._buffer.find(b"\n", self._searched) >= 0

    async def next(self) -> bytes | None:
        """The next line; None at the end of the stream, where half a line is none.

        Raises:
            LineTooLongError: It was too long; the one behind it comes next.
        """
        await self.wait()
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        if self._is_skipping or end > self._longest:
            self._is_skipping = False
            raise LineTooLongError(f"longer than {self._longest} bytes")
        return line
