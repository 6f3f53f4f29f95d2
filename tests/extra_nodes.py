"""Node types that only tests need: they wait, meet, count and fail on demand."""

import asyncio
import threading

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Port, Property, node


@node("ForeverNode", category="test", effect=Effect.READS)
async def forever():
    """Never comes to its end."""
    await asyncio.Event().wait()


@node(
    "MeetNode",
    category="test",
    effect=Effect.READS,
    blocking=True,
    inputs=(Port("barrier"),),
)
def meet(*, barrier):
    """Blocks its thread until the others are there too."""
    barrier.wait(timeout=60)
    return {}


@node(
    "CrowdNode",
    category="test",
    effect=Effect.READS,
    inputs=(Port("crowd"),),
)
async def crowd(*, crowd):
    """Notes how many are in here at once."""
    crowd.now += 1
    crowd.most = max(crowd.most, crowd.now)
    await asyncio.sleep(0.01)
    crowd.now -= 1
    return {}


@node(
    "FlakyNode",
    category="test",
    effect=Effect.ONCE,
    inputs=(Port("counter"),),
    outputs=(Port("tries", DataType.INTEGER),),
    properties=(
        Property("failures", DataType.INTEGER, 0),
        Property("is_hopeless", DataType.BOOLEAN, False),
        Property("retry_count", DataType.INTEGER, 0),
        Property("retry_interval", DataType.INTEGER, 0),
    ),
)
def flaky(*, counter, failures, is_hopeless):
    """Fails so many times, then succeeds."""
    counter.append("try")
    if len(counter) <= failures:
        raise NodeFailure(f"failure {len(counter)}", retryable=not is_hopeless)
    return {"tries": len(counter)}


class Crowd:
    """How many nodes are in a place at once."""

    def __init__(self):
        self.now = 0
        self.most = 0


def barrier(parties):
    """Where so many threads wait for each other."""
    return threading.Barrier(parties)


@node(
    "EverythingNode",
    category="test",
    outputs=(Port("given", DataType.DICT),),
    open_ports=True,
)
def everything(**given):
    """Shows what it was given."""
    return {"given": given}


@node("SlowWriteNode", category="test", effect=Effect.ONCE, inputs=(Port("done"),))
async def slow_write(*, done):
    """Changes something, and takes a few turns of the loop for it."""
    done.append("begun")
    await asyncio.sleep(0.01)
    done.append("ended")
    return {}


@node("LoadingReadNode", category="test", effect=Effect.READS, uses=("slow_to_load",))
@node(
    "LoadingWriteNode",
    category="test",
    effect=Effect.ONCE,
    uses=("no_such_module", "slow_to_load"),
)
async def loading():
    """Does nothing."""
    return {}
