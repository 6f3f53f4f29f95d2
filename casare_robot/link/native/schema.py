"""The protocol as a JSON Schema, made from the types.

Regenerate: ``python -m casare_robot.link.native.schema > resources/protocol.schema.json``
"""

import json
import sys
from typing import Any

import msgspec

from casare_robot.link.native.messages import PROTOCOL, RobotMessage, ServerMessage

_PLACE = "#/$defs/{name}"


def protocol_schema() -> dict[str, Any]:
    """A schema that any message fits; ``$defs`` hold those of each direction and each type."""
    (robot, server), parts = msgspec.json.schema_components(
        (RobotMessage, ServerMessage), ref_template=_PLACE
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"casare_robot native protocol, version {PROTOCOL}",
        "anyOf": [{"$ref": "#/$defs/RobotMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": {"RobotMessage": robot, "ServerMessage": server, **dict(sorted(parts.items()))},
    }


def schema_text() -> str:
    """The schema as the file in ``resources`` holds it."""
    return json.dumps(protocol_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
