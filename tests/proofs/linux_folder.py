"""The robot in one folder, built and used in a Debian 12 without Python, as root.

    debootstrap --variant=minbase bookworm FOLDER
    python -m tests.proofs.linux_folder FOLDER

Run with Python 3.11, whose copy goes into the folder. What draws (GL, a screen) is installed
before the tray; Python never is.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path

from tests.drawing import write
from tests.proofs.debian import NUMBER, PERSON, Debian
from tests.proofs.windows_machine import ROOT, end, sure, tell, until

HOME = f"/home/{PERSON}"
TURNS = 6
PROBE = '''
    import importlib
    import pkgutil
    import sys
    from pathlib import Path

    from casare_robot.domain.node_type import DataType, Port, node


    @node(
        "ImportAllNode",
        category="proof",
        inputs=(),
        outputs=(Port("count", DataType.INTEGER), Port("failed", DataType.LIST)),
        blocking=True,
    )
    def import_all():
        """Import every module beside this one, and all of Python's."""
        site = str(Path(__file__).parent)
        names = [found.name for found in pkgutil.walk_packages([site], onerror=lambda name: None)]
        names = [name for name in names if "__main__" not in name]
        failed = []
        for name in names:
            try:
                importlib.import_module(name)
            except BaseException as error:
                failed.append([name, type(error).__name__, getattr(error, "name", None) or ""])
        return {"count": len(names), "failed": failed}
