"""Lines are found again: the newest, the older ones, those to come."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.observability import log_reader as module
from casare_robot.observability.log_reader import LogFilter, LogPosition, LogReader


def line(number, level="info", job=None, **facts):
    fields = {"at": "2026-11-21T14:00:00.000Z", "level": level, "logger": "a"}
    fields |= {"event": f"line {number}"} | facts | ({"job": job} if job else {})
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False) + "\n"


@pytest.fixture
def folder(tmp_path):
    """Three files of ten lines; every third line an error, every other of job j1."""
    for file in range(3):
        text = "".join(
            line(n, "error" if n % 3 == 0 else "info", "j1" if n % 2 else "j2")
            for n in range(file * 10, file * 10 + 10)
        )
        (tmp_path / f"robot-2026112{file}T000000000000Z.log").write_text(text)
    return tmp_path


@pytest.fixture
def reader(folder):
    return LogReader(folder)


def numbers(entries):
    return [int(entry.event.split()[1]) for entry in entries]


def test_the_newest_lines_come_in_their_order(reader):
    assert numbers(reader.tail(12)) == list(range(18, 30))


def test_a_filter_finds_lines_however_far_back(reader):
    assert numbers(reader.tail(5, LogFilter(level="error"))) == [15, 18, 21, 24, 27]
    assert numbers(reader.tail(3, LogFilter(job="j1"))) == [25, 27, 29]
    assert numbers(reader.tail(9, LogFilter(text="LINE 2"))) == [2, *range(20, 30)][-9:]
    assert numbers(reader.tail(9, LogFilter(level="error", job="j2"))) == [0, 6, 12, 18, 24]
    assert reader.tail(9, LogFilter(job="none")) == []


def test_a_text_is_found_in_any_case_and_any_script(tmp_path):
    (tmp_path / "robot-1.log").write_text(line(1, name="ÄRGER") + line(2, name="Straße"), "utf-8")

    assert numbers(LogReader(tmp_path).tail(5, LogFilter(text="ärger"))) == [1]
    assert numbers(LogReader(tmp_path).tail(5, LogFilter(text="NAME"))) == [1, 2]


def test_a_line_that_only_mentions_a_job_or_a_level_is_not_of_it(tmp_path):
    (tmp_path / "robot-1.log").write_text(line(1, job="j2", cause="j1", was="error") + line(2))

    assert LogReader(tmp_path).tail(5, LogFilter(job="j1")) == []
    assert LogReader(tmp_path).tail(5, LogFilter(level="error")) == []


def test_pages_backwards_meet_without_gap_or_double(reader):
    pages, position = [], None
    while page := reader.before(position, 7):
        pages = page + pages
        position = page[0].position

    assert numbers(pages) == list(range(30))


def test_pages_forwards_meet_without_gap_or_double(reader):
    pages, position = [], LogPosition("", 0)
    while page := reader.after(position, 7):
        pages += page
        position = page[-1].next

    assert numbers(pages) == list(range(30))


def test_a_line_that_is_still_written_is_left_for_later(reader, folder):
    newest = folder / "robot-20261122T000000000000Z.log"
    with newest.open("a") as file:
        file.write(line(30)[:-10])
    assert numbers(reader.tail(1)) == [29]
    assert reader.after(reader.tail(1)[0].next, 5) == []

    with newest.open("a") as file:
        file.write(line(30)[-10:])

    assert numbers(reader.tail(1)) == [30]


def test_a_torn_line_is_shown_as_it_is(tmp_path):
    (tmp_path / "robot-1.log").write_bytes(b'{"at":"2026","lev\n\xff\xfe\n' + line(1).encode())

    entries = LogReader(tmp_path).tail(5)

    assert [entry.event for entry in entries] == ['{"at":"2026","lev', "��", "line 1"]
    assert len(LogReader(tmp_path).tail(5, LogFilter(level="info"))) == 1


def test_an_empty_folder_has_no_lines(tmp_path):
    reader = LogReader(tmp_path / "none")

    assert reader.tail(5) == []
    assert reader.end() == LogPosition("", 0)


def test_all_facts_of_a_line_are_there(tmp_path):
    (tmp_path / "robot-1.log").write_text(line(1, tries=3))

    assert LogReader(tmp_path).tail(1)[0].facts["tries"] == 3


async def test_following_tells_the_newest_and_then_what_comes_into_old_and_new_files(folder):
    async def sleep(_seconds):
        step = next(steps, None)
        if step == 0:
            with (folder / "robot-20261122T000000000000Z.log").open("a") as file:
                file.write(line(30) + line(31, "error"))
        elif step == 1:
            (folder / "robot-20261123T000000000000Z.log").write_text(line(32) + line(33))

    steps = iter(range(2))
    seen = []
    async for entry in LogReader(folder).follow(count=2, sleep=sleep):
        seen.append(entry)
        if len(seen) == 6:
            break

    assert numbers(seen) == [28, 29, 30, 31, 32, 33]


async def test_following_an_empty_folder_waits_for_its_first_line(tmp_path):
    async def sleep(_seconds):
        (tmp_path / "robot-1.log").write_text(line(1))

    async for entry in LogReader(tmp_path).follow(sleep=sleep):
        assert entry.event == "line 1"
        break


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 64))
def test_reading_backwards_in_blocks_of_any_size_gives_every_line(tmp_path_factory, sizes, block):
    folder = tmp_path_factory.mktemp("logs")
    lines = [b"x" * size for size in sizes]
    (folder / "robot-1.log").write_bytes(b"".join(it + b"\n" for it in lines) + b"unfinished")
    before, module.BLOCK = module.BLOCK, block
    try:
        found = list(module._lines_back(folder / "robot-1.log", None))
    finally:
        module.BLOCK = before

    assert [raw[:-1] for _, raw in reversed(found)] == lines
    assert [offset for offset, _ in reversed(found)] == [
        sum(len(it) + 1 for it in lines[:n]) for n in range(len(lines))
    ]


def test_the_newest_page_of_a_huge_log_reads_only_its_end(tmp_path, monkeypatch):
    with (tmp_path / "robot-1.log").open("w") as file:
        for number in range(100_000):
            file.write(line(number))
    read = []
    original = LogFilter.read

    def counting(self, raw, position):
        read.append(len(raw))
        return original(self, raw, position)

    monkeypatch.setattr(LogFilter, "read", counting)

    assert numbers(LogReader(tmp_path).tail(100)) == list(range(99_900, 100_000))
    assert len(read) == 100
