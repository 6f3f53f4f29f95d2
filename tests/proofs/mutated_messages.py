"""Throws mutated messages at both ends of the line: `python -m tests.proofs.mutated_messages`.

Every message must be taken, or answered by one error with a code, within a
second; what is offered to the robot must be JSON that anybody takes, with a
workflow that is an object. Exits with 1 if it is not.
"""

import argparse
import copy
import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.link import session as asks
from casare_robot.link.connection import utc_now
from casare_robot.link.native import messages
from casare_robot.link.native.reading import MessageRefusedError
from casare_robot.link.native.robot_session import RobotSession
from casare_robot.link.native.server_session import ServerSession
from casare_robot.link.telemetry import Telemetry
from tests.small_robot import IDENTITY, SmallRobot

LIMIT = 1.0
"""Seconds that one message may take."""
DOCUMENT = Path(__file__).parents[2] / "resources" / "protocol.md"
EXAMPLES = [
    json.loads(block)
    for block in re.findall(r"```json\n(.*?)\n```", DOCUMENT.read_text("utf-8"), re.DOTALL)
]
NASTY_BYTES = (
    *(b"NaN", b"1e999", b"-Infinity", b'"\\ud800"', b"\xff", b"\xed\xa0\x80", b"\x00"),
    *(b"9" * 1_500, b"0." + b"1" * 1_500, b"[" * 150, b'{"a":' * 150, b'"', b"\\", b"{}", b"}"),
    *(b'{"a":1,"a":2}', b'"type":"pause",', b'"job_id":"b",', b"\xef\xbb\xbf", b"null", b","),
)
NASTY_VALUES = (
    *(None, True, -1, 0, 2**80, -(10**900), 1e308, "", "\x00", "x" * 300, "\ud83d", "ünï"),
    *([], {}, [[]], {"type": "x"}, ["a", 1], "2026-13-45", "unknown_word", "9" * 50),
)


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def mutated(rng):
    """A frame that was a message once."""
    message = json.loads(json.dumps(rng.choice(EXAMPLES)))
    if rng.random() < 0.5:
        for _ in range(rng.randint(1, 3)):
            mutate_tree(rng, message)
    frame = json.dumps(message, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if rng.random() < 0.6:
        for _ in range(rng.randint(1, 3)):
            frame = mutate_bytes(rng, frame)
    return frame


def mutate_tree(rng, message):
    place = message
    while True:
        boxes = [value for value in values_of(place) if isinstance(value, dict | list) and value]
        if not boxes or rng.random() < 0.5:
            break
        place = rng.choice(boxes)
    if not place:
        return
    key = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
    kind = rng.randrange(4)
    if kind == 0 and isinstance(place, dict):
        del place[key]
    elif kind == 1:
        place[key] = deep(rng.choice((3, 99, 100, 101, 400)))
    elif kind == 2 and isinstance(place, dict):
        place[f"{key}x"] = place.pop(key)
    else:
        place[key] = copy.deepcopy(rng.choice(NASTY_VALUES))


def values_of(box):
    return list(box.values()) if isinstance(box, dict) else box


def mutate_bytes(rng, frame):
    at = rng.randint(0, len(frame))
    upto = min(len(frame), at + rng.choice((1, 1, 4, 40)))
    match rng.randrange(6):
        case 0:
            return frame[:at] + bytes([rng.randrange(256)]) + frame[at + 1 :]
        case 1:
            return frame[:at] + rng.choice(NASTY_BYTES) + frame[at:]
        case 2:
            return frame[:at] + frame[upto:]
        case 3:
            return frame[:at]
        case 4:
            return frame[:upto] + frame[at:]
        case _:
            return frame[:at] + rng.choice(NASTY_BYTES) + frame[upto:]


def robot_side():
    """A robot's session that has been welcomed."""
    session = RobotSession(
        IDENTITY, SmallRobot(), Telemetry(), origin="link", interval=30.0, now=0.0, wall=utc_now
    )
    session.received(messages.Welcome(session=IDENTITY.session, server_time=utc_now()), 0.0)
    drain(session)
    return session


def server_side():
    """A server's session that has been greeted."""
    session = ServerSession(interval=30.0, now=0.0, wall=utc_now)
    session.received(messages.Hello(protocol=1, robot_id="r", session="s"), 0.0)
    drain(session)
    return session


def drain(session):
    frames = []
    while (frame := session.next_frame(1.0)) is not None:
        frames.append(frame)
    return frames


def check(frame, make):
    """Give a frame to a fresh session; the code it was answered by, or "taken"."""
    session = make()
    began = time.process_time()
    said = session.read(frame)
    came = session.received(said, 1.0) or ()
    took = time.process_time() - began
    assert took < LIMIT, f"{took:.1f} s for {frame[:200]!r}"
    answers = drain(session)
    if isinstance(said, MessageRefusedError):
        assert came == (), f"acted on {frame[:200]!r}"
        (answer,) = (json.loads(answer) for answer in answers)
        assert answer["type"] == "error"
        assert answer["code"] == said.code
        assert re.fullmatch(r"E-MSG-1\d\d", said.code), said.code
        return said.code
    read_json(frame)
    for ask in came if isinstance(came, tuple) else ():
        if isinstance(ask, asks.Offer):
            offered = read_json(ask.job.workflow)
            assert isinstance(offered, dict), f"offered {frame[:200]!r}"
            assert ask.job.id
            msgspec.json.encode(ask.job.variables)
    return "taken"


def prove(count, seed=1):
    """Check so many messages at each end.

    Returns:
        How often each answer was given.

    Raises:
        AssertionError: A message was not dealt with as it should be.
    """
    rng = random.Random(seed)
    answers = Counter()
    for _ in range(count):
        frame = mutated(rng)
        for make in (robot_side, server_side):
            try:
                answers[check(frame, make)] += 1
            except JsonRefusedError as error:
                raise AssertionError(f"taken, though {error}: {frame[:300]!r}") from error
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    try:
        answers = prove(chosen.messages, chosen.seed)
    except AssertionError as error:
        print(error)
        sys.exit(1)
    print(f"{chosen.messages} messages at each end, every one dealt with:")
    for code, times in sorted(answers.items()):
        print(f"  {code:<12}{times:>8}")


if __name__ == "__main__":
    main()
