import asyncio
import os
import shutil

import pytest

from casare_robot.domain.policy import Policy
from casare_robot.nodes.commands import run_command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="drives POSIX programs")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")

NO_SCRIPTS = Policy(allow_scripts=False)


def test_a_python_script_hands_back_its_result_and_what_it_prints(run_node):
    done = run_node("RunPythonScriptNode", inputs={"code": "result = 6*7\nprint('out')"})

    assert done.port == "exec_out"
    assert done.outputs == {"result": 42, "output": "out\n", "success": True, "error": ""}


def test_an_exception_in_a_script_is_an_answer(run_node):
    done = run_node("RunPythonScriptNode", inputs={"code": "print('a')\nraise ValueError('bad')"})

    assert done.port == "exec_out"
    assert done.outputs == {"result": None, "output": "a\n", "success": False, "error": "bad"}
    assert "Traceback" in done.log[0][1]


@pytest.mark.parametrize("isolated", [False, True])
def test_variables_reach_the_script_as_data(run_node, isolated):
    data = {"text": "'); import os; os.abort() #", "items": [1, {"a": None}]}

    done = run_node(
        "RunPythonScriptNode",
        {"code": "result = [text, items]", "variables": data, "isolated": isolated},
    )

    assert done.outputs["result"] == [data["text"], data["items"]]


@pytest.mark.parametrize(
    ("code", "result", "error"),
    [
        ("import datetime; result = datetime.date(2026, 1, 2)", "2026-01-02", ""),
        ("result = (1, 2)", [1, 2], ""),
        ("result = 'żółw'; print(result)", "żółw", ""),
        ("raise KeyError", None, "KeyError"),
        ("raise SystemExit", None, ""),
        ("result = 1; raise SystemExit(0)", 1, ""),
        ("raise SystemExit(4)", None, "the script ended itself with 4"),
        ("result = {(1, 2): 3}", None, "the result cannot be carried as JSON: keys must be"),
        ("import os; os._exit(9)", None, "the interpreter ended with 9 before the script did"),
        ("def f(", None, "'(' was never closed"),
        ("import sys; result = sys.stdin.read()", "", ""),
    ],
)
def test_a_script_may_end_in_many_ways(run_node, code, result, error):
    done = run_node("RunPythonScriptNode", {"script": "", "code": code})

    assert done.outputs["result"] == result
    assert done.outputs["error"].startswith(error)
    assert done.outputs["success"] is (error == "")


def test_an_isolated_script_sees_neither_folder_nor_environment(run_node, monkeypatch, tmp_path):
    monkeypatch.setenv("CASARE_TOKEN", "secret")
    (tmp_path / "here").touch()
    code = "import os; result = [os.environ.get('CASARE_TOKEN'), os.listdir()]"

    shared = run_node("RunPythonScriptNode", {"code": code})
    isolated = run_node("RunPythonScriptNode", {"code": code, "isolated": True})

    assert shared.outputs["result"] == ["secret", ["here"]]
    assert isolated.outputs["result"] == [None, []]


def test_a_script_that_does_not_end_is_ended(run_node):
    done = run_node("RunPythonScriptNode", {"code": "while True: pass", "timeout": 1})

    assert done.error == "Execution timed out after 1s"
    assert done.outputs["success"] is False


@pytest.mark.parametrize("timeout", [0, -1, -0.5])
@pytest.mark.parametrize(
    ("node_type", "config"),
    [
        ("RunPythonScriptNode", {"code": "open('made', 'w')"}),
        ("RunBatchScriptNode", {"script": "touch made"}),
        ("RunCommandNode", {"command": "touch made"}),
    ],
)
def test_a_program_needs_some_time(run_node, tmp_path, node_type, config, timeout):
    done = run_node(node_type, config, inputs={"timeout": timeout})

    assert done.error == f"timeout is {timeout}; a program needs more than 0 seconds"
    assert done.outputs["success"] is False
    assert not (tmp_path / "made").exists()


