"""The release workflow's own shell, run here; the rest of it only GitHub can run."""

import os
import shutil
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casare_robot.updates.feed import newest, read_feed

ROOT = Path(__file__).parents[3]


def step(name: str) -> str:
    """What a step of the workflow runs."""
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    script = text.partition(f"- name: {name}\n")[2].partition("run: |\n")[2]
    indent = len(script) - len(script.lstrip())
    lines = script.splitlines()
    end = next(at for at, line in enumerate(lines) if line.strip() and line[:indent].strip())
    return textwrap.dedent("\n".join(lines[:end]))


def quietly(*command: object, **options: object) -> str:
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True, **options
    ).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the step runs on Linux")
def test_the_feed_of_a_release_names_the_files_that_the_builders_make(tmp_path) -> None:
    make_feed = ROOT / "installer/make_feed.py"
    key = quietly(sys.executable, make_feed, "--new-key", tmp_path / "key").strip()
    (tmp_path / "sources").symlink_to(ROOT)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/uv").symlink_to(shutil.which("true"))
    (tmp_path / "tools/python").write_text(
        f'#!/bin/sh\n[ "$1" = -m ] || exec {sys.executable} "$@"\n'
    )
    (tmp_path / "tools/python").chmod(0o755)
    for name in ("CasareRobot-setup.exe", "casare-robot_1.2.3_amd64.deb"):
        (tmp_path / name).write_bytes(name.encode())

    quietly(
        "bash",
        "-euc",
        step("A feed that offers it, where there is a key to sign with"),
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{tmp_path / 'tools'}:{os.environ['PATH']}",
            "FEED_KEY": (tmp_path / "key").read_text(),
            "GITHUB_REF_NAME": "v1.2.3",
            "RUNNER_TEMP": str(tmp_path / "tools"),
        },
    )

    feed = read_feed((tmp_path / "feed.json").read_bytes(), keys=[key], now=datetime.now(UTC))
    for kind, name in (("windows", "CasareRobot-setup.exe"), ("debian", "casare-robot_1.2.3_a")):
        release = newest(feed, kind=kind, than="1.2.2")
        assert release is not None
        assert release.version == "1.2.3"
        assert release.files[kind].url.startswith(name)
        assert release.files[kind].size > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--new-key", "there"], "File exists"),
        (["--key", "none", "1.2.3", "windows=there"], "No such file"),
        (["--key", "there", "1.2.3", "windows=there"], "there holds no key"),
        (["--key", "there", "v1.2.3", "windows=there"], "a version such as 1.2.3"),
        (["--key", "there", "1.2.3", "macos=there"], "windows=FILE or debian=FILE"),
    ],
)
def test_a_feed_that_cannot_be_made_is_told_in_a_sentence(tmp_path, arguments, told) -> None:
    (tmp_path / "there").write_text("no key")

    done = subprocess.run(
        [sys.executable, ROOT / "installer/make_feed.py", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert told in done.stderr
    assert (tmp_path / "there").read_text() == "no key"


def test_a_check_of_the_workflow_can_fail_its_step() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")

    ignored = [line for line in text.splitlines() if line.strip().startswith("! ")]
    assert ignored == []  # `sh -e` goes on after a command that is turned round


def test_the_release_takes_the_python_whose_checksum_is_pinned() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    builder = (ROOT / "installer/build_windows.py").read_text("utf-8")
    (version,) = [
        line.partition(" = ")[2].strip('"')
        for line in builder.splitlines()
        if line.startswith("PYTHON = ")
    ]

    assert f"PYTHON_ZIP: python-{version}-embed-amd64.zip" in text
    assert f"https://www.python.org/ftp/python/{version}/" in text
