"""The locked packages of a robot for users, put into a folder. Standard library only."""

import ast
import base64
import hashlib
import io
import json
import os
import py_compile
import re
import shutil
import subprocess
import tempfile
import tokenize
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = (
    "documents",
    "databases",
    "redis",
    "desktop",
    "link",
    "server",
    "mail",
    "transfer",
    "windows",
)
"""What users get. Browsers bring a Node of 100 MB of their own: that extra stays outside."""
NEVER = frozenset(
    [
        "click-default-group",
        "deprecation",
        "h2",
        "hpack",
        "hyperframe",
        "multidict",
        "pip",
        "pluggy",
        "postgrest",
        "propcache",
        "pycparser",
        "python-dateutil",
        "realtime",
        "sqlite-fts4",
        "sqlite-utils",
        "storage3",
        "supabase",
        "supabase-auth",
        "supabase-functions",
        "tabulate",
        "yarl",
    ]
)
"""Packages that others name and that no module of an installed robot imports."""
USELESS_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".h", ".hpp", ".lib", ".c", ".a", ".cmake"})
USELESS_FOLDERS = frozenset({"__pycache__", "include", "bin", "Scripts", "man", "tests"})
USELESS_FILES = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "py.typed", "direct_url.json"}
)
OF_QT = re.compile(
    r"""(__init__|_config|_git_pyside_version)\.py
    | Qt(Core|Gui|Widgets)\.(abi3\.so|pyd)
    | (lib)?pyside6\.abi3\.(dll|so[.\d]*)
    | Qt6(Core|Gui|Widgets)\.dll
    | (msvcp|vcruntime)140\w*\.dll
    | Qt/lib/lib(Qt6(Core|Gui|Widgets|DBus|XcbQpa|WaylandClient|OpenGL|Network)|icu\w+)\.so[.\d]*
    | support/.*
    | (Qt/)?translations/qtbase_(de|en)\.qm
    | (Qt/)?plugins/platforms/(lib)?q(windows|offscreen|xcb|wayland\w*)\.(dll|so)
    | (Qt/)?plugins/(styles|platformthemes|platforminputcontexts|xcbglintegrations|wayland-\w+)/
      (?!.*virtualkeyboard).*
    | (Qt/)?plugins/imageformats/(lib)?q(ico|jpeg)\.(dll|so)""",
    re.VERBOSE,
)
"""Of PySide6 only what windows and tray need; it is 200 MB else."""
NOT_OF_OTHERS = re.compile(
    r"""PIL/_(avif|imagingft|imagingcms|webp)\..*
    | (cffi|win32ctypes/core/cffi)/.*  # _cffi_backend is enough; without cffi win32ctypes is whole
    | apsw/(_unicode|aio|bestpractice|ext|fts|shell|speedtest|sqlite_extra|trace|unicode).*
    | lxml/(objectify\.|isoschematron/|html/|sax\.|builder\.).*
    | pydantic/mypy.*
    | pypdfium2_cli/.*
    | (PySide6|shiboken6)/(vccorlib|vcamp|vcomp|concrt)140.*
    | pygments/lexers/(?!__init__|_mapping|special|python).*
    | pygments/styles/(?!__init__|_mapping|default).*
    | sqlalchemy/(testing|dialects/oracle)/.*""",
    re.VERBOSE,
)


class Lock:
    """The lines of requirements.lock, by package.

    Args:
        text: Of the file.
    """

    def __init__(self, text: str) -> None:
        self._blocks: dict[str, list[str]] = {}
        for block in re.split(r"\n(?=\S)", text.strip()):
            name = re.match(r"[A-Za-z0-9._-]+", block)
            if name:
                self._blocks.setdefault(normal(name[0]), []).append(block)

    def only(self, names: Iterable[str]) -> str:
        """The lines of these packages, with hashes and markers.

        Raises:
            ValueError: One is not in the lock.
        """
        missing = [name for name in names if normal(name) not in self._blocks]
        if missing:
            raise ValueError(f"the lock does not have {', '.join(missing)}: bootstrap.py lock")
        return "\n".join(block for name in names for block in self._blocks[normal(name)]) + "\n"


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def install_locked(
    folder: Path,
    *,
    uv: str,
    platform: str,
    python: str = "3.11",
    extras: Iterable[str] = EXTRAS,
    without: Collection[str] = NEVER,
) -> None:
    """Put locked wheels, by default those of a user's robot, into a folder.

    Args:
        folder: Where to.
        uv: The program.
        platform: As uv names it, such as ``x86_64-pc-windows-msvc``.
        python: The version that will run them.
        extras: Of the robot.
        without: Packages that are left out.
    """
    target = ("--python-platform", platform, "--python-version", python)
    chosen = [word for extra in extras for word in ("--extra", extra)]
    plain = ("--no-header", "--no-annotate", "--no-emit-index-url")
    project = ("--constraint", LOCK, *chosen, ROOT / "pyproject.toml")
    resolved = run(uv, "pip", "compile", "--quiet", *target, *plain, *project)
    names = {line.partition("==")[0] for line in resolved.splitlines() if "==" in line}
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place, "wanted.lock")
        wanted.write_text(Lock(LOCK.read_text("utf-8")).only(sorted(names - set(without))), "utf-8")
        checked = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy")
        into = ("--target", folder, "--requirement", wanted)
        run(uv, "pip", "install", "--quiet", *target, *checked, *into)


