"""Throws mutated requests at the orchestrator: `python -m tests.proofs.mutated_http --cases 10000`.

So many at each entry, the robots' websocket included. Each must be answered
within a few seconds by a code that is no 500; a malformed job must never
become one. Exits with 1 if it is not so.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random
import sys
import time
from collections import Counter
from typing import NamedTuple
from urllib.parse import quote

import httpx
import msgspec

from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.link.native.server_session import SessionBook
from casare_robot.orchestrator.job_board import JOB
from casare_robot.orchestrator.job_record import Submission, record_of
from casare_robot.orchestrator.keys import Holder
from casare_robot.orchestrator.robot_line import RobotLine
from casare_robot.orchestrator.server import Listener, Orchestrator
from tests.proofs.mutated_messages import EXAMPLES, mutate_bytes, mutate_tree
from tests.whole import sets

PAUSE = 0.05
"""Seconds after which somebody who gets no answer hangs up."""
AT_ONCE = 500
"""Cases for one orchestrator: each leaves jobs behind, and a robot that has thousands is slow."""
LIMIT = 10.0
"""Seconds for one answer; more is a hang."""
JOB_REQUEST = {
    "workflow": sets(),
    "job_id": "given",
    "name": "invoices",
    "variables": {"a": [1, {"b": None}], "n": 1.5},
    "robot_id": "robot-1",
    "environment": "test",
    "tags": ["excel"],
    "priority": 3,
    "timeout": 60.0,
    "expires_at": "2030-01-01T00:00:00Z",
    "needs_desktop": True,
    "restartable": False,
    "on_disconnect": "abort",
}
ENTRIES = {
    "submit": ("POST", "/api/v1/jobs", JOB_REQUEST),
    "jobs": ("GET", "/api/v1/jobs?limit=5&status=queued&robot_id=robot-1", None),
    "job": ("GET", "/api/v1/jobs/known", None),
    "cancel": ("POST", "/api/v1/jobs/known/cancel", {"reason": "no", "force": True}),
    "retry": ("POST", "/api/v1/jobs/known/retry", None),
    "robots": ("GET", "/api/v1/robots", None),
    "forget": ("DELETE", "/api/v1/robots/robot-1", None),
    "command": ("POST", "/api/v1/robots/robot-1/pause", {"reason": "lunch"}),
    "login": ("POST", "/api/v1/login", {"key": "casare_admin_x"}),
    "enroll": (
        *("POST", "/api/v1/enroll"),
        {"code": "AAAA-BBBB-CCCC", "robot_name": "Front desk", "machine": "m"},
    ),
    "enrollment-codes": ("POST", "/api/v1/enrollment-codes", {"robot_id": "robot-1"}),
    "page": ("GET", "/page.js", None),
    "health": ("GET", "/health", None),
}
FROM_ROBOTS = [
    message
    for message in EXAMPLES
    if message["type"]
    in (
        *("hello", "job_accepted", "job_refused", "status_update", "job_progress"),
        *("log_batch", "job_result", "heartbeat", "goodbye", "error"),
    )
]


class Proof:
    """Cases against one orchestrator.

    Attributes:
        answers: How often each entry gave each code.
        violations: What should not have been.
    """

    def __init__(self, orchestrator, store, seed):
        self.answers = Counter()
        self.violations = []
        self._orchestrator = orchestrator
        self._store = store
        self._rng = random.Random(seed)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(orchestrator.app, raise_app_exceptions=False),
            base_url="http://127.0.0.1",
        )

    async def run(self, cases):
        """Throw so many at each entry."""
        key = await self._orchestrator.keys.make("admin")
        self._headers = {"Authorization": f"Bearer {key}"}
        kept = {"workflow": sets(), "job_id": "known"}
        await self._http.post("/api/v1/jobs", json=kept, headers=self._headers)
        for entry in ENTRIES:
            for _ in range(cases):
                await self._try_request(entry)
        for _ in range(cases):
            await self._try_message()
        async with Listener(self._orchestrator).open() as listener:
            port = int(listener.url.rpartition(":")[2])
            for _ in range(cases):
                await self._try_bytes(port)
        for row in await self._store.find(JOB):
            record_of(row.record)
            await self._orchestrator.board._workflow(record_of(row.record))

    async def _try_request(self, entry):
        method, target, body, headers = self._mutated(entry)
        before = await self._store.count(JOB)
        began = time.monotonic()
        try:
            async with asyncio.timeout(LIMIT):
                answer = await self._http.request(method, target, content=body, headers=headers)
        except TimeoutError:
            self._violated(entry, "hangs", target, body)
            return
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError):
            self.answers[entry, "not sent"] += 1
            return
        took = time.monotonic() - began
        self.answers[entry, answer.status_code] += 1
        if answer.status_code >= 500:
            self._violated(entry, answer.status_code, target, body)
        elif answer.status_code >= 400 and not _has_code(answer):
            self._violated(entry, f"{answer.status_code} without a code", target, body)
        if took > LIMIT / 2:
            self._violated(entry, f"{took:.1f} s", target, body)
        made = await self._store.count(JOB) - before
        if made and not (entry == "submit" and _is_submission(body)) and entry != "retry":
            self._violated(entry, "a malformed job was taken", target, body)
        if made and answer.status_code != 201:
            self._violated(entry, f"a job, though {answer.status_code}", target, body)

    def _mutated(self, entry):
        rng = self._rng
        method, target, body = ENTRIES[entry]
        headers = dict(self._headers)
        if body is None:
            content = b""
        else:
            tree = json.loads(json.dumps(body))
            if rng.random() < 0.5:
                tree.pop("job_id", None)
            if rng.random() < 0.6:
                for _ in range(rng.randint(1, 3)):
                    mutate_tree(rng, tree)
            text = json.dumps(tree, ensure_ascii=rng.random() < 0.5)
            content = text.encode("utf-8", "surrogatepass")
            if rng.random() < 0.5:
                for _ in range(rng.randint(1, 3)):
                    content = mutate_bytes(rng, content)
        if rng.random() < (0.1 if body is not None else 0.8):
            path, mark, query = target.partition("?")
            root, _, rest = path[1:].partition("/") if not query else ("", "", "")
            if query:
                query = self._twisted(query, safe="=&")
            else:
                kept, part = (f"/{root}/", rest) if rest else ("/", root)
                path = kept + self._twisted(part, safe="/")
            target = f"{path}{mark}{query}"
        if rng.random() < 0.1:
            method = rng.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "X"))
        if rng.random() < 0.1:
            wrong = mutate_bytes(rng, headers["Authorization"].encode())
            headers["Authorization"] = bytes(byte for byte in wrong if 32 <= byte < 127).decode()
        if rng.random() < 0.1:
            headers["Cookie"] = quote(mutate_bytes(rng, b"casare_orchestrator=x"), safe="=; ")
        if rng.random() < 0.05:
            headers["Origin"] = rng.choice(("http://evil.example", "null", "http://127.0.0.1"))
        return method, target, content, headers

    def _twisted(self, text, safe=""):
        twisted = mutate_bytes(self._rng, text.encode())
        return quote(twisted[:2_000], safe=safe)

    async def _try_message(self):
        """One mutated message on a robot's line, then one that asks whether it still works."""
        frame = self._mutated_message()
        before = await self._store.count(JOB)
        socket = _Socket()
        line = RobotLine(
            socket,
            holder=Holder(kind="robot", robot_id="robot-1"),
            board=self._orchestrator.board,
            roster=self._orchestrator.roster,
            traces=self._orchestrator.traces,
            dispatcher=self._orchestrator.dispatcher,
            book=SessionBook(),
            heads=self._orchestrator.heads,
            interval=30.0,
        )
        running = asyncio.create_task(line.run())
        socket.say({"type": "hello", "protocol": 1, "robot_id": "robot-1", "session": "s"})
        socket.put(frame)
        socket.say({"type": "heartbeat", "n": 77, "sent_at": "2030-01-01T00:00:00Z"})
        try:
            async with asyncio.timeout(LIMIT):
                how = await socket.how()
        except TimeoutError:
            how = "hangs"
        socket.put(None)
        (crash,) = await asyncio.gather(running, return_exceptions=True)
        self.answers["websocket", how] += 1
        if how == "hangs" or crash is not None:
            self._violated("websocket", crash or how, "", frame)
        if await self._store.count(JOB) != before:
            self._violated("websocket", "a job came out of it", "", frame)

    async def _try_bytes(self, port):
        """A request whose very bytes are wrong, sent by somebody who then says no more."""
        body = json.dumps({**JOB_REQUEST, "job_id": "known"}).encode()
        sent = (
            b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            b"Authorization: %s\r\nContent-Length: %d\r\n\r\n%s"
        ) % (self._headers["Authorization"].encode(), len(body), body)
        for _ in range(self._rng.randint(1, 3)):
            sent = mutate_bytes(self._rng, sent)
        complaints, answer = _Complaints(), b""
        with complaints:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                async with asyncio.timeout(LIMIT):
                    writer.write(sent)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(PAUSE):
                            answer = await reader.read(1)
                    writer.write_eof()
                    answer += await reader.read()
            except TimeoutError:
                answer = b"- hangs"
            except OSError:
                answer = b"- reset"
            finally:
                writer.close()
        code = answer.split()[1].decode() if answer else "closed"
        self.answers["bytes", code] += 1
        if code == "hangs" or code.startswith("5") or complaints.said:
            self._violated("bytes", complaints.said or code, "", sent)

    def _mutated_message(self):
        rng = self._rng
        message = json.loads(json.dumps(rng.choice(FROM_ROBOTS)))
        if rng.random() < 0.7:
            for _ in range(rng.randint(1, 3)):
                mutate_tree(rng, message)
        if rng.random() < 0.3 and isinstance(message, dict) and "job_id" in message:
            message["job_id"] = "known"
        text = json.dumps(message, ensure_ascii=rng.random() < 0.5)
        frame = text.encode("utf-8", "surrogatepass")
        return mutate_bytes(rng, frame) if rng.random() < 0.4 else frame

    def _violated(self, entry, what, target, body):
        self.violations.append(f"{entry}: {what}: {target[:200]} {body[:300]!r}")


