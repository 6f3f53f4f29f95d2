"""`casare-robot group ...` and `fleet ...` on a store of the test's own."""

import asyncio
import json
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from casare_robot.cli.app import app
from casare_robot.cli.group_view import list_picture, status_picture
from casare_robot.desktop.places import find_places
from casare_robot.groups.group_look import groups_of, look_at
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.opening import open_store


@pytest.fixture
def url(home, tmp_path):
    return f"sqlite:{tmp_path / 'deep' / 'shared.db'}"


@pytest.fixture
def say(url):
    """Runs a command on the store: its exit code, what it printed, what it complained of."""

    def run(*words, store=url, code=0):
        result = CliRunner().invoke(app, [*words, *(("--store", store) if store else ())])
        assert result.exit_code == code, (result.output, result.stderr, result.exception)
        return result.stdout

    return run


@pytest.fixture
def told(say):
    """What a command says with ``--json``."""
    return lambda *words, **given: json.loads(say(*words, "--json", **given))


@pytest.fixture
def team(say):
    say("group", "create", "team", "--active", "a", "--passive", "b", "--max-tokens", "100")
    return "team"


def on(url, work):
    """Do something with the store, beside the command line."""

    async def act():
        async with await open_store(url) as store:
            return await work(store)

    return asyncio.run(act())


def test_a_group_is_made_with_members_and_shown(told) -> None:
    shown = told(
        *("group", "create", "team", "--active", "a", "--passive", "b", "--for", "invoices"),
        *("--max-tokens", "100", "--capability", "sap", "--priority", "high"),
    )

    assert (shown["active"], shown["passive"], shown["total_members"]) == (["a"], ["b"], 2)
    assert (shown["name"], shown["status"], shown["objective"]) == ("team", "active", "invoices")
    assert (shown["max_tokens"], shown["token_utilization"]) == (100, 0)


def test_a_second_group_of_a_name_is_refused(team, say, told) -> None:
    refused = told("group", "create", "team", code=1)

    assert refused["error"] == {
        "code": "E-STORE-409", "message": "group 'team' is there already",
    }  # fmt: skip


def test_a_name_that_is_none_is_refused_and_nothing_is_made(told) -> None:
    refused = told("group", "create", "a b", code=1)

    assert refused["error"]["code"] == "E-STORE-422"
    assert "is no name of a group" in refused["error"]["message"]
    assert told("group", "list") == []


def test_status_is_plain_lines_where_it_is_piped(team, say) -> None:
    lines = say("group", "status", "team").splitlines()

    assert lines[0] == "team: active"
    assert [line.split()[:2] for line in lines[3:5]] == [["active", "a"], ["passive", "b"]]
    assert lines[5] == "memory: 0 texts, 0 of 100 tokens (0%), all members in step"
    assert not any("\x1b" in line for line in lines)


def test_status_is_a_picture_on_a_terminal(team, url) -> None:
    status = on(url, lambda store: look_at(store, "team", now=0))
    console = Console(record=True, width=100, force_terminal=True, file=StringIO())

    console.print(status_picture(status))
    console.print(list_picture([status]))

    text = console.export_text()
    assert "╭" in text or "┌" in text, "an old console of Windows has no round corners"
    assert "▶ active" in text
    assert "0 of 100 tokens" in text


def test_the_only_group_need_not_be_named_but_one_of_two_must(team, say, told) -> None:
    assert told("group", "status")["name"] == "team"
    say("group", "create", "other")

    refused = told("group", "status", code=2)

    assert refused["error"]["message"] == "which group? there are other, team"


def test_an_unknown_group_is_refused_and_not_made(say, told) -> None:
    refused = told("group", "remember", "nobody", "text", code=1)

    assert refused["error"]["code"] == "E-STORE-404"
    assert told("group", "list") == []


def test_lists_show_each_group_and_can_be_filtered(team, say, told) -> None:
    say("group", "create", "empty")

    assert [group["name"] for group in told("group", "list")] == ["empty", "team"]
    assert told("fleet", "groups", "--status", "failed") == []
    assert "passive b" in say("group", "list")


