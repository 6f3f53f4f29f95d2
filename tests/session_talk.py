"""A robot's session in a test, spoken with message by message."""

from casare_robot.link.native import messages
from casare_robot.link.native.reading import encode, from_robot
from casare_robot.link.native.robot_session import RobotSession
from casare_robot.link.telemetry import Telemetry
from tests.memory_line import DAY_ONE
from tests.small_robot import IDENTITY, SmallRobot

WELCOME = messages.Welcome(session="s1", server_time=DAY_ONE)


class Talk:
    """A session with its robot and telemetry, at a time of the test's own."""

    def __init__(self, *, robot=None, interval=30.0, welcome=WELCOME, audit=lambda: None):
        self.now = 0.0
        self.robot = robot or SmallRobot()
        self.telemetry = Telemetry()
        self.session = RobotSession(
            IDENTITY,
            self.robot,
            self.telemetry,
            origin="link",
            interval=interval,
            now=0.0,
            wall=lambda: DAY_ONE,
            audit=audit,
        )
        if welcome:
            self.said()
            self.hear(welcome)
            self.said()
            self.hear(messages.HeartbeatAck(n=1, server_time=DAY_ONE))

    def hear(self, message):
        frame = message if isinstance(message, bytes) else encode(message)
        return list(self.session.received(self.session.read(frame), self.now))

    def said(self):
        """Everything the session sends now, read as the orchestrator reads it."""
        frames = []
        while (frame := self.session.next_frame(self.now)) is not None:
            frames.append(from_robot.read(frame))
        return frames

    def types(self):
        return [message.__struct_config__.tag for message in self.said()]
