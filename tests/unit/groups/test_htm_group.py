"""HTM-01 to 14, 38 to 41, 48 to 56, 59: members, roles, failover, status, commands."""

import json

import pytest

from casare_robot.domain.errors import GroupError, InvalidRecordError, MembershipError
from casare_robot.groups.robot_group import RobotGroup


async def test_htm_01_a_group_is_made_with_names_and_a_budget(store, clock):
    async with await RobotGroup.open(store, "g", max_tokens=8000, clock=clock) as group:
        status = await group.status()

    assert (status["name"], status["active"], status["passive"]) == ("g", [], [])
    assert status["max_tokens"] == 8000


async def test_htm_02_a_group_has_4000_tokens_by_default(store, clock):
    async with await RobotGroup.open(store, "g", clock=clock) as group:
        assert (await group.status())["max_tokens"] == 4000


async def test_htm_03_members_join_in_the_order_given_while_the_group_listens(store, clock):
    async with await RobotGroup.open(
        store, "g", active=["a", "b"], passive=["c", "d"], clock=clock
    ) as group:
        assert group.channel.listening
        assert [m.robot for m in await group.members()] == ["a", "b", "c", "d"]


async def test_htm_04_an_empty_group_is_legal_and_robots_join_later(store, clock):
    async with await RobotGroup.open(store, "g", clock=clock) as group:
        await group.add_active("late")

        assert [m.robot for m in await group.members()] == ["late"]


async def test_htm_05_robots_are_found_or_made_by_name(group, store):
    name = await group.join()
    row = await store.get("group_robot", name)

    assert name.startswith("robot_")
    assert len(name) == 14
    assert set(row.record) == {"id", "name", "created_at", "last_active"}


async def test_htm_05_what_a_robot_remembers_renews_its_last_activity(group, store, clock):
    clock.now += 60
    await group.remember("something", originator="a")

    assert (await store.get("group_robot", "a")).record["last_active"] == clock.now
    assert (await store.get("group_robot", "a")).record["created_at"] == clock.now - 60


async def test_htm_06_an_active_robot_joins_and_knows_what_the_group_knows(group):
    await group.remember("known before", originator="a")

    assert await group.add_active("c") == "c"
    assert await group.is_member("c", "active")
    assert (await group.status())["in_sync"]


async def test_htm_07_a_passive_robot_joins_and_knows_what_the_group_knows(group):
    await group.remember("known before", originator="a")

    assert await group.add_passive("c") == "c"
    assert await group.is_member("c", "passive")
    assert (await group.status())["in_sync"]


@pytest.mark.parametrize("name", ["a", "b"])
async def test_htm_08_a_member_cannot_join_again_in_either_role(group, name):
    with pytest.raises(MembershipError, match=f"{name} is already a member"):
        await group.add_active(name)


async def test_htm_09_a_robot_is_removed_whatever_its_role(group):
    await group.remove("b")
    await group.remove("nobody")

    assert [m.robot for m in await group.members()] == ["a"]


async def test_htm_10_a_passive_robot_is_promoted_and_keeps_its_memory(group):
    node = await group.remember("kept", originator="a")
    await group.promote("b")

    assert (await group.status())["active"] == ["a", "b"]
    assert [n.id for n in await group.memory.contents()] == [node]
    with pytest.raises(MembershipError, match="a is not a passive member"):
        await group.promote("a")


async def test_htm_11_an_active_robot_is_demoted_but_never_the_last(group):
    await group.promote("b")
    await group.demote("a")

    assert (await group.status())["passive"] == ["a"]
    with pytest.raises(MembershipError, match="Cannot demote last active robot"):
        await group.demote("b")
    with pytest.raises(MembershipError, match="a is not an active member"):
        await group.demote("a")


async def test_htm_12_members_are_told_by_role_in_the_order_of_joining(group):
    await group.add_active("c")

    assert [m.robot for m in await group.members()] == ["a", "b", "c"]
    assert [m.robot for m in await group.members("active")] == ["a", "c"]
    assert [m.robot for m in await group.members("passive")] == ["b"]
    assert await group.is_member("a")
    assert not await group.is_member("a", "passive")


async def test_htm_13_active_robots_answer_and_passive_ones_only_keep_the_context(store, clock):
    class Answers:
        async def ask(self, robot, message, context):
            return f"by {robot}"

    async with await RobotGroup.open(
        store, "g", active=["a"], passive=["b"], clock=clock, asker=Answers()
    ) as group:
        said = [await group.ask(str(n)) for n in range(3)]

        assert [answer["agentId"] for [answer] in said] == ["a", "a", "a"]
        assert [m.role for m in await group.members()] == ["active", "passive"]


async def test_htm_14_robots_come_and_go_at_run_time(group):
    await group.add_active("c")
    await group.remember("while three", originator="c")
    await group.remove("b")
    await group.remove("a")

    assert (await group.status())["active"] == ["c"]
    assert (await group.status())["passive"] == []
    assert len(await group.recall("while")) == 1


async def test_htm_16_without_an_active_robot_nothing_is_remembered(store, clock):
    async with await RobotGroup.open(store, "g", passive=["b"], clock=clock) as group:
        with pytest.raises(GroupError, match="No active robots in group"):
            await group.remember("x")
        with pytest.raises(GroupError, match="No active robots in group"):
            await group.recall("x")


