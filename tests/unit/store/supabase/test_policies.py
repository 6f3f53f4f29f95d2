"""Robot A against B's rows: every table, every verb, every function; and who has no account."""

import json
import uuid

import httpx
import psycopg
import pytest

from casare_robot.domain.errors import StaleLeaseError, StoreError
from casare_robot.store.opening import open_store
from tests.supabase_project import token

TABLES = ("rows", "streams", "log", "leases")
PRIVATE = ("robots", "members", "invitations")
NEW = {
    "rows": "(number, tbl, key, version, record, priority_kind) values (9, %s, 'k', 9, '{}', 0)",
    "streams": "(name, newest) values (%s, 5)",
    "leases": "(name, holder, token, ttl, expires) values (%s, 'a', 1, 1, 1)",
    "log": "(stream, seq, at, body) "
    "select id, 99, 0, '1' from (select %s::text) as its (name), streams_of_all()",
}
CHANGES = {
    "rows": "key = 'stolen'",
    "streams": "newest = 0",
    "log": "body = '0'",
    "leases": "holder = 'a'",
}


@pytest.fixture
async def two(supabase_project):
    """The stores of A and of B, each in its own group; B has a row, a log and a lease."""
    supabase_project.empty()
    a, b = supabase_project.robot("a", "one"), supabase_project.robot("b", "two")
    async with await open_store(a.address) as mine, await open_store(b.address) as theirs:
        await theirs.put("job", "k", {"secret": 1})
        await theirs.append("log", "secret")
        await theirs.lease("fleet", "b", ttl=60)
        yield mine, theirs


@pytest.fixture
def as_a(supabase_project, two):
    """A connection with exactly the rights that PostgREST would give A."""
    with psycopg.connect(supabase_project.database, autocommit=True) as owner:
        account = owner.execute(
            "select user_id from casare_robot.members where robot = 'a' order by seen_at desc"
        ).fetchone()[0]
    with psycopg.connect(supabase_project.database, autocommit=True) as connection:
        claims = json.dumps({"sub": str(account), "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
        connection.execute("set role authenticated")
        connection.execute("set search_path = casare_robot")
        yield connection


@pytest.mark.parametrize("table", TABLES)
def test_a_reads_and_writes_nothing_of_b(as_a, supabase_project, table):
    with psycopg.connect(supabase_project.database, autocommit=True) as owner:
        before = owner.execute(f"select * from casare_robot.{table} order by 1, 2").fetchall()
        stream = owner.execute("select id from casare_robot.streams").fetchone()[0]
    assert before

    read = as_a.execute(f"select * from {table}").fetchall()
    changed = as_a.execute(f"update {table} set {CHANGES[table]}").rowcount
    dropped = as_a.execute(f"delete from {table}").rowcount
    told = NEW[table].replace("id, 99", f"{stream}, 99").replace(", streams_of_all()", "")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_a.execute(f"insert into {table} {told}", ("group:two/other",))

    assert (read, changed, dropped) == ([], 0, 0)
    with psycopg.connect(supabase_project.database) as owner:
        assert (
            owner.execute(f"select * from casare_robot.{table} order by 1, 2").fetchall() == before
        )


def test_a_moves_no_row_of_its_own_to_b(as_a):
    as_a.execute(f"insert into rows {NEW['rows']}", ("group:one/job",))

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_a.execute("update rows set tbl = 'group:two/job'")


@pytest.mark.parametrize("table", PRIVATE)
@pytest.mark.parametrize("verb", ["select * from {}", "delete from {}", "truncate {}"])
def test_nobody_sees_who_is_known(as_a, table, verb):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_a.execute(verb.format(table))


async def test_a_does_nothing_to_b_with_any_function(two, supabase_project):
    mine, theirs = two
    mine._space = "group:two/"  # as a robot that somebody has changed

    assert await mine.get("job", "k") is None
    assert await mine.find("job") == ()
    assert await mine.count("job") == 0
    assert await mine.search("job", "secret") == ()
    assert (await mine.read("log")).newest == 0
    assert await mine.held("fleet") == {}
    assert await mine.trim("log", keep=0) == 0
    assert await mine.drop("job", "k") is False
    assert await mine.claim("job", holder="a", ttl=5) is None
    for attempt in (
        mine.put("job", "k", {}),
        mine.put("job", "new", {}),
        mine.patch("job", "k", {}),
        mine.append("log", 1),
        mine.lease("fleet", "a", ttl=5),
        mine.lease("other", "a", ttl=5),
    ):
        with pytest.raises(StoreError):
            await attempt
    assert (await theirs.get("job", "k")).record == {"secret": 1}
    assert (await theirs.read("log")).newest == 1
    assert (await theirs.held("fleet"))["fleet"].holder == "b"


async def test_the_lease_of_another_group_is_no_fence(two):
    mine, theirs = two
    held = await theirs.held("fleet")

    with pytest.raises(StaleLeaseError):
        await mine.append("log", 1, fence=held["fleet"].fence)


async def test_a_robot_that_is_not_known_any_more_sees_nothing(two, supabase_project):
    mine, _ = two
    await mine.put("job", "k", {})
    with psycopg.connect(supabase_project.database, autocommit=True) as owner:
        owner.execute("delete from casare_robot.robots where robot = 'a'")

    assert await mine.find("job") == ()


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_who_has_no_account_sees_nothing(supabase_project, two, role):
    bearer = token(role, sub=str(uuid.uuid4()))
    orders = {"orders": [{"what": "find", "with": {"tbl": "group:two/job", "conditions": []}}]}
    headers = {"apikey": supabase_project.anon, "Authorization": f"Bearer {bearer}"}
    with httpx.Client(base_url=supabase_project.url, headers=headers) as client:
        answer = client.post("/rest/v1/rpc/casare_robot", json=orders)
        shown = client.get("/rest/v1/rows")
        inside = client.get("/rest/v1/rows", headers={"Accept-Profile": "casare_robot"})

    assert answer.status_code in (401, 403) or answer.json()[0].get("ok") in (None, [])
    assert shown.status_code == 404
    assert inside.status_code == 406


async def test_a_space_that_is_not_the_robots_own_is_not_opened(supabase_project):
    project = supabase_project.robot("a", "one")

    with pytest.raises(StoreError, match=r"may not see group:two; it may see robot:a, group:one"):
        await open_store(project._replace(space="group:two").address)


async def test_a_robot_with_a_wrong_key_is_refused(supabase_project):
    project = supabase_project.robot("a", "one")

    with pytest.raises(StoreError, match="no robot has this key; enrol it again"):
        await open_store(project._replace(robot_key="x" * 64).address)


async def test_a_key_for_servers_is_refused_with_its_reason(supabase_project):
    project = supabase_project.robot("a", "one")

    for key in (supabase_project.service, "sb_secret_abc"):
        with pytest.raises(StoreError, match=r"secret .* use the publishable"):
            await open_store(project._replace(key=key).address)


async def test_a_token_that_ran_out_is_renewed_without_a_word(supabase_project):
    project = supabase_project.robot("a", "one")
    async with await open_store(project.address) as store:
        store.sign_in.token = token("authenticated", sub="x", exp=1)

        assert await store.put("job", "k", {}) > 0