def run(*command: object, **options: Any) -> str:
    """Run a program; what it printed.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def install_robot(folder: Path, number: str) -> None:
    """Put the robot itself, as this version, beside its packages, and what tells of it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.ts")
    shutil.copytree(ROOT / "casare_robot", folder / "casare_robot", ignore=ignored)
    told = folder / "casare_robot" / "__init__.py"
    known = f'__version__ = "{version()}"'
    if known not in told.read_text("utf-8"):
        raise ValueError(f"{told.name} of the robot does not say {known}")
    told.write_text(told.read_text("utf-8").replace(known, f'__version__ = "{number}"'), "utf-8")
    about = folder / f"casare_robot-{number}.dist-info"
    about.mkdir()
    license_text = (ROOT / "LICENSE").read_text("utf-8")
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: casare-robot\nVersion: {number}\nLicense: MIT\n", "utf-8"
    )
    (about / "LICENSE").write_text(license_text, "utf-8")


def version() -> str:
    """The version of these sources."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def trim(folder: Path) -> None:
    """Take away what an installed robot never reads."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif is_useless(PurePosixPath(path.relative_to(folder).as_posix())):
            path.unlink()


def is_useless(path: PurePosixPath) -> bool:
    """Whether no robot reads this file, told by its place under the packages."""
    if not USELESS_FOLDERS.isdisjoint(path.parts[:-1]):
        return True
    package, *inside = path.parts
    if package == "PySide6":
        return not OF_QT.fullmatch("/".join(inside))
    if path.suffix in USELESS_SUFFIXES or path.name in USELESS_FILES:
        return True
    return bool(NOT_OF_OTHERS.fullmatch(path.as_posix()))


def compile_all(folder: Path) -> None:
    """Put bytecode, the same whenever it is made, in the place of every source."""
    for source in sorted(folder.rglob("*.py")):
        shown = source.relative_to(folder).as_posix()
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(
            str(source),
            cfile=str(source.with_suffix(".pyc")),
            dfile=shown,
            doraise=True,
            invalidation_mode=mode,
        )
        source.unlink()


def silence_all(folder: Path) -> None:
    """Take comments and docstrings out of others' sources: a fifth of an installer."""
    for source in sorted(folder.rglob("*.py")):
        source.write_bytes(silenced(source.read_bytes()))


def silenced(source: bytes) -> bytes:
    """A source without comments and docstrings, each of its lines where it was.

    What is no Python of this version stays as it is.
    """
    try:
        tree = ast.parse(source)
        words = list(tokenize.tokenize(io.BytesIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return source
    if words[0].string != "utf-8":
        return source
    lines = source.decode().splitlines(keepends=True)
    for word in words:
        row, column = word.start
        if word.type == tokenize.COMMENT:
            lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
    for row, column, end_row, end_column in sorted(_docstrings(tree), reverse=True):
        before = lines[row - 1].encode()[:column].decode()
        after = lines[end_row - 1].encode()[end_column:].decode()
        lines[row - 1 : end_row] = [f'{before}""{after}', *["\n"] * (end_row - row)]
    made = "".join(lines).encode()
    ast.parse(made)
    return made


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, int, int, int]]:
    """Where they begin and end: lines from 1, columns in bytes."""
    having = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, having) and ast.get_docstring(node, clean=False) is not None:
            said = node.body[0].value
            yield said.lineno, said.col_offset, said.end_lineno, said.end_col_offset


def name_feed(share: Path, feed: str, keys: Sequence[str]) -> None:
    """Say in the installation where newer versions are offered, if anywhere.

    Raises:
        ValueError: A feed without keys can never be believed.
    """
    if bool(feed) != bool(keys):
        raise ValueError("--update-feed and --update-key go together")
    for key in keys:
        if not is_key(key):
            raise ValueError(f"--update-key {key!r} is no public key that make_feed.py printed")
    if feed:
        told = json.dumps({"feed": feed, "keys": list(keys)})
        (share / "update.json").write_text(told + "\n", "utf-8", newline="\n")


def is_key(text: str) -> bool:
    """Whether a text is a public key as `make_feed.py` prints it: 32 bytes in base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        return False


def bill_of_materials(folder: Path, *, python: str) -> str:
    """What is inside, as CycloneDX 1.5 in JSON; the same for the same content."""
    parts = [_component("python", python, "PSF-2.0", f"pkg:generic/python@{python}")]
    for about in sorted(folder.glob("*.dist-info/METADATA")):
        said = HeaderParser().parsestr(about.read_text("utf-8"), headersonly=True)
        name, number = normal(said["Name"]), said["Version"]
        license_ = said["License-Expression"] or said["License"] or ""
        parts.append(_component(name, number, license_, f"pkg:pypi/{name}@{number}"))
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "casare-robot", "version": version()}
        },
        "components": parts,
    }
    return json.dumps(whole, indent=1) + "\n"


def _component(name: str, number: str, license_: str, purl: str) -> dict[str, object]:
    part: dict[str, object] = {"type": "library", "name": name, "version": number, "purl": purl}
    if license_ and "\n" not in license_:
        part["licenses"] = [{"license": {"name": license_}}]
    return part


def same_times(folder: Path) -> None:
    """Give everything the time of the sources, so that two builds are one."""
    when = source_time()
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (when, when), follow_symlinks=False)


def source_time() -> int:
    """Seconds since 1970: what SOURCE_DATE_EPOCH says, else the last commit."""
    said = os.environ.get("SOURCE_DATE_EPOCH")
    if said:
        return int(said)
    told = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return int(told.stdout or 1_700_000_000)


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sha256(path: Path) -> str:
    """A file's checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
