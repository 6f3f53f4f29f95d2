"""Opens the store that an address names."""

import time
from collections.abc import Callable
from pathlib import Path

from casare_robot.domain.errors import StoreError
from casare_robot.store.store import Store


async def open_store(url: str, *, clock: Callable[[], float] | None = None) -> Store:
    """Open a store.

    Args:
        url: ``memory:`` for one that lives in this process and is empty;
            ``sqlite:PATH`` for a file on a local disk, made if it is missing,
            that the processes of this machine share; ``postgresql://...`` for a
            database, ``redis://...`` for a Redis server, or
            ``supabase://KEY:ROBOT_KEY@HOST/SPACE`` for a Supabase project, that
            the robots of a network share.
        clock: The store's clock, in seconds since 1970, for tests. Otherwise it
            is the machine's, or the server's.

    Raises:
        StoreError: It cannot be used, with the reason.
    """
    kind, _, path = url.partition(":")
    match kind, path:
        case "memory", "":
            from casare_robot.store.memory import MemoryStore

            return MemoryStore(clock=clock or time.time)
        case "sqlite", path if path:
            from casare_robot.store.sqlite.sqlite_store import SqliteStore

            return await SqliteStore.open(Path(path), clock=clock or time.time)
        case "postgresql" | "postgres", path if path:
            from casare_robot.store.postgres.postgres_store import PostgresStore

            return await PostgresStore.open(url, clock=clock)
        case "redis" | "rediss" | "unix", path if path:
            from casare_robot.store.redis.redis_store import RedisStore

            return await RedisStore.open(url, clock=clock)
        case "supabase", path if path:
            from casare_robot.store.supabase.supabase_store import SupabaseStore

            return await SupabaseStore.open(url, clock=clock)
    known = (
        "a store's address is memory:, sqlite:PATH, postgresql://..., redis://... or supabase://..."
    )
    raise StoreError(f"{known}, not one that begins with {kind[:20]!r}")
