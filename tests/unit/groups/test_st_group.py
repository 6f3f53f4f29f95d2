"""ST-60 to 73: conversations of a group."""

import asyncio

import pytest

from casare_robot.domain.errors import GroupError, InvalidRecordError, MembershipError
from casare_robot.groups.choose import Work
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.robot_group import RobotGroup


class Echoes:
    """Runs what is bound to the topic: here, a rule of the test."""

    async def ask(self, robot, message, context):
        if message["content"] == "fail":
            raise GroupError(f"{robot} cannot")
        return f"{robot} read {len(message['content'])} letters about {context.get('topic')}"


@pytest.fixture
async def talk(store, clock):
    async with await RobotGroup.open(
        store, "talk", active=["researcher", "writer", "reviewer"], clock=clock, asker=Echoes()
    ) as group:
        yield group


async def speakers_of(group, count):
    return [(await group.ask(f"question {n}"))[0]["agentId"] for n in range(count)]


async def test_st_60_a_group_of_talkers_has_an_id_and_participants(store, clock):
    async with await RobotGroup.open(store, active=["a", "b"], maxAgents=2, clock=clock) as group:
        conversation = await group.conversation()

    assert conversation["participantIds"] == ["a", "b"]
    assert conversation["sharedContext"] == {}
    with pytest.raises(GroupError):
        await RobotGroup.open(store, active=["a", "b", "c"], maxAgents=2, clock=clock)
    with pytest.raises(InvalidRecordError):
        await RobotGroup.open(store, maxAgents=0, clock=clock)


async def test_st_61_ten_robots_at_most_and_none_twice(store, clock):
    async with await RobotGroup.open(store, "g", clock=clock) as group:
        for n in range(10):
            await group.add_active(f"r{n}")
        with pytest.raises(GroupError, match="10 members"):
            await group.add_active("one too many")
        await group.remove("r0")
        await group.add_active("fits")
        with pytest.raises(MembershipError):
            await group.add_active("fits")


async def test_st_62_round_robin_is_a_fixed_rotation(speakers):
    last, order = None, []
    for _ in range(5):
        choice = await Dispatcher.choose(speakers, Work(last=last), strategy="round_robin")
        last = choice.chosen
        order.append(last)

    assert order == ["researcher", "writer", "reviewer", "researcher", "writer"]


async def test_st_63_the_judge_chooses_by_expertise_or_the_next_in_turn_speaks(speakers):
    async def judge(candidates, work, recent):
        return {"agentId": "reviewer", "confidence": 0.9, "reasoning": "asked for quality"}

    async def wrong(candidates, work, recent):
        return {"agentId": "nobody"}

    async def broken(candidates, work, recent):
        raise ConnectionError("no model")

    async def late(candidates, work, recent):
        await asyncio.sleep(60)

    work = Work(text="who does the fact finding?", last="researcher")

    async def ask(judge):
        return await Dispatcher.choose(speakers, work, strategy="llm_based", judge=judge)

    chosen = await ask(judge)
    assert (chosen.chosen, chosen.confidence, chosen.reason) == (
        "reviewer", 0.9, "asked for quality",
    )  # fmt: skip
    for bad in (wrong, broken, late):
        fallback = await ask(bad)
        assert (fallback.chosen, fallback.strategy) == ("writer", "round_robin")
        assert fallback.latency_ms < 1000
    assert (await ask(None)).chosen == "researcher"


async def test_st_64_priorities_share_the_turns_by_weight(talk):
    priorities = {"researcher": 0.5, "writer": 0.3, "reviewer": 0.2}
    await talk.set_speaker_strategy("priority", priorities=priorities)
    order = await speakers_of(talk, 20)

    counts = {name: order.count(name) for name in priorities}
    assert counts == {"researcher": 10, "writer": 6, "reviewer": 4}


async def test_st_65_after_three_turns_in_a_row_a_robot_pauses(speakers):
    async def judge(candidates, work, recent):
        has_writer = any(c.id == "writer" for c in candidates)
        return {"agentId": "writer" if has_writer else "reviewer"}

    turns = []
    for _ in range(9):
        choice = await Dispatcher.choose(
            speakers, Work(), strategy="llm_based", judge=judge, turns=turns
        )
        turns.append(choice.chosen)

    assert turns == ["writer"] * 3 + ["reviewer"] + ["writer"] * 3 + ["reviewer", "writer"]


