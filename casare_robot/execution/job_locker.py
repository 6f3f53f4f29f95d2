"""Prevents the same job from being executed twice at once by this robot."""


class JobLocker:
    """Locks on jobs, held by this process alone: one process owns a home.

    Across robots the lease with its fencing token does this, not a lock that
    answers true or false (architecture, rule 4).

    Source: robot reference, "JobLocker".
    """

    def __init__(self) -> None:
        self._locked: set[str] = set()

    async def acquire_lock(self, job_id: str) -> bool:
        """Take the lock; False when somebody has it. Never waits."""
        if job_id in self._locked:
            return False
        self._locked.add(job_id)
        return True

    async def release_lock(self, job_id: str) -> None:
        """Give the lock back; doing so twice is fine."""
        self._locked.discard(job_id)

    async def is_locked(self, job_id: str) -> bool:
        """Whether the job is being executed."""
        return job_id in self._locked
