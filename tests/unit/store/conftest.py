"""Every store, with a clock that only the test moves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from casare_robot.store.opening import open_store
from casare_robot.store.store import Store
from tests.stores import EVERY_STORE, address_of


class Clock:
    """Seconds since 1970 that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=EVERY_STORE)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of each kind."""
    return address_of(request.param, request, tmp_path)


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    async with await open_store(url, clock=clock) as opened:
        yield opened
