"""The program: chooses a face and starts it."""

import sys


def main() -> None:
    """Run the command line."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--executor"]:
        from casare_robot.agent.executor_main import main as execute

        execute()
        return
    if arguments[:1] == ["exec"] and "--help" not in arguments:
        _execute(arguments[1:])
        return
    _run_command()


def _execute(arguments: list[str]) -> None:
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
    from casare_robot.cli.app import app

    app(prog_name="casare-robot")


if __name__ == "__main__":
    main()
