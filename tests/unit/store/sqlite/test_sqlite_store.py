"""Which files are refused, and how one is opened."""

import pytest

from casare_robot.domain.errors import InvalidRecordError, StoreError
from casare_robot.store.opening import open_store
from casare_robot.store.sqlite.sqlite_store import connect


async def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path):
    import sqlite3

    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    with pytest.raises(StoreError, match="another program"):
        await open_store(f"sqlite:{path}")

    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
    connection.close()


async def test_a_file_of_a_newer_release_is_refused(tmp_path):
    import apsw

    path = tmp_path / "new.db"
    await (await open_store(f"sqlite:{path}")).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 99)
    connection.close()

    with pytest.raises(StoreError, match="newer release"):
        await open_store(f"sqlite:{path}")


async def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "damaged.db"
    path.write_bytes(b"this is no database " * 1000)

    with pytest.raises(StoreError):
        await open_store(f"sqlite:{path}")


async def test_what_was_kept_is_there_after_reopening(tmp_path):
    url = f"sqlite:{tmp_path / 'folder' / 'shared.db'}"
    async with await open_store(url) as store:
        await store.put("job", "a", {"n": 1})
        await store.append("log", "x")
        lease = await store.lease("fleet", "a", ttl=600)

    async with await open_store(url) as store:
        assert (await store.get("job", "a")).record == {"n": 1}
        assert await store.append("log", "y") == 2
        assert await store.held("fleet") == {"fleet": lease}


@pytest.mark.parametrize("url", ["", "memory:x", "sqlite:", "mysql://u:secret@h/d"])
async def test_an_address_of_no_store_is_refused_without_telling_it(url):
    with pytest.raises(StoreError, match="memory:, sqlite:PATH") as caught:
        await open_store(url)

    assert "secret" not in str(caught.value)


async def test_every_commit_waits_for_the_disk(tmp_path):
    connection = connect(tmp_path / "shared.db")

    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    connection.close()


async def test_words_of_rows_that_are_gone_take_no_place(tmp_path):
    path = tmp_path / "shared.db"
    async with await open_store(f"sqlite:{path}") as store:
        await store.put("memory", "a", {"content": "one"})
        await store.put("memory", "a", {"content": "two"})
        await store.put("memory", "b", {"content": "three"})
        await store.drop("memory", "b")

    connection = connect(path)
    assert connection.execute("SELECT count(*) FROM words").fetchall() == [(1,)]
    connection.close()


async def test_what_the_file_cannot_hold_is_refused_as_such(tmp_path):
    async with await open_store(f"sqlite:{tmp_path / 'shared.db'}") as store:
        await store.put("job", "a", {})
        for call in (
            store.find("job", {"status": "\ud800"}),
            store.find("job", limit=2**70),
        ):
            with pytest.raises(InvalidRecordError):
                await call
        assert await store.count("job") == 1
