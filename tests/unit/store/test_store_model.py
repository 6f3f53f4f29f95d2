"""Whatever is done to it, a store answers like the one in memory."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from casare_robot.domain.errors import StoreError
from casare_robot.store.conditions import AnyOf, AtLeast, Below, Within
from casare_robot.store.memory import MemoryStore
from casare_robot.store.opening import open_store
from casare_robot.store.records import Append, Drop, Fence, Limit, Patch, Put
from casare_robot.store.store import Store

TTL = 4.0
TABLES = st.sampled_from(["job", "robot"])
KEYS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["fleet", "job:a", "job:b"])
HOLDERS = st.sampled_from(["r1", "r2"])
STREAMS = st.sampled_from(["log", "other"])
FIELDS = st.sampled_from(["status", "priority", "needs", "deep.x"])
SCALARS = st.sampled_from(["queued", "done", "", 0, 1, -2.5, True, False, None])
VALUES = SCALARS | st.lists(SCALARS, max_size=2)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "status": SCALARS,
        "priority": VALUES,
        "needs": VALUES,
        "deep": st.fixed_dictionaries({"x": SCALARS}),
    },
)
MANY = st.lists(SCALARS, max_size=3).map(tuple)
BOUNDS = st.sampled_from(["d", 0, 1.5])
WANTED = SCALARS | MANY.map(AnyOf) | MANY.map(Within) | BOUNDS.map(Below) | BOUNDS.map(AtLeast)
WHERE = st.dictionaries(FIELDS, WANTED, max_size=2)
ORDER = st.lists(st.sampled_from(["status", "-status", "deep.x", "-deep.x"]), max_size=2)
VERSIONS = st.none() | st.integers(0, 12)
TTLS = st.none() | st.sampled_from([1.0, TTL])
FENCES = st.none() | st.builds(Fence, name=NAMES, token=st.integers(1, 12))
CHANGES = (
    st.builds(Put, table=TABLES, key=KEYS, record=RECORDS, version=VERSIONS, ttl=TTLS)
    | st.builds(Patch, table=TABLES, key=KEYS, fields=RECORDS, version=VERSIONS)
    | st.builds(Drop, table=TABLES, key=KEYS, version=VERSIONS)
    | st.builds(Append, stream=STREAMS, bodies=MANY)
    | st.builds(Limit, table=TABLES, most=st.integers(0, 3), where=WHERE)
)


class StoresAgree(RuleBasedStateMachine):
    """Time passes in steps of the boundaries; versions and tokens are small enough to be hit."""

    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.stores: list[Store] = [
            MemoryStore(clock=lambda: self.now),
            self.loop.run_until_complete(
                open_store(f"sqlite:{self.folder / 'shared.db'}", clock=lambda: self.now)
            ),
        ]

    def teardown(self):
        self.loop.run_until_complete(self.stores[1].close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def both(self, call):
        """What both answer, the error included; it must be the same."""
        answers = []
        for store in self.stores:
            try:
                answers.append(self.loop.run_until_complete(call(store)))
            except StoreError as error:
                answers.append((type(error), str(error)))
        assert answers[0] == answers[1]
        return answers[0]

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=3), fence=FENCES)
    def commit(self, changes, fence):
        self.both(lambda store: store.commit(*changes, fence=fence))

    @rule(table=TABLES, where=WHERE, order=ORDER, limit=st.none() | st.integers(0, 3))
    def find(self, table, where, order, limit):
        self.both(lambda store: store.find(table, where, order=order, limit=limit))
        self.both(lambda store: store.count(table, where))

    @rule(table=TABLES, where=WHERE, order=ORDER, holder=HOLDERS, fields=RECORDS)
    def claim(self, table, where, order, holder, fields):
        self.both(
            lambda store: store.claim(
                table, holder=holder, ttl=TTL, where=where, order=order, fields=fields
            )
        )

    @rule(name=NAMES, holder=HOLDERS)
    def lease(self, name, holder):
        self.both(lambda store: store.lease(name, holder, ttl=TTL))

    @rule(name=NAMES)
    def unlease_what_is_held(self, name):
        async def unlease(store):
            held = await store.held(name)
            return await store.unlease(held[name].fence) if held else None

        self.both(unlease)

    @rule(fence=st.builds(Fence, name=NAMES, token=st.integers(1, 12)))
    def unlease(self, fence):
        self.both(lambda store: store.unlease(fence))

    @rule(name=NAMES, holder=HOLDERS)
    def write_in_the_name_of_a_new_lease(self, name, holder):
        async def write(store):
            lease = await store.lease(name, holder, ttl=TTL)
            return lease and await store.append("log", lease.token, fence=lease.fence)

        self.both(write)

    @rule(stream=STREAMS, keep=st.none() | st.integers(0, 3), age=st.none() | st.just(TTL))
    def trim(self, stream, keep, age):
        self.both(lambda store: store.trim(stream, keep=keep, max_age=age))

    @rule(step=st.sampled_from([-100.0, 1.0, TTL / 2, TTL, TTL + 1, 100_000.0]))
    def time_passes(self, step):
        if step < 0:  # whether what has expired comes back is nobody's promise
            drops = [Drop(table=table, key=key) for table in ("job", "robot") for key in "abc"]
            self.both(lambda store: store.commit(*drops))
        self.now += step

    @invariant()
    def both_keep_the_same(self):
        for table in ("job", "robot"):
            self.both(lambda store, table=table: store.find(table))
        for stream in ("log", "other"):
            reading = self.both(lambda store, stream=stream: store.read(stream))
            seqs = [entry.seq for entry in reading.entries]
            assert seqs == list(range(reading.oldest, reading.newest + 1))
        self.both(lambda store: store.held("fleet", "job:a", "job:b"))


TestStoresAgree = StoresAgree.TestCase
TestStoresAgree.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
