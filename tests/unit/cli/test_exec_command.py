import pytest

from casare_robot.cli.exec_command import unnamed


@pytest.mark.parametrize(
    "workflow", ['{"message": "{{größe}}"}', '{"message": "{{gr\\u00f6\\u00dfe}}"}']
)
def test_a_variable_that_the_text_names_nowhere_is_found(workflow):
    assert unnamed(["größe", "gr\udcf6sse", "message"], workflow.encode()) == ["gr\udcf6sse"]
