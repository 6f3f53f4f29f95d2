"""The program: chooses a face and starts it."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CANCELLED = 3


def main() -> None:
    """Run the command line."""
    try:
        try:
            _choose()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(CANCELLED)
    except OSError as error:
        if error.filename is not None:
            print(f"E-FILE-1 {error.filename} cannot be used: {error.strerror}", file=sys.stderr)
        elif not isinstance(error, BrokenPipeError):
            print(f"E-OUT-1 the output cannot be written: {error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _choose() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--executor"]:
        from casare_robot.agent.executor_main import main as execute

        execute()
        return
    if arguments in ([], ["tray"], ["tray", "--hidden"]):
        sys.exit(_show_tray("--hidden" in arguments, None))
    if arguments[:1] == ["exec"] and "--help" not in arguments:
        _execute(arguments[1:])
        return
    if arguments[:1] == ["run"]:
        _run_agent(arguments[1:])
        return
    _run_command()


def _run_agent(arguments: list[str]) -> None:
    from casare_robot.cli import run_arguments

    found = run_arguments.read(arguments)
    if found is None:
        _run_command()
        return
    from casare_robot.cli.run_command import run_agent

    sys.exit(run_agent(**found))


def _execute(arguments: list[str]) -> None:
    import signal

    signal.signal(signal.SIGINT, lambda *_: os._exit(CANCELLED))  # until a job takes it over
    from casare_robot.cli import early_start, exec_arguments

    early_start.start()
    try:
        found = exec_arguments.read(arguments)
        if found is None:
            _run_command()
            return
        from casare_robot.cli.exec_command import exec_workflow

        sys.exit(exec_workflow(**found, spare=early_start.taken()))
    finally:
        unused = early_start.taken()
        if unused is not None:
            unused.end()


def _run_command() -> None:
    from casare_robot.cli.app import run

    sys.exit(run(show_tray=_show_tray))


def _show_tray(hidden: bool, home: "Path | None") -> int:
    from casare_robot.tray.application import run_tray

    return run_tray(hidden=hidden, home=home)


if __name__ == "__main__":
    main()