def test_robots_join_and_leave(team, told, say) -> None:
    joined = told(
        *("group", "join", "team", "--robot", "c", "--role", "active"),
        *("--capability", "sap", "--priority", "high"),
    )
    members = told("group", "status", "team")["members"]
    left = told("group", "leave", "team", "--robot", "c")
    again = told("group", "leave", "team", "--robot", "c")

    assert joined == {"group": "team", "robot": "c", "role": "active"}
    assert (members[2]["capabilities"], members[2]["priority"]) == (["sap"], "high")
    assert (left["was_member"], again["was_member"]) == (True, False)
    assert told("group", "join", "team", "--robot", "a", code=1)["error"]["code"] == "E-GRP-404"


def test_this_robot_joins_by_its_settings_and_leaves_by_them(team, url, home, told) -> None:
    joined = told("group", "join", "team", "--role", "active")
    settings = json.loads((home / "robot_config.json").read_text())
    elsewhere = told("group", "leave", "other", code=2)
    left = told("group", "leave", "team")

    assert (joined["role"], joined["holds"]) == ("active", "from the robot's next start")
    assert settings == {"group": "team", "group_role": "active", "store_url": url}
    assert "this robot is not in other: it is in team" in elsewhere["error"]["message"]
    assert left["group"] == "team"
    assert json.loads((home / "robot_config.json").read_text()) == {"store_url": url}


def test_a_robot_that_leaves_is_no_member_any_more(team, home, told) -> None:
    (home / "robot_config.json").write_text(json.dumps({"robot_id": "a"}))
    told("group", "join", "team")
    told("group", "leave", "team")

    assert told("group", "status", "team")["active"] == []


def test_this_robot_joins_no_group_that_there_is_not(home, told) -> None:
    told("group", "create", "team")

    assert told("group", "join", "nobody", code=1)["error"]["code"] == "E-STORE-404"
    assert "tags" in told("group", "join", "team", "--capability", "x", code=2)["error"]["message"]
    assert not (home / "robot_config.json").exists()


def test_a_stronger_setting_is_told(team, home, told, monkeypatch) -> None:
    monkeypatch.setenv("CASARE_ROBOT_GROUP", "other")

    refused = told("group", "join", "team", code=2)

    assert "stronger" in refused["error"]["message"]


def test_roles_change_but_the_last_active_stays(team, told) -> None:
    told("group", "promote", "team", "b")
    told("group", "demote", "team", "a")

    assert told("group", "status", "team")["active"] == ["b"]
    assert told("group", "demote", "team", "b", code=1)["error"]["code"] == "E-GRP-404"


def test_failover_retires_the_one_and_promotes_the_other(team, told) -> None:
    story = told("group", "failover", "team")

    shown = told("group", "status", "team")
    assert (story["promoted"], story["retired"]) == ("b", ["a"])
    assert (shown["active"], shown["passive"]) == (["b"], [])
    assert shown["failovers"][0]["promoted"] == "b"
    assert told("group", "failover", "team", code=1)["error"]["code"] == "E-GRP-409"


def test_a_drill_reports_its_phases_and_swaps_the_robots(team, told, say) -> None:
    done = told("group", "drill", "team")

    assert (done["promoted"], done["retired"]) == ("b", ["a"])
    assert [p["name"] for p in done["phases"]] == ["look", "commit", "told", "return"]
    assert done["seconds"] == pytest.approx(sum(p["seconds"] for p in done["phases"]))
    assert (told("group", "status")["active"], told("group", "status")["passive"]) == (["b"], ["a"])
    assert "took over from b" in say("group", "drill", "team")


def test_a_drill_with_open_jobs_is_done_only_if_that_is_wanted(team, url, told) -> None:
    on(url, lambda s: s.put("group_job", "1", {"status": "running", "group": "team", "robot": "a"}))

    refused = told("group", "drill", "team", code=2)
    before = told("group", "status", "team")["active"]
    done = told("group", "drill", "team", "--yes")

    assert "1 open jobs" in refused["error"]["message"]
    assert before == ["a"]
    assert done["jobs"] == ["1"]


def test_what_is_remembered_is_recalled_and_shown(team, told, say) -> None:
    node = told(
        *("group", "remember", "team", "the portal is in German", "--robot", "b"),
        *("--tag", "sap:portal", "--metadata", '{"page": 3}', "--pinned"),
    )["node_id"]

    (found,) = told("group", "recall", "team", "portal")
    (working,) = told("group", "memory", "team")
    assert (found["id"], found["metadata"], found["created_by"]) == (node, {"page": 3}, "b")
    assert (working["id"], working["pinned"]) == (node, True)
    assert say("group", "memory", "team", "--text") == "the portal is in German\n"
    assert told("group", "recall", "team", "portal", "--tag", "other") == []
    assert len(told("group", "recall", "team", "portal", "--everywhere")) == 1
    assert "[sap, sap:portal]" in say("group", "recall", "team", "portal")


