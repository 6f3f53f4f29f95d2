"""Public workflow files that ask a person run where one answers."""

import asyncio
import json
from pathlib import Path

import pytest

from casare_robot import run_workflow
from casare_robot.agent.preparation import prepare
from casare_robot.agent.run_workflow import make_job
from casare_robot.domain.policy import Policy
from casare_robot.nodes.catalogue import load_catalogue
from tests.answering_face import Face

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
DIALOGS = CORPUS / "head/workflows__node_tests__batch_7_5_dialogs.json"


def files_that_ask():
    """Those all of whose types are in the catalogue, and whose flow reaches one that asks."""
    catalogue = load_catalogue()
    for case in json.loads((CORPUS / "expected.json").read_text()):
        types = [name for name in case["node_types"] if name in catalogue]
        asks = any(catalogue.get(name).needs == "gui" for name in types)
        needs_more = set(case["needs"]) - {"gui", "unknown-type"}
        if asks and not needs_more and len(types) == len(case["node_types"]):
            yield pytest.param(CORPUS / case["file"], id=case["file"])


def run(file, face):
    return asyncio.run(prepare(make_job(file), policy=Policy(), asking=face).run())


@pytest.mark.parametrize("file", list(files_that_ask()))
def test_a_file_that_asks_runs_to_its_end(file):
    face = Face()

    result = run(file, face)

    assert result.status == "completed", result.error
    for question in face.asked:
        assert question.node_id in result.executed_nodes


def test_every_dialog_of_the_designers_test_file_is_asked_and_answered():
    face = Face()

    result = run(DIALOGS, face)

    assert [question.node_id for question in face.asked] == [
        "message_box",
        "input_dialog",
        "confirm_dialog",
        "file_picker",
        "folder_picker",
        "color_picker",
        "datetime_picker",
        "list_picker",
        "multiline_input",
        "credential_dialog",
        "progress_dialog",
    ]
    assert result.outputs["message_box"] == {"result": "ok", "accepted": True}
    assert result.outputs["input_dialog"] == {"value": "Ada", "confirmed": True}
    assert result.outputs["list_picker"] == {"selected": "Option 1", "confirmed": True}
    assert result.outputs["form_dialog"] == {"data": {}, "confirmed": False}


def test_where_nobody_is_there_the_first_dialog_fails_and_is_named():
    result = run_workflow(DIALOGS, timeout=30)

    assert (result.status, result.error.code) == ("failed", "E-ASK-503")
    assert result.error.node_id == "message_box"
