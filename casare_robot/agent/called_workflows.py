"""Finds, loads and pins the workflows that a workflow calls."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from casare_robot.domain.errors import NodeFailure, WorkflowInvalidError
from casare_robot.domain.policy import Policy
from casare_robot.execution.loader import load_workflow
from casare_robot.execution.plan import Plan, compile_plan
from casare_robot.nodes.catalogue import Catalogue

Pin = Callable[[str, Callable[[], bytes]], bytes]
"""Gives the bytes pinned under a path, reading them the first time."""


class CalledWorkflows:
    """Plans of called files, each read once for a job.

    Paths are looked for beside the calling file, then in the working directory.
    """

    def __init__(self, catalogue: Catalogue, policy: Policy, *, working_dir: Path) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._working_dir = working_dir
        self._plans: dict[tuple[Path, str], Plan] = {}
        self._bytes: dict[Path, bytes] = {}

    def plan(
        self, path: str, folder: str, overrides: Mapping[tuple[str, str], Any]
    ) -> tuple[Plan, str]:
        """The plan of a called file and the folder it lies in.

        Raises:
            NodeFailure: It cannot be found or is not valid.
        """
        found = self._find(path, folder)
        key = (found, repr(sorted(overrides.items(), key=repr)))
        if key not in self._plans:
            try:
                if found not in self._bytes:
                    self._bytes[found] = found.read_bytes()
                loaded = load_workflow(self._bytes[found], self._catalogue, policy=self._policy)
            except OSError as error:
                raise NodeFailure(f"cannot read {path}: {error}", code="E-CALL-404") from error
            except WorkflowInvalidError as error:
                raise NodeFailure(f"{path} is not valid: {error}", code=error.code) from error
            self._plans[key] = compile_plan(loaded.workflow, self._catalogue, overrides=overrides)
        return self._plans[key], str(found.parent)

    def _find(self, path: str, folder: str) -> Path:
        wanted = Path(path)
        for base in (Path(folder) if folder else self._working_dir, self._working_dir):
            for name in (wanted, wanted.with_name(wanted.name + ".json")):
                if (base / name).is_file():
                    return (base / name).resolve()
        raise NodeFailure(f"there is no workflow {path}", code="E-CALL-404")