def test_metadata_that_is_no_object_is_refused(team, told) -> None:
    for text in ("[1]", "word", "{broken"):
        refused = told("group", "remember", "team", "x", "--metadata", text, code=2)
        assert refused["error"]["code"] == "E-USAGE-2"


def test_sync_tells_what_was_new(team, told) -> None:
    assert told("group", "sync", "team") == {
        "group": "team", "synced_nodes": 0, "members_updated": 0,
    }  # fmt: skip


def test_events_are_published_and_read_oldest_first(team, say, url) -> None:
    for number in range(3):
        say("group", "publish", "team", "invoices:arrived", json.dumps({"n": number}))
    say("group", "publish", "team", "alarm", "fire", "--priority", "critical")

    def read(*words):
        printed = say("group", "events", "team", "--json", *words).splitlines()
        return [json.loads(line) for line in printed]

    assert [e["payload"]["n"] for e in read("--topic", "invoices:*", "--limit", "2")] == [1, 2]
    last = read("--limit", "1")
    assert [(e["eventType"], e["payload"], e["priority"]) for e in last] == [
        ("alarm", "fire", "critical")
    ]
    assert " ! alarm  fire" in say("group", "events", "team", "--limit", "1")


def test_a_question_is_answered_or_told_why_not(team, told, say) -> None:
    (answer,) = told("group", "ask", "team", "how are you?", code=1)

    assert answer["agentId"] == "a"
    assert "nobody here who can answer" in answer["error"]
    assert "a has nobody here who can answer" in say("group", "ask", "team", "again?", code=1)


def test_sessions_are_listed(team, url, told, say) -> None:
    from casare_robot.groups.sessions import Sessions

    session = on(url, lambda store: Sessions(store).create(robots=("a",)))

    (shown,) = told("group", "sessions")
    assert (shown["id"], shown["state"], shown["agentIds"]) == (session.id, "active", ["a"])
    assert session.id in say("group", "sessions", "--state", "active")
    assert told("group", "sessions", "--state", "closed") == []


def test_health_is_1_where_nobody_is_active_or_a_member_is_silent(team, url, told, say) -> None:
    async def enrol_and_die(store):
        async with await RobotGroup.open(store, "team") as group:
            await group.join("gone", is_enrolled=True)

    fine = told("group", "health", "team")
    on(url, enrol_and_die)
    silent = told("group", "health", "team", code=1)
    say("group", "create", "empty")

    assert (fine["status"], fine["failed_agents"]) == ("healthy", 0)
    assert (silent["status"], silent["members"][2]["health"]) == ("degraded", "disconnected")
    assert "nobody is active" in say("group", "health", "empty", code=1)


def test_the_fleet_tells_its_state_and_figures(team, told, say) -> None:
    shown = told("fleet", "status")

    assert (shown["status"], shown["leader"], shown["registry"]["totalAgents"]) == (
        "healthy", None, 2,
    )  # fmt: skip
    assert told("fleet", "statistics")["registry"]["activeSwarms"] == 1
    assert "groups: 1 active of 1" in say("fleet", "status")
    assert "registry.activeSwarms: 1" in say("fleet", "statistics")


def test_jobs_go_to_the_group_that_the_strategy_chooses(team, told, say, tmp_path) -> None:
    say("group", "create", "sap", "--active", "s", "--capability", "sap")
    file = tmp_path / "read.json"
    file.write_text('{"nodes": {}}')

    by_capability = told(
        *("fleet", "distribute", "team", "--workflow", str(file), "--capability", "sap"),
        *("--strategy", "capability"),
    )
    by_name = told("fleet", "distribute", "team", "--named", "reconcile")
    nobody = told("fleet", "distribute", "team", "fly", "--capability", "wings")
    refused = told("fleet", "distribute", "team", code=2)
    twice = ("--named", "a", "--workflow", str(file))

    assert told("fleet", "distribute", "team", *twice, code=2)["error"]["code"] == "E-USAGE-2"
    assert by_name["distributed"]
    assert (by_capability["targetSwarm"], by_capability["strategy"]) == ("sap", "capability")
    assert (nobody["queued"], nobody["reason"]) == (True, "no_capable_robot")
    assert refused["error"]["code"] == "E-USAGE-2"


