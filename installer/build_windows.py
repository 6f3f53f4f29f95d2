#!/usr/bin/env python3
"""CasareRobot-setup.exe in one command, on Linux or Windows. Standard library only.

    python3.11 installer/build_windows.py --python-zip python-3.11.9-embed-amd64.zip

Needs uv, NSIS (makensis) and a C compiler for Windows (mingw-w64). The zip is
python.org's embeddable package; its checksum is pinned here. The same sources
make the same file. `--sign` names a program that signs, with {file} in it.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import wheels

HERE = wheels.ROOT / "installer" / "windows"
PYTHON = "3.11.9"
PYTHON_SHA256 = "009d6bf7e3b2ddca3d784fa09f90fe54336d5b60f0e0f305c37f400bf83cfd3b"
PLATFORM = "x86_64-pc-windows-msvc"
GOAL = 35 * 1024 * 1024
LAUNCHERS = {"casare-robot.exe": (), "CasareRobot.exe": ("-mwindows", "-DHAS_WINDOW")}
NOT_OF_PYTHON = {"distutils", "ensurepip", "lib2to3", "msilib", "pydoc_data", "turtledemo"}
PTH = "python311.zip\n.\nsite\n"


def main(arguments: Sequence[str]) -> int:
    """Build it; the exit code."""
    parser = argparse.ArgumentParser(description="builds CasareRobot-setup.exe")
    parser.add_argument("--python-zip", type=Path, required=True)
    parser.add_argument("--python-sha256", default=PYTHON_SHA256, help="for a stand-in in tests")
    parser.add_argument("--out", type=Path, default=wheels.ROOT / "dist")
    parser.add_argument("--work", type=Path, default=wheels.ROOT / "build" / "windows")
    parser.add_argument("--version", default=wheels.version())
    parser.add_argument("--sign", default="", help="command with {file} in it")
    parser.add_argument("--update-feed", default="", help="where newer versions are offered")
    parser.add_argument("--update-key", action="append", default=[], help="who signs them")
    parser.add_argument("--quick", action="store_true", help="larger and sooner, for tests")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        check(given.python_zip, given.python_sha256)
        uv, makensis = find("uv"), find("makensis")
        app = given.work / "app"
        shutil.rmtree(given.work, ignore_errors=True)
        fill(app, given.python_zip, uv=uv, version=given.version)
        wheels.name_feed(app / "share/casare-robot", given.update_feed, given.update_key)
        (app / "VERSION").write_text(given.version, "ascii")
        for name, options in LAUNCHERS.items():
            make_launcher(app / "bin" / name, options, given.version)
            sign(app / "bin" / name, given.sign)
        given.out.mkdir(parents=True, exist_ok=True)
        bom = wheels.bill_of_materials(app / "site", python=PYTHON)
        (app / "sbom.json").write_text(bom, "utf-8", newline="\n")
        (given.out / "CasareRobot-sbom.json").write_text(bom, "utf-8", newline="\n")
        wheels.same_times(app)
        setup = given.out.absolute() / "CasareRobot-setup.exe"
        pack(
            app,
            setup,
            makensis=makensis,
            version=given.version,
            signing=given.sign,
            quick=given.quick,
        )
        sign(setup, given.sign)
    except (ValueError, OSError) as error:
        print(f"build_windows: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"build_windows: {error.cmd[0]} ended with {error.returncode}", file=sys.stderr)
        return 1
    made = setup.stat().st_size
    print(
        f"{setup}\n{made / 2**20:.1f} MiB ({made / GOAL:.0%} of the goal), installed"
        f" {wheels.size(app) / 2**20:.0f} MiB, {sum(1 for _ in contents(app))} files,"
        f" {time.monotonic() - began:.0f} s\nsha256 {wheels.sha256(setup)}"
    )
    return 0


def check(python_zip: Path, expected: str) -> None:
    """Take nothing but the package that was pinned.

    Raises:
        ValueError: It is another one.
    """
    found = wheels.sha256(python_zip)
    if found != expected.lower():
        raise ValueError(f"{python_zip} has the SHA-256 {found}, not {expected}")
    if sys.version_info[:2] != (3, 11):
        raise ValueError(f"run it with Python 3.11, as {PYTHON} goes into it")


def find(program: str) -> str:
    """A program, on the path or beside this Python.

    Raises:
        ValueError: It is not there.
    """
    beside = Path(sys.executable).parent
    path = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    found = shutil.which(program, path=path)
    if found is None:
        raise ValueError(f"{program} is not installed")
    return found


def fill(app: Path, python_zip: Path, *, uv: str, version: str) -> None:
    """Python, packages, robot and what it reads.

    Sources are half as large as their bytecode, which the set-up has Python make.
    """
    with zipfile.ZipFile(python_zip) as archive:
        archive.extractall(app)
    store(app / "python311.zip")
    (app / "python311._pth").write_text(PTH, "ascii", newline="\n")
    site = app / "site"
    wheels.install_locked(site, uv=uv, platform=PLATFORM)
    wheels.trim(site)
    wheels.silence_all(site)
    wheels.install_robot(site, version)
    for name in ("start.py", "set_up.py"):
        shutil.copyfile(HERE / name, app / name)
    shutil.copyfile(wheels.ROOT / "LICENSE", app / "LICENSE-casare-robot.txt")
    shutil.copytree(wheels.ROOT / "resources" / "sql", app / "share" / "casare-robot" / "sql")
    (app / "bin").mkdir()


def store(archive: Path) -> None:
    """Take the compression out of a zip, for the installer's is better, and what nobody imports."""
    with zipfile.ZipFile(archive) as packed:
        names = sorted(
            name for name in packed.namelist() if name.split("/")[0] not in NOT_OF_PYTHON
        )
        content = {name: packed.read(name) for name in names}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as stored:
        for name, data in content.items():
            stored.writestr(zipfile.ZipInfo(name), data)


