"""Large messages in parts, so that heartbeats pass between them. Pure.

Each part is sent when the one before has arrived: a slow line never holds more
than one of them, and every arrival is a sign of life. Only one message each way
is under way at a time.
"""

from casare_robot.link.native.messages import Part, PartAck
from casare_robot.link.native.reading import LARGEST_FRAME, MessageRefusedError, encode

SMALLEST, LARGEST = 4 << 10, 256 << 10
"""Characters of a part: the least takes 4 s on a line of 1 KB a second."""
WHOLE = 8 << 10
"""Bytes of a message that is never taken apart."""
QUICK, SLOW = 0.25, 2.0
"""Seconds for an answer below which more is sent at once, above which less."""


class Sender:
    """Takes one message at a time apart.

    Args:
        interval: Seconds after which a part that nobody acknowledged is sent again.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._size = SMALLEST
        self._serial = 0
        self._text = ""
        self._part: Part | None = None
        self._sent_at: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a message is under way."""
        return self._part is not None

    def fits(self, frame: bytes) -> bool:
        """Whether a message may travel whole."""
        return len(frame) <= max(WHOLE, self._size)

    def begin(self, frame: bytes) -> None:
        """Take a message apart; the one under way is given up."""
        self._serial += 1
        self._text = frame.decode()
        self._part = self._cut(0)
        self._sent_at = None

    def give_up(self) -> None:
        """Send no more of the message under way."""
        self._part, self._text = None, ""

    def next_frame(self, now: float) -> bytes | None:
        """The next part, or None while one is on its way."""
        if self._part is None or now < self.wake_at():
            return None
        self._sent_at = now
        return encode(self._part)

    def acknowledged(self, ack: PartAck, now: float) -> bool:
        """A part has arrived; whether it was the last one of the message under way."""
        part, sent_at = self._part, self._sent_at
        if part is None or sent_at is None or (ack.of, ack.n) != (part.of, part.n):
            return False
        if now - sent_at < QUICK:
            self._size = min(self._size * 2, LARGEST)
        elif now - sent_at > SLOW:
            self._size = max(self._size // 2, SMALLEST)
        self._sent_at = None
        self._part = None if part.last else self._cut(part.n + 1)
        return part.last

    def wake_at(self) -> float:
        """When there is something to send, if a message is under way."""
        return 0.0 if self._sent_at is None else self._sent_at + self._interval

    def _cut(self, number: int) -> Part:
        text, self._text = self._text[: self._size], self._text[self._size :]
        return Part(of=self._serial, n=number, text=text, last=not self._text)


class Receiver:
    """Puts a message together."""

    def __init__(self) -> None:
        self._of = 0
        self._expected = 0
        self._texts: list[str] = []
        self._length = 0

    def take(self, part: Part) -> tuple[PartAck, bytes | None]:
        """Take a part; what to answer, and the message if it is whole now.

        Raises:
            MessageRefusedError: It is not the next part (E-MSG-122), or there are
                too many (E-MSG-107).
        """
        ack = PartAck(of=part.of, n=part.n)
        if part.of == self._of and part.n == self._expected - 1:
            return ack, None
        if part.n == 0:
            self._of, self._expected, self._length, self._texts = part.of, 0, 0, []
        if part.of != self._of or part.n != self._expected:
            raise MessageRefusedError("E-MSG-122", f"part {part.n} is not the next one")
        self._length += len(part.text)
        if self._length > LARGEST_FRAME:
            self._texts, self._expected = [], -1
            raise MessageRefusedError("E-MSG-107", f"more than {LARGEST_FRAME} bytes in parts")
        self._texts.append(part.text)
        self._expected += 1
        if not part.last:
            return ack, None
        whole, self._texts = "".join(self._texts), []
        return ack, whole.encode("utf-8", "surrogatepass")
