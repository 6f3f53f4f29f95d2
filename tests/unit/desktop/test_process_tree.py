import asyncio
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from casare_robot.desktop import process_tree
from casare_robot.desktop.process_tree import run

if os.name != "posix":
    pytest.skip("drives POSIX programs", allow_module_level=True)

FAMILY = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         start_new_session=%s)
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def until(condition) -> None:
    """Wait for another process; a hang is caught by the test's own limit."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_output_code_and_input_are_carried():
    done = await run(
        [sys.executable, "-c", "import sys; print(input()); print('no', file=sys.stderr); exit(3)"],
        stdin=b"hello\n",
        timeout=30,
    )

    assert (done.return_code, done.stdout, done.stderr) == (3, "hello\n", "no\n")


async def test_a_program_that_ignores_its_input_is_no_error():
    done = await run(["true"], stdin=b"x" * 1_000_000, timeout=30)

    assert done.return_code == 0


async def test_arguments_are_never_read_by_a_shell():
    done = await run(["printf", "%s", "$(id) ; `id` | x"], timeout=30)

    assert done.stdout == "$(id) ; `id` | x"


async def test_a_shell_line_is_read_by_a_shell():
    done = await run("echo a | tr a b; exit 4", shell=True, timeout=30)

    assert (done.stdout, done.return_code) == ("b\n", 4)


async def test_folder_and_environment_are_the_given_ones(tmp_path):
    done = await run(["/bin/sh", "-c", "pwd; echo $A"], cwd=tmp_path, env={"A": "1"}, timeout=30)

    assert done.stdout == f"{tmp_path}\n1\n"


async def test_a_missing_program_is_named():
    with pytest.raises(FileNotFoundError) as caught:
        await run(["nonexistent_cmd_x"], timeout=30)

    assert str(caught.value) == "[Errno 2] No such file or directory: 'nonexistent_cmd_x'"


async def test_a_file_without_the_execute_bit_is_refused(tmp_path):
    (tmp_path / "plain").write_text("echo")

    with pytest.raises(PermissionError):
        await run(["./plain"], cwd=tmp_path, timeout=30)


async def test_long_output_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(process_tree, "OUTPUT_LIMIT", 10)

    done = await run(["printf", "%s", "x" * 1000], timeout=30)

    assert done.stdout == "x" * 10 + "\n[output cut after 10 bytes]\n"


async def test_output_that_is_not_utf8_is_still_text():
    done = await run(["printf", r"a\377"], timeout=30)

    assert done.stdout == "a\ufffd"


@pytest.mark.parametrize("leaves_the_group", [False, True])
async def test_running_out_of_time_ends_grandchildren_too(tmp_path, leaves_the_group):
    note = tmp_path / "pid"

    for timeout in (2, 10, 60):  # until the machine was quick enough for a family
        with pytest.raises(TimeoutError):
            await run([sys.executable, "-c", FAMILY % leaves_the_group, str(note)], timeout=timeout)
        if note.exists() and note.read_text():
            break

    grandchild = int(note.read_text())
    await until(lambda: is_gone(grandchild))


async def test_cancelling_ends_grandchildren_too(tmp_path):
    note = tmp_path / "pid"
    task = asyncio.create_task(run([sys.executable, "-c", FAMILY % False, str(note)], timeout=60))
    await until(lambda: note.exists() and note.read_text())

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    grandchild = int(note.read_text())
    await until(lambda: is_gone(grandchild))


async def test_two_programs_run_at_the_same_time(tmp_path):
    """Each waits for the file that the other makes."""
    script = 'touch "$1"; while [ ! -e "$2" ]; do sleep 0.01; done'
    a, b = str(tmp_path / "a"), str(tmp_path / "b")

    done = await asyncio.gather(
        run(["/bin/sh", "-c", script, "x", a, b], timeout=30),
        run(["/bin/sh", "-c", script, "x", b, a], timeout=30),
    )

    assert [one.return_code for one in done] == [0, 0]


async def test_without_capture_a_background_program_is_not_waited_for(tmp_path):
    done = await run(
        "sleep 60 & echo $! > pid", shell=True, cwd=tmp_path, capture=False, timeout=30
    )

    background = int((tmp_path / "pid").read_text())
    assert done.return_code == 0
    assert not is_gone(background)
    os.kill(background, signal.SIGKILL)


@pytest.mark.skipif(not process_tree.dies_with_parent(), reason="needs setpriv")
def test_a_program_dies_when_the_robot_is_killed(tmp_path):
    note = tmp_path / "pid"
    robot = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio; from casare_robot.desktop.process_tree import run;"
            f"asyncio.run(run(['/bin/sh', '-c', 'echo $$ > {note}; exec sleep 60'], timeout=60))",
        ]
    )
    deadline = time.monotonic() + 60
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    robot.kill()
    robot.wait()

    child = int(note.read_text())
    while not is_gone(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)
