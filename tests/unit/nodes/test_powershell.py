"""PowerShell scripts, with a stand-in for the program."""

import pytest

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.powershell import bound_powershell

PROGRAM = """#!/bin/sh
echo "$@" | sed 's/-File .*/-File/'
for last in "$@"; do :; done
tail -n +2 "$last"
env | grep '^place' >&2
exit 3
"""
EVIL = "'; Remove-Item C:\\ #"


@pytest.fixture
def powershell(tmp_path, monkeypatch):
    program = tmp_path / "powershell"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_a_script_is_run_with_its_settings_and_tells_how_it_ended(powershell, run_node):
    config = {"script": "Get-Date", "execution_policy": "Bypass"}

    done = run_node("RunPowerShellNode", config).outputs

    options, script = done["stdout"].splitlines()
    assert options == "-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File"
    assert script == "Get-Date"
    assert (done["return_code"], done["success"]) == (3, False)


def test_a_robot_that_may_run_no_scripts_runs_none(powershell, run_node):
    from casare_robot.domain.policy import Policy

    done = run_node("RunPowerShellNode", {"script": "x"}, policy=Policy(allow_scripts=False))

    assert "runs no scripts" in done.error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Write-Output {{a}}", "Write-Output ($env:NAME)"),
        ('"Hello {{a}}!"', '"Hello $($env:NAME)!"'),
        ("'Hello {{a}}!'", "('Hello '+$env:NAME+'!')"),
        ("1 # {{a}}", "1 # {{a}}"),
        ("'it''s' + {{a}}", "'it''s' + ($env:NAME)"),
    ],
)
def test_a_value_stands_beside_the_script_wherever_its_reference_is(code, expected, bind):
    bound = bind(code, a=EVIL)

    text, values = bound_powershell(bound)

    (name,) = bound.values
    assert text == expected.replace("NAME", name)
    assert values == {name: EVIL}


@pytest.mark.parametrize("code", ["@'\n{{a}}\n'@", '@"\n{{a}}\n"@'])
def test_a_reference_where_no_variable_can_stand_is_refused(code, bind):
    with pytest.raises(NodeFailure, match="write"):
        bound_powershell(bind(code, a=1))


def test_a_value_never_becomes_part_of_the_script(powershell, run_node, bind):
    done = run_node("RunPowerShellNode", inputs={"script": bind("echo {{a}}", a=EVIL)}).outputs

    assert "Remove-Item" not in done["stdout"]
