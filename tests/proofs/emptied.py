"""A pytest plugin that empties one method, named by EMPTIED, on the memory store if it can."""

import importlib
import inspect
import os

from tests.stores import EVERY_STORE

CLASSES = {
    "Store": (
        "store.store:Store",
        "store.memory:MemoryStore",
        "store.sqlite.sqlite_store:SqliteStore",
    ),
    "SqliteStore": ("store.sqlite.sqlite_store:SqliteStore",),
    "PostgresStore": ("store.postgres.postgres_store:PostgresStore",),
    "RedisStore": ("store.redis.redis_store:RedisStore",),
    "Lease": ("groups.lease:Lease",),
    "Bus": ("groups.bus:Bus",),
    "Memory": ("groups.memory:Memory",),
    "Sessions": ("groups.sessions:Sessions",),
    "Health": ("groups.health:Health",),
    "Dispatcher": ("groups.dispatcher:Dispatcher",),
    "Group": ("groups.robot_group:RobotGroup",),
    "Fleet": ("groups.fleet:Fleet",),
}


def pytest_configure(config):
    """Empty it before any test module looks."""
    wanted = os.environ.get("EMPTIED", "")
    if wanted == "Store.open":
        module = importlib.import_module("casare_robot.store.opening")
        module.open_store = _nothing_later
        return
    kind, _, method = wanted.partition(".")
    for path in CLASSES.get(kind, ()):
        module, _, name = path.partition(":")
        empty(getattr(importlib.import_module(f"casare_robot.{module}"), name), method)


def pytest_collection_modifyitems(items):
    """One store is enough to see a method missing, unless it is another's own."""
    kind = os.environ.get("EMPTIED", "").partition("Store")[0].lower()
    others = [f"[{one}" for one in EVERY_STORE if one not in ("memory", kind)]
    items[:] = [item for item in items if not any(other in item.nodeid for other in others)]


def empty(owner, method):
    """Have a class's own method do nothing and return nothing."""
    if method not in vars(owner):
        return
    found = inspect.getattr_static(owner, method)
    inner = getattr(found, "__func__", found)
    if isinstance(found, property):
        setattr(owner, method, property(_nothing))
    elif isinstance(found, staticmethod | classmethod):
        setattr(owner, method, staticmethod(_nothing_for(inner)))
    else:
        setattr(owner, method, _nothing_for(inner))


def _nothing_for(function):
    return _nothing_later if inspect.iscoroutinefunction(function) else _nothing


def _nothing(*args, **given):
    return None


async def _nothing_later(*args, **given):
    return None
