"""The clipboard, with a stand-in for the program that holds it."""

import sys

import pytest

from casare_robot.nodes.needs_here import obstacle

PROGRAM = """#!/bin/sh
cd "{folder}"
case "$*" in
  *-in*) cat > held ;;
  *-out*) [ -s held ] || {{ echo "Error: target STRING not available" >&2; exit 1; }}; cat held ;;
esac
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X displays are Linux's")


@pytest.fixture
def held(tmp_path, monkeypatch):
    """The file with what is on the clipboard."""
    program = tmp_path / "xclip"
    program.write_text(PROGRAM.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("DISPLAY", ":1")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return tmp_path / "held"


@pytest.mark.parametrize("text", ["Grüße\n  two lines", "-in", "$(id)"])
def test_a_copied_text_is_on_the_clipboard_and_pasted_as_it_was(text, held, run_node):
    assert run_node("ClipboardCopyNode", {"text": text}).outputs == {"success": True}

    assert held.read_text() == text
    assert run_node("ClipboardPasteNode").outputs == {"text": text, "success": True}


def test_a_cleared_clipboard_is_empty(held, run_node):
    held.write_text("secret")

    assert run_node("ClipboardClearNode").outputs == {"success": True}

    assert held.read_text() == ""
    assert run_node("ClipboardPasteNode").outputs == {"text": "", "success": True}


def test_a_machine_without_a_clipboard_says_why(held, monkeypatch, run_node):
    assert obstacle("a clipboard") == ""
    monkeypatch.setenv("PATH", "/nonexistent")
    assert obstacle("a clipboard") == "and none of xclip, xsel is installed"
    monkeypatch.delenv("DISPLAY")
    assert obstacle("a clipboard") == "and there is no display here"
    assert "there is no display here" in run_node("ClipboardPasteNode").error
