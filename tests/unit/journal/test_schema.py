"""Files of the previous release are taken over, and it can go on with ours."""

import sqlite3

import pytest

from casare_robot.journal import schema
from casare_robot.journal.journal import Journal

NEXT = (*schema.CHANGES, ("CREATE TABLE colours (name TEXT)",))


@pytest.fixture
def next_release(monkeypatch):
    """Within it, the program is one that knows another table."""

    def patch():
        context = monkeypatch.context()
        patch = context.__enter__()
        patch.setattr(schema, "VERSION", schema.VERSION + 1)
        patch.setattr(schema, "CHANGES", NEXT)
        return context

    return patch
