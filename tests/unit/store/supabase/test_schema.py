"""What `casare-robot supabase init` makes of a project's database."""

import psycopg

from casare_robot.store.postgres import schema as store_schema
from casare_robot.store.supabase import schema
from tests.supabase_project import ROLES

FUNCTIONS = (
    "select p.oid::regprocedure::text, md5(p.prosrc) from pg_proc as p "
    "where pronamespace in ('casare_robot'::regnamespace, 'public'::regnamespace) order by 1"
)


def made(server, *, by_text):
    database = server.database()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(ROLES)
        if by_text:
            connection.execute(schema.whole_text())
        else:
            schema.initialize(database)
            schema.initialize(database)
        return connection.execute(FUNCTIONS).fetchall()


def test_the_text_for_the_editor_makes_what_the_command_makes_twice(postgres_server):
    assert made(postgres_server, by_text=True) == made(postgres_server, by_text=False)


def test_the_functions_are_those_of_the_store_in_postgresql(postgres_server):
    for text in store_schema.statements():
        assert text in schema.whole_text()


def test_nobody_but_the_owner_may_invite(supabase_project):
    with psycopg.connect(supabase_project.database) as connection:
        for name in ("invite(text, text[], double precision)", "admit(uuid, text[])"):
            for role in ("anon", "authenticated"):
                told = "select has_function_privilege(%s, %s, 'execute')"
                assert connection.execute(told, (role, f"casare_robot.{name}")).fetchone() == (
                    False,
                )
