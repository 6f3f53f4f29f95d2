"""The proof of failover in short, on stores that are servers, and with these restarted."""

import asyncio

from tests.proofs.test_failover import prove, pytestmark

__all__ = ["pytestmark"]


async def test_on_postgresql_and_redis_too(tmp_path, postgres_server, redis_server) -> None:
    await asyncio.gather(
        prove(
            tmp_path / "postgres",
            postgres_server.database(),
            *("killed", "cut_off", "restarted"),
            restart=postgres_server.restart,
        ),
        prove(
            tmp_path / "redis",
            redis_server.empty(77),
            *("killed", "frozen", "restarted"),
            restart=redis_server.restart,
        ),
    )
