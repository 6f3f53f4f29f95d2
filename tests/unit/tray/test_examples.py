"""The workflow that is offered to who has none."""

import pytest

pytest.importorskip("PySide6.QtWidgets")

from casare_robot.domain.policy import Policy
from casare_robot.tray.language import speak_language
from casare_robot.tray.run_presenter import EXAMPLES, load
from casare_robot.tray.texts import tr


@pytest.mark.parametrize("language", ["en", "de"])
def test_there_is_one_in_each_language_and_it_can_be_run(qapp, language) -> None:
    speak_language(language)
    path = EXAMPLES / tr("first_workflow.json")
    speak_language("en")

    form = load(path, Policy()).form

    assert (form.warnings, [field.name for field in form.fields]) == ((), ["name"])
    assert all(field.text and field.description for field in form.fields)


def test_none_is_left_over() -> None:
    assert len(list(EXAMPLES.iterdir())) == 2
