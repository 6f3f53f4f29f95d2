from pathlib import Path

import pytest

from casare_robot.cli.run_arguments import read


def test_every_option_becomes_a_setting():
    arguments = ["--orchestrator", "wss://a", "--dialect=native", "--robot-id", "r"]

    arguments += ["--group=g", "--role", "passive", "--store=sqlite:s.db"]
    assert read([*arguments, "--api-key=k=1", "--environment", "e", "--home", "h"]) == {
        "said": {
            "orchestrator_url": "wss://a",
            "orchestrator_dialect": "native",
            "robot_id": "r",
            "api_key": "k=1",
            "environment": "e",
            "group": "g",
            "group_role": "passive",
            "store_url": "sqlite:s.db",
        },
        "home": Path("h"),
    }


def test_nothing_said_is_nothing_set():
    assert read([]) == {"said": {}, "home": None}


@pytest.mark.parametrize(
    "arguments", [["file.json"], ["--home"], ["--home", "--help"], ["--help"], ["--unknown", "x"]]
)
def test_what_needs_a_word_of_explanation_is_left_to_the_library(arguments):
    assert read(arguments) is None