class _Complaints(logging.Handler):
    """What the server calls an error while it lasts."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.said = []

    def emit(self, record):
        self.said.append(self.format(record)[-300:])

    def __enter__(self):
        logging.getLogger().addHandler(self)

    def __exit__(self, *_):
        logging.getLogger().removeHandler(self)


class _Socket:
    """A robot's end that says what it is told and keeps what it hears."""

    def __init__(self):
        self._frames = asyncio.Queue()
        self._how = asyncio.get_running_loop().create_future()
        self._error = ""

    def say(self, message):
        self.put(json.dumps(message).encode())

    def put(self, frame):
        self._frames.put_nowait(frame)

    async def how(self):
        """How the line took it: with an error's code, without one, or by closing."""
        return await self._how

    async def receive(self):
        frame = await self._frames.get()
        if frame is None:
            raise ConnectionError("gone")
        return frame

    async def send(self, frame):
        said = json.loads(frame)
        if said["type"] == "error":
            self._error = said["code"]
        if said["type"] == "heartbeat_ack" and said["n"] == 77:
            self._end(self._error or "taken")

    async def close(self, code):
        self._end(f"closed {code}")

    def _end(self, how):
        if not self._how.done():
            self._how.set_result(how)


def _has_code(answer):
    if answer.request.method == "HEAD":
        return True
    try:
        return answer.json()["error"]["code"].startswith("E-")
    except (ValueError, KeyError, TypeError):
        return False