def test_a_python_file_gets_its_arguments_and_folder(run_node, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text("import os, sys; print(sys.argv[1:], os.getcwd()); sys.exit(2)")

    done = run_node(
        "RunPythonFileNode",
        {"file_path": "a.py", "args": "x 'y z'", "working_dir": "sub"},
    )

    assert done.outputs == {
        "stdout": f"['x', 'y z'] {tmp_path / 'sub'}\n",
        "stderr": "",
        "return_code": 2,
        "success": False,
    }


def test_another_interpreter_can_be_named(run_node, tmp_path):
    (tmp_path / "a.py").write_text("echo from sh")

    done = run_node("RunPythonFileNode", {"file_path": "a.py", "python_path": "/bin/sh"})

    assert done.outputs["stdout"] == "from sh\n"


def test_a_missing_python_file_is_named(run_node):
    assert (
        run_node("RunPythonFileNode", {"file_path": "no.py"}).error
        == "Python file not found: no.py"
    )


@pytest.mark.parametrize("retry", [False, True])
def test_a_nonzero_end_fails_the_node_only_where_it_is_to_be_retried(run_node, retry):
    done = run_node("RunBatchScriptNode", {"script": "echo a; exit 3", "retry_on_nonzero": retry})

    assert done.port == (None if retry else "exec_out")
    assert done.outputs == {"stdout": "a\n", "stderr": "", "return_code": 3, "success": False}


def test_a_batch_script_may_have_many_lines(run_node, tmp_path):
    done = run_node("RunBatchScriptNode", {"script": "x=hi\necho $x\npwd\n"})

    assert done.outputs["stdout"] == f"hi\n{tmp_path}\n"
    assert done.outputs["success"] is True


@needs_node
def test_javascript_prints_its_result(run_node):
    done = run_node(
        "RunJavaScriptNode",
        {"code": "console.log(inputData.a + 1)"},
        inputs={"input_data": {"a": 1}},
    )

    assert done.outputs == {"result": "2", "success": True, "error": ""}


@needs_node
def test_an_error_in_javascript_is_an_answer(run_node):
    done = run_node("RunJavaScriptNode", {"code": "throw new Error('bad')"})

    assert done.port == "exec_out"
    assert done.outputs["success"] is False
    assert "bad" in done.outputs["error"]


def test_a_missing_node_is_named(run_node):
    done = run_node("RunJavaScriptNode", {"code": "1", "node_path": "no-such-node"})

    assert done.error == "Node.js is not installed"


def test_a_missing_command_fails_with_outputs(run_node):
    done = run_node("RunCommandNode", inputs={"command": "nonexistent_cmd_x"})

    message = "[Errno 2] No such file or directory: 'nonexistent_cmd_x'"
    assert done.port is None
    assert done.error == message
    assert done.outputs == {"stdout": "", "stderr": message, "return_code": -1, "success": False}


def test_a_nonzero_command_is_an_answer(run_node):
    done = run_node("RunCommandNode", {"shell": True}, inputs={"command": "exit 3"})

    assert done.port == "exec_out"
    assert done.outputs == {"stdout": "", "stderr": "", "return_code": 3, "success": False}


@pytest.mark.parametrize(
    ("config", "stdout"),
    [
        ({"command": "echo", "args": "a 'b  c' $HOME;"}, "a b  c $HOME;\n"),
        ({"command": "echo a b"}, "a b\n"),
        ({"command": "echo", "args": ["x y", 5]}, "x y 5\n"),
        ({"command": "echo a | tr", "args": "a b", "shell": True}, "b\n"),
        ({"command": "echo", "args": ["$HOME; id"], "shell": True}, "$HOME; id\n"),
        ({"command": "echo a", "capture_output": False}, ""),
    ],
)
def test_only_a_shell_gives_characters_a_meaning(run_node, config, stdout):
    inputs = {"args": config.pop("args")} if "args" in config else {}

    done = run_node("RunCommandNode", config, inputs=inputs)

    assert done.outputs["stdout"] == stdout
    assert done.outputs["success"] is True


def test_a_program_whose_path_holds_spaces_needs_no_quotes(run_node, tmp_path):
    program = tmp_path / "my tool"
    program.write_text("#!/bin/sh\necho tool $1\n")
    program.chmod(0o755)

    done = run_node("RunCommandNode", {"command": str(program), "args": "a"})

    assert done.outputs["stdout"] == "tool a\n"


@pytest.mark.parametrize("config", [{"command": " "}, {"command": "echo 'a"}, {"command": "a\0b"}])
def test_what_is_no_command_is_a_plain_failure(run_node, config):
    done = run_node("RunCommandNode", config)

    assert done.port is None
    assert done.error


@pytest.mark.parametrize(
    ("node_type", "config"),
    [
        ("RunPythonScriptNode", {"code": "open('made', 'w')"}),
        ("RunPythonFileNode", {"file_path": "a.py"}),
        ("RunBatchScriptNode", {"script": "touch made"}),
        ("RunJavaScriptNode", {"code": "require('fs').writeFileSync('made', '')"}),
        ("RunCommandNode", {"command": "touch made", "allow_dangerous": True}),
    ],
)
def test_nothing_starts_where_the_policy_allows_no_scripts(run_node, tmp_path, node_type, config):
    done = run_node(node_type, config, policy=NO_SCRIPTS)

    assert done.error == "this robot runs no scripts and commands"
    assert not (tmp_path / "made").exists()


async def test_two_commands_of_parallel_branches_overlap(tmp_path):
    """Each waits for the file that the other makes."""

    class Surroundings:
        policy = Policy()
        working_dir = tmp_path

    def meet(mine, other):
        return run_command(
            Surroundings(),
            command=f"touch {mine}; while [ ! -e {other} ]; do sleep 0.01; done",
            args="",
            shell=True,
            timeout=20,
            working_dir="",
            capture_output=True,
        )

    both = await asyncio.gather(meet("a", "b"), meet("b", "a"))

    assert [one["return_code"] for one in both] == [0, 0]
