"""Other queues, bells and searches doing what the store does. Run by ``rounds.peer``.

python store_peers.py WHAT ADDRESS [COUNT or FILE]: prints one number. Imports nothing of the
product: it runs with the interpreter of an environment that holds the peers.
"""

import asyncio
import json
import logging
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def procrastinate_jobs(url: str, at_once: str) -> float:
    """Jobs a second that one worker claims and finishes, so many at once."""
    import procrastinate

    logging.disable(logging.ERROR)
    count, done = 1000, []

    async def run() -> float:
        connector = procrastinate.PsycopgConnector(conninfo=url, max_size=int(at_once) + 3)
        app = procrastinate.App(connector=connector)

        @app.task(name="t", queue="q")
        async def task(x: int) -> None:
            done.append(x)

        async with app.open_async():
            if not await app.check_connection_async():
                await app.schema_manager.apply_schema_async()
            await app.connector.execute_query_async("TRUNCATE procrastinate_jobs CASCADE")
            await task.batch_defer_async(*({"x": n} for n in range(count)))
            begin = time.perf_counter()
            await app.run_worker_async(
                wait=False,
                concurrency=int(at_once),
                install_signal_handlers=False,
                listen_notify=False,
                delete_jobs="never",
            )
            assert len(done) == count
            return count / (time.perf_counter() - begin)

    return asyncio.run(run())


def asyncpg_notify(url: str, count: str) -> float:
    """Milliseconds from before NOTIFY until a listener of another connection is called, p50."""
    import asyncpg

    async def run() -> float:
        hears, calls = await asyncpg.connect(url), await asyncpg.connect(url)
        heard: list[float] = []
        got = asyncio.Event()

        def listener(*_: Any) -> None:
            heard.append(time.perf_counter())
            got.set()

        await hears.add_listener("peer", listener)
        call = await calls.prepare("SELECT pg_notify('peer', $1)")
        delays = []
        for number in range(int(count)):
            await asyncio.sleep(0.02)  # as far apart as the product's calls
            got.clear()
            begin = time.perf_counter()
            calling = asyncio.ensure_future(call.fetchval(str(number)))
            await got.wait()
            delays.append((heard[-1] - begin) * 1000)
            await calling
        await hears.close()
        await calls.close()
        return statistics.median(delays)

    return asyncio.run(run())


def sqlite_utils_search(path: str, file: str) -> float:
    """Microseconds of a search for common words, p50."""
    import sqlite_utils

    told = json.loads(Path(file).read_text())
    table = sqlite_utils.Database(path)["memory"]
    if not table.exists():
        table.insert_all(({"id": n, "t": text} for n, text in enumerate(told["texts"])), pk="id")
        table.enable_fts(["t"], fts_version="FTS5", create_triggers=True)
    return _median(told["queries"], lambda query: list(table.search(" OR ".join(query), limit=10)))


def tsvector_search(url: str, file: str) -> float:
    """The same for PostgreSQL's own ranking."""
    import psycopg

    told = json.loads(Path(file).read_text())
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('peer_memory')").fetchone() == (None,):
            connection.execute(
                "CREATE TABLE peer_memory (id bigserial PRIMARY KEY, t text, "
                "v tsvector GENERATED ALWAYS AS (to_tsvector('simple', t)) STORED)"
            )
            with connection.cursor().copy("COPY peer_memory (t) FROM STDIN") as copy:
                for text in told["texts"]:
                    copy.write_row((text,))
            connection.execute("CREATE INDEX ON peer_memory USING gin (v)")
            connection.execute("VACUUM ANALYZE peer_memory")
        sql = (
            "SELECT id, t, ts_rank(v, q) AS r FROM peer_memory, to_tsquery('simple', %s) AS q "
            "WHERE v @@ q ORDER BY r DESC LIMIT 10"
        )
        return _median(
            told["queries"],
            lambda query: connection.execute(sql, (" | ".join(query),)).fetchall(),
        )


def _median(queries: list[list[str]], search: Any) -> float:
    took = []
    for query in queries:
        begin = time.perf_counter()
        found = search(query)
        took.append(time.perf_counter() - begin)
        assert len(found) == 10
    return statistics.median(took) * 1e6


if __name__ == "__main__":
    print("\n", globals()[sys.argv[1]](*sys.argv[2:]))
