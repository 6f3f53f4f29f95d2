"""Questions to the person at the terminal, and what holds where there is none."""

import sys
from getpass import getpass

from casare_robot.cli.refusal import UsageError


def secret(what: str) -> str:
    """A secret: typed unseen at a terminal, else all of standard input; never an argument.

    Raises:
        UsageError: Nothing was given.
    """
    given = getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.read()
    given = given.removesuffix("\n").removesuffix("\r")
    if not given:
        raise UsageError(f"{what} is empty")
    return given


def answer(what: str) -> str:
    """A word, typed at a terminal or given on standard input.

    Raises:
        UsageError: Nothing was given.
    """
    if sys.stdin.isatty():
        print(f"{what}: ", end="", file=sys.stderr, flush=True)
    given = sys.stdin.readline().strip()
    if not given:
        raise UsageError(f"{what} is missing")
    return given


def make_sure(question: str, *, yes: bool) -> None:
    """Go on if the person agrees.

    Args:
        question: What is asked.
        yes: The person has agreed already.

    Raises:
        UsageError: They do not, or nobody can be asked; nothing has been changed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"nothing was changed: {question} (--yes answers that)")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was changed")
