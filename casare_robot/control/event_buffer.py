"""What one slow reader has still to be told, bounded. Pure."""

from collections import OrderedDict, deque

from casare_robot.domain.face_events import FaceEvent, QuestionAsked, QuestionClosed
from casare_robot.domain.robot_events import JobEnded, RobotEvent, StatusChanged

MOST_INFORMING = 256
MOST_ENDS = 64


class EventBuffer:
    """Events in order; when they are too many, what only informs goes first.

    Of several StatusChanged, and of several events about one question, only the
    last is kept. Ends of jobs stay, the oldest going when there are more than
    ``MOST_ENDS``.

    Attributes:
        missed: How many events were left out; replaced statuses do not count.
    """

    def __init__(self) -> None:
        self.missed = 0
        self._events: OrderedDict[int, RobotEvent | FaceEvent] = OrderedDict()
        self._next = 0
        self._status: int | None = None
        self._questions: dict[str, int] = {}
        self._informing: deque[int] = deque()
        self._ends: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: RobotEvent | FaceEvent) -> None:
        """Add the newest event."""
        number = self._next
        self._next += 1
        self._events[number] = event
        if isinstance(event, StatusChanged):
            if self._status is not None:
                del self._events[self._status]
            self._status = number
        elif isinstance(event, QuestionAsked | QuestionClosed):
            self._events.pop(self._questions.get(event.question_id, -1), None)
            self._questions[event.question_id] = number
        elif isinstance(event, JobEnded):
            self._add(number, self._ends, MOST_ENDS)
        else:
            self._add(number, self._informing, MOST_INFORMING)

    def take(self) -> RobotEvent | FaceEvent | None:
        """The oldest event, which leaves; None if there is none."""
        if not self._events:
            return None
        number, event = self._events.popitem(last=False)
        if number == self._status:
            self._status = None
        elif isinstance(event, QuestionAsked | QuestionClosed):
            del self._questions[event.question_id]
        else:
            (self._ends if isinstance(event, JobEnded) else self._informing).popleft()
        return event

    def _add(self, number: int, kept: deque[int], most: int) -> None:
        kept.append(number)
        if len(kept) > most:
            del self._events[kept.popleft()]
            self.missed += 1