def _is_submission(body):
    try:
        read_json(body)
        wanted = msgspec.json.decode(body, type=Submission)
        return isinstance(read_json(bytes(wanted.workflow)), dict)
    except (JsonRefusedError, msgspec.MsgspecError):
        return False


class Seen(NamedTuple):
    """What proofs saw together."""

    answers: Counter
    violations: list


async def prove(cases, seed=1):
    """Run the proof, on a fresh orchestrator from time to time; what was seen."""
    seen = Seen(Counter(), [])
    for begin in range(0, cases, AT_ONCE):
        async with Orchestrator.open("memory:") as orchestrator:
            proof = Proof(orchestrator, orchestrator.board._store, f"{seed} {begin}")
            await proof.run(min(AT_ONCE, cases - begin))
            await proof._http.aclose()
        seen.answers.update(proof.answers)
        seen.violations.extend(proof.violations)
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000, help="at each entry")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = parser.parse_args()
    logging.getLogger("casare_robot").setLevel(logging.ERROR)
    print(f"seed {chosen.seed}")
    began = time.monotonic()
    proof = asyncio.run(prove(chosen.cases, chosen.seed))
    for entry in (*ENTRIES, "websocket", "bytes"):
        codes = {code: count for (at, code), count in proof.answers.items() if at == entry}
        shown = ", ".join(f"{code}: {codes[code]}" for code in sorted(codes, key=str))
        print(f"{entry:<18}{sum(codes.values()):>7}  {shown}")
    print(f"{len(proof.violations)} violations in {time.monotonic() - began:.0f} s")
    for violation in proof.violations[:20]:
        print(violation)
    return 1 if proof.violations else 0


if __name__ == "__main__":
    sys.exit(main())
