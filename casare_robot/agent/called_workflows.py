"""Finds and loads the workflows that a workflow calls."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casare_robot.domain.errors import NodeFailure, WorkflowInvalidError
from casare_robot.domain.policy import Policy
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.execution.planning.plan import Plan, compile_plan
from casare_robot.nodes.catalogue import Catalogue


class CalledWorkflows:
    """Finds called files and makes plans of them, each plan once for a job.

    Paths are looked for beside the calling file, then in the working directory.
    """

    def __init__(self, catalogue: Catalogue, policy: Policy, *, working_dir: Path) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._working_dir = working_dir
        self._plans: dict[tuple[str, bytes, str], Plan] = {}

    def read(self, path: str, folder: str) -> tuple[str, bytes]:
        """Where a called file lies, and what it holds now.

        Raises:
            NodeFailure: It cannot be found or read.
        """
        found = self._find(path, folder)
        try:
            return str(found), found.read_bytes()
        except OSError as error:
            raise NodeFailure(f"cannot read {path}: {error}", code="E-CALL-404") from error

    def plan(self, place: str, source: bytes, overrides: Mapping[tuple[str, str], Any]) -> Plan:
        """The plan of a called file.

        Raises:
            NodeFailure: It is not valid.
        """
        key = (place, source, repr(sorted(overrides.items(), key=repr)))
        if key not in self._plans:
            try:
                loaded = load_workflow(source, self._catalogue, policy=self._policy)
            except WorkflowInvalidError as error:
                raise NodeFailure(f"{place} is not valid: {error}", code=error.code) from error
            self._plans[key] = compile_plan(loaded.workflow, self._catalogue, overrides=overrides)
        return self._plans[key]

    def _find(self, path: str, folder: str) -> Path:
        wanted = Path(path)
        for base in (Path(folder) if folder else self._working_dir, self._working_dir):
            for name in (wanted, wanted.with_name(wanted.name + ".json")):
                if (base / name).is_file():
                    return (base / name).resolve()
        raise NodeFailure(f"there is no workflow {path}", code="E-CALL-404")
