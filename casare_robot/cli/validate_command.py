"""`casare-robot validate`: checks a file and says what it needs."""

import sys
from pathlib import Path

import msgspec

from casare_robot.cli.rendering import INVALID, as_json, describe
from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.domain.workflow import Workflow
from casare_robot.execution.loader import load_workflow
from casare_robot.nodes.catalogue import Catalogue, load_catalogue


def validate_file(file: Path, *, json_output: bool) -> int:
    """Say every fault and warning of a file and which node types cannot run here."""
    catalogue = load_catalogue()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    needs: list[dict[str, str]] = []
    try:
        loaded = load_workflow(file, catalogue, must_run=False)
        warnings = loaded.warnings
        needs = cannot_run(loaded.workflow, catalogue)
    except WorkflowInvalidError as error:
        faults = error.faults
    except OSError as error:
        faults = (Fault(code="E-WF-401", message=f"cannot read {file}: {error.strerror}"),)
    if json_output:
        print(
            as_json(
                {
                    "valid": not faults,
                    "runnable": not faults and not needs,
                    "faults": msgspec.to_builtins(faults),
                    "warnings": msgspec.to_builtins(warnings),
                    "cannot_run": needs,
                }
            )
        )
    else:
        _tell(file, faults, warnings, needs)
    return INVALID if faults else 0


def cannot_run(workflow: Workflow, catalogue: Catalogue) -> list[dict[str, str]]:
    """Node types of a workflow that this installation cannot run, and what each needs."""
    missing: dict[str, str] = {}
    for node in workflow.nodes.values():
        need = catalogue.need(node.type)
        if node.type not in catalogue and need is not None and need != "trigger":
            missing.setdefault(node.type, need)
    return [{"node_type": name, "needs": need} for name, need in missing.items()]


def _tell(
    file: Path,
    faults: tuple[Fault, ...],
    warnings: tuple[Fault, ...],
    needs: list[dict[str, str]],
) -> None:
    for fault in faults:
        print(f"fault: {describe(fault)}")
    for warning in warnings:
        print(f"warning: {describe(warning)}", file=sys.stderr)
    for entry in needs:
        print(f"cannot run here: {entry['node_type']} needs {entry['needs']}")
    if faults:
        print(f"{file}: {len(faults)} faults")
    else:
        print(f"{file}: valid" + (", but cannot run here" if needs else ""))
