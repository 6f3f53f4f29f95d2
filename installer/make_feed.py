#!/usr/bin/env python3
"""The feed that offers a release to installed robots, signed. Needs `cryptography`.

    python3 installer/make_feed.py --new-key feed.key
    python3 installer/make_feed.py --key feed.key --out dist/feed.json 0.2.0 \
        windows=dist/CasareRobot-setup.exe debian=dist/casare-robot_0.2.0_amd64.deb

The first prints the public key for `update_keys`; the second names each kind's file beside
the feed. `--days` is how long the feed holds: make it anew before, or robots hear of nothing.
"""

import argparse
import base64
import json
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from wheels import sha256

KINDS = ("windows", "debian")


def main(arguments: Sequence[str]) -> int:
    """Make a key or a feed; the exit code."""
    parser = argparse.ArgumentParser(description="signs the feed of a release")
    parser.add_argument("version", nargs="?", default="")
    parser.add_argument("files", nargs="*", help="KIND=FILE; windows or debian")
    parser.add_argument("--new-key", type=Path, help="write a new private key there")
    parser.add_argument("--key", type=Path, help="the private key")
    parser.add_argument("--out", type=Path, default=Path("feed.json"))
    parser.add_argument("--notes", default="", help="what is new, in a sentence")
    parser.add_argument("--days", type=int, default=90)
    given = parser.parse_args(arguments)
    try:
        return make(given, parser)
    except (OSError, ValueError) as error:
        print(f"make_feed: {error}", file=sys.stderr)
        return 1


def make(given: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Make what was asked for; the exit code.

    Raises:
        OSError: A file is not there, or the key's is there already.
        ValueError: The key is none.
    """
    if given.new_key:
        print(public(make_key(given.new_key)))
        return 0
    files = dict(word.partition("=")[::2] for word in given.files)
    is_version = re.fullmatch(r"\d{1,9}(\.\d{1,9}){1,3}", given.version)
    if not given.key or not is_version or not files or not set(files) <= set(KINDS):
        parser.error("give --key, a version such as 1.2.3, and windows=FILE or debian=FILE or both")
    key = read_key(given.key)
    content = feed(
        given.version,
        {kind: Path(file) for kind, file in files.items()},
        notes=given.notes,
        expires=datetime.now(UTC).replace(microsecond=0) + timedelta(days=given.days),
    )
    given.out.write_text(sign(content, key), "utf-8")
    print(f"{given.out}, signed by {public(key)}")
    return 0


def make_key(file: Path) -> Ed25519PrivateKey:
    """A new private key, in a file that only this user can read and that is never replaced."""
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
        private.write(base64.b64encode(key.private_bytes_raw()) + b"\n")
    return key


def read_key(file: Path) -> Ed25519PrivateKey:
    """A private key from its file.

    Raises:
        OSError: The file cannot be read.
        ValueError: There is none in it.
    """
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read_bytes()))
    except ValueError as error:
        raise ValueError(f"{file} holds no key that --new-key made") from error


def public(key: Ed25519PrivateKey) -> str:
    """The public half, as `update_keys` has it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def feed(version: str, files: dict[str, Path], *, notes: str, expires: datetime) -> str:
    """The feed's text, that is to be signed."""
    told = {
        kind: {"url": file.name, "size": file.stat().st_size, "sha256": sha256(file)}
        for kind, file in files.items()
    }
    release = {"version": version, "notes": notes, "files": told}
    return json.dumps({"form": 1, "expires": expires.isoformat(), "releases": [release]})


def sign(content: str, key: Ed25519PrivateKey) -> str:
    """The envelope of a text."""
    signature = base64.b64encode(key.sign(content.encode())).decode()
    return json.dumps({"signed": content, "signature": signature}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
