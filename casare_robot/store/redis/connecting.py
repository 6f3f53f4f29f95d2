"""What a Redis must be like, what people should know of it, and its errors as the robot's own."""

import asyncio
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import StoreError, StoreUnavailableError

if TYPE_CHECKING:
    from redis.asyncio import Redis

OLDEST = (6, 2)
"""The first that can forget old entries of a log by their numbers."""
MOST_CONNECTIONS = 2
PATIENCE = 10.0
"""Seconds to wait for an answer."""


def client(url: str) -> "Redis":
    """A client that asks once: an unknown outcome is told, not tried again.

    Raises:
        StoreError: The driver is missing, or the address is none.
    """
    if importlib.util.find_spec("redis") is None:
        raise StoreError(
            "a store in Redis needs redis; install it with: pip install 'casare-robot[redis]'"
        )
    from redis.asyncio import BlockingConnectionPool, Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=PATIENCE,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise StoreError("this is no address of a Redis server") from error
    return Redis.from_pool(pool)


@contextmanager
def own_errors() -> Iterator[None]:
    """Raise the robot's own errors for those of Redis, and the end of a task.

    redis-py now and then passes over a cancellation: the task would go on for ever.
    """
    from redis.exceptions import RedisError

    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    except RedisError as error:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise StoreUnavailableError(f"the store cannot be used: {error}") from error
    if task and task.cancelling() > before:
        raise asyncio.CancelledError


async def check(redis: "Redis") -> None:
    """Refuse a server that cannot keep what matters.

    Raises:
        StoreError: It is too old, or could evict state.
    """
    about = await redis.info()
    version = str(about["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise StoreError(f"Redis {version} is too old for a store; it takes 6.2")
    policy = about.get("maxmemory_policy", "unknown")
    if policy != "noeviction":
        raise StoreError(
            f"this Redis has maxmemory-policy {policy} and may throw state away; "
            "a store needs noeviction"
        )


async def warnings(redis: "Redis") -> tuple[str, ...]:
    """What people should know of a server that is used as a store."""
    from redis.exceptions import ResponseError

    about = await redis.info()
    try:
        settings = await redis.config_get("appendfsync")
        settings |= await redis.config_get("min-replicas-to-write")
    except ResponseError:  # a hosted one does not tell
        settings = {}
    return tuple(_warnings(about, settings))


def _warnings(about: Mapping[str, Any], settings: Mapping[str | None, str | None]) -> Iterator[str]:
    if about.get("maxmemory_policy") != "noeviction":
        yield f"maxmemory-policy is {about.get('maxmemory_policy')} now: state may be thrown away"
    fsync = settings.get("appendfsync", "unknown")
    if not about.get("aof_enabled"):
        yield "appendonly is off: a restart of Redis loses what was kept since the last snapshot"
    elif fsync != "always":
        yield (
            f"appendfsync is {fsync}: a power cut may lose about the last second, "
            "leases with their tokens too"
        )
    replicas = int(about.get("connected_slaves", 0))
    if replicas and settings.get("min-replicas-to-write", "0") == "0":
        yield (
            "replication is asynchronous and min-replicas-to-write is 0: a failover may forget "
            "a lease; not for jobs with effects outside"
        )
