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
        from casare_robot.cli.early_start import start

        start()
    from casare_robot.cli.app import app

    try:
        app(prog_name="casare-robot")
    finally:
        if "casare_robot.cli.early_start" in sys.modules:
            from casare_robot.cli.early_start import taken

            unused = taken()
            if unused is not None:
                unused.end()


if __name__ == "__main__":
    main()
