"""Whatever is done to it, a store answers like the one in memory."""

import asyncio
import itertools
from collections.abc import Callable
from typing import ClassVar

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from casare_robot.domain.errors import ConflictError, StaleLeaseError, StoreError
from casare_robot.store.conditions import AnyOf, AtLeast, Below, Within
from casare_robot.store.memory import MemoryStore
from casare_robot.store.opening import open_store
from casare_robot.store.records import (
    Append,
    Claim,
    Drop,
    Entry,
    Fence,
    Lease,
    Limit,
    Patch,
    Put,
    Reading,
    Row,
)

TTL = 4.0
NEVER = 10**12
"""More than any number that is given."""
TABLES = st.sampled_from(["job", "robot"])
KEYS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["fleet", "job:a", "job:b"])
HOLDERS = st.sampled_from(["r1", "r2"])
STREAMS = st.sampled_from(["log", "other"])
FIELDS = st.sampled_from(["status", "priority", "needs", "deep.x"])
SCALARS = st.sampled_from(["queued", "done", "", 0, 1, -2.5, True, False, None])
VALUES = SCALARS | st.lists(SCALARS, max_size=2)
WORDS = st.sampled_from(["portal", "Café", "x1", "of", "queued"])
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "status": SCALARS,
        "priority": VALUES,
        "needs": VALUES,
        "deep": st.fixed_dictionaries({"x": SCALARS}),
        "content": TEXTS | VALUES,
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
    | st.builds(Patch, table=TABLES, key=KEYS, fields=RECORDS, version=VERSIONS, ttl=TTLS)
    | st.builds(Drop, table=TABLES, key=KEYS, version=VERSIONS)
    | st.builds(Append, stream=STREAMS, bodies=MANY)
    | st.builds(Limit, table=TABLES, most=st.integers(0, 3), where=WHERE)
)


class Numbers:
    """Versions and tokens of a store, and those of the model that mean the same.

    A store may leave numbers out, for what was undone; but each grows where the other does.
    """

    def __init__(self):
        self.theirs = {0: 0}
        self.ours = {0: 0}
        self.newest = 0

    def meet(self, ours, theirs):
        assert ours in self.theirs or theirs > self.newest
        assert self.theirs.setdefault(ours, theirs) == theirs
        assert self.ours.setdefault(theirs, ours) == ours

    def translated(self, value):
        """A request to the model, as the store is to be asked."""
        match value:
            case Fence(name=name, token=token):
                return Fence(name=name, token=self.their(token))
            case Put() | Patch() | Drop() if value.version is not None:
                return msgspec.structs.replace(value, version=self.their(value.version))
        return value

    def their(self, number):
        return self.theirs.get(number, NEVER + number)

    def compare(self, ours, theirs, path=""):
        """Both answers say the same; numbers that are new are learned."""
        if isinstance(ours, Row | Lease | Claim | Reading | Entry):
            assert type(ours) is type(theirs), path
            for name in ours.__struct_fields__:
                self.compare(getattr(ours, name), getattr(theirs, name), name)
        elif path in ("version", "token"):
            self.meet(ours, theirs)
        elif isinstance(ours, dict | tuple) and path not in ("record", "body"):
            assert type(ours) is type(theirs), path
            assert len(ours) == len(theirs), (ours, theirs)
            if isinstance(ours, dict):
                assert list(ours) == list(theirs)
                ours, theirs = ours.values(), theirs.values()
            for one, other in zip(ours, theirs, strict=True):
                self.compare(one, other)
        else:
            assert ours == theirs


class Own(Numbers):
    """The model's own: those that it has told."""

    def __init__(self, told):
        self.told = told

    def their(self, number):
        return number if number in self.told.theirs else NEVER + number