def test_what_nobody_shares_yet_is_told(team, told) -> None:
    refused = told("fleet", "allocate", "team", "licence", "1", code=2)

    assert "--capacity says how much" in refused["error"]["message"]


def test_resources_are_taken_and_given_back(team, told) -> None:
    taken = told("fleet", "allocate", "team", "licence", "2", "--capacity", "3")
    refused = told("fleet", "allocate", "team", "licence", "2", code=1)
    given = told("fleet", "allocate", "team", "licence", "1", "--release")

    assert (taken["allocated"], taken["held"], given["held"]) == (True, 2, 1)
    assert refused["error"]["code"] == "E-STORE-507"


def test_a_group_is_frozen_and_brought_back(team, told, say) -> None:
    assert told("fleet", "snapshot", "team", "--label", "before")["group"] == "team"
    (recovered,) = told("fleet", "recover", "team")

    assert (recovered["success"], recovered["group"]) == (True, "team")
    assert told("group", "status", "team")["status"] == "active"
    assert told("fleet", "interrupted") == []
    assert say("fleet", "recover") == "no group is interrupted\n"


def test_an_interrupted_group_is_found_and_recovered(team, url, told) -> None:
    on(url, lambda store: store.patch("group", "team", {"status": "interrupted"}))

    assert [group["id"] for group in told("fleet", "interrupted")] == ["team"]
    assert [one["group"] for one in told("fleet", "recover")] == ["team"]
    assert told("fleet", "interrupted") == []


def test_the_store_of_the_settings_is_used_where_none_is_named(home, url, say, told) -> None:
    (home / "robot_config.json").write_text(json.dumps({"store_url": url}))
    told("group", "create", "team", store=None)

    assert [group["name"] for group in told("group", "list", store=url)] == ["team"]


def test_without_settings_it_is_a_file_beside_the_robots_home(home, told) -> None:
    told("group", "create", "team", store=None)

    assert find_places().shared_store.is_file()
    assert find_places().shared_store.parent == home.parent


def test_a_store_that_cannot_be_used_is_told_with_its_code(told) -> None:
    refused = told("group", "list", store="ftp:nowhere", code=1)

    assert refused["error"]["code"] == "E-STORE-500"


def test_many_groups_are_one_look(team, url) -> None:
    assert len(on(url, lambda store: groups_of(store, now=0))) == 1


def test_a_job_that_needs_attention_goes_on_or_is_cancelled(team, url, say, told) -> None:
    record = {"status": "needs_attention", "group": "team", "robot": "a", "restartable": False}

    async def park(store):
        await store.put("group_job", "1", record)

    on(url, park)

    assert told("group", "resolve", "1", "--as", "again") == {"job_id": "1", "status": "queued"}
    say("group", "resolve", "1", "--as", "done", code=1)
    assert say("group", "cancel", "1") == "job 1 is being cancelled\n"
    assert told("group", "cancel", "1", code=1) == {"job_id": "1", "cancelled": False}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("group", "recall", "team", "x"), "team knows nothing about 'x'\n"),
        (("group", "memory", "team"), "the working memory is empty\n"),
        (("group", "sessions"), "no conversation is kept\n"),
        (("fleet", "interrupted"), "no group is interrupted\n"),
    ],
)
def test_where_there_is_nothing_to_show_people_are_told_so(team, url, words, said) -> None:
    shown = CliRunner().invoke(app, [*words, "--store", url])

    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", said)


def test_groups_of_a_status_are_listed_and_another_word_is_refused(team, url, told) -> None:
    assert [group["name"] for group in told("group", "list", "--status", "active")] == [team]
    shown = CliRunner().invoke(app, ["group", "list", "--status", "failed", "--store", url])
    refused = told("group", "list", "--status", "well", code=1)["error"]

    assert (shown.stdout, shown.stderr) == ("", "no group is failed\n")
    assert refused["code"] == "E-STORE-422"
    assert refused["message"].startswith("'well' is no status; there are initializing")
