"""A polling session in a test, at a time of the test's own, without a network."""

import json
from urllib.parse import urlsplit

import msgspec

from casare_robot.link.casarerpa.poll_session import PollSession
from casare_robot.link.exchange import HttpAnswer, HttpQuestion, frame, parted
from casare_robot.link.identity import Identity
from casare_robot.link.telemetry import Telemetry
from tests.small_robot import SmallRobot

IDENTITY = Identity(robot_id="robot-it-01", robot_name="Robot", session="s1", version="0.1.0")
KEY = {"X-Api-Key": "crpa_key", "apikey": "anon", "Authorization": "Bearer anon"}
STEP = 0.25


class PollTalk:
    """A session that asks a replica.

    Attributes:
        asks: What the session asked of the robot, in order.
        loses: Methods and ends of paths whose answers do not arrive.
        overrides: (method, end of path) to status and headers that are answered instead.
    """

    def __init__(self, words, replica, *, robot=None, now=0.0):
        self.words, self.replica = words, replica
        self.robot = robot or SmallRobot()
        self.telemetry = Telemetry()
        self.now = now
        self.asks = []
        self.loses = set()
        self.overrides = {}
        self.most_claims = 0
        self.sent = []
        self.connect()

    def connect(self):
        """Begin a new connection."""
        self.open = {}
        self.session = PollSession(
            self.words, self.robot, self.telemetry, origin="link", now=self.now
        )

    def pump(self, rounds=40):
        """Ask and answer until nothing is asked any more."""
        for _ in range(rounds):
            if not self.ask():
                return
            self.answer()

    def ask(self):
        """Send what there is to send; whether there was any."""
        self.take(self.session.tick(self.now))
        is_any = False
        while (sent := self.session.next_frame(self.now)) is not None:
            head, body = parted(sent)
            question = msgspec.json.decode(head, type=HttpQuestion)
            content = json.loads(body) if body else None
            self.sent.append((self.now, question.method, question.path, content))
            self.open[question.n] = question, content
            is_any = True
        claims = [q for q, _ in self.open.values() if q.path.endswith("/claim")]
        self.most_claims = max(self.most_claims, len(claims))
        return is_any

    def answer(self, *, last_first=False):
        """Have all that is open answered, in the order in which it was asked."""
        asked, self.open = self.open, {}
        answers = []
        for number, (question, content) in asked.items():
            path = urlsplit(question.path).path
            found = [v for (m, e), v in self.overrides.items() if self.fits(question, m, e)]
            if found:
                (status, headers), answer = found[0], {"detail": "made up"}
            else:
                headers = {**KEY, **question.headers}
                status, answer, headers = self.replica.answer(
                    question.method, question.path, path, content, headers
                )
            if any(self.fits(question, *lost) for lost in self.loses):
                continue
            wait = headers.get("Retry-After")
            head = HttpAnswer(number, status, float(wait) if wait else None)
            answers.append(frame(head, json.dumps(answer).encode()))
        for given in reversed(answers) if last_first else answers:
            self.take(self.session.received(self.session.read(given), self.now))

    def fits(self, question, method, end):
        return question.method == method and urlsplit(question.path).path.endswith(end)

    def take(self, asks):
        self.asks += asks

    def run(self, seconds):
        """Let time pass, all questions being answered at once."""
        end = self.now + seconds
        while self.now < end:
            self.pump()
            self.now += STEP
        self.pump()

    def offers(self):
        return [ask.job for ask in self.asks if type(ask).__name__ == "Offer"]

    def kinds(self):
        return [type(ask).__name__ for ask in self.asks]

    def accept(self, job):
        """What the robot does with an offer that it takes."""
        self.robot.held[job.id] = job
        self.robot.free_slots -= 1
        self.session.accepted(job.id)

    def times(self, end):
        """When such questions were sent."""
        return [now for now, _, path, _ in self.sent if urlsplit(path).path.endswith(end)]
