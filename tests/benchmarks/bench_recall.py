"""Finding memories among 100,000 by common words, beside sqlite-utils and PostgreSQL's tsvector.

Run: python -m tests.benchmarks.bench_recall [--rounds 3] [--rows 100000] [--peers PYTHON]

Words are as frequent as in a language (Zipf); a query is two frequent ones, either of which
counts. Ratios are medians of rounds, taken in turn.
"""

import argparse
import asyncio
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psycopg

from casare_robot.groups.memory import Memory
from casare_robot.store.opening import open_store
from casare_robot.store.records import Put
from casare_robot.store.store import Store
from tests.benchmarks import rounds as measuring
from tests.benchmarks.rounds import Row, interleave, median_ratio, medians, show
from tests.servers import MissingError, PostgresServer

PEERS = Path(__file__).with_name("store_peers.py")
LENGTH = 30
"""Words of a memory."""
SYLLABLES = [
    "ba",
    "ko",
    "ri",
    "tan",
    "mel",
    "du",
    "ves",
    "or",
    "li",
    "shu",
    "fen",
    "go",
    "par",
    "ix",
    "na",
]


def vocabulary(dice: random.Random) -> list[str]:
    words = ("".join(dice.choices(SYLLABLES, k=dice.randint(2, 5))) for _ in range(40_000))
    return list(dict.fromkeys(words))[:20_000]


def texts_and_queries(rows: int) -> tuple[list[str], list[list[str]]]:
    dice = random.Random(3)
    words = vocabulary(dice)
    weights = list(itertools.accumulate(1 / (place + 2) for place in range(len(words))))
    texts = [" ".join(dice.choices(words, cum_weights=weights, k=LENGTH)) for _ in range(rows)]
    return texts, [[words[place], words[place + 3]] for place in range(3, 53)]


async def fill(url: str, texts: Sequence[str]) -> None:
    async with await open_store(url) as store:
        for begin in range(0, len(texts), 500):
            part = enumerate(texts[begin : begin + 500], begin)
            await store.commit(
                *(Put(table="memory", key=str(n), record={"content": text}) for n, text in part)
            )


def search(url: str, queries: Sequence[Sequence[str]]) -> float:
    """Microseconds of a search of the store, p50."""

    async def run() -> float:
        async with await open_store(url) as store:
            await one(store, queries[0])
            return statistics.median([await one(store, query) for query in queries]) * 1e6

    return asyncio.run(run())


async def one(store: Store, query: Sequence[str]) -> float:
    begin = time.perf_counter()
    found = await store.search("memory", " ".join(query))
    took = time.perf_counter() - begin
    assert len(found) == 10
    return took


def recall(url: str, rows: int) -> tuple[float, float]:
    """Milliseconds to remember and to recall through a group's memory of so many, p50."""

    async def run() -> tuple[float, float]:
        async with await open_store(url) as store:
            memory = Memory(store, "recalled", max_tokens=8000)
            kept, found = [], []
            for number in range(rows):
                begin = time.perf_counter()
                await memory.remember(f"memory {number} of customer {number % 97}", originator="a")
                kept.append(time.perf_counter() - begin)
            for number in range(50):
                begin = time.perf_counter()
                await memory.recall(f"customer {number}", limit=5)
                found.append(time.perf_counter() - begin)
            return statistics.median(kept) * 1000, statistics.median(found) * 1000

    return asyncio.run(run())


def measure(rounds: int, peers: str | None = None, rows: int = 100_000) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            server: PostgresServer | None = PostgresServer()
        except MissingError as reason:
            print(f"left out: {reason}")
            server = None
        try:
            return _measure(folder, server, rounds, peers, rows)
        finally:
            if server is not None:
                server.stop()


def _measure(
    folder: Path, server: PostgresServer | None, rounds: int, peers: str | None, rows: int
) -> list[Row]:
    texts, queries = texts_and_queries(rows)
    told = folder / "texts.json"
    told.write_text(json.dumps({"texts": texts, "queries": queries}))
    compared = [("sqlite", f"sqlite:{folder / 'shared.db'}", "sqlite_utils", folder / "peer.db")]
    if server is not None:
        url = server.database()
        compared.append(("postgres", url, "tsvector", url))
    results_of = []
    for kind, url, other, address in compared:
        asyncio.run(fill(url, texts))
        if kind == "postgres":
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE casare_robot.rows")
        cases = {f"{kind}: search": partial(search, url, queries)}
        peer = measuring.peer(peers, f"{other}_search", str(address), str(told), file=PEERS)
        if peer is not None:
            cases[f"{other}: search"] = peer
        results = interleave(cases, rounds)
        medians(results, "us, common words")
        if peer is not None:
            ratio = median_ratio(results, f"{other}: search", f"{kind}: search")
            results_of.append(Row(f"{other} / {kind} store, search of {rows:,}", ratio, 25))
        kept, found = recall(url, 300)
        print(f"  {kind}: remember {kept:.2f} ms, recall {found:.2f} ms")
    return results_of


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--peers", help="interpreter that can import the peers")
    chosen = arguments.parse_args()
    show(measure(chosen.rounds, chosen.peers, chosen.rows))


if __name__ == "__main__":
    main()
