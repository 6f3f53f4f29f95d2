"""Every logger's lines end in the log files, in one form and without secrets."""

import json
import logging
import sys
import threading
import warnings
from datetime import datetime
from io import StringIO

import pytest
import structlog

from casare_robot.desktop.diagnostics import warn
from casare_robot.observability.log_folder import LogFolder
from casare_robot.observability.log_setup import FILES_ONLY, job_logging, set_up_logging
from casare_robot.observability.secret_mask import SecretMask


@pytest.fixture
def mask():
    mask = SecretMask()
    mask.register("correct horse")
    mask.register("1234")
    return mask


@pytest.fixture
def console():
    return StringIO()


@pytest.fixture
def lines(tmp_path, mask, console):
    """Gives all lines as data; what is set up ends with the test."""
    folder = LogFolder(tmp_path / "logs", max_bytes=1 << 24, max_days=1, floor=0)
    set_up = set_up_logging(folder, mask, level="INFO", console=console)

    def lines():
        files = sorted((tmp_path / "logs").iterdir())
        return [json.loads(it) for path in files for it in path.read_text().splitlines()]

    lines.set_up = set_up
    yield lines
    set_up.close()


def test_a_line_of_any_logger_says_when_how_bad_who_and_what(lines):
    logging.getLogger("some.library").warning("no answer from %s", "host", extra={"tries": 3})
    structlog.get_logger("own").info("connected", address="wss://a")
    warn("execution", "executor died", job="j1", error="why")

    library, own, warned = lines()
    assert library.pop("at").endswith("Z")
    assert library == {
        "level": "warning",
        "logger": "some.library",
        "event": "no answer from host",
        "tries": 3,
    }
    assert (own["logger"], own["event"], own["address"]) == ("own", "connected", "wss://a")
    assert (warned["level"], warned["job"], warned["error"]) == ("warning", "j1", "why")


def test_lines_below_the_level_are_not_written_until_it_is_changed(lines):
    logging.getLogger("a").debug("one")
    structlog.get_logger("b").debug("two")
    lines.set_up.set_level("DEBUG")
    logging.getLogger("a").debug("three")
    structlog.get_logger("b").debug("four")

    assert [line["event"] for line in lines()] == ["three", "four"]


def test_what_is_logged_in_the_name_of_a_job_bears_its_id(lines):
    with job_logging("j1"):
        logging.getLogger("some.library").info("inside")
        structlog.get_logger("own").info("inside too")
    logging.getLogger("some.library").info("outside")

    assert [line.get("job") for line in lines()] == ["j1", "j1", None]


def test_the_terminal_gets_readable_lines(lines, console):
    with job_logging("j1"):
        logging.getLogger("a").warning("slow")

    logging.getLogger("casare_robot").info("idle")

    slow, idle = console.getvalue().splitlines()
    assert slow[8:] == " warning  slow job=j1 (a)"
    assert idle[8:] == " info     idle"
    datetime.strptime(slow[:8], "%H:%M:%S")


def test_what_executors_say_is_for_the_files_only_with_its_job_and_without_secrets(lines, console):
    with job_logging("j1"):
        FILES_ONLY.warning("%s", "Traceback: correct horse")

    (line,) = lines()
    assert (line["job"], "correct horse" in str(line)) == ("j1", False)
    assert line["event"].startswith("Traceback")
    assert console.getvalue() == ""


def test_an_exception_is_told_with_its_causes_and_without_secrets(lines, console):
    try:
        fail_twice()
    except KeyError:
        logging.getLogger("a").exception("failed")
        structlog.get_logger("b").exception("failed too")
        structlog.get_logger("b").error("and so", exc_info=sys.exc_info()[1])

    for line in lines():
        assert "base 10: 'password ***'" in line["exception"]
        assert "KeyError: 'again: ***'" in line["exception"]
    assert "horse" not in console.getvalue()


def fail_twice():
    try:
        int("password correct horse")
    except ValueError as error:
        raise KeyError("again: correct horse") from error


def test_a_short_secret_is_hidden_where_it_stands_alone(lines):
    logging.getLogger("a").info("pin is %s", "1234")
    logging.getLogger("a").info("pin is %(pin)s", {"pin": "1234"})
    logging.getLogger("a").info("order 12345")
    logging.getLogger("a").info("pin", extra={"pin": "1234", "all": ["1234"]})
    logging.getLogger("a").info("pin %d", 1234)

    assert [line["event"] for line in lines()] == [
        "pin is ***",
        "pin is ***",
        "order 12345",
        "pin",
        "pin %d ('***',)",
    ]
    assert lines()[3]["all"] == ["***"]


def test_what_nobody_caught_is_logged_and_not_printed(lines, capsys):
    def fail():
        raise ValueError("correct horse")

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError:
        sys.excepthook(*sys.exc_info())

    assert [line["event"] for line in lines()] == ["uncaught in thread worker", "uncaught"]
    assert "ValueError: ***" in lines()[0]["exception"]
    assert "horse" not in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_warnings_of_python_are_lines_too(lines):
    warnings.warn("old: correct horse", DeprecationWarning, stacklevel=1)

    assert "DeprecationWarning: old: ***" in lines()[0]["event"]


def test_names_of_loggers_and_of_facts_hold_no_secrets_either(lines):
    logging.getLogger("client.correct horse").info("hello", extra={"correct horse": 1})

    assert lines()[0]["logger"] == "client.***"
    assert lines()[0]["***"] == 1


class Rude:
    def __str__(self):
        raise RuntimeError("correct horse")

    __repr__ = __str__


def test_whatever_is_logged_nothing_is_raised_and_nothing_is_printed(lines, capsys):
    logging.getLogger().handlers[:] = lines.set_up.handlers  # pytest's own would raise
    logger = logging.getLogger("a")
    logger.info("%d of %d", 1)
    logger.info("%s", Rude())
    logger.info("facts", extra={"rude": Rude(), "big": 2**80, "bad": "\ud800", "deep": deep(5000)})
    logger.info("%s", "x" * 1_000_000)
    logger.info("last")

    written = lines()
    assert written[0]["event"] == "%d of %d (1,)"
    assert written[-1]["event"] == "last"
    assert max(len(json.dumps(line)) for line in written) < 300_000
    assert lines.set_up.folder.lost <= 2
    assert capsys.readouterr().err == ""


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def test_closing_puts_back_what_was_there(tmp_path, mask):
    root = logging.getLogger()
    before = (root.level, root.handlers[:], sys.excepthook, threading.excepthook)
    folder = LogFolder(tmp_path, max_bytes=1 << 24, max_days=1, floor=0)

    set_up_logging(folder, mask).close()

    assert (root.level, root.handlers, sys.excepthook, threading.excepthook) == before
    assert not structlog.is_configured()