class StoresAgree(RuleBasedStateMachine):
    """Time passes in steps of the boundaries; versions and tokens are small enough to be hit."""

    address: ClassVar[Callable[[], str]]
    ranks_alike: ClassVar[bool]

    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.loop = asyncio.new_event_loop()
        self.numbers = Numbers()
        self.model = MemoryStore(clock=lambda: self.now)
        self.store = self.loop.run_until_complete(
            open_store(type(self).address(), clock=lambda: self.now)
        )

    def teardown(self):
        self.loop.run_until_complete(self.store.close())
        self.loop.close()

    def both(self, call):
        """What the model answers; the store must answer the same, the error included."""
        ours, theirs = (
            self.loop.run_until_complete(_answer(call, store, numbers))
            for store, numbers in ((self.model, Own(self.numbers)), (self.store, self.numbers))
        )
        self.numbers.newest = max(self.numbers.ours)
        self.numbers.compare(ours, theirs)
        return ours

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=3), fence=FENCES)
    def commit(self, changes, fence):
        async def commit(store, numbers):
            asked = [numbers.translated(change) for change in changes]
            results = await store.commit(*asked, fence=numbers.translated(fence))
            return tuple(
                Row(table="", key="", version=result, record={})
                if isinstance(change, Put | Patch)
                else result
                for change, result in zip(changes, results, strict=True)
            )

        self.both(commit)

    @rule(table=TABLES, where=WHERE, order=ORDER, limit=st.none() | st.integers(0, 3))
    def find(self, table, where, order, limit):
        self.both(lambda store, _: store.find(table, where, order=order, limit=limit))
        self.both(lambda store, _: store.count(table, where))

    @rule(table=TABLES, text=TEXTS, where=WHERE, every=st.booleans(), limit=st.integers(0, 3))
    def search(self, table, text, where, every, limit):
        async def search(store, _):
            if self.ranks_alike:
                return await store.search(table, text, where=where, every=every, limit=limit)
            found = await store.search(table, text, where=where, every=every)
            return tuple(sorted(found, key=lambda row: row.key))

        self.both(search)

    @rule(
        table=TABLES,
        most=st.integers(1, 3),
        where=WHERE,
        order=ORDER,
        holder=HOLDERS,
        fields=RECORDS,
    )
    def claim(self, table, most, where, order, holder, fields):
        self.both(
            lambda store, _: store.claim_many(
                table,
                most=most,
                holder=holder,
                ttl=TTL,
                where=where,
                order=order,
                fields=fields,
            )
        )

    @rule(name=NAMES, holder=HOLDERS)
    def lease(self, name, holder):
        self.both(lambda store, _: store.lease(name, holder, ttl=TTL))

    @rule(name=NAMES)
    def unlease_what_is_held(self, name):
        async def unlease(store, _):
            held = await store.held(name)
            return await store.unlease(held[name].fence) if held else None

        self.both(unlease)

    @rule(fence=st.builds(Fence, name=NAMES, token=st.integers(1, 12)))
    def unlease(self, fence):
        self.both(lambda store, numbers: store.unlease(numbers.translated(fence)))

    @rule(name=NAMES, holder=HOLDERS)
    def write_in_the_name_of_a_new_lease(self, name, holder):
        async def write(store, _):
            lease = await store.lease(name, holder, ttl=TTL)
            return lease and await store.append("log", lease.holder, fence=lease.fence)

        self.both(write)

    @rule(stream=STREAMS, keep=st.none() | st.integers(0, 3), age=st.none() | st.just(TTL))
    def trim(self, stream, keep, age):
        self.both(lambda store, _: store.trim(stream, keep=keep, max_age=age))

    @rule(step=st.sampled_from([-100.0, 1.0, TTL / 2, TTL, TTL + 1, 100_000.0]))
    def time_passes(self, step):
        if step < 0:  # whether what has expired comes back is nobody's promise
            drops = [Drop(table=table, key=key) for table in ("job", "robot") for key in "abc"]
            self.both(lambda store, _: store.commit(*drops))
        self.now += step

    @invariant()
    def both_keep_the_same(self):
        for table in ("job", "robot"):
            self.both(lambda store, _, table=table: store.find(table))
        for stream in ("log", "other"):
            reading = self.both(lambda store, _, stream=stream: store.read(stream))
            seqs = [entry.seq for entry in reading.entries]
            assert seqs == list(range(reading.oldest, reading.newest + 1))
        self.both(lambda store, _: store.held("fleet", "job:a", "job:b"))


async def _answer(call, store, numbers):
    try:
        return await call(store, numbers)
    except StaleLeaseError as error:
        return (type(error), error.name)
    except ConflictError as error:
        return (type(error), str(error).split(" has version")[0])
    except StoreError as error:
        return (type(error), str(error))


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "redis"])
def test_a_store_answers_like_the_one_in_memory(kind, request, tmp_path):
    count = itertools.count()

    class Agree(StoresAgree):
        ranks_alike = kind != "postgres"

        @staticmethod
        def address():
            if kind == "sqlite":
                return f"sqlite:{tmp_path / str(next(count))}"
            return request.getfixturevalue(f"{kind}_server").empty()

    run_state_machine_as_test(
        Agree, settings=settings(max_examples=30, stateful_step_count=20, deadline=None)
    )
