"""Notes how jobs ended, however long the disk refuses."""

import logging
from collections.abc import Callable

from casare_robot.agent.tasks import Sleep
from casare_robot.domain.errors import JobStateError, JournalDamagedError, JournalError
from casare_robot.domain.job import JobResult
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.resilience.backoff import Backoff

log = logging.getLogger(__name__)


async def noted(
    queue: OfflineQueue,
    result: JobResult,
    *,
    troubled: Callable[[BaseException], None],
    sleep: Sleep,
) -> bool:
    """Note the end of a taken or parked job; False if it has ended otherwise meanwhile.

    Args:
        queue: Where the job is.
        result: How it ended.
        troubled: Told why that cannot be written yet; what it raises ends the attempts.
        sleep: Waits between them.
    """
    delays = Backoff(max_delay=30.0).delays()
    while True:
        try:
            await queue.acknowledge(result)
        except (JobStateError, JournalDamagedError) as error:
            log.warning("job %s is not %s: %s", result.job_id, result.status, error)
            queue.drop(result.job_id)
            return False
        except JournalError as error:
            log.warning("the end of job %s cannot be written yet: %s", result.job_id, error)
            troubled(error)
            await sleep(next(delays))
        else:
            return True