async def test_st_66_several_robots_answer_one_message_if_allowed(talk):
    await talk.set_speaker_strategy("round-robin", maxSpeakersPerTurn=2)
    answers = await talk.ask("question")

    assert [answer["agentId"] for answer in answers] == ["researcher", "writer"]


async def test_st_67_messages_and_answers_are_kept_in_order(talk):
    await talk.update_context({"topic": "AI"})
    message = {"id": "msg-1", "role": "user", "content": "What?", "timestamp": 1}
    [answer] = await talk.ask(message)
    [failed] = await talk.ask({"id": "msg-2", "content": "fail"})

    assert answer["content"] == "researcher read 5 letters about AI"
    assert (failed["content"], failed["error"]) == (None, "writer cannot")
    history = (await talk.conversation())["conversationHistory"]
    assert [turn["role"] for turn in history] == ["user", "assistant", "user", "assistant"]
    assert history[0] == message
    assert (await talk.conversation())["metadata"]["messageCount"] == 4


async def test_st_68_the_shared_context_is_merged_at_the_top(talk):
    await talk.update_context({"phase": 1, "areas": ["a", "b"]})
    context = await talk.update_context({"areas": ["c"]})

    assert context == {"phase": 1, "areas": ["c"]}
    assert (await talk.conversation())["sharedContext"] == context
    with pytest.raises(InvalidRecordError):
        await talk.update_context(None)


async def test_st_69_a_conversation_shows_what_happened_or_none(talk, store):
    await talk.ask("hello")

    shown = await talk.conversation()
    assert set(shown) >= {
        "sharedContext", "participantIds", "conversationHistory", "workflowState",
        "lastSpeakerId", "metadata",
    }  # fmt: skip
    assert shown["lastSpeakerId"] == "researcher"
    await store.drop("group", "talk")
    assert await talk.conversation() is None


async def test_st_70_the_strategy_and_the_next_speaker_can_be_set(talk):
    await talk.set_speaker_strategy("llm-based", next="reviewer")

    assert await speakers_of(talk, 1) == ["reviewer"]
    assert (await talk.conversation())["metadata"]["strategy"] == "llm_based"
    with pytest.raises(InvalidRecordError):
        await talk.set_speaker_strategy("loudest")
    with pytest.raises(InvalidRecordError):
        await talk.set_speaker_strategy("priority", next="stranger")


async def test_st_71_tasks_go_on_in_the_order_of_their_dependencies(talk, clock):
    await talk.workflow(
        {"id": "find", "description": "find", "assignedAgentId": "researcher"},
        {"id": "write", "description": "write", "dependencies": ["find"]},
    )
    with pytest.raises(InvalidRecordError, match="waits for find"):
        await talk.workflow(id="write", status="in_progress")
    await talk.workflow(id="find", status="completed")
    state = await talk.workflow(id="write", status="in_progress")

    assert (state["currentTaskId"], state["completedTaskIds"]) == ("write", ["find"])
    assert state["tasks"][0]["completedAt"] == clock.now
    assert state["tasks"][1]["createdAt"] == clock.now


async def test_st_72_a_conversation_ends_well_unless_a_task_failed(talk):
    assert await talk.end() is True
    assert await talk.end() is True
    await talk.workflow({"id": "x", "status": "failed"})

    assert await talk.end() is False


async def test_st_73_figures_count_conversations_and_choices(talk):
    await talk.ask("one")
    await talk.set_speaker_strategy("priority")
    await talk.ask("two")
    await talk.end()

    figures = await talk.stats()
    assert figures["totalMessages"] == 4
    assert figures["selectionsByStrategy"] == {"round_robin": 1, "priority": 1}
    assert figures["avgSelectionLatencyMs"] >= 0
    assert figures["avgAgentsPerConversation"] == 3
    assert (figures["successfulConversations"], figures["failedConversations"]) == (1, 0)
    assert (figures["activeConversations"], figures["successRate"]) == (0, 1.0)
