"""A Windows Python for wine, from packages of PyPI: a stand-in for python.org's embeddable zip.

The wheel of panda3d carries python.org's own python311.dll 3.11.9 with its modules. What
is missing is made here: python.exe, python3.dll (it passes all on to python311.dll), and
the standard library, which is that of the Python 3.11 that runs this.
"""

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

HERE = Path(__file__).parent / "wine"
CARRIER = "panda3d==1.10.16"
COMPILER = "x86_64-w64-mingw32-gcc"
NOT_IN_IT = {"test", "idlelib", "lib2to3", "ensurepip", "tkinter", "turtledemo", "site-packages"}
OF_ICU = (
    *("open", "close", "reset", "setToUCallBack", "setFromUCallBack", "getMaxCharSize"),
    *("getName", "getToUCallBack", "cbToUWriteUChars", "cbFromUWriteUChars", "toUnicode"),
    *("fromUnicode", "toUCountPending", "fromUCountPending", "getStandardName"),
    *("getAvailableName", "countAvailable"),
)
"""What Qt asks of Windows' icuuc.dll, which wine 8 lacks; without converters Qt has its own."""


def make_zip(folder: Path) -> Path:
    """The stand-in, in the form of the embeddable package."""
    if sys.version_info[:2] != (3, 11):
        raise SystemExit("make it with Python 3.11")
    wheels, tree = folder / "wheels", folder / "embed"
    tree.mkdir(parents=True, exist_ok=True)
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.11"),
        *("--implementation", "cp", "--dest", wheels, CARRIER),
    )
    (wheel,) = wheels.glob("panda3d-*.whl")
    with zipfile.ZipFile(wheel) as carrier:
        for name in carrier.namelist():
            base = name.rpartition("/")[2]
            if name.startswith("deploy_libs/") and wanted(base):
                (tree / base.replace("VCRUNTIME", "vcruntime")).write_bytes(carrier.read(name))
    run(COMPILER, "-O2", "-s", "-municode", "-o", tree / "python.exe", HERE / "python.c")
    make_forwarder(tree / "python311.dll", tree / "python3.dll", folder)
    pack_library(tree / "python311.zip")
    (tree / "python311._pth").write_text("python311.zip\n.\n")
    target = folder / "python-embed.zip"
    pack(target, tree, sorted(tree.iterdir()))
    return target


def wanted(name: str) -> bool:
    """Whether a file of the carrier is Python's."""
    return bool(
        re.fullmatch(
            r"python311\.dll|VCRUNTIME140\.dll|lib\w+-\d\.dll|sqlite3\.dll|(?!_tk|_msi).*\.pyd",
            name,
        )
    )


def make_forwarder(real: Path, target: Path, folder: Path) -> None:
    """python3.dll: every name of python311.dll, passed on."""
    told = subprocess.run(
        ["x86_64-w64-mingw32-objdump", "-p", str(real)], capture_output=True, text=True, check=True
    ).stdout
    names = re.findall(
        r"^\s*\[ *\d+\].*\s(_?Py\w+)$", told.partition("[Ordinal/Name Pointer]")[2], re.MULTILINE
    )
    definitions = folder / "python3.def"
    lines = [f"{name} = python311.{name}" for name in names]
    definitions.write_text("LIBRARY python3.dll\nEXPORTS\n" + "\n".join(lines) + "\n")
    entry = folder / "entry.c"
    entry.write_text("int DllMainCRTStartup(void*a,unsigned b,void*c){return 1;}\n")
    plain = ("-shared", "-nostdlib", "-nostartfiles", "-Wl,--entry,DllMainCRTStartup")
    run(COMPILER, *plain, "-o", target, entry, definitions)


def pack_library(target: Path) -> None:
    """The standard library as bytecode, as the embeddable package has it."""
    library = Path(sysconfig.get_path("stdlib"))
    with zipfile.PyZipFile(target, "w", zipfile.ZIP_DEFLATED, optimize=0) as archive:
        for path in sorted(library.iterdir()):
            is_package = path.is_dir() and (path / "__init__.py").exists()
            if path.name not in NOT_IN_IT and (path.suffix == ".py" or is_package):
                archive.writepy(str(path), filterfunc=is_no_test)


def is_no_test(name: str) -> bool:
    """Whether the standard library needs a file for anything but its own tests."""
    return {"test", "tests"}.isdisjoint(Path(name).parts)


def pack(target: Path, root: Path, files: list[Path]) -> None:
    """A zip that is the same each time."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            about = zipfile.ZipInfo(str(path.relative_to(root)))
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, path.read_bytes())


def mend_wine(system: Path, folder: Path) -> None:
    """Put into a wine prefix the two libraries of Windows 10 that wine 8 lacks."""
    shared = (COMPILER, "-O2", "-s", "-shared", "-o")
    run(*shared, system / "bcryptprimitives.dll", HERE / "bcryptprimitives.c", "-ladvapi32")
    icu = folder / "icuuc.c"
    stubs = "".join(
        f"__declspec(dllexport) void *ucnv_{name}(void) {{ return 0; }}\n" for name in OF_ICU
    )
    opening = "__declspec(dllexport) void *ucnv_open(const char *n, int *e) { *e = 4; return 0; }\n"
    from_u = "__declspec(dllexport) void UCNV_FROM_U_CALLBACK_SUBSTITUTE(void) {}\n"
    to_u = "__declspec(dllexport) void UCNV_TO_U_CALLBACK_SUBSTITUTE(void) {}\n"
    rest = stubs.replace("__declspec(dllexport) void *ucnv_open(void) { return 0; }\n", opening)
    icu.write_text(rest + from_u + to_u)
    run(*shared, system / "icuuc.dll", icu)


def run(*command: object) -> None:
    """Run a program; its failure ends the proof."""
    subprocess.run([str(word) for word in command], check=True)


if __name__ == "__main__":
    print(make_zip(Path(sys.argv[1])))
