"""Robot A against B's rows: every table, every verb, every function; and who has no account."""

import json
import uuid

import httpx
import psycopg
import pytest

from casare_robot.domain.errors import StaleLeaseError, StoreError
from casare_robot.store.opening import open_store
from casare_robot.store.supabase.http import SignInError
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


CALLS = "select p.oid, p.pronamespace::regnamespace::text, p.proname, p.prorettype::regtype::text"
MINE = """
    from pg_proc as p where pronamespace in ('casare_robot'::regnamespace, 'public'::regnamespace)
    and proname not like 'pg_%' and has_function_privilege('authenticated', oid, 'execute')"""
OF_VALUES = {
    *("kind", "num", "txt", "head", "mark", "marked", "merged", "row_json", "robot_json"),
    *("condition_sql", "field_sql", "marked_sql", "one_of_sql", "order_sql", "where_sql"),
    *("clock", "digest", "refuse"),
}
"""Functions that see nothing but what they are given."""
ROW, LOG, FLEET = "'group:two/job'", "'group:two/log'", "'group:two/fleet'"
STOLEN = """'[{"do": "put", "table": "group:two/job", "key": "k", "version": null, "record": {}},
    {"do": "append", "stream": "group:two/log", "bodies": [1]}]'"""
ATTEMPTS = {
    "append": f"append({LOG}, '[1]')",
    "call": 'call(\'get\', \'{"tbl": "group:two/job", "key": "k"}\')',
    "casare_robot": 'public.casare_robot(\'[{"what": "find", "with": '
    '{"tbl": "group:two/job", "conditions": [], "fields": []}}]\')',
    "casare_robot_about": "public.casare_robot_about()",
    "casare_robot_enroll": "public.casare_robot_enroll('guessed', repeat('x', 64), 'b')",
    "casare_robot_job": "public.casare_robot_job('two', 'k')",
    "casare_robot_sign_in": "public.casare_robot_sign_in(repeat('x', 64))",
    "casare_robot_submit": "public.casare_robot_submit('two', '{\"workflow\": {}}')",
    "check_fence": 'check_fence(\'{"name": "group:two/fleet", "token": 1}\')',
    "check_limit": f"check_limit({ROW}, 5, '[]')",
    "check_row": f"check_row({ROW}, 'k', 0, false)",
    "claim": f"claim({ROW}, 'a', 5)",
    "commit": f"commit({STOLEN})",
    "count": f"count({ROW})",
    "drop": f"drop({ROW}, 'k', null)",
    "find": f"find({ROW})",
    "get": f"get({ROW}, 'k')",
    "held": "held('[\"group:two/fleet\"]')",
    "lease": "lease('[\"group:two/fleet\"]', 'b', 9)",
    "many": 'many(\'[{"what": "read", "with": {"stream": "group:two/log", "after": 0, '
    '"most": 9}}]\')',
    "matching": f"matching({ROW}, '[]')",
    "me": "me()",
    "my_spaces": "my_spaces()",
    "patch": f"patch({ROW}, 'k', null, '{{}}', null, null)",
    "patch_all": 'patch_all(\'[{"table": "group:two/job", "key": "k", "record": {}}]\')',
    "pick": f"pick({ROW}, '[]', '[]', 5)",
    "probe": "probe()",
    "put": f"put({ROW}, 'k', null, '{{}}', null, null)",
    "read": f"read({LOG})",
    "renew_all": "renew_all('[\"group:two/fleet\"]', 'b', 9)",
    "ring": f"ring(array[{LOG}, 'lease:' || {FLEET}, '', repeat('group:one/x', 900)])",
    "ring_names": 'ring_names(\'["group:two/log", "lease:group:two/fleet"]\')',
    "search": f"search({ROW}, 'secret')",
    "stats": "stats()",
    "sweep": "sweep()",
    "take_lease": f"take_lease({FLEET}, 'b', 9)",
    "trim": f"casare_robot.trim({LOG}, 0)",
    "unlease": "unlease(json_build_object('name', {fleet}, 'token', {token}))",
}
"""What a changed robot A may try on what is B's, with each function that it may call."""
EVERYTHING = " union all ".join(
    f"select '{name}' as of, to_jsonb(t)::text from casare_robot.{name} as t"
    for name in ("rows", "streams", "log", "leases", "robots", "members", "invitations")
)


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


