"""A small real robot, served, and a client of it."""

import json
from itertools import pairwise

import pytest

from casare_robot.agent.local_robot import LocalRobot
from casare_robot.agent.run_workflow import make_job
from casare_robot.config.robot_config import RobotConfig
from casare_robot.control.client import ControlClient
from casare_robot.control.server import ControlServer
from tests.served_robot import ServedRobot


@pytest.fixture
async def robot(tmp_path):
    with LocalRobot(RobotConfig(checkpoint_dir=tmp_path)) as local:
        small = ServedRobot(local)
        yield small
        await small.close()


@pytest.fixture
async def server(robot, tmp_path):
    server = ControlServer(robot, tmp_path)
    await server.start()
    yield server
    await server.close()


@pytest.fixture
def client(server, tmp_path):
    return ControlClient(tmp_path)


@pytest.fixture
def job_of():
    def make(*nodes, **facts):
        """A job of nodes in a row: (type, config)."""
        named = [(f"n{i}", *node) for i, node in enumerate(nodes)]
        wires = [
            {
                "source_node": one[0],
                "source_port": "exec_out",
                "target_node": other[0],
                "target_port": "exec_in",
            }
            for one, other in pairwise(named)
        ]
        workflow = {
            "metadata": {"name": "row"},
            "nodes": {i: {"node_id": i, "node_type": t, "config": c} for i, t, c in named},
            "connections": wires,
            "variables": {},
        }
        return make_job(json.dumps(workflow), **facts)

    return make
