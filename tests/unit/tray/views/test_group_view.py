"""The group as a value."""

from datetime import timedelta

import msgspec
import pytest

from casare_robot.domain.group_status import (
    DrillPhase,
    GroupDrill,
    GroupFailover,
    GroupMember,
    GroupStatus,
)
from casare_robot.tray.views.group_view import (
    cost_of_drill,
    drill_text,
    drill_title,
    group_view,
)


def member(robot, role="active", health="healthy", **facts):
    return GroupMember(robot=robot, role=role, health=health, join_no=1, **facts)


def group(*members, **facts):
    known = {
        "name": "finance",
        "status": "active",
        "robot": "a",
        "members": members or (member("a", lease_age=0.8), member("b", "passive")),
        "working_memory_nodes": 1,
        "working_memory_tokens": 20,
        "max_tokens": 100,
        "in_sync": True,
    }
    return GroupStatus(**{**known, **facts})


def test_members_tell_role_health_and_who_leads(now) -> None:
    view = group_view(group(leader="b", leader_age=3.0), now=now)

    assert [(m.name, m.role, m.condition) for m in view.members] == [
        ("a (this robot)", "active", "healthy, seen 1 s ago"),
        ("★ b", "passive", "healthy"),
    ]
    assert view.leader == "b leads; its lease was renewed 3 s ago."
    assert view.headline == "1 active · 1 stands by · all in step"
    assert view.tone == "good"


SILENT = [
    # case             what became of the leader
    ("fell silent", member("c", "active", "disconnected")),
    ("was replaced", member("c", "retired", "unknown")),
]


@pytest.mark.parametrize(("case", "leader"), SILENT, ids=[case for case, _ in SILENT])
def test_after_a_failover_the_old_leader_is_not_said_to_lead(now, case, leader) -> None:
    view = group_view(group(leader, member("b"), leader="c", leader_age=4.0), now=now)

    assert view.leader == (
        "c led and fell silent 4 s ago: whoever first sees a failure leads next."
    )
    assert [m.name for m in view.members] == ["c", "b"]


def test_while_nobody_answers_no_leader_is_told_and_nothing_can_be_done(now) -> None:
    view = group_view(group(leader="b", leader_age=3.0), now=now, problem="the store is away")

    assert (view.leader, view.can_drill, view.can_sync) == ("", False, False)
    assert not any(m.can_promote or m.can_demote for m in view.members)


TONES = [
    # case                 members                                                       tone
    ("well", (member("a"), member("b", "passive")), "good"),
    ("no standby", (member("a"),), "warn"),
    ("silent", (member("a"), member("b", "passive", "disconnected")), "warn"),
    ("nobody works", (member("b", "passive"),), "bad"),
]


@pytest.mark.parametrize(("case", "members", "tone"), TONES)
def test_the_tone_tells_whether_a_failure_would_be_survived(now, case, members, tone) -> None:
    assert group_view(group(*members), now=now).tone == tone, case


def test_what_can_be_done_is_offered_only_where_it_makes_sense(now) -> None:
    one = group_view(group(), now=now)
    two = group_view(group(member("a"), member("b"), member("c", "retired")), now=now)

    assert [(m.can_promote, m.can_demote) for m in one.members] == [(False, False), (True, False)]
    assert [(m.can_promote, m.can_demote) for m in two.members] == [
        (False, True), (False, True), (False, False),
    ]  # fmt: skip
    assert (one.can_drill, two.can_drill) == (True, False)


def test_while_the_group_cannot_be_asked_nothing_is_offered(now) -> None:
    view = group_view(group(), now=now, problem="the store is away")

    assert view.problem == "the store is away"
    assert not view.can_drill
    assert not any(m.can_promote or m.can_demote for m in view.members)


def test_a_robot_in_no_group_says_so(now) -> None:
    view = group_view(None, now=now)

    assert (view.headline, view.members, view.can_drill) == (
        "This robot is in no group.",
        (),
        False,
    )


def test_memory_tells_how_full_it_is_and_never_more_than_all(now) -> None:
    usual = group_view(group(), now=now)
    over = group_view(group(working_memory_tokens=120), now=now)

    assert (usual.memory, usual.memory_done) == ("1 text, 20 of 100 tokens (20%)", 200)
    assert (over.memory_done, over.is_nearly_full, usual.is_nearly_full) == (1000, True, False)


def test_failovers_tell_when_who_and_why(now) -> None:
    story = GroupFailover(
        at=now - timedelta(minutes=5),
        promoted="b",
        retired=("a",),
        reason="heartbeat",
        jobs=("1", "2"),
    )
    nobody = msgspec.structs.replace(story, retired=(), jobs=(), reason="manual")

    view = group_view(group(failovers=(story, nobody)), now=now)

    assert view.failovers == (
        "14:25 · b for a · no sign of life · 2 jobs went on",
        "14:25 · b became active · by hand",
    )


def test_jobs_are_counted_by_what_they_do(now) -> None:
    assert group_view(group(jobs={"queued": 2, "odd": 1}), now=now).jobs == "2 waiting · 1 odd"
    assert group_view(group(), now=now).jobs == "none"


def test_a_drill_says_beforehand_who_changes_places_and_what_it_costs() -> None:
    assert cost_of_drill(group()) == "b takes over from a, which stands by from then on."
    assert "1 job is open" in cost_of_drill(group(jobs={"running": 1, "queued": 4}))


def test_a_drill_tells_each_phase_and_an_answer_that_did_not_come() -> None:
    phases = (DrillPhase(name="commit", seconds=0.012), DrillPhase(name="answer", seconds=1.5))
    done = GroupDrill(group="g", promoted="b", retired=("a",), phases=phases, answered=True)
    mute = msgspec.structs.replace(done, answered=False)

    assert drill_title(done) == "b has taken over"
    assert drill_text(done) == "The roles were changed: 12 ms\nb answered: 1.5 s\nAll of it: 1.5 s"
    assert drill_title(mute) == "b took over, but does not answer"
    assert "b did NOT answer" in drill_text(mute)
