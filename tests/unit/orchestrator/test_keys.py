import pytest

from casare_robot.domain.group_place import GroupPlace
from casare_robot.orchestrator.keys import CODE_LIFE, CodeRefusedError, Keys


@pytest.fixture
def keys(store, clock):
    return Keys(store, clock=clock)


async def test_a_key_is_known_and_never_kept(keys, store):
    key = await keys.make("robot", robot_id="a", name="desk")

    holder = await keys.holder(key)
    assert (holder.kind, holder.robot_id, holder.name) == ("robot", "a", "desk")
    assert await keys.holder(key + "x") is None
    assert all(key not in f"{row}" for row in await store.find("key"))


async def test_a_robots_keys_can_be_revoked(keys):
    key = await keys.make("robot", robot_id="a")
    other = await keys.make("robot", robot_id="b")

    assert await keys.revoke("a") == 1
    assert await keys.holder(key) is None
    assert await keys.holder(other) is not None


async def test_a_code_is_good_for_one_robot_once(keys):
    code, _ = await keys.make_code(robot_id="desk-1")

    robot_id, key, place = await keys.exchange(f" {code.lower()} ", robot_name="Desk")

    assert (robot_id, place) == ("desk-1", GroupPlace())
    assert (await keys.holder(key)).robot_id == "desk-1"
    with pytest.raises(CodeRefusedError):
        await keys.exchange(code, robot_name="Thief")


async def test_a_code_may_say_where_in_which_group_a_robot_belongs(keys):
    place = GroupPlace(group="invoices", group_role="passive")
    code, _ = await keys.make_code(place=place)

    assert (await keys.exchange(code, robot_name="Desk"))[2] == place


async def test_a_code_ends_after_an_hour(keys, clock):
    code, ends = await keys.make_code()
    assert ends == clock.now + CODE_LIFE

    clock.now += CODE_LIFE + 1

    with pytest.raises(CodeRefusedError):
        await keys.exchange(code, robot_name="Late")
