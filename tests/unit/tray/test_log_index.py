"""Lines of the log by row."""

import json

import pytest

from casare_robot.observability.log_reader import LogFilter
from casare_robot.tray.log_index import LogIndex, Places, scan


@pytest.fixture
def write(tmp_path):
    def write(name, *lines, end="\n"):
        path = tmp_path / f"robot-{name}.log"
        with path.open("a", newline="") as file:
            for line in lines:
                file.write(line if isinstance(line, str) else json.dumps(line))
                file.write(end)
        return path

    return write


def line(event, level="info", **facts):
    return {"at": "2026-11-21T14:30:00Z", "level": level, "event": event, **facts}


def indexed(path, wanted=LogFilter()):  # noqa: B008 - it is frozen
    places = Places(path)
    places.offsets, places.end = scan(path, 0, wanted)
    return places


def events(index):
    return [index.entry(row).event for row in range(len(index))]


def test_rows_are_lines_in_order_over_files_that_come_from_new_to_old(write) -> None:
    older = write("1", line("one"), line("two"))
    newer = write("2", line("three ü"), line("four"))
    index = LogIndex(LogFilter())

    index.add_older(indexed(newer))
    index.add_older(indexed(older))

    assert events(index) == ["one", "two", "three ü", "four"]
    assert list(index.lines()) == [json.dumps(line(it)) for it in events(index)]


def test_only_lines_that_pass_the_filter_have_rows(write) -> None:
    path = write("1", line("a"), line("b", "error", job="j1"), line("c", "error", job="j2"))

    for wanted, expected in (
        (LogFilter(level="warning"), ["b", "c"]),
        (LogFilter(job="j2"), ["c"]),
        (LogFilter(text="A"), ["a", "b", "c"]),
        (LogFilter(text='"event": "a"'), ["a"]),
    ):
        index = LogIndex(wanted)
        index.add_newer(indexed(path, wanted))
        assert events(index) == expected


def test_a_line_that_is_still_being_written_waits(write) -> None:
    path = write("1", line("whole"))
    write("1", '{"event": "ha', end="")
    index = LogIndex(LogFilter())
    index.add_newer(indexed(path))
    assert events(index) == ["whole"]

    write("1", 'lf"}')
    index.extend(*scan(path, index.newest.end, LogFilter()))

    assert events(index) == ["whole", "half"]


def test_a_line_that_is_no_json_is_shown_as_it_is(write) -> None:
    index = LogIndex(LogFilter())
    index.add_newer(indexed(write("1", "the power went")))

    assert events(index) == ["the power went"]


def test_rows_of_a_deleted_file_say_so(write) -> None:
    path = write("1", line("one"))
    index = LogIndex(LogFilter())
    index.add_newer(indexed(path))
    path.unlink()

    assert "cannot be read" in index.entry(0).event
    assert list(index.lines()) == []


def test_a_scan_that_is_not_wanted_any_more_ends(write) -> None:
    path = write("1", *[line("x")] * 10)

    offsets, end = scan(path, 0, LogFilter(), is_wanted=lambda: False)

    assert (len(offsets), end) == (0, 0)
