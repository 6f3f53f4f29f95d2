import json
import re
from pathlib import Path
from typing import get_args

import pytest

from casare_robot.link.native import messages
from casare_robot.link.native.messages import names
from casare_robot.link.native.reading import encode, from_robot, from_server
from casare_robot.link.native.schema import schema_text

RESOURCES = Path(__file__).parents[4] / "resources"
TEXT = (RESOURCES / "protocol.md").read_text("utf-8")
BOTH = messages.Error | messages.Part | messages.PartAck
DIRECTIONS = {
    "From the robot": (messages.RobotMessage, from_robot),
    "From the orchestrator": (messages.ServerMessage, from_server),
    "From either side": (BOTH, from_server),
}


def sections():
    """(direction, message type, text) of every section."""
    direction = ""
    for part in re.split(r"^(?=##)", TEXT, flags=re.MULTILINE):
        title = part.splitlines()[0] if part else ""
        if title.startswith("## "):
            direction = title[3:]
        elif title.startswith("### "):
            yield direction, title[4:].strip("`"), part


SECTIONS = list(sections())


def type_of(direction, name):
    union = DIRECTIONS[direction][0]
    members = get_args(union) or (union,)
    return next(member for member in members if member.__struct_config__.tag == name)


def test_every_message_has_its_section_in_its_direction():
    documented = {direction: set() for direction in DIRECTIONS}
    for direction, name, _ in SECTIONS:
        documented[direction].add(name)

    assert documented["From the robot"] == names(messages.RobotMessage) - names(BOTH)
    assert documented["From the orchestrator"] == names(messages.ServerMessage) - names(BOTH)
    assert documented["From either side"] == names(BOTH)


@pytest.mark.parametrize(("direction", "name", "text"), SECTIONS, ids=lambda value: value[:20])
def test_the_table_lists_the_fields_in_order(direction, name, text):
    listed = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)

    assert tuple(listed) == type_of(direction, name).__struct_fields__


@pytest.mark.parametrize(("direction", "name", "text"), SECTIONS, ids=lambda value: value[:20])
def test_the_example_is_a_message_and_survives_the_way_there_and_back(direction, name, text):
    (example,) = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)
    reader = DIRECTIONS[direction][1]

    message = reader.read(example.encode())

    assert isinstance(message, type_of(direction, name))
    again = reader.read(encode(message))
    assert encode(again) == encode(message)
    assert set(json.loads(example)) <= {"type", *message.__struct_fields__}


def test_the_words_of_states_are_all_named():
    status = next(text for _, name, text in SECTIONS if name == "status_update")

    assert all(f"`{state.value}`" in status for state in messages.RobotState)


def test_the_schema_file_is_the_one_the_types_make():
    stored = (RESOURCES / "protocol.schema.json").read_text("utf-8")

    assert stored == schema_text(), "run: python -m casare_robot.link.native.schema"


def test_every_code_that_the_link_gives_is_explained():
    source = "".join(
        path.read_text("utf-8") for path in Path(messages.__file__).parent.rglob("*.py")
    )
    given = set(re.findall(r'"(E-(?:MSG|JOB)-\d+)"', source))
    given |= {f"E-MSG-{number}" for number in range(101, 109)}

    assert {code for code in given if f"| {code} |" not in TEXT} == set()
