"""Secrets that a person gave to a job: kept sealed until the job has ended."""

from collections.abc import Callable, Mapping
from pathlib import Path

from casare_robot.desktop.secret_store import workflow_secrets
from casare_robot.domain.job import JobId
from casare_robot.domain.question import ASKED, Question, asked_prefix


class AskedSecrets:
    """The journal holds names only; a resume finds the values here. All methods may block.

    Args:
        data: The home's data folder.
    """

    def __init__(self, data: Path) -> None:
        self._store = workflow_secrets(data)

    def keep(self, question: Question, values: Mapping[str, str]) -> dict[str, str]:
        """Keep the secret values of an answer, by field; their names, by field.

        Raises:
            SecretStoreError: They cannot be kept.
            OSError: The file cannot be written.
        """
        prefix = asked_prefix(question.job_id)
        names = {field: f"{prefix}{question.id}.{field}" for field in values}
        for field, value in values.items():
            self._store.keep(names[field], value)
        return names

    def forget(self, job_id: JobId) -> None:
        """A job has ended."""
        self._forget(lambda name: name.startswith(asked_prefix(job_id)))

    def sweep(self, is_open: Callable[[JobId], bool]) -> None:
        """Forget what belongs to jobs that ended while nobody looked."""
        self._forget(
            lambda name: (
                name.startswith(ASKED)
                and not is_open(JobId(name.removeprefix(ASKED).rsplit(".", 2)[0]))
            )
        )

    def _forget(self, is_meant: Callable[[str], bool]) -> None:
        if self._store.file.exists():
            for name in filter(is_meant, self._store.names()):
                self._store.delete(name)
