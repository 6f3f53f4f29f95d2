"""How soon icon and long tables are seen and what the waiting tray costs, beside bare PySide6.

Run: python -m tests.benchmarks.bench_tray [--rounds 5]   (needs Xvfb and trayer)
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil

from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show
from tests.benchmarks.window_opening import LINES
from tests.real_screen import SIZE, RealScreen, missing

WATCHED = 20.0
"""Seconds for which the waiting tray is watched."""
SETTLED = 5.0
BARE, QASYNC, EAGER, TRAY = (
    "bare PySide6",
    "PySide6 and qasync",
    "imports first",
    "casare-robot tray",
)

ICON = """
import sys
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon
app = QApplication(["bare"])
app.setQuitOnLastWindowClosed(False)
pixmap = QPixmap(64, 64)
pixmap.fill(QColor("#6b7280"))
icon = QSystemTrayIcon(QIcon(pixmap))
icon.setToolTip("bare")
menu = QMenu()
menu.addAction("Quit")
icon.setContextMenu(menu)
icon.show()
"""
PROGRAMS = {
    BARE: ICON + "sys.exit(app.exec())",
    QASYNC: ICON
    + """
import asyncio, qasync
async def beat():
    while True:
        await asyncio.sleep(1)
with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
    runner.run(beat())
""",
    EAGER: "import supabase, httpx, websockets.asyncio.client, pydantic, lxml.etree, rich, typer\n"
    + ICON
    + "sys.exit(app.exec())",
}


@contextlib.contextmanager
def screen() -> Iterator[tuple[RealScreen, Path]]:
    with tempfile.TemporaryDirectory() as name:
        made = RealScreen(Path(name))
        made.show_tray()
        time.sleep(1)
        try:
            yield made, Path(name)
        finally:
            made.close()


def start(shown: RealScreen, folder: Path, which: str) -> "subprocess.Popen[bytes]":
    environment = {
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "CASARE_ROBOT_HOME": str(folder / "home"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "cache"),  # bytecode is cached, as in an installation
    }
    if which == TRAY:
        return shown.start(sys.executable, "-m", "casare_robot", "tray", "--hidden", **environment)
    return shown.start(sys.executable, "-c", PROGRAMS[which], **environment)


def pixel(memory: int) -> bytes:
    """The middle of the only icon."""
    size = os.fstat(memory).st_size
    begin = size - SIZE[0] * SIZE[1] * 4
    return os.pread(memory, 4, begin + ((SIZE[1] - 16) * SIZE[0] + SIZE[0] - 20) * 4)


def icon_seen(shown: RealScreen, folder: Path, which: str) -> float:
    """Milliseconds from the start of a program to its icon on the screen."""
    memory = os.open(folder / "Xvfb_screen0", os.O_RDONLY)
    before = pixel(memory)
    begin = time.perf_counter()
    program = start(shown, folder, which)
    while pixel(memory) == before:
        time.sleep(0.001)
        if time.perf_counter() - begin > 30:
            raise TimeoutError(f"{which}: no icon")
    took = (time.perf_counter() - begin) * 1000
    end(program)
    while pixel(memory) != before:
        time.sleep(0.01)
    os.close(memory)
    return took


def end(program: "subprocess.Popen[bytes]") -> None:
    program.kill()
    program.wait()


def waiting(shown: RealScreen, folder: Path, which: str) -> tuple[float, float, float]:
    """Megabytes, percent of a core, wake-ups a second of a program that waits."""
    program = start(shown, folder, which)
    time.sleep(SETTLED)
    seen = psutil.Process(program.pid)
    before, begin = cpu_seconds(program.pid), time.perf_counter()
    switches = seen.num_ctx_switches().voluntary
    time.sleep(WATCHED)
    used, took = cpu_seconds(program.pid) - before, time.perf_counter() - begin
    woken = (seen.num_ctx_switches().voluntary - switches) / took
    megabytes = seen.memory_info().rss / (1 << 20)
    end(program)
    return megabytes, 100 * used / took, woken


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have used; finer than ticks of the clock."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def opened(kind: str, folder: Path, what: str) -> float:
    """Milliseconds that opening a long table takes in a program of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.window_opening", kind, str(folder)]
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=surroundings)
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found[what]


