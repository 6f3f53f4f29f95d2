"""What every test needs."""

import asyncio

import pytest
from hypothesis import settings

from tests.servers import MissingError, PostgresServer, RedisServer, running

# pytest-asyncio asks for the current loop before each test, which makes one that nobody closes.
asyncio.set_event_loop(None)

# A slow machine is no fault of a property.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


def _server(kind: type) -> object:
    try:
        yield from running(kind)
    except MissingError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_server():
    """PostgreSQL, started once."""
    yield from _server(PostgresServer)


@pytest.fixture(scope="session")
def redis_server():
    """Redis, started once."""
    yield from _server(RedisServer)


@pytest.fixture(scope="session")
def supabase_project(postgres_server):
    """A Supabase project, started once."""
    from tests.supabase_project import SupabaseProject

    try:
        project = SupabaseProject(postgres_server)
    except MissingError as reason:
        pytest.skip(str(reason))
    yield project
    project.stop()
