"""How a robot signs in: once for as long as it can, and anew when it cannot."""

from pathlib import Path

import pytest

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.store.opening import open_store
from casare_robot.store.supabase.sign_in import FILE, FOLDER
from tests.memory_keyring import MemoryKeyring, in_use
from tests.supabase_project import token


@pytest.fixture(autouse=True)
def keyring():
    """No test touches a person's own keyring."""
    with in_use(MemoryKeyring()):
        yield


@pytest.fixture
def project(supabase_project, tmp_path):
    supabase_project.signed_up = 0
    return supabase_project.robot("r1", "team")._replace(data=str(tmp_path))


async def opened(project):
    async with await open_store(project.address) as store:
        await store.count("job")
        return store.sign_in.token


async def test_the_next_process_needs_no_new_account(project, supabase_project):
    for _ in range(5):
        await opened(project)

    assert supabase_project.signed_up == 1


async def test_a_kept_sign_in_that_the_project_forgot_is_made_anew(project, supabase_project):
    await opened(project)
    supabase_project._refreshing.clear()
    await opened(project)
    await opened(project)

    assert supabase_project.signed_up == 2


async def test_what_is_kept_is_sealed(project, supabase_project):
    await opened(project)
    told = (Path(project.data) / FOLDER / FILE).read_text()

    assert supabase_project._refreshing
    assert not any(refresh in told for refresh in supabase_project._refreshing)


async def test_a_damaged_file_costs_a_new_account_only(project, supabase_project):
    await opened(project)
    (Path(project.data) / FOLDER / FILE).write_text("{")
    await opened(project)

    assert supabase_project.signed_up == 2


async def test_a_token_near_its_end_is_renewed_before_it_is_refused(project, supabase_project):
    async with await open_store(project.address) as store:
        store.sign_in._wall = lambda: 4_000_000_000.0
        before = store.sign_in.token

        await store.count("job")

        assert store.sign_in.token != before
    assert supabase_project.signed_up == 1


async def test_an_account_that_was_deleted_is_made_anew(project, supabase_project):
    async with await open_store(project.address) as store:
        supabase_project._refreshing.clear()
        store.sign_in.token = token("authenticated", sub="x", exp=1)

        await store.put("job", "k", {})

    assert supabase_project.signed_up == 2


async def test_a_project_out_of_reach_costs_no_account(project, supabase_project):
    gone = project._replace(url="http://127.0.0.1:9")

    with pytest.raises(StoreUnavailableError):
        await opened(gone)


async def test_a_publishable_key_of_the_newer_kind_is_taken_and_is_no_token(
    project, supabase_project
):
    older, supabase_project.anon = supabase_project.anon, "sb_publishable_of_the_tests"
    try:
        await opened(project._replace(key=supabase_project.anon))
    finally:
        supabase_project.anon = older

    assert supabase_project.signed_up == 1


async def test_a_refresh_token_is_kept_as_soon_as_it_is_exchanged(project, supabase_project):
    await opened(project)
    older = dict(supabase_project._refreshing)
    await opened(project)

    assert older.keys() != supabase_project._refreshing.keys()  # each is good for one time
    await opened(project)
    assert supabase_project.signed_up == 1
