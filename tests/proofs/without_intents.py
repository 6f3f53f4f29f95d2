"""The command line with its protection taken off, for the proof: no act is announced."""

import sys

from casare_robot.execution.running.acting import Acting

MODULE = "tests.proofs.without_intents"


async def _only_what_changed(self, _branch, _op, _key, _effect):
    await self._run.commit({}, wait=False)


def main():
    Acting._before = _only_what_changed
    if sys.argv[1:] == ["executor"]:
        from casare_robot.agent.executor_main import main as execute

        execute()
        return
    from casare_robot.agent import local_robot, robot_parts
    from casare_robot.cli.app import app

    for module in (local_robot, robot_parts):
        module.executor_command = lambda: [sys.executable, "-m", MODULE, "executor"]
    app(prog_name="casare-robot")


if __name__ == "__main__":
    main()