async def test_htm_16_only_members_originate(group):
    with pytest.raises(MembershipError):
        await group.remember("x", originator="stranger")


async def test_htm_38_syncing_a_robot_tells_how_much_was_new(store, group, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as elsewhere:
        await elsewhere.remember("one", originator="a")
        await elsewhere.remember("two", originator="a")

    assert await group.sync_robot("b") == 2
    assert await group.sync_robot("b") == 0
    with pytest.raises(MembershipError):
        await group.sync_robot("stranger")


async def test_htm_39_syncing_all_tells_nodes_and_members(store, group, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as elsewhere:
        await elsewhere.remember("one", originator="a")

    assert await group.sync_all() == {"synced_nodes": 1, "members_updated": 1}
    assert await group.sync_all() == {"synced_nodes": 0, "members_updated": 0}


async def test_htm_41_sync_figures_count_nodes_evictions_and_notifications(store, group, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as elsewhere:
        await elsewhere.remember("one", originator="a")
        await group.sync_robot("b")
        await elsewhere.clear()
        await group.sync_robot("b")

    figures = group.sync_stats()
    assert figures["nodes_synced"] == 1
    assert figures["evictions_synced"] == 1
    assert figures["notifications_received"] >= 2


async def test_htm_48_a_worker_in_another_process_speaks_lines_of_json(store, group, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as worker:
        said = json.dumps({"command": "remember", "content": "from afar", "originator": "a"})
        answers = [
            await worker.command(json.dumps({"command": "ping"})),
            await worker.command(said),
            await worker.command(json.dumps({"command": "recall", "query": "afar"})),
            await worker.command("{not json"),
        ]

    assert [answer["status"] for answer in answers] == ["ok", "ok", "ok", "error"]
    assert await group.recall("afar", raw=False) == ["from afar"]


async def test_htm_49_the_first_passive_robot_takes_over_and_the_failed_one_is_gone(group):
    assert await group.failover() == "b"

    status = await group.status()
    assert (status["active"], status["passive"]) == (["b"], [])


async def test_htm_49_a_returning_robot_comes_back_as_passive(group):
    await group.failover()
    await group.add_active("a")

    assert (await group.status())["passive"] == ["a"]


async def test_htm_50_without_a_passive_robot_nobody_takes_over(group):
    await group.failover()

    with pytest.raises(GroupError, match="No passive robots available for failover"):
        await group.failover()


async def test_htm_51_whoever_takes_over_knows_everything_at_once(group):
    known = {await group.remember(f"fact {n}", originator="a") for n in range(5)}
    assert await group.failover() == "b"

    assert {found["id"] for found in await group.recall("fact", limit=10)} == known


async def test_htm_54_the_status_says_who_and_how_much(group):
    await group.remember("four tokens of text", originator="a")

    status = await group.status()
    assert set(status) == {
        "name", "active", "passive", "total_members", "working_memory_nodes",
        "working_memory_tokens", "max_tokens", "token_utilization", "in_sync",
    }  # fmt: skip
    assert status["working_memory_nodes"] == 1
    assert status["token_utilization"] == round(status["working_memory_tokens"] / 8000, 2)


async def test_htm_55_after_shutdown_it_listens_no_more(group):
    await group.shutdown()

    assert not group.channel.listening


async def test_htm_56_groups_are_commanded_by_messages(group):
    async def say(command, **given):
        return await group.command({"command": command, **given})

    made = await say("create", group="new", active=["x"], join_as="passive", robot="y")
    assert made["success"]
    assert made["joined"] == "y"
    assert not (await say("create", group="new"))["success"]
    assert set((await say("list"))["groups"]) == {"team", "new"}
    assert (await say("status"))["group"]["active"] == ["a"]
    assert not (await say("status", group="unknown"))["success"]
    assert (await say("join", robot="c"))["robot"] == "c"
    assert "already a member" in (await say("join", robot="c"))["error"]
    assert (await say("remember", content="text"))["node_id"]
    assert (await say("recall", query="text"))["count"] == 1
    assert len((await say("working_memory"))["nodes"]) == 1
    assert (await say("promote", robot="c"))["success"]
    assert (await say("failover"))["promoted"] == "b"
    assert "synced_nodes" in await say("sync")
    assert (await say("leave", robot="c"))["success"]
    assert not (await say("dance"))["success"]
    assert (await say("shutdown"))["success"]


@pytest.mark.parametrize(
    ("case", "active", "passive", "tokens"),
    [
        ("high availability", 1, 3, 8000),
        ("load balancing", 2, 0, 8000),
        ("disaster recovery", 1, 1, 32_000),
        ("support team", 3, 1, 16_000),
    ],
)
async def test_htm_59_the_shapes_of_the_use_cases(store, clock, case, active, passive, tokens):
    async with await RobotGroup.open(
        store,
        "g",
        active=[f"a{n}" for n in range(active)],
        passive=[f"p{n}" for n in range(passive)],
        max_tokens=tokens,
        clock=clock,
    ) as group:
        status = await group.status()

    assert (len(status["active"]), len(status["passive"])) == (active, passive), case
    assert status["max_tokens"] == tokens


@pytest.mark.parametrize("name", ["", " "])
async def test_a_robot_needs_a_name(group, name):
    with pytest.raises((InvalidRecordError, MembershipError)):
        await group.join(name or " ")
