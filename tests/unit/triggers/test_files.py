"""Changes in a real folder, also those made while nobody looked."""

import pytest

from casare_robot.domain.errors import TriggerError
from casare_robot.triggers.files import FolderWatch

DEFAULTS = {
    "patterns": "*",
    "events": "created,modified,deleted,moved",
    "recursive": True,
    "ignore_patterns": "*.tmp,~*",
    "debounce_ms": 500,
    "include_hidden": False,
}
LATER = 2**62
"""So late that every file has come to rest."""


@pytest.fixture
def watch(tmp_path):
    def make(**settings):
        return FolderWatch({"watch_path": str(tmp_path), **DEFAULTS, **settings})

    return make


def kinds(look):
    return sorted((e.payload["event_type"], e.payload["file_name"]) for e in look.events)


def test_what_is_there_when_it_is_switched_on_is_no_event(watch, tmp_path):
    (tmp_path / "old").write_text("")

    look = watch().look(None, LATER)

    assert (kinds(look), kinds(watch().look(look.cursor, LATER))) == ([], [])


def test_changes_are_found_by_comparison_also_over_a_restart(watch, tmp_path):
    for name in ("same", "changed", "gone", "before"):
        (tmp_path / name).write_text("1")
    cursor = watch().look(None, LATER).cursor
    (tmp_path / "changed").write_text("22")
    (tmp_path / "gone").unlink()
    (tmp_path / "before").rename(tmp_path / "after")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "new").write_text("")

    look = watch().look(cursor, LATER)

    assert kinds(look) == [
        ("created", "new"),
        ("deleted", "gone"),
        ("modified", "changed"),
        ("moved", "after"),
    ]
    assert watch().look(look.cursor, LATER).events == []


def test_the_same_change_has_the_same_key(watch, tmp_path):
    cursor = watch().look(None, LATER).cursor
    (tmp_path / "a").write_text("1")

    first, second = watch().look(cursor, LATER), watch().look(cursor, LATER + 1)

    assert [e.key for e in first.events] == [e.key for e in second.events] != []


def test_a_file_that_is_still_written_waits_until_it_is_calm(watch, tmp_path):
    cursor = watch().look(None, LATER).cursor
    (tmp_path / "a").write_text("1")
    changed = (tmp_path / "a").stat().st_mtime_ns

    early = watch().look(cursor, changed + 100_000_000)
    late = watch().look(early.cursor, changed + 600_000_000)

    assert (kinds(early), kinds(late)) == ([], [("created", "a")])


def test_patterns_hidden_files_depth_and_kinds_hold(watch, tmp_path):
    plan = watch(patterns="*.pdf", recursive=False, events="created")
    cursor = plan.look(None, LATER).cursor
    (tmp_path / "deep").mkdir()
    for name in ("a.pdf", "b.txt", ".c.pdf", "~d.pdf", "deep/e.pdf"):
        (tmp_path / name).write_text("")

    look = plan.look(cursor, LATER)
    (tmp_path / "a.pdf").unlink()

    assert kinds(look) == [("created", "a.pdf")]
    assert plan.look(look.cursor, LATER).events == []


def test_a_folder_that_is_gone_is_trouble_and_not_a_thousand_deletions(watch, tmp_path):
    plan = watch(watch_path=str(tmp_path / "share"))

    with pytest.raises(TriggerError, match="cannot be watched"):
        plan.look({str(tmp_path / "share" / "a"): [1, 1, 1]}, LATER)
