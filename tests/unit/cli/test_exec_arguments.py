from pathlib import Path

import pytest

from casare_robot.cli.exec_arguments import read


def test_every_option_becomes_an_argument_of_the_command():
    arguments = ["a.json", "--var", "x=1", "--var=y=2", "--vars", "v.json", "--job=j", "--json"]
    assert read([*arguments, "--home", "h"]) == {
        "file": Path("a.json"),
        "variables": ["x=1", "y=2"],
        "variables_file": Path("v.json"),
        "job_id": "j",
        "json_output": True,
        "home": Path("h"),
    }


def test_without_a_file_a_job_is_resumed():
    assert read(["--job", "j"]) == {"file": None, "variables": [], "job_id": "j"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.json", "b.json"],
        ["a.json", "--home"],
        ["a.json", "--home", "--json"],
        ["a.json", "--timeout", "5"],
        ["a.json", "--unknown"],
        ["a.json", "-h"],
        ["--", "a.json"],
        ["a.json", "--json=1"],
    ],
)
def test_what_needs_a_word_of_explanation_is_left_to_the_library(arguments):
    assert read(arguments) is None