'''
NOT_ON_LINUX = {"_winapi", "_winreg", "msvcrt", "nt", "winreg", "winsound"}


class Folder(Debian):
    """A Debian with the folder unpacked, and a person who uses it."""

    def unpack(self, archive: Path) -> None:
        """Put it into ``/opt``, with the command on the path."""
        _, told = self.do("find /usr /opt -name 'python3*' -type f", sure_of=False)
        sure(not told.strip(), f"this system has a Python: {told}")
        self.do("rm -rf /opt/casare-robot-* /usr/bin/casare-robot")
        with tarfile.open(archive) as packed:
            packed.extractall(self.folder / "opt", filter="tar")
        self.do("ln -s /opt/casare-robot-*/casare-robot /usr/bin/casare-robot")
        self.do("apt-get update -q && apt-get install -y -q procps")
        self.do(f"userdel -r {PERSON}", sure_of=False)
        self.do(f"useradd -m -u {NUMBER} {PERSON}")
        self.do(f"install -d -o {PERSON} -m 700 /run/user/proof")

    @property
    def home(self) -> Path:
        """The person's, seen from here."""
        return self.folder / HOME[1:]

    def well(self, arguments: str) -> str:
        """What the command says, when it succeeds."""
        code, told = self.robot(arguments)
        sure(code == 0, f"{arguments} ended with {code}: {told}")
        return told


def prove(debian: Folder, work: Path) -> None:
    """Build it, and do it all."""
    archive = build(work)
    with ExitStack() as stack:
        for kind, place in (("proc", "proc"), ("devpts", "dev/pts")):
            where = debian.folder / place
            if not where.is_mount():
                subprocess.run(["mount", "-t", kind, kind, str(where)], check=True)
                stack.callback(subprocess.run, ["umount", "-l", str(where)], check=False)
        debian.unpack(archive)
        stack.callback(debian.do, f"pkill -u {NUMBER}", sure_of=False)
        began = time.monotonic()
        told = debian.well("version")
        tell("started without a Python", f"{time.monotonic() - began:.2f} s; {told.strip()}")
        use(debian)
        import_all(debian)
        go_on_after_kill(debian)
        work_as_agent(debian)
        show_tray(debian)


def build(work: Path) -> Path:
    """The archive."""
    command = [sys.executable, str(ROOT / "installer/build_linux.py"), "--folder", "--quick"]
    command += ["--out", str(work / "dist"), "--work", str(work / "build")]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    tell("built", "; ".join(told.splitlines()[:-1]))
    return next((work / "dist").glob("*.tar.gz"))


def use(debian: Folder) -> None:
    """Commands of a person, and what a job's own programs are given."""
    (debian.home / "greeting.json").write_bytes(
        (ROOT / "resources/examples/greeting.json").read_bytes()
    )
    told = debian.well(f"exec {HOME}/greeting.json --var name=Ada --json 2>/dev/null")
    sure(json.loads(told)["variables"]["greeting"] == "Hello Ada!", told)
    write(
        debian.home / "env.json",
        {"a": "Start", "env": ("RunCommand", {"command": "env"}), "z": "End"},
        "a > env > z",
    )
    told = debian.well(f"exec {HOME}/env.json --json 2>/dev/null")
    sure("LD_LIBRARY_PATH" not in told and "_PYI_" not in told, told)
    sure("ReadFileNode" in debian.well("nodes"), "no nodes")
    _, told = debian.robot("doctor")
    sure("database     sound" in told and "Traceback" not in told, told)
    code, told = debian.robot("update check")
    sure(code == 1 and "unpack a newer one" in told, told)
    debian.well("autostart on")
    sure(debian.well("autostart status").strip() == "on", "autostart")
    entry = (debian.home / ".config/autostart/casare-robot.desktop").read_text()
    sure("Exec=/opt/casare-robot-" in entry, entry)
    debian.well("autostart off")
    tell("exec, nodes, doctor, update check, autostart", "as they should be")


def import_all(debian: Folder) -> None:
    """Every module of the robot, its packages and Python's library, by a node of a package."""
    site = next((debian.folder / "opt").glob("casare-robot-*")) / "site"
    (site / "proof_nodes.py").write_text(textwrap.dedent(PROBE))
    about = site / "proof_nodes-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: proof-nodes\nVersion: 1.0\n")
    entry = "[casare_robot.nodes]\nImportAllNode = proof_nodes\n"
    (about / "entry_points.txt").write_text(entry)
    write(debian.home / "all.json", {"a": "Start", "all": "ImportAll", "z": "End"}, "a > all > z")
    told = debian.well(f"exec {HOME}/all.json --json 2>/dev/null")
    outputs = json.loads(told)["outputs"]["all"]
    count, failed = outputs["count"], outputs["failed"]
    ours = [(name, *why) for name, *why in failed if name.startswith("casare_robot")]
    sure(all(missing in NOT_ON_LINUX for *_, missing in ours), f"{ours}")
    standard = sys.stdlib_module_names - NOT_ON_LINUX - {"tkinter"}
    missing = [fault[2] for fault in failed if fault[1] == "ModuleNotFoundError"]
    lacking = [name for name in missing if name.partition(".")[0] in standard]
    sure(not lacking, f"Python's own is not whole: {lacking}")
    sure(count > 2000, f"only {count} modules were found")
    tell("modules imported", f"{count - len(failed)} of {count}; not: {failed}")


def go_on_after_kill(debian: Folder) -> None:
    """A job is killed between two turns, and goes on with the next."""
    write(
        debian.home / "turns.json",
        {
            "a": "Start",
            "loop": ("ForLoopStart", {"mode": "range", "end": TURNS, "item_var": "i"}),
            "add": ("AppendFile", {"file_path": f"{HOME}/ledger", "content": "{{i}}\n"}),
            "rest": ("Wait", {"duration": 1}),
            "next": ("ForLoopEnd", {"paired_start_id": "loop"}),
            "z": "End",
        },
        "a > loop.body > add > rest > next; loop.completed > z",
    )
    ledger = debian.home / "ledger"

    def turns() -> list[str]:
        return ledger.read_text().split() if ledger.exists() else []

    command = f"casare-robot exec {HOME}/turns.json --job turns-1"
    process = debian.begin(debian.as_person(command))
    until(lambda: len(turns()) == 2, "two turns")
    debian.do(f"pkill -KILL -u {NUMBER} casare-robot")
    process.wait(30)
    debian.well(f"exec {HOME}/turns.json --job turns-1")
    sure(turns() == [str(number) for number in range(TURNS)], f"{turns()}")
    tell("kill -9 after the second turn", "each of six was done once")


def work_as_agent(debian: Folder) -> None:
    """A robot is given a job."""
    store = f"--store sqlite:{HOME}/group.db"
    process = debian.begin(debian.as_person(f"casare-robot run --group desk {store}"))
    until(lambda: debian.robot("status")[0] == 0, "the robot answers")
    told = debian.well(f"submit {HOME}/greeting.json --group desk --wait {store}")
    debian.well("stop")
    sure(process.wait(60) == 0, "the robot ended badly")
    tell("run, status, submit, stop", told.strip().splitlines()[-1])


def show_tray(debian: Folder) -> None:
    """The tray on a screen, with only what a desktop has anyway."""
    screen = "libgl1 libegl1 xvfb openbox trayer x11-utils scrot"
    debian.do(f"apt-get install -y -q --no-install-recommends {screen}")
    with ExitStack() as stack:
        debian.open_screen(stack)
        stack.callback(end, debian.begin(debian.as_person("casare-robot tray --hidden")))
        took = until(debian.has_icon, "the icon in the tray")
        time.sleep(2)
        debian.picture("folder_tray")
        tell("icon in the tray", f"{took:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    place = given.folder.absolute()
    sys.exit(prove(Folder(place), place.with_name(f"{place.name}_build")))