def test_every_function_that_a_robot_may_call_is_tried(as_a, supabase_project):
    with psycopg.connect(supabase_project.database) as owner:
        found = {name for _, _, name, _ in owner.execute(CALLS + MINE).fetchall()}

    assert found - OF_VALUES == set(ATTEMPTS)


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_no_function_lets_a_see_change_or_wake_what_is_of_b(as_a, supabase_project, name):
    with psycopg.connect(supabase_project.database, autocommit=True) as owner:
        owner.execute("listen casare_robot")
        before = sorted(owner.execute(EVERYTHING).fetchall())
        token_of_b = owner.execute("select token from casare_robot.leases").fetchone()[0]
        attempt = ATTEMPTS[name].replace("{fleet}", FLEET).replace("{token}", str(token_of_b))
        try:
            told = str(as_a.execute(f"select {attempt}").fetchall())
        except psycopg.Error as error:
            told = error.sqlstate
        owner.execute("notify casare_robot, 'the end'")
        heard = [call.payload for call in owner.notifies(timeout=30, stop_after=1)]
        after = sorted(owner.execute(EVERYTHING).fetchall())

    assert after == before
    assert heard == ["the end"]
    assert "secret" not in told
    assert "group:two" not in told
    assert told.startswith(("[(", "42501", "CR")), "it could not be tried"


def test_what_a_counts_is_its_own(as_a):
    [told] = as_a.execute("select stats()").fetchone()
    [shown] = as_a.execute("select probe()").fetchone()

    assert told == {"rows": 0, "entries": 0, "streams": 0, "leases": 0, "bytes": 0}
    assert shown is True  # not how much goes on


def test_a_rings_its_own_bells(as_a, supabase_project):
    with psycopg.connect(supabase_project.database, autocommit=True) as owner:
        owner.execute("listen casare_robot")
        as_a.execute("select ring(array['group:one/log', 'group:two/log', 'lease:robot:a/x'])")
        heard = [call.payload for call in owner.notifies(timeout=30, stop_after=2)]

    assert sorted(heard) == ["group:one/log", "lease:robot:a/x"]


def test_a_may_not_wait_for_the_lead_of_b(as_a):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_a.execute(f"select succeed({FLEET}, 'a', 5)")


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

    with pytest.raises(SignInError, match="enrol it again"):
        await mine.find("job")


async def test_an_account_that_was_forgotten_is_bound_again(two, supabase_project):
    mine, _ = two
    await mine.put("job", "k", {})
    with psycopg.connect(supabase_project.database, autocommit=True) as owner:
        owner.execute("delete from casare_robot.members where robot = 'a'")

    assert len(await mine.find("job")) == 1


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_who_has_no_account_sees_nothing(supabase_project, two, role):
    bearer = token(role, sub=str(uuid.uuid4()))
    orders = {"orders": [{"what": "find", "with": {"tbl": "group:two/job", "conditions": []}}]}
    headers = {"apikey": supabase_project.anon, "Authorization": f"Bearer {bearer}"}
    with httpx.Client(base_url=supabase_project.url, headers=headers, timeout=60) as client:
        answer = client.post("/rest/v1/rpc/casare_robot", json=orders)
        shown = client.get("/rest/v1/rows")
        inside = client.get("/rest/v1/rows", headers={"Accept-Profile": "casare_robot"})

    assert answer.status_code in (400, 401, 403)
    assert answer.json()["code"] in ("CR401", "42501")
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