def make_launcher(target: Path, options: Sequence[str], version: str) -> None:
    """Compile a launcher with icon and version."""
    prefix = "" if os.name == "nt" else "x86_64-w64-mingw32-"
    resources = target.with_suffix(".res.o")
    script = target.with_suffix(".rc")
    script.write_text(resource_script(target.name, version), "utf-8")
    wheels.run(find(f"{prefix}windres"), script, resources)
    always = ("-O2", "-s", "-municode", "-Wall", "-Wl,--no-insert-timestamp")
    sources = (HERE / "launcher.c", resources)
    wheels.run(find(f"{prefix}gcc"), *always, *options, "-o", target, *sources)
    resources.unlink()
    script.unlink()


def resource_script(name: str, version: str) -> str:
    """Manifest, icon and version of a launcher, as windres reads them."""
    manifest = (HERE / "launcher.manifest").as_posix()
    icon = (wheels.ROOT / "resources" / "icons" / "casare-robot.ico").as_posix()
    numbers = ",".join([*version.split("."), "0", "0", "0"][:4])
    told = {
        "FileDescription": "Casare Robot",
        "FileVersion": version,
        "OriginalFilename": name,
        "ProductName": "Casare Robot",
        "ProductVersion": version,
    }
    values = "".join(f'VALUE "{key}", "{value}"\n' for key, value in told.items())
    return (
        f'1 24 "{manifest}"\n1 ICON "{icon}"\n1 VERSIONINFO\n'
        f"FILEVERSION {numbers}\nPRODUCTVERSION {numbers}\n"
        f'BEGIN BLOCK "StringFileInfo" BEGIN BLOCK "040904b0" BEGIN\n{values}END END\n'
        'BLOCK "VarFileInfo" BEGIN VALUE "Translation", 0x409, 1200 END END\n'
    )


def pack(app: Path, setup: Path, *, makensis: str, version: str, signing: str, quick: bool) -> None:
    """Make the installer."""
    files = app.parent / "files.nsh"
    files.write_text("\n".join(commands(app)) + "\n", "utf-8-sig")
    defines = {
        "VERSION": version,
        "FILES": str(files.absolute()),
        "ICON": str(wheels.ROOT / "resources" / "icons" / "casare-robot.ico"),
        "SIDE": str(wheels.ROOT / "resources" / "icons" / "installer-side.bmp"),
        "LICENSE": str(wheels.ROOT / "LICENSE"),
        "OUT": str(setup),
    }
    if quick:
        defines["QUICK"] = ""
    if signing:
        defines["SIGN"] = signing.replace("{file}", "%1")
    target = "x86-unicode" if os.name == "nt" else "amd64-unicode"
    definitions = [f"-D{name}={value}" for name, value in defines.items()]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(wheels.source_time())}
    script = HERE / "installer.nsi"
    wheels.run(makensis, "-V2", "-WX", f"-XTarget {target}", *definitions, script, env=environment)


def contents(app: Path) -> Iterator[Path]:
    """The files, in an order that is the same everywhere, like ones together."""
    files = (path for path in app.rglob("*") if path.is_file())
    yield from sorted(files, key=lambda path: (path.parent.as_posix(), path.suffix, path.name))


def commands(app: Path) -> Iterator[str]:
    """NSIS's commands that unpack the folder."""
    folder = None
    for path in contents(app):
        if path.parent != folder:
            folder = path.parent
            place = folder.relative_to(app.parent).as_posix().replace("/", "\\")
            yield f'SetOutPath "$INSTDIR\\{escaped(place)}"'
        yield f'File "{escaped(str(path.absolute()))}"'


def escaped(text: str) -> str:
    """A text as NSIS reads it inside quotes."""
    return text.replace("$", "$$").replace('"', '$\\"')


def sign(file: Path, command: str) -> None:
    """Sign a program where there is a command for it."""
    if command:
        words = shlex.split(command, posix=os.name != "nt")
        wheels.run(*(word.replace("{file}", str(file)) for word in words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
