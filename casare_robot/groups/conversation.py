"""What a group talks about: who answers, what was said, which tasks are open."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from casare_robot.domain.errors import GroupError, NotFoundError, RobotError
from casare_robot.groups.choose import Candidate, Work
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.event_text import new_id
from casare_robot.groups.group_view import GroupView
from casare_robot.groups.judge import Judge
from casare_robot.groups.records import ACTIVE, Choice, Event
from casare_robot.groups.words import invalid, one_of, options
from casare_robot.store.store import Store

SPEAKER_STRATEGIES = ("round_robin", "llm_based", "priority")
TASK_STATES = ("pending", "in_progress", "completed", "failed")
LONGEST_HISTORY = 1000
ASK = "ask"


class Asker(Protocol):
    """Has a member of this process answer; the agent runs the workflow bound to the topic."""

    async def ask(self, robot: str, message: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """The content of the answer.

        Args:
            robot: Who is asked.
            message: ``{id, role, content, timestamp}``, and ``topic`` if there is one.
            context: What all members see.
        """
        ...


class Conversation:
    """The turns of one group, kept in its row.

    Args:
        group: Whose.
        store: Where it is.
        clock: Seconds, the store's.
        asker: Asks members of this process; others are asked over the bus.
        judge: Chooses for ``llm_based``.
    """

    def __init__(
        self,
        group: GroupView,
        store: Store,
        *,
        clock: Callable[[], float],
        asker: Asker | None,
        judge: Judge | None,
    ) -> None:
        self._group = group
        self._store = store
        self._clock = clock
        self._asker = asker
        self._judge = judge
        self._lock = asyncio.Lock()
        self._unsent: dict[str, dict[str, Any]] = {}
        """The last answer by its request: if it cannot be sent, nobody is asked again."""

    def listen(self) -> None:
        """Answer what others ask of this process's robot."""
        if self._asker is not None:
            self._group.bus.on(ASK, self._asked, name=f"ask#{id(self)}")

    async def ask(self, message: str | Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have members answer; ``[{agentId, content, ...}]`` in the order of speaking.

        The message and the answers are appended to the history in one commit.
        A robot that fails answers with ``error`` and no content.

        Raises:
            GroupError: No robot is active.
        """
        said = {"content": message} if isinstance(message, str) else dict(message)
        said = {"id": new_id(), "role": "user", "timestamp": self._clock(), **said}
        async with self._lock:
            state = await self._state()
            speakers = await self._speakers(state, said)
            answers = [await self._answer(choice, said, state) for choice in speakers]
            await self._change(lambda now: _with_turns(now, said, answers))
        return answers

    async def set_strategy(self, strategy: str, **given: Any) -> None:
        """Choose speakers in another way from now on.

        Args:
            strategy: round_robin, llm_based or priority.
            given: ``max_speakers`` for each message; ``priorities`` (robot to
                weight); ``next``: who speaks next, whatever the strategy says.
        """
        known = options(given)
        fields: dict[str, Any] = {
            "strategy": one_of("speaker strategy", strategy, SPEAKER_STRATEGIES)
        }
        if "max_speakers" in known:
            fields["max_speakers"] = _at_least_one(known["max_speakers"])
        if "next" in known:
            await self._check_active(known["next"])
            fields["next"] = known["next"]
        context = {"priorities": known["priorities"]} if "priorities" in known else {}
        await self._change(
            lambda state: {**state, **fields, "context": {**state["context"], **context}}
        )

    async def update_context(self, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Replace some keys of the shared context; the whole of it."""
        if not isinstance(patch, Mapping):
            raise invalid("context", "the shared context is changed by a mapping")
        await self._change(lambda state: {**state, "context": {**state["context"], **patch}})
        return dict((await self._state())["context"])

    async def show(self) -> dict[str, Any] | None:
        """The conversation under the documents' names; None if the group is gone."""
        try:
            state = await self._state()
        except NotFoundError:
            return None
        members = await self._group.members()
        return {
            "id": self._group.id,
            "sharedContext": state["context"],
            "participantIds": [member.robot for member in members],
            "conversationHistory": state["history"],
            "workflowState": _progress(state["tasks"]),
            "lastSpeakerId": state["last"],
            "metadata": {
                "messageCount": state["messages"],
                "strategy": state["strategy"],
                "ended": state["ended"],
            },
        }

    async def workflow(self, *tasks: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
        """Set tasks, or change one of them; the state of all.

        Args:
            tasks: ``{id, description, assignedAgentId, dependencies}``.
            changed: ``id`` of the task, ``status`` and whatever else of it changes.

        Raises:
            InvalidRecordError: No such task or status, or a dependency is open.
        """
        now = self._clock()
        fresh = [
            {"status": "pending", "dependencies": [], "createdAt": now, "completedAt": None, **task}
            for task in tasks
        ]
        for task in fresh:
            one_of("status", task["status"], TASK_STATES)

        def change(state: dict[str, Any]) -> dict[str, Any]:
            known = {task["id"]: task for task in [*state["tasks"], *fresh]}
            if changed:
                known[changed["id"]] = _changed(known, changed, now)
            return {**state, "tasks": list(known.values())}

        await self._change(change)
        return _progress((await self._state())["tasks"])

    async def end(self) -> bool:
        """End it; successful unless a task failed. Counted once."""
        state = await self._state()
        went_well = not any(task["status"] == "failed" for task in state["tasks"])
        await self._change(lambda now: {**now, "ended": "completed" if went_well else "failed"})
        return went_well

    async def stats(self) -> dict[str, Any]:
        """Figures over all groups of the store."""
        rows = await self._store.find("group")
        states = [_defaults(row.record.get("conversation", {})) for row in rows]
        ended = [state["ended"] for state in states if state["ended"]]
        picks: dict[str, int] = {}
        for state in states:
            for name, count in state["picks"].items():
                picks[name] = picks.get(name, 0) + count
        total = sum(picks.values())
        sizes = [len(row.record["members"]) for row in rows]
        good = ended.count("completed")
        return {
            "activeConversations": len(states) - len(ended),
            "totalMessages": sum(state["messages"] for state in states),
            "selectionsByStrategy": picks,
            "avgSelectionLatencyMs": sum(s["latency_ms"] for s in states) / total if total else 0.0,
            "avgAgentsPerConversation": sum(sizes) / len(sizes) if sizes else 0.0,
            "successfulConversations": good,
            "failedConversations": len(ended) - good,
            "successRate": good / len(ended) if ended else 0.0,
        }

    async def _speakers(self, state: Mapping[str, Any], message: Mapping[str, Any]) -> list[Choice]:
        actives = await self._group.members(ACTIVE)
        if not actives:
            raise GroupError("No active robots in group")
        weights = state["context"].get("priorities", {})
        candidates = [
            Candidate(
                id=member.robot,
                order=member.join_no,
                capabilities=member.capabilities,
                weight=float(weights.get(member.robot, 1.0)),
                served=state["served"].get(member.robot, 0),
            )
            for member in actives
        ]
        by_hand = state["next"] if state["next"] in {c.id for c in candidates} else None
        choices: list[Choice] = []
        last = state["last"]
        while candidates and len(choices) < state["max_speakers"]:
            turns = () if message.get("priority") == "critical" else state["turns"]
            work = Work(text=str(message.get("content", "")), last=last)
            if by_hand is not None:
                choice, by_hand = Choice(chosen=by_hand, reason="by hand", strategy="manual"), None
            else:
                choice = await Dispatcher.choose(
                    candidates,
                    work,
                    strategy="weighted" if state["strategy"] == "priority" else state["strategy"],
                    judge=self._judge,
                    recent=state["history"][-5:],
                    turns=turns,
                )
            choices.append(choice)
            last = choice.chosen
            candidates = [c for c in candidates if c.id != choice.chosen]
        return choices

    async def _answer(
        self, choice: Choice, message: Mapping[str, Any], state: Mapping[str, Any]
    ) -> dict[str, Any]:
        robot = str(choice.chosen)
        began = time.perf_counter()
        turn: dict[str, Any] = {
            "id": new_id(),
            "agentId": robot,
            "role": "assistant",
            "content": None,
            "replyTo": message["id"],
            "selection": {
                "agentId": robot,
                "confidence": choice.confidence,
                "reasoning": choice.reason,
                "latencyMs": choice.latency_ms,
                "strategy": choice.strategy,
            },
        }
        try:
            turn["content"] = await self._content(robot, message, state["context"])
        except RobotError as error:
            turn["error"] = str(error)
        turn |= {"timestamp": self._clock(), "durationMs": (time.perf_counter() - began) * 1000}
        return turn

    async def _content(
        self, robot: str, message: Mapping[str, Any], context: Mapping[str, Any]
    ) -> Any:
        row = await self._group.row()
        is_apart = robot in row.record["enrolled"] and robot != self._group.robot
        if not is_apart:
            if self._asker is None:
                raise GroupError(f"{robot} has nobody here who can answer")
            return await self._asker.ask(robot, message, context)
        asked = {"message": dict(message), "context": dict(context)}
        answer = await self._group.bus.request(self._group.id, ASK, asked, robot=robot)
        if isinstance(answer, Mapping) and answer.get("error"):
            raise GroupError(str(answer["error"]))
        return answer["content"] if isinstance(answer, Mapping) else answer

    async def _asked(self, payload: Any, event: Event) -> None:
        if event.kind != "request" or self._asker is None:
            return
        if event.id not in self._unsent:
            answer: dict[str, Any]
            try:
                content = await self._asker.ask(
                    self._group.robot, payload["message"], payload["context"]
                )
                answer = {"content": content}
            except RobotError as error:
                answer = {"content": None, "error": str(error)}
            self._unsent = {event.id: answer}
        await self._group.bus.reply(event, self._unsent[event.id])

    async def _check_active(self, robot: str) -> None:
        if robot not in [member.robot for member in await self._group.members(ACTIVE)]:
            raise invalid("next", f"{robot!r} is not an active member")

    async def _state(self) -> dict[str, Any]:
        return _defaults((await self._group.row()).record.get("conversation", {}))

    async def _change(self, rule: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        await self._group.change_field("conversation", lambda kept: rule(_defaults(kept)))


def _defaults(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "strategy": "round_robin",
        "max_speakers": 1,
        "context": {},
        "history": [],
        "last": None,
        "next": None,
        "turns": [],
        "served": {},
        "picks": {},
        "latency_ms": 0.0,
        "messages": 0,
        "tasks": [],
        "ended": None,
        **kept,
    }


def _with_turns(
    state: dict[str, Any], message: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    names = [answer["agentId"] for answer in answers]
    served, picks = dict(state["served"]), dict(state["picks"])
    latency = state["latency_ms"]
    for answer in answers:
        served[answer["agentId"]] = served.get(answer["agentId"], 0) + 1
        how = answer["selection"]["strategy"]
        picks[how] = picks.get(how, 0) + 1
        latency += answer["selection"]["latencyMs"]
    return {
        **state,
        "history": [*state["history"], dict(message), *answers][-LONGEST_HISTORY:],
        "last": names[-1] if names else state["last"],
        "next": None,
        "turns": [*state["turns"], *names][-10:],
        "served": served,
        "picks": picks,
        "latency_ms": latency,
        "messages": state["messages"] + 1 + len(answers),
    }


def _changed(
    known: Mapping[str, dict[str, Any]], changed: Mapping[str, Any], now: float
) -> dict[str, Any]:
    task = known.get(changed["id"])
    if task is None:
        raise invalid("id", f"there is no task {changed['id']!r}")
    status = one_of("status", changed.get("status", task["status"]), TASK_STATES)
    still_open = [d for d in task["dependencies"] if known.get(d, {}).get("status") != "completed"]
    if status in ("in_progress", "completed") and still_open:
        raise invalid("status", f"task {task['id']} waits for {', '.join(still_open)}")
    ended = now if status in ("completed", "failed") else None
    return {**task, **changed, "status": status, "completedAt": ended}


def _progress(tasks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    current = next((t["id"] for t in tasks if t["status"] == "in_progress"), None)
    return {
        "tasks": list(tasks),
        "currentTaskId": current,
        "completedTaskIds": [t["id"] for t in tasks if t["status"] == "completed"],
    }


def _at_least_one(value: Any) -> int:
    if not isinstance(value, int) or value < 1:
        raise invalid("max_speakers", f"at least 1 speaker, not {value!r}")
    return value
