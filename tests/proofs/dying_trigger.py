"""A robot that dies by kill -9 in the middle of an event of a trigger, once.

Run as: python -m tests.proofs.dying_trigger run --home HOME

``DIE_AT`` names the method of `TriggerHost` at whose beginning it dies; ``WATCHED`` is the
folder that its trigger watches, ``MARKS`` one for the files ``ready`` (the trigger knows what
was there before) and ``died``. With ``WITHOUT_KEYS`` the protection is off: the id of a job
does not come of its event.
"""

import os
import signal
import uuid
from pathlib import Path

import msgspec

from casare_robot.agent.trigger_host import TriggerHost

MODULE = "tests.proofs.dying_trigger"


def main():
    marks, watched = Path(os.environ["MARKS"]), Path(os.environ["WATCHED"])
    point = os.environ["DIE_AT"]
    before, note, job = getattr(TriggerHost, point), TriggerHost._note, TriggerHost._job

    def die_once():
        if any(watched.iterdir()) and not (marks / "died").exists():
            (marks / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def be_ready():
        (marks / "ready").touch()

    async def dying(self, *given):
        die_once()
        return await before(self, *given)

    async def any_job(self, *given):
        return msgspec.structs.replace(await job(self, *given), id=f"trigger-{uuid.uuid4().hex}")

    async def telling(self, *given):
        await (dying if point == "_note" else note)(self, *given)
        be_ready()

    setattr(TriggerHost, point, dying)
    TriggerHost._note = telling
    if os.environ.get("WITHOUT_KEYS"):
        TriggerHost._job = any_job

    from casare_robot.cli.app import app

    app(prog_name="casare-robot")


if __name__ == "__main__":
    main()
