import pytest

from casare_robot.agent.connecting import LINK, connect, machine_figures
from casare_robot.agent.identity import Identity
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.robot_status import LinkState


@pytest.mark.parametrize(
    ("dialect", "address"),
    [
        ("auto", "ws://127.0.0.1:1/robot"),
        ("native", "ws://127.0.0.1:1/robot"),
        ("flat", "ws://127.0.0.1:1/ws/robot/r1"),
        ("rest", "http://127.0.0.1:1"),
        ("envelope", "ws://127.0.0.1:1"),
        ("supabase-tables", "http://127.0.0.1:1"),
    ],
)
async def test_the_line_is_the_one_that_the_settings_name(dialect, address):
    config = RobotConfig(orchestrator_url="http://127.0.0.1:1", orchestrator_dialect=dialect)
    line = connect(
        config,
        Identity(robot_id="r1", session="s", epoch=1),
        "Robot",
        key=lambda: "",
        audit=lambda: None,
        changed=lambda _status: None,
    )
    assert line.name == LINK
    assert line.link_status().address == address
    assert line.link_status().state is LinkState.DISCONNECTED


def test_figures_of_the_machine_are_numbers_of_a_machine():
    figures = machine_figures()
    assert 0 <= figures["cpu_percent"] <= 100
    assert 0 < figures["memory_percent"] <= 100
    assert 0 < figures["disk_percent"] <= 100
    assert figures["memory_mb"] > 10
