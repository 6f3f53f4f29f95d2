"""Throws mutated frames at a served robot: `python -m tests.proofs.mutated_control --cases 10000`.

Each must be refused with a code, or answered if it still is a request, and the
same connection must answer what comes next. A frame that is none may do
nothing: what the robot did and keeps is looked at afterwards.
"""

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from casare_robot.agent.local_robot import LocalRobot
from casare_robot.config.robot_config import RobotConfig
from casare_robot.control import messages
from casare_robot.control.server import ControlServer
from casare_robot.desktop.local_socket import connect
from casare_robot.domain.errors import ControlError
from casare_robot.domain.job import Job, JobId, JobStatus
from casare_robot.domain.json_guard import JsonRefusedError
from tests.served_robot import ServedRobot

LIMIT = 10.0
"""Seconds for one answer; more is a hang."""
FRAMES = [
    msgspec.json.encode(request)
    for request in (
        messages.Hello(protocol=messages.PROTOCOL),
        messages.Status(),
        messages.Watch(),
        messages.Pause(until=datetime(2030, 1, 1, tzinfo=UTC), note="lunch"),
        messages.Resume(),
        messages.Drain(),
        messages.Stop(now=True),
        messages.Reconnect(),
        messages.Cancel(job_id=JobId("a")),
        messages.Jobs(limit=5, status=JobStatus.FAILED),
        messages.ShowJob(job_id=JobId("a")),
        messages.Retry(job_id=JobId("a")),
        messages.Resolve(job_id=JobId("a"), decisions={"k": "done"}),
        messages.Metrics(),
        messages.Reload(),
        messages.Group(),
        messages.Promote(robot="b"),
        messages.Demote(robot="a"),
        messages.Drill(),
        messages.Sync(),
        messages.Submit(job=Job(id=JobId("m"), workflow=b"not a workflow", variables={"a": [1]})),
    )
]
NASTY = (
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"NaN", b"1e999", b"9" * 1_200),
    *(b"[" * 150, b'{"a":' * 120, b'"', b"{}", b"null", b",", b":", b"\\", b"\r", b"\xef\xbb\xbf"),
    *(b'"type":"stop",', b'"type":', b'"job_id":{}', b"-0", b"true", b"\xf0\x9f\x90\x8d" * 40),
)
WORDS = ("type", "job", "note", "until", "limit", "__class__", "", "protocol", "workflow", "id")


def mutated(dice: random.Random) -> bytes:
    """A frame with something wrong, mostly; no line break inside."""
    frame = dice.choice(FRAMES)
    if dice.random() < 0.4:
        frame = _other_tree(frame, dice)
    for _ in range(dice.randint(0, 3)):
        place, length = dice.randrange(len(frame) + 1), dice.choice((0, 1, 2, 10, 40))
        match dice.randrange(4):
            case 0:
                frame = frame[:place] + frame[place + length :]
            case 1:
                frame = frame[:place] + dice.choice(NASTY) + frame[place:]
            case 2:
                frame = frame[:place] + dice.randbytes(length) + frame[place + length :]
            case 3:
                frame = frame[:place] + frame[:length] + frame[place:]
    return frame.replace(b"\n", b" ")


def _other_tree(frame: bytes, dice: random.Random) -> bytes:
    tree = json.loads(frame)
    values = (
        None,
        True,
        -1,
        1e300,
        2**70,
        "",
        "x" * 5_000,
        [],
        [[]],
        {"a": {}},
        "2030-13-01",
        *WORDS,
    )
    holder = tree.get("job") if dice.random() < 0.5 and isinstance(tree.get("job"), dict) else tree
    match dice.randrange(3):
        case 0:
            holder[dice.choice(sorted(holder))] = dice.choice(values)
        case 1:
            del holder[dice.choice(sorted(holder))]
        case 2:
            holder[dice.choice(WORDS)] = dice.choice(values)
    return json.dumps(tree).encode()


