"""The command line as a person meets it: real processes, their output and their exit codes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from casare_robot.cli.validate_command import validate_file
from casare_robot.nodes.catalogue import modules

ROOT = Path(__file__).parents[2]
GREETING = ROOT / "resources" / "examples" / "greeting.json"
CORPUS = ROOT / "tests" / "data" / "corpus"
EXPECTED = json.loads((CORPUS / "expected.json").read_text("utf-8"))
CATALOGUE = (ROOT / "tests" / "data" / "catalogue.jsonl").read_text("utf-8").splitlines()
HERE = {name for names in modules().values() for name in names}
NEEDS = {row["name"]: row["needs"] for row in map(json.loads, CATALOGUE) if row["name"] not in HERE}
"""What the types need that no robot runs here."""
BY_A_MODEL = ("SolveCaptchaAI", "SmartSelector", "SmartSelectorOptions", "RefineSelector")
NEEDS |= dict.fromkeys((f"{name}Node" for name in BY_A_MODEL), "llm-account")
"""The catalogue calls them browser nodes; what is missing is the model that they ask."""
RESULT = {
    "job_id",
    "status",
    "error",
    "errors",
    "warnings",
    "variables",
    "outputs",
    "log",
    "nodes_executed",
    "executed_nodes",
    "duration_ms",
    "resumed",
    "times",
}


def start(*arguments, home, stdin=None, stdout=subprocess.PIPE, **surroundings):
    return subprocess.Popen(
        [sys.executable, "-m", "casare_robot", *map(str, arguments)],
        env={
            **os.environ,
            "CASARE_ROBOT_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            **surroundings,
        },
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(*arguments, home, **surroundings):
    process = start(*arguments, home=home, **surroundings)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in out + err, out + err
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def chain(*nodes, variables=None):
    """A workflow of nodes in a row: (id, type, config)."""
    return json.dumps(
        {
            "metadata": {"name": "chain"},
            "nodes": {
                id_: {"node_id": id_, "node_type": type_, "config": config}
                for id_, type_, config in nodes
            },
            "connections": [
                {
                    "source_node": one[0],
                    "source_port": "exec_out",
                    "target_node": other[0],
                    "target_port": "exec_in",
                }
                for one, other in pairwise(nodes)
            ],
            "variables": variables or {},
        }
    )


def appear(file):
    """Wait for a file that another process writes."""
    give_up = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < give_up, f"{file} did not appear"
        time.sleep(0.02)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def save(tmp_path):
    def write(name, text):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


@pytest.fixture(scope="module")
def used_home(tmp_path_factory):
    """A home with a completed job `good` and a failed job `bad`."""
    folder = tmp_path_factory.mktemp("used")
    throw = folder / "throw.json"
    throw.write_text(chain(("throw", "ThrowErrorNode", {"error_message": "the till is empty"})))
    good = run("exec", GREETING, "--job", "good", "--var", "name=Ada", home=folder)
    bad = run("exec", throw, "--job", "bad", "--json", home=folder)
    return folder, good, bad


def test_a_job_that_completed_ends_with_0_and_says_so_on_standard_output(used_home) -> None:
    _, good, _ = used_home

    assert good.returncode == 0
    assert good.stdout.startswith("completed: 4 nodes in ")
    assert "Hello Ada!" in good.stderr


def test_a_job_that_failed_ends_with_1_and_names_the_node(used_home) -> None:
    _, _, bad = used_home

    result = json.loads(bad.stdout)
    assert bad.returncode == 1
    assert result.keys() >= RESULT
    assert result["status"] == "failed"
    assert result["error"]["message"] == "the till is empty"
    assert result["error"]["node_id"] == "throw"
    assert result["error"]["node_type"] == "ThrowErrorNode"


def test_variables_of_the_command_line_are_stronger_than_those_of_a_file(home, save) -> None:
    file = save("vars.json", '{"name": "Ada", "greeting": "unused", "more": [1, {"a": null}]}')

    ended = run(
        "exec", GREETING, "--vars", file, "--var", "name=Bob=Rob", "--json", "--home", home, home=""
    )

    result = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert result["variables"]["greeting"] == "Hello Bob=Rob!"
    assert result["variables"]["more"] == [1, {"a": None}]
    assert (home / "data" / "journal.db").is_file()


def test_a_job_that_takes_longer_than_its_timeout_ends_with_7(home, save) -> None:
    file = save("wait.json", chain(("wait", "WaitNode", {"duration": 600})))

    ended = run("exec", file, "--timeout", "0.2", "--json", home=home)

    assert ended.returncode == 7
    assert json.loads(ended.stdout)["status"] == "timed_out"


@pytest.mark.skipif(sys.platform != "linux", reason="a place that nobody can write")
def test_a_home_that_cannot_be_written_is_named() -> None:
    ended = run("config", "set", "environment", "x", home="/proc/robot")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1].startswith("E-FILE-1 /proc/robot")


@pytest.mark.skipif(sys.platform == "win32", reason="a Ctrl+C cannot be sent to one process there")
def test_one_home_has_one_robot_and_an_interrupt_cancels_its_job(home, save, tmp_path) -> None:
    mark = tmp_path / "mark"
    file = save(
        "wait.json",
        chain(
            ("write", "WriteFileNode", {"file_path": str(mark), "content": "here"}),
            ("wait", "WaitNode", {"duration": 600}),
        ),
    )
    process = start("exec", file, "--json", home=home)
    appear(mark)

    second = run("exec", GREETING, "--json", home=home)
    listed = run("jobs", "list", home=home)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert second.returncode == listed.returncode == 5
    assert second.stderr.count("\n") == listed.stderr.count("\n") == 1
    assert json.loads(second.stdout)["error"]["code"] == listed.stderr.split()[0]
    assert process.returncode == 3, err
    assert json.loads(out)["status"] == "cancelled"
    assert "Traceback" not in err


@pytest.fixture(scope="module")
def unknown_step(tmp_path_factory):
    """Makes homes whose robot was killed while its job `pay` ran a program."""
    folder = tmp_path_factory.mktemp("killed")
    mark = folder / "mark"
    program = (
        "import pathlib, sys, time; mark = pathlib.Path(sys.argv[1]);"
        "again = mark.exists(); mark.touch(); time.sleep(0 if again else 30)"
    )
    workflow = folder / "pay.json"
    arguments = ["-c", program, str(mark)]
    workflow.write_text(
        chain(
            ("pay", "RunCommandNode", {"command": sys.executable, "args": arguments}),
            ("after", "SetVariableNode", {"variable_name": "after", "value": "reached"}),
        )
    )
    process = start("exec", workflow, "--job", "pay", home=folder / "home")
    appear(mark)
    robot = psutil.Process(process.pid)
    for victim in [robot, *robot.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # it ends when its parent does
            victim.kill()
    process.communicate()
    copies = iter(range(10))

    def make():
        copy = folder / f"copy-{next(copies)}"
        shutil.copytree(folder / "home", copy)
        return copy

    return make


def test_a_step_of_unknown_outcome_ends_the_resumed_job_with_4_until_it_is_resolved(
    unknown_step,
) -> None:
    home = unknown_step()

    resumed = run("exec", "--job", "pay", home=home)
    listed = run("jobs", "list", "--status", "needs_attention", "--json", home=home)
    shown = run("jobs", "show", "pay", home=home)
    resolved = run("jobs", "resolve", "pay", "--as", "done", "--json", home=home)
    again = run("jobs", "resolve", "pay", "--as", "done", home=home)

    assert resumed.returncode == 4
    assert "nobody knows whether RunCommandNode pay was done" in resumed.stdout
    assert "casare-robot jobs resolve pay --as done|again|fail" in resumed.stdout
    assert [job["job_id"] for job in json.loads(listed.stdout)] == ["pay"]
    assert "jobs resolve pay" in shown.stdout
    result = json.loads(resolved.stdout)
    assert resolved.returncode == 0
    assert result["status"] == "completed"
    assert result["variables"]["after"] == "reached"
    assert result["resumed"] is True
    assert again.returncode == 1
    assert again.stderr.startswith("E-JOB-409 ")


@pytest.mark.parametrize(
    ("decision", "code", "status"), [("again", 0, "completed"), ("fail", 1, "failed")]
)
def test_a_person_may_also_say_again_or_fail(unknown_step, decision, code, status) -> None:
    home = unknown_step()
    run("exec", "--job", "pay", home=home)

    resolved = run("jobs", "resolve", "pay", "--as", decision, "--json", home=home)

    assert resolved.returncode == code
    assert json.loads(resolved.stdout)["status"] == status


def test_jobs_tells_what_ran(used_home) -> None:
    home, _, _ = used_home

    listed = run("jobs", "list", home=home)
    only_one = run("jobs", "list", "--limit", "1", "--json", home=home)
    failed = run("jobs", "list", "--status", "failed", "--json", home=home)
    shown = run("jobs", "show", "good", "--json", home=home)

    assert [line.split()[:2] for line in listed.stdout.splitlines()] == [
        ["bad", "failed"],
        ["good", "completed"],
    ]
    assert "the till is empty" in listed.stdout
    assert [job["job_id"] for job in json.loads(only_one.stdout)] == ["bad"]
    assert [job["job_id"] for job in json.loads(failed.stdout)] == ["bad"]
    assert json.loads(shown.stdout).keys() >= RESULT | {"name"}


def test_a_retry_is_a_new_job_with_the_same_workflow_and_inputs(used_home, tmp_path) -> None:
    home = tmp_path / "copy"
    shutil.copytree(used_home[0], home)

    retried = run("jobs", "retry", "good", "--json", home=home)

    result = json.loads(retried.stdout)
    assert retried.returncode == 0
    assert result["job_id"] != "good"
    assert result["resumed"] is False
    assert result["variables"]["greeting"] == "Hello Ada!"


@pytest.fixture
def failing_file(tmp_path):
    """A workflow that writes a line, then reads a file that is missing, then writes another."""
    from tests.workflow_builder import node
    from tests.workflow_builder import workflow as built

    effects = tmp_path / "effects"
    content = built(
        "s > a > r > b",
        a=node("AppendFile", file_path=str(effects), content="a\n"),
        r=node("ReadFile", file_path=str(tmp_path / "missing")),
        b=node("AppendFile", file_path=str(effects), content="b\n"),
    )
    file = tmp_path / "failing.json"
    file.write_text(json.dumps(content))
    return file, effects


def test_a_failed_job_goes_on_where_it_stopped_with_its_file_as_it_is_now(
    failing_file, tmp_path
) -> None:
    file, effects = failing_file
    home = tmp_path / "home"
    failed = run("exec", file, "--job", "f", home=home)
    old = run("jobs", "retry", "f", "--from", "failed", home=home)
    file.write_text(file.read_text().replace("missing", "failing.json"))

    new = run("jobs", "retry", "f", "--from", "failed", "--version", "new", "--json", home=home)

    assert (failed.returncode, old.returncode, new.returncode) == (1, 1, 0)
    assert json.loads(new.stdout)["resumed"] is True
    assert effects.read_text().split() == ["a", "b"]
    done = json.loads(new.stdout)["job_id"]
    assert "E-JOB-411" in run("jobs", "retry", done, "--from", "failed", home=home).stderr
    assert run("jobs", "retry", "f", "--from", "middle", home=home).returncode == 2


def test_a_job_that_has_ended_is_answered_and_not_run_again(used_home) -> None:
    home, _, bad = used_home

    again = run("exec", "--job", "bad", "--json", home=home)

    assert again.returncode == 1
    assert json.loads(again.stdout)["duration_ms"] == json.loads(bad.stdout)["duration_ms"]


UNUSABLE = b"\x00\xff\x80\x1f junk"
#       what is asked for                                            exit  code
REFUSED = [
    (("exec", "missing.json"), 2, "E-USAGE-2"),
    (("exec", "."), 2, "E-USAGE-2"),
    (("exec",), 2, "E-USAGE-2"),
    (("exec", GREETING, "--var", "=Ada"), 2, "E-USAGE-2"),
    (("exec", GREETING, "--vars", "missing.json"), 2, "E-USAGE-2"),
    (("exec", GREETING, "--vars", "list.json"), 2, "E-USAGE-2"),
    (("exec", GREETING, "--vars", "garbage.json"), 2, "E-USAGE-2"),
    (("exec", GREETING, "--job", " "), 2, "E-USAGE-2"),
    (("exec", GREETING, "--job", "bad"), 1, "E-JOB-209"),
    (("exec", "--job", "nobody"), 2, "E-USAGE-2"),
    (("jobs", "list", "--status", "lost"), 2, "E-USAGE-2"),
    (("jobs", "show", "nobody"), 1, "E-JOB-404"),
    (("jobs", "resolve", "nobody", "--as", "done"), 1, "E-JOB-404"),
    (("jobs", "resolve", "bad", "--as", "done"), 1, "E-JOB-409"),
    (("jobs", "resolve", "bad", "--as", "maybe"), 2, "E-USAGE-2"),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with files that are no workflows."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "list.json").write_text("[1]")
    (folder / "garbage.json").write_bytes(UNUSABLE)
    (folder / "broken.json").write_text('{"nodes": ')
    (folder / "empty.json").write_text("")
    return folder


@pytest.mark.parametrize(("asked", "code", "named"), REFUSED)
def test_a_refusal_is_one_line_with_a_stable_code(
    used_home, desk, asked, code, named, monkeypatch
) -> None:
    monkeypatch.chdir(desk)

    ended = run(*asked, "--json", home=used_home[0])

    assert ended.returncode == code
    assert ended.stderr.startswith(f"{named} ")
    assert ended.stderr.count("\n") == 1
    result = json.loads(ended.stdout)
    assert result.keys() >= RESULT
    assert result["error"]["code"] == named


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_that_leads_to_itself_is_refused_in_one_line(home, tmp_path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(link)

    ended = run("exec", link, home=home)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"E-USAGE-2 cannot read {link}: ")
    assert ended.stderr.count("\n") == 1


def test_a_refused_workflow_does_not_look_like_one_that_ran(home, save) -> None:
    file = save("notepad.json", GREETING.read_text("utf-8").encode("utf-16"))

    ended = run("exec", file, home=home)

    assert ended.returncode == 2
    assert ended.stdout.startswith("refused, so nothing was run:\n  E-MSG-108 this is UTF-16")


def test_people_are_shown_warnings_and_a_misspelt_variable_is_one(home, save) -> None:
    file = save("typo.json", chain(("s", "StartNode", {}), ("l", "LogNode", {"message": "{{me}}"})))

    ended = run("exec", file, "--var", "nmae=Ada", home=home)

    warnings = [line for line in ended.stderr.splitlines() if line.startswith("warning: ")]
    assert ended.returncode == 0
    assert [line.split()[1] for line in warnings] == ["W-VAR-1", "W-REF-1"]
    assert "'nmae'" in warnings[0]
    assert "{{me}}" in warnings[1]


@pytest.mark.parametrize("name", ["list", "garbage", "broken", "empty"])
def test_what_is_no_workflow_is_refused_with_2_by_exec_and_validate(used_home, desk, name) -> None:
    file = desk / f"{name}.json"

    ended = run("exec", file, "--json", home=used_home[0])
    checked = run("validate", file, home=used_home[0])

    code = json.loads(ended.stdout)["error"]["code"]
    assert ended.returncode == checked.returncode == 2
    assert code.startswith(("E-MSG-", "E-WF-"))
    assert checked.stdout.startswith(f"fault: {code} ")
    assert checked.stdout.endswith("1 fault\n")


@pytest.mark.parametrize(
    "place",
    [
        "file",
        "file/below",
        pytest.param(
            "/proc/robot",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="a read-only place"),
        ),
    ],
)
def test_a_home_that_cannot_be_used_is_told_in_one_line(tmp_path, place) -> None:
    (tmp_path / "file").write_text("not a folder")

    ended = run("exec", GREETING, "--json", "--home", tmp_path / place, home="")
    listed = run("jobs", "list", home=tmp_path / place)

    assert ended.returncode == listed.returncode == 1
    assert ended.stderr == listed.stderr
    assert ended.stderr.startswith("E-DB-600 ")
    assert ended.stderr.count("\n") == 1
    assert json.loads(ended.stdout)["error"]["code"] == "E-DB-600"


def test_every_wrong_setting_is_told_and_ends_exec_and_jobs_with_2(home) -> None:
    wrong = {"CASARE_ROBOT_LOG_LEVEL": "LOUD", "CASARE_ROBOT_HEARTBEAT_INTERVAL": "often"}

    ended = run("exec", GREETING, "--json", home=home, **wrong)
    listed = run("jobs", "list", home=home, **wrong)

    assert ended.returncode == listed.returncode == 2
    assert ended.stderr == listed.stderr
    assert [line[:6] for line in ended.stderr.splitlines()] == ["E-CFG-", "E-CFG-"]
    keys = {error["key"] for error in json.loads(ended.stdout)["errors"]}
    assert keys == {"log_level", "heartbeat_interval"}


@pytest.mark.parametrize(
    "asked",
    [
        ("exec", GREETING, "--timeout", "0"),
        ("exec", GREETING, "--loud"),
        ("jobs", "resolve", "bad"),
        ("dance",),
    ],
)
def test_an_option_that_is_not_known_or_not_possible_ends_with_2(used_home, asked) -> None:
    ended = run(*asked, home=used_home[0])

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("E-USAGE-2 ")
    assert "; see casare-robot" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("exec", GREETING, "--loud", "--json"), "no such option: --loud"),
        (("exec", GREETING, GREETING, "--json"), "unexpected extra argument"),
        (("jobs", "list", "--limit", "0", "--json"), "--limit"),
        (("jobs", "show", "--json"), "missing argument 'job'"),
        (("config", "get", "--json"), "missing argument 'name'"),
    ],
)
def test_a_wrong_option_is_refused_as_json_too(home, asked, message) -> None:
    ended = run(*asked, home=home)

    answer = json.loads(ended.stdout)
    assert ended.returncode == 2
    assert answer["error"]["code"] == "E-USAGE-2"
    assert message in answer["error"]["message"]
    assert ended.stderr.startswith("E-USAGE-2 ")


@pytest.mark.parametrize("command", ["", "tray", "tray --hidden"])
def test_the_tray_needs_a_screen_and_says_so(home, command) -> None:
    screen = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"), "")

    ended = run(*command.split(), home=home, **screen)

    assert ended.returncode == 1
    assert ended.stderr.startswith("E-TRAY-1 there is no screen here")


@pytest.mark.parametrize("group", ["jobs", "config"])
def test_a_group_without_a_command_shows_its_help(home, group) -> None:
    ended = run(*group.split(), home=home)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"Usage: casare-robot {group}")


def test_validate_names_what_cannot_run_here_and_exec_refuses_it(home) -> None:
    file = CORPUS / "head" / "src__workflows__simple_notepad_workflow.json"

    checked = run("validate", file, home=home)
    ended = run("exec", file, home=home)

    assert checked.returncode == 0
    assert "cannot run here: LaunchApplicationNode needs a Windows desktop" in checked.stdout
    assert checked.stdout.endswith(": valid, but cannot run here\n")
    assert ended.returncode == 2
    assert "LaunchApplicationNode needs a Windows desktop" in ended.stdout


def test_validate_says_what_asks_a_person(home) -> None:
    file = CORPUS / "head" / "workflows__node_tests__batch_7_5_dialogs.json"

    checked = run("validate", file, home=home)

    assert checked.returncode == 0
    assert "asks a person: MessageBoxNode" in checked.stdout
    assert checked.stdout.endswith(": valid\n")


def test_validate_tells_a_type_that_nobody_knows_as_a_fault(home, save) -> None:
    file = save("unknown.json", chain(("fly", "FlyToTheMoonNode", {})))

    checked = run("validate", file, "--json", home=home)

    answer = json.loads(checked.stdout)
    assert checked.returncode == 2
    assert answer["valid"] is answer["runnable"] is False
    [fault] = answer["faults"]
    assert fault["node_id"] == "fly"
    assert fault["node_type"] == "FlyToTheMoonNode"


def validated(case, capsys):
    code = validate_file(CORPUS / case["file"], json_output=True)
    answer = json.loads(capsys.readouterr().out)
    assert code == (0 if answer["valid"] else 2)
    return answer


def cases(choose):
    return [pytest.param(case, id=case["file"]) for case in EXPECTED if choose(case["grade"])]


@pytest.mark.parametrize("case", cases(lambda grade: grade != "json_defect"))
def test_validate_finds_what_each_public_file_needs(case, capsys) -> None:
    answer = validated(case, capsys)

    homeless = {NEEDS[name] for name in case["node_types"] if name in NEEDS}
    needs = homeless & set(case["needs"])
    assert needs <= {entry["needs"] for entry in answer["cannot_run"]}
    assert answer["runnable"] is (answer["valid"] and not answer["cannot_run"])
    if not case["grade"].startswith("needs:"):
        assert answer["valid"]


@pytest.mark.parametrize("case", cases(lambda grade: grade == "json_defect"))
def test_validate_names_the_node_of_each_defect(case, capsys) -> None:
    answer = validated(case, capsys)

    assert not answer["valid"]
    places = {fault["node_id"] for fault in answer["faults"]}
    assert None not in places
    assert case["defect_at"] is None or case["defect_at"] in places


def test_nodes_lists_every_type_with_ports_properties_effect_and_needs(home) -> None:
    told = run("nodes", home=home)
    as_json = run("nodes", "--json", home=home)

    rows = {row["name"]: row for row in json.loads(as_json.stdout)}
    assert told.returncode == as_json.returncode == 0
    assert "  WaitNode(duration) -> -  [" in told.stdout
    append = rows["AppendFileNode"]
    assert append["effect"] == "once"
    assert append["runs_here"] is True
    assert [port["name"] for port in append["inputs"]] == ["file_path", "content"]
    assert "encoding" in [entry["name"] for entry in append["properties"]]
    assert rows["OutlookSendEmailNode"]["runs_here"] is False
    assert rows["OutlookSendEmailNode"]["needs"]


@pytest.mark.parametrize(
    "asked",
    [
        ("config", "show"),
        ("config", "get", "log_level"),
        ("config", "set", "log_level", "DEBUG"),
        ("config", "validate"),
        ("config", "path"),
        ("version",),
        ("nodes",),
        ("jobs", "list"),
    ],
)
def test_reading_commands_print_one_json_value_and_nothing_else(home, asked) -> None:
    ended = run(*asked, "--json", home=home)

    assert ended.returncode == 0
    assert ended.stderr == ""
    json.loads(ended.stdout)


@pytest.mark.parametrize(
    "asked",
    [
        ("config", "get", "volume"),
        ("config", "set", "volume", "11"),
        ("config", "set", "log_level", "LOUD"),
    ],
)
def test_config_refuses_with_2_and_one_line(home, asked) -> None:
    ended = run(*asked, home=home)

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("E-CFG-")
    assert ended.stderr.count("\n") == 1


def test_a_setting_that_is_set_is_in_force(home) -> None:
    run("config", "set", "log_level", "DEBUG", home=home)

    told = run("config", "get", "log_level", home=home)
    stronger = run("config", "get", "log_level", home=home, CASARE_ROBOT_LOG_LEVEL="ERROR")

    assert told.stdout == "DEBUG\n"
    assert stronger.stdout == "ERROR\n"


@pytest.mark.parametrize("command", ["", "exec", "jobs"])
def test_help_tells_what_a_command_is_for(home, command) -> None:
    ended = run(*command.split(), "--help", home=home)

    assert ended.returncode == 0
    assert ended.stdout.startswith(f"Usage: casare-robot {command}".strip())
    assert ended.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end differently there")
@pytest.mark.parametrize("asked", [("exec", GREETING, "--json"), ("version",)])
def test_a_reader_that_has_left_is_no_reason_for_a_traceback(home, asked) -> None:
    with start(*asked, home=home) as process:
        process.stdout.close()
        err = process.stderr.read()

    assert process.returncode == 1
    assert "Error" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full")
@pytest.mark.parametrize("asked", [("exec", GREETING, "--json"), ("version",)])
def test_output_that_cannot_be_written_is_told_in_one_line(home, asked) -> None:
    with Path("/dev/full").open("w") as full:
        process = start(*asked, home=home, stdout=full)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("E-OUT-1 ")


@pytest.mark.skipif(sys.platform == "win32", reason="a Ctrl+C cannot be sent to one process there")
def test_an_interrupt_before_the_job_began_ends_with_3(home) -> None:
    process = start("exec", GREETING, home=home, PYTHONPROFILEIMPORTTIME="1")
    while "casare_robot.cli" not in process.stderr.readline():
        continue
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 3
    assert "Traceback" not in err
