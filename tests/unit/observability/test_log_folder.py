"""Log files never fill the disk, whatever happens."""

import sys

import pytest

from casare_robot.observability import log_folder as module
from casare_robot.observability.log_folder import LogFolder, log_files

DAY = 86_400


@pytest.fixture
def disk():
    return {"free": 1 << 40}


@pytest.fixture
def make(tmp_path, clock, disk):
    made = []

    def make(**changes):
        settings = {"max_bytes": 80_000, "max_days": 7, "clock": clock}
        settings |= {"free": lambda _: disk["free"]} | changes
        made.append(LogFolder(tmp_path / "logs", **settings))
        return made[-1]

    yield make
    for folder in made:
        folder.close()


def files(tmp_path):
    return log_files(tmp_path / "logs")


def write(folder, count, clock, size=100):
    for number in range(count):
        clock.now += 0.001
        folder.write(f"{number:0{size - 1}}", matters=True)


def test_the_oldest_files_go_when_all_together_are_too_large(make, tmp_path, clock):
    folder = make()
    write(folder, 5000, clock)

    assert sum(path.stat().st_size for path in files(tmp_path)) <= 80_000
    assert len(files(tmp_path)) > 3
    assert files(tmp_path)[-1].read_text().endswith("4999\n")


def test_files_go_when_they_are_too_old(make, tmp_path, clock):
    folder = make()
    write(folder, 10, clock)
    clock.now += 8 * DAY
    write(folder, 10, clock)

    assert len(files(tmp_path)) == 1


def test_files_go_when_they_are_too_many(make, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(module, "MOST_FILES", 3)
    folder = make(max_days=1000)
    for _ in range(10):
        write(folder, 1, clock)
        clock.now += DAY

    assert len(files(tmp_path)) == 3


def test_a_new_day_begins_a_new_file_and_a_restart_does_not(make, tmp_path, clock):
    write(make(), 1, clock)
    write(make(), 1, clock)
    assert len(files(tmp_path)) == 1

    clock.now += DAY
    write(make(), 1, clock)

    assert len(files(tmp_path)) == 2


def test_a_clock_that_goes_back_does_not_change_the_order_of_files(make, tmp_path, clock):
    folder = make(max_bytes=16_000)
    write(folder, 30, clock)
    clock.now -= 40 * DAY
    write(folder, 30, clock)
    folder.write("newest", matters=True)

    assert files(tmp_path)[-1].read_text().endswith("newest\n")


def test_on_a_nearly_full_disk_only_what_matters_is_written(make, tmp_path, clock, disk):
    folder = make()
    disk["free"] = module.FLOOR - 1
    folder.write("chatter", matters=False)
    folder.write("trouble", matters=True)
    disk["free"] = module.FLOOR
    clock.now += module.LOOK_EVERY
    folder.write("chatter again", matters=False)

    assert files(tmp_path)[0].read_text() == "trouble\nchatter again\n"
    assert folder.lost == 1


def test_a_folder_that_cannot_be_written_costs_lines_and_nothing_else(make, tmp_path, clock):
    (tmp_path / "logs").write_text("in the way")
    folder = make()
    write(folder, 3, clock)
    assert folder.lost == 3

    (tmp_path / "logs").unlink()
    write(folder, 1, clock)

    assert len(files(tmp_path)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="nobody deletes an open file there")
def test_a_file_that_was_deleted_is_begun_anew(make, tmp_path, clock):
    folder = make()
    write(folder, 1, clock)
    files(tmp_path)[0].unlink()
    clock.now += module.LOOK_EVERY
    write(folder, 1, clock)

    assert len(files(tmp_path)) == 1


def test_text_that_is_no_unicode_is_written_all_the_same(make, tmp_path):
    make().write("bad \ud800", matters=True)

    assert files(tmp_path)[0].read_bytes() == b"bad \\ud800\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a user's folders are private there already")
def test_a_folder_made_for_logs_is_its_users_alone(make, tmp_path, clock):
    write(make(), 1, clock)

    assert (tmp_path / "logs").stat().st_mode & 0o077 == 0
