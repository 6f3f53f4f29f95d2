"""What a group's job has done so far, in the shared store, so that another robot can go on."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence

from casare_robot.groups.job_rows import TABLE, table_of
from casare_robot.store.records import Change, Drop, Fence, Patch, Put
from casare_robot.store.store import Store


class JobSteps:
    """The job as it was accepted, then its step log; written only by who holds the job's lease.

    Each row holds what was written together, and the token that it came with. A write
    that is made again, because nobody knows whether it was carried out, replaces itself.

    Args:
        store: Where they are.
        job_id: Whose.
        fence: In whose name they are written; raises StaleLeaseError once it is lost.
    """

    def __init__(self, store: Store, job_id: str, fence: Callable[[], Fence]) -> None:
        self._store = store
        self._job_id = job_id
        self._table = table_of(job_id)
        self._fence = fence
        self._kept: list[str] = []
        self._next = 1
        self._is_accepted = False

    async def load(self) -> tuple[bytes | None, list[bytes]]:
        """The job as it was accepted (None: never yet), and its steps in order."""
        rows = sorted(await self._store.find(self._table), key=lambda row: row.key)
        accepted: bytes | None = None
        blobs: list[bytes] = []
        for row in rows:
            found = [b64decode(text) for text in row.record["blobs"]]
            if row.key == _key(0):
                [accepted] = found
            else:
                self._kept.append(row.key)
                blobs += found
        self._is_accepted = accepted is not None
        self._next = int(rows[-1].key) + 1 if rows else 1
        return accepted, blobs

    async def accept(self, job: bytes, token: int) -> None:
        """Keep the job as it is run, and under which token; before anything of it begins.

        Raises:
            StaleLeaseError: It is another robot's by now.
        """
        begin = Patch(table=TABLE, key=self._job_id, fields={"token": token})
        fence = self._fence()
        first = [] if self._is_accepted else [self._put(_key(0), [job], fence)]
        await self._store.commit(*first, begin, fence=fence)
        self._is_accepted = True

    async def append(self, blobs: Sequence[bytes]) -> None:
        """Add to the steps, all or none; durable on return.

        Raises:
            StaleLeaseError: The job is another robot's by now; nothing was written.
        """
        key, fence = _key(self._next), self._fence()
        await self._store.commit(self._put(key, blobs, fence), fence=fence)
        self._kept.append(key)
        self._next += 1

    async def replace(self, blob: bytes) -> None:
        """Put one step in the place of all there are.

        Raises:
            StaleLeaseError: The job is another robot's by now; nothing was changed.
        """
        key, fence = _key(self._next), self._fence()
        await self._store.commit(self._put(key, [blob], fence), *self._drops(), fence=fence)
        self._kept = [key]
        self._next += 1

    def removal(self) -> list[Change]:
        """What forgets the job and its steps, to be committed with its end."""
        return [*self._drops(), Drop(table=self._table, key=_key(0))]

    def _put(self, key: str, blobs: Sequence[bytes], fence: Fence) -> Change:
        texts = [b64encode(blob).decode() for blob in blobs]
        return Put(table=self._table, key=key, record={"token": fence.token, "blobs": texts})

    def _drops(self) -> list[Change]:
        return [Drop(table=self._table, key=key) for key in self._kept]


def _key(number: int) -> str:
    return f"{number:010d}"
