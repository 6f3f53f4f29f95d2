"""`casare-robot validate`: checks a file and says what it needs."""

import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from casare_robot.cli.rendering import INVALID, as_json, describe
from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.execution.loading.flow_checks import UNWIRED
from casare_robot.execution.loading.loader import load_workflow, node_types_in
from casare_robot.nodes.catalogue import Catalogue, load_catalogue
from casare_robot.nodes.unavailable import KINDS

_UNWIRED = f"E-WF-{UNWIRED}"
"""Such a file runs as far as that node; here it is a fault all the same."""


def validate_file(file: Path, *, json_output: bool) -> int:
    """Say every fault and warning of a file and which node types cannot run here."""
    catalogue = load_catalogue()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    needs: list[dict[str, str]] = []
    asks: list[str] = []
    shares: list[str] = []
    try:
        loaded = load_workflow(file, catalogue, must_run=False)
        faults = tuple(fault for fault in loaded.warnings if fault.code == _UNWIRED)
        warnings = tuple(fault for fault in loaded.warnings if fault.code != _UNWIRED)
        needs = cannot_run(file, catalogue)
        asks = that_need("gui", file, catalogue)
        shares = that_need("group", file, catalogue)
    except WorkflowInvalidError as error:
        faults = error.faults
        with suppress(WorkflowInvalidError):  # a file that is no workflow has no node types
            needs = cannot_run(file, catalogue)
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
                    "asks_a_person": asks,
                    "uses_group_memory": shares,
                }
            )
        )
    else:
        for name in asks:
            print(f"asks a person: {name} (in the tray, or in the terminal that runs the file)")
        for name in shares:
            print(f"uses a group's memory: {name} (of the robot's own group, or the one it names)")
        _tell(file, faults, warnings, needs)
    return INVALID if faults else 0


def cannot_run(file: Path, catalogue: Catalogue) -> list[dict[str, str]]:
    """Node types of a file that this installation cannot run, and what each needs."""
    missing = {
        name: need
        for name in node_types_in(file, catalogue)
        if name not in catalogue and (need := catalogue.need(name)) is not None
    }
    return [
        {
            "node_type": name,
            "needs": KINDS[need],
            "in_words": need,
            "why_not": catalogue.obstacle(name),
        }
        for name, need in missing.items()
        if need is not None
    ]


def that_need(what: str, file: Path, catalogue: Catalogue) -> list[str]:
    """Node types of a file that need ``gui``, a person at the machine, or ``group``."""
    known = [name for name in node_types_in(file, catalogue) if name in catalogue]
    return [name for name in known if catalogue.get(name).needs == what]


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
        print(
            f"cannot run here: {entry['node_type']} needs {entry['in_words']}, {entry['why_not']}"
        )
    if faults:
        print(f"{file}: {len(faults)} fault{'s' if len(faults) > 1 else ''}")
    else:
        print(f"{file}: valid" + (", but cannot run here" if needs else ""))
