"""The robot without its protection: leaving cancels the jobs that run."""

from casare_robot.__main__ import main
from casare_robot.agent.slots import Slots


def cancel_all(slots):
    for job_id in list(slots._places):
        slots.cancel(job_id)


if __name__ == "__main__":
    Slots.leave = cancel_all
    main()
