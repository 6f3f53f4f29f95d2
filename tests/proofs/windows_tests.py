"""The suite's Windows-relevant part by a Windows Python, on Linux under wine, in one command.

    python -m tests.proofs.windows_tests FOLDER [PATH ...]

Needs what tests.proofs.windows needs, and fonts-dejavu-core; keeps Python, packages and prefix
in FOLDER. Each file runs in a pytest of its own, so that one which hangs costs only itself.
Prints each file's last line, and the sum.
"""

import argparse
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.proofs import windows_python
from tests.proofs.windows_machine import ROOT, Windows

RELEVANT = (
    "tests/unit/desktop",
    "tests/unit/installer/test_set_up.py",
    "tests/unit/updates",
    "tests/unit/config",
    "tests/unit/journal",
    "tests/unit/control",
    "tests/unit/cli",
    "tests/unit/observability",
    "tests/unit/tray",
    "tests/unit/nodes/test_desktop_nodes.py",
    "tests/integration/test_tray.py",
)
FONTS = Path("/usr/share/fonts/truetype/dejavu")
NOT_NEEDED = ("ruff", "mypy", "uv", "import-linter", "grimp", "pyftpdlib")
START = """
import importlib.metadata as metadata, os, sys, pytest
os.environ["QT_QPA_FONTDIR"] = os.environ["FONTS"]
metadata.MetadataPathFinder.invalidate_caches = classmethod(lambda finder: None)
sys.exit(pytest.main(sys.argv[1:]))
"""
"""The stand-in's library may be older than its DLL, which calls this otherwise; wine has no fonts
of Windows, and hands on no variable of Qt."""
WITHIN = 300
"""Seconds for one file; a loaded machine and wine take their time."""


def make_bed(folder: Path) -> Path:
    """Python and all packages, once; the program."""
    bed = folder / "bed"
    python = bed / "python.exe"
    archive = folder / "python-embed.zip"
    if not archive.exists():
        windows_python.make_zip(folder)
    sys.path.insert(0, str(ROOT / "installer"))
    import wheels

    site = folder / "site"
    uv = str(Path(sys.executable).with_name("uv"))
    if not (site / "pytest").exists():
        wheels.install_locked(
            site,
            uv=uv,
            platform="x86_64-pc-windows-msvc",
            extras=(*wheels.EXTRAS, "test"),
            without=NOT_NEEDED,
        )
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(bed)
    (folder / "fonts").mkdir(exist_ok=True)
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        shutil.copy(FONTS / name, folder / "fonts")
    paths = ["python311.zip", ".", f"Z:{site}", f"Z:{ROOT}"]
    (bed / "python311._pth").write_text("\n".join(paths) + "\n")
    return python


def files_of(paths: list[str]) -> list[Path]:
    """The files with tests below these places."""
    found: list[Path] = []
    for name in paths:
        path = ROOT / name
        found += sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    return [path for path in found if path.exists()]


def run(windows: Windows, command: list[str]) -> tuple[int, str]:
    """Run one pytest to its end, and end what it left behind; code and output."""
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    process = subprocess.Popen(
        command,
        stdin=null,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        env=windows.environment,
        cwd=windows.folder,
    )
    assert process.stdout is not None
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(process.stdout.read)
        try:
            code = process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            code = 1
        windows.do(["wineserver", "-k"])
        told = reading.result().decode(errors="replace").replace("\r", "")
    process.wait()
    process.stdout.close()
    return code, told or "1 error: it said nothing"


def prove(folder: Path, paths: list[str]) -> int:
    """Run them; the exit code."""
    python = make_bed(folder)
    windows = Windows(folder)
    windows.make()
    windows.environment |= {
        "PYTHONLEGACYWINDOWSSTDIO": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "FONTS": f"Z:{folder}/fonts",
    }
    sums: Counter[str] = Counter()
    bad = []
    with ExitStack() as stack:
        windows.open_screen(stack)
        for file in files_of(paths):
            name = file.relative_to(ROOT).as_posix()
            options = ["-p", "no:cacheprovider", "-p", "no:benchmark", f"--rootdir=Z:{ROOT}"]
            command = ["wine", str(python), "-c", START, *options, f"Z:{file}"]
            code, told = run(windows, command)
            last = told.strip().splitlines()[-1] if told.strip() else "nothing was said"
            (folder / "told").mkdir(exist_ok=True)
            (folder / "told" / f"{name.replace('/', '.')}.txt").write_text(told)
            for number, what in re.findall(r"(\d+) (passed|failed|skipped|error)", last):
                sums[what] += int(number)
            if code not in (0, 5):
                bad.append(name)
            print(f"{'ok ' if code in (0, 5) else 'BAD'} {name}: {last}", flush=True)
    print(f"{dict(sums)}; files with failures: {bad or 'none'}")
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="*", default=list(RELEVANT))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    sys.exit(prove(given.folder.absolute(), given.paths))
