"""What a node uses is loaded before its step counts as begun."""

import subprocess
import sys

from tests.workflow_builder import node, prepared, workflow

POST = """
import asyncio, sys
from tests.workflow_builder import node, prepared, workflow

class Recorder:
    loaded = frozenset()

    async def append(self, blob, *, wait):
        self.loaded = self.loaded or frozenset(sys.modules)

    async def replace(self, blob):
        pass

file = workflow("s > post", post=node("HttpRequest", url="http://127.0.0.1:1/", method="POST"))
recorder = Recorder()
result = asyncio.run(prepared(file, recorder=recorder).run())
print(result.status, *{name.partition(".")[0] for name in set(sys.modules) - recorder.loaded})
"""


class Recorder:
    """Notes at each record whether a module is loaded."""

    def __init__(self, module):
        self._module = module
        self.seen = []

    async def append(self, blob, *, wait):
        self.seen.append(self._module in sys.modules)

    async def replace(self, blob):
        """Nothing is made shorter here."""


def test_a_request_loads_nothing_of_its_own_between_intent_and_sending():
    answer = subprocess.run(
        [sys.executable, "-c", POST], capture_output=True, text=True, check=True, timeout=60
    )

    status, *late = answer.stdout.split()
    assert status == "failed"
    assert not set(late) & {"httpx", "httpcore", "anyio", "truststore", "h11", "casare_robot"}


async def test_only_a_step_that_writes_loads_ahead_and_what_is_missing_is_no_matter(
    tmp_path, monkeypatch
):
    (tmp_path / "slow_to_load.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "slow_to_load", raising=False)
    recorder = Recorder("slow_to_load")
    file = workflow(
        "s > read > write",
        read=node("LoadingRead"),
        write=node("LoadingWrite"),
    )

    result = await prepared(file, recorder=recorder).run()

    assert result.status == "completed", result.error
    assert recorder.seen[:2] == [False, True]
