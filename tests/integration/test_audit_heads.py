"""A cut or rewritten audit looks whole on its machine, and is found by what the orchestrator has.

Who holds the machine holds the journal, the file of heads and the signing key.
"""

import json

import pytest

from casare_robot.agent.audit_files import heads_file
from casare_robot.journal.journal import Journal
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.audit_key import load_key
from tests.whole import agent, command, house, until, working


def cut(folder, journal):
    """Forget the newer half of everything."""
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit WHERE seq > 3"))
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit_heads WHERE seq > 3"))


def rewrite(folder, journal):
    """Write another story of the same length, and sign it."""
    entries = journal.writer.write_now(lambda db: db.execute("SELECT max(seq) FROM audit"))
    count = entries.fetchone()[0]
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit"))
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit_heads"))
    false = AuditLogger(journal, key=load_key(folder), session="s", heads=heads_file(folder))
    for _ in range(count):
        false.record(AuditEventType.JOB_RECEIVED, "another")
    false.close()


async def told_by(served, folder):
    """Let a robot work and leave, whose audit the orchestrator then has."""
    robot = agent(served.robots_url, served.robot_key, folder)
    async with working(robot):
        for number in range(10):
            robot.audit.record(AuditEventType.ERROR, payload={"number": number})
        robot.audit.close()
        head = robot.audit.head

        async def is_kept():
            return head in await served.client.audit_heads("robot-1")

        await until(is_kept)


@pytest.mark.parametrize("forge", [cut, rewrite])
async def test_what_the_orchestrator_keeps_tells_of_a_forged_audit(tmp_path, forge) -> None:
    home = tmp_path / "home"
    folder = home / "data"
    folder.mkdir(parents=True)
    async with house() as served:
        await told_by(served, folder)
        asked = {"home": home, "CASARE_ROBOT_API_KEY": served.robot_key}
        against = ("audit", "verify", "--json", "--against", served.url)
        before = await command(*against, **asked)
        journal = Journal.open(folder)
        heads_file(folder).unlink()
        forge(folder, journal)
        journal.close()
        alone = await command("audit", "verify", "--json", **asked)
        found = await command(*against, **asked)

    assert (before.returncode, json.loads(before.stdout)["whole"]) == (0, True), before
    assert (alone.returncode, json.loads(alone.stdout)["whole"]) == (0, True), alone
    assert found.returncode == 1, found
    assert any(fault["key"].startswith("truncated") for fault in json.loads(found.stdout)["faults"])


async def test_heads_are_kept_in_order_and_for_good_and_told_to_their_robot_only(tmp_path) -> None:
    store = f"sqlite:{tmp_path / 'o.db'}"
    async with house(store) as served:
        await told_by(served, tmp_path / "robot")
        first = await served.client.audit_heads("robot-1")
        keys = served.admin_key, served.robot_key
        other = await served.orchestrator.keys.make("robot", robot_id="robot-2")
        async with OrchestratorClient(served.url, other) as stranger:
            with pytest.raises(OrchestratorError) as refused:
                await stranger.audit_heads("robot-1")
            own = await stranger.audit_heads("robot-2")
    async with house(store, keys=keys) as served:
        await told_by(served, tmp_path / "robot")
        second = await served.client.audit_heads("robot-1")

    assert (refused.value.status, own) == (401, [])
    assert second[: len(first)] == first
    assert [head.seq for head in second] == sorted({head.seq for head in second})
    assert len(second) > len(first)


async def test_an_orchestrator_that_is_away_or_knows_nothing_says_so(tmp_path) -> None:
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    async with house() as served:
        nobody = await command("audit", "verify", "--against", served.url, home=home)
        agent(served.robots_url, "", home / "data").journal.close()
        asked = {"home": home, "CASARE_ROBOT_API_KEY": served.robot_key}
        nothing = await command("audit", "verify", "--against", served.url, **asked)
    away = await command("audit", "verify", "--against", "http://127.0.0.1:9", **asked)

    assert nobody.returncode == 2
    assert "never been a robot" in nobody.stderr
    assert "keeps nothing" in nothing.stderr
    assert away.returncode not in (0, 1)
    assert "E-LINK-503" in away.stderr