def is_request(frame: bytes) -> bool:
    """Whether a mutated frame asks for something all the same."""
    try:
        messages.read_request(frame)
    except (JsonRefusedError, ControlError):
        return False
    return True


async def prove(cases: int, seed: int) -> dict[str, int]:
    """Send so many mutated frames; how often each code was the answer.

    Raises:
        AssertionError: One was not answered as it must be.
    """
    dice = random.Random(seed)
    codes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with LocalRobot(RobotConfig(checkpoint_dir=home)) as local:
            robot = ServedRobot(local)
            server = ControlServer(robot, home)
            await server.start()
            line = await _greeted(home)
            for number in range(cases):
                frame = mutated(dice)
                if is_request(frame):
                    codes["a request"] = codes.get("a request", 0) + 1
                    if b'"submit"' not in frame:
                        await _answered(home, frame)
                    robot.asked.clear()
                    continue
                line = await _check(line, home, frame, number, codes)
                assert robot.asked == [], f"case {number}: {frame!r} made it {robot.asked}"
            assert not robot.journal.history(10), "something reached the journal"
            line[1].close()
            await server.close()
            await robot.close()
    return codes


async def _check(line, home, frame, number, codes):
    reader, writer = line
    async with asyncio.timeout(LIMIT):
        writer.write(frame + b"\n")
        refused = await reader.readline()
        if not refused:
            codes["closed"] = codes.get("closed", 0) + 1
            return await _greeted(home)
        writer.write(b'{"type":"status"}\n')
        answered = json.loads(await reader.readline())
    said = json.loads(refused)
    assert said["type"] == "refusal", f"case {number}: {frame!r} was answered by {said}"
    assert said["code"].startswith("E-MSG-1"), f"case {number}: {frame!r} got {said}"
    assert answered["type"] == "answer", f"case {number}: {frame!r}, then {answered}"
    codes[said["code"]] = codes.get(said["code"], 0) + 1
    return line


async def _answered(home, frame):
    reader, writer = await _greeted(home)
    async with asyncio.timeout(LIMIT):
        writer.write(frame + b'\n{"type":"metrics"}\n')
        while b"jobs_completed" not in (said := await reader.readline()):
            assert said, f"{frame!r} ended the connection"
            assert b"E-CTL-500" not in said, f"{frame!r} got {said!r}"
    writer.close()


async def prove_strangers(cases: int, seed: int) -> None:
    """Send noise instead of the handshake; each connection must end, and the next be served."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with LocalRobot(RobotConfig(checkpoint_dir=home)) as local:
            server = ControlServer(ServedRobot(local), home)
            await server.start()
            for _ in range(cases):
                await _strange(home, dice)
            _, writer = await _greeted(home)
            writer.close()
            await server.close()


async def _strange(home, dice):
    from casare_robot.desktop import local_socket

    reader, writer = await local_socket.transport.open_connection(home / "control")
    noise = b"".join(itertools.islice(iter(lambda: mutated(dice), None), dice.randint(1, 3)))
    async with asyncio.timeout(LIMIT):
        writer.write(noise)
        if len(noise) < 64:
            writer.write_eof()
        try:
            said = await reader.read()
        except ConnectionError:
            said = b""
    writer.close()
    assert len(said) in (0, 64)


async def _greeted(home):
    reader, writer = await connect(home / "control")
    writer.write(messages.as_line(messages.Hello(protocol=messages.PROTOCOL)))
    assert b"welcome" in await reader.readline()
    return reader, writer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    begin = time.monotonic()
    codes = asyncio.run(prove(arguments.cases, arguments.seed))
    asyncio.run(prove_strangers(arguments.cases // 20, arguments.seed))
    told = ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()))
    sys.stdout.write(f"{arguments.cases} frames in {time.monotonic() - begin:.1f} s; {told}\n")


if __name__ == "__main__":
    main()