def write_logs(folder: Path) -> None:
    """A million lines, in files as the robot writes them."""
    in_a_file = 50_000
    for number in range(LINES // in_a_file):
        with (folder / f"robot-20261121T{number:02d}0000000000Z.log").open("w") as file:
            for line in range(in_a_file):
                said = f'"event": "node read_{line % 17} ended", "job": "4f0c{line % 9:04d}a1b2"'
                at = f"2026-11-21T{number:02d}:{line // 1000:02d}:{line % 60:02d}.000000+00:00"
                file.write(f'{{"at": "{at}", "level": "info", "logger": "agent", {said}}}\n')


def tables(rounds: int) -> list[Row]:
    """A long history and a long log beside a bare table of as many rows."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        write_logs(Path(name))
        for kind, what in (("history", "10,000 jobs"), ("logs", "1,000,000 lines")):
            for measured in ("cpu", "scroll"):
                cases: Cases = {
                    which: partial(opened, which, Path(name), measured)
                    for which in (f"bare-{kind}", kind)
                }
                results = interleave(cases, rounds)
                ratio = median_ratio(results, kind, f"bare-{kind}")
                told = {"cpu": "opening", "scroll": "painting a place of"}[measured]
                rows.append(Row(f"{told} {what} / bare table", ratio))
                if measured == "cpu":
                    worst = sorted(results[kind])[len(results[kind]) // 2]
                    rows.append(Row(f"ms of opening {what}", worst, 300, at_most=True))
    return rows


def measure(rounds: int, _peers: str | None = None) -> list[Row]:
    """All of it; nothing where a screen, a tray or Qt is missing."""
    if missing() or importlib.util.find_spec("PySide6") is None or sys.platform != "linux":
        print(f"left out: the tray: {', '.join(missing()) or 'PySide6 on Linux'} is missing")
        return []
    return icon(rounds) + tables(min(rounds, 5))


def icon(rounds: int) -> list[Row]:
    """How soon it is seen, and what it costs while nothing happens."""
    with screen() as (shown, folder):
        agent = shown.start(
            *(sys.executable, "-m", "casare_robot", "run", "--home", str(folder / "home")),
            PYTHONPATH=str(Path(__file__).parents[2]),
        )
        cases: Cases = {
            which: partial(icon_seen, shown, folder, which) for which in (BARE, EAGER, TRAY)
        }
        results = interleave(cases, rounds)
        medians(results, "ms to the icon")
        costs = {which: waiting(shown, folder, which) for which in (BARE, QASYNC, TRAY)}
        print(f"\n{'waiting':<24}{'MB':>10}{'% core':>10}{'wakes/s':>10}")
        for which, (megabytes, cpu, woken) in costs.items():
            print(f"{which:<24}{megabytes:>10.1f}{cpu:>10.3f}{woken:>10.2f}")
        agent.terminate()
        agent.wait()
    tray, peer, bare = costs[TRAY], costs[QASYNC], costs[BARE]
    return [
        Row("icon seen / bare PySide6", median_ratio(results, TRAY, BARE), 1.15, at_most=True),
        Row("icon after eager imports / icon", median_ratio(results, EAGER, TRAY), 3.0),
        Row("memory / PySide6 and qasync", tray[0] / peer[0], 1.25, at_most=True),
        Row("memory / bare PySide6", tray[0] / bare[0]),
        Row("CPU while waiting / PySide6 and qasync", tray[1] / peer[1], 2.0, at_most=True),
        Row("percent of a core while waiting", tray[1], 0.05, at_most=True),
        Row("wake-ups a second while waiting", tray[2], 2.0, at_most=True),
    ]


if __name__ == "__main__":
    show(measure(options(__doc__ or "").rounds))
