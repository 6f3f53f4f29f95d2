"""What changes while the robot works, and what waits for its next start."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from casare_robot.agent.reloading import changes
from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.domain.robot_events import StatusChanged
from casare_robot.domain.robot_status import LinkState
from tests.small_orchestrator import SmallOrchestrator


class HeldExecutor:
    """Runs nothing."""

    process_ids = ()

    def warm_up(self):
        pass

    def close(self):
        pass


NEEDS_RESTART = {
    *("robot_id", "robot_name", "orchestrator_url", "orchestrator_dialect", "environment"),
    *(
        "tags",
        "supabase_url",
        "supabase_key",
        "store_url",
        "group",
        "group_role",
        "group_workflows",
        "max_waiting_jobs",
    ),
    *("heartbeat_interval", "reconnect_delay", "max_reconnect_delay", "reconnect_backoff_factor"),
    *("checkpoint_dir", "node_timeout", "log_days", "log_max_bytes", "metrics_port"),
    *("language", "notifications", "quiet_hours", "judge_url", "judge_model", "judge_key"),
}


def test_the_settings_say_which_of_them_need_a_restart() -> None:
    assert {name for name, setting in settings() if setting.restart} == NEEDS_RESTART


def test_new_settings_hold_at_once_unless_they_need_a_restart() -> None:
    held = RobotConfig(robot_id="r0", max_concurrent_jobs=1, api_key="old")
    end = datetime(2026, 12, 1, tzinfo=UTC)
    read = msgspec.structs.replace(
        held,
        robot_id="r1",
        max_concurrent_jobs=4,
        api_key="new",
        sources={"api_key": "keyring"},
        expiries={"api_key": end},
    )

    adopted, waiting = changes(held, read)

    assert (adopted.max_concurrent_jobs, adopted.api_key, adopted.robot_id) == (4, "new", "r0")
    assert adopted.where("api_key") == "keyring"
    assert adopted.expiries == {"api_key": end}
    assert waiting == ("robot_id",)


def test_settings_that_are_as_they_were_need_nothing() -> None:
    config = RobotConfig()

    assert changes(config, RobotConfig()) == (config, ())


async def test_a_new_key_is_used_at_once_and_shown_nowhere(tmp_path) -> None:
    """The robot is refused, gets its new key, and is let in without a restart."""
    async with SmallOrchestrator(key="crpa_new-horse") as orchestrator:
        config = RobotConfig(
            checkpoint_dir=tmp_path / "home",
            orchestrator_url=orchestrator.url,
            api_key="crpa_old-horse",
        )
        read = msgspec.structs.replace(config, api_key="crpa_new-horse")
        agent = RobotAgent(
            config, machine={"system": "a"}, settings=lambda: read, executor=HeldExecutor()
        )
        await agent.start()
        async with asyncio.timeout(60):
            async for event in agent.control.watch():
                if isinstance(event, StatusChanged) and event.status.link.problem:
                    break
        assert orchestrator.connections == 0

        assert await agent.control.reload() == ()
        async with asyncio.timeout(60):
            async for event in agent.control.watch():
                link = event.status.link if isinstance(event, StatusChanged) else None
                if link and link.state is LinkState.CONNECTED:
                    break
        masked = agent.mask("crpa_old-horse crpa_new-horse")
        await agent.stop(now=True)

    assert orchestrator.connections == 1
    assert "horse" not in masked


async def test_credentials_that_end_soon_are_among_the_warnings(make_agent, clock) -> None:
    agent = make_agent(api_key="k", expiries={"api_key": clock.now + timedelta(days=15)})
    assert agent.look_at().warnings == ()

    clock.move(2 * 86400)

    assert [warning.code for warning in agent.look_at().warnings] == ["E-CRED-601"]
