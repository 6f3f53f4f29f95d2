"""Requests to cancel jobs, and who has seen them."""

from collections.abc import Callable


class CancellationChecker:
    """Keeps requests to cancel until they are acknowledged.

    ``listen`` is told at once, so that nobody has to poll; a request for a job
    that does not run yet waits for it.

    Source: robot reference, "CancellationChecker".
    """

    def __init__(self, listen: Callable[[str], None] | None = None) -> None:
        self._requested: set[str] = set()
        self._listen = listen

    def request(self, job_id: str) -> None:
        """Ask for a job to be cancelled."""
        self._requested.add(job_id)
        if self._listen is not None:
            self._listen(job_id)

    async def is_cancelled(self, job_id: str) -> bool:
        """Whether somebody asked for this job to be cancelled."""
        return job_id in self._requested

    async def acknowledge_cancellation(self, job_id: str) -> None:
        """The request has been carried out."""
        self.withdraw(job_id)

    def withdraw(self, job_id: str) -> None:
        """The request does not count any more."""
        self._requested.discard(job_id)
