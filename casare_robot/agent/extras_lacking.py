"""Which extras the workflows of the newest jobs need that are not installed here."""

from collections.abc import Sequence
from contextlib import suppress

from casare_robot.domain.errors import WorkflowInvalidError
from casare_robot.domain.extras_seen import ExtrasSeen

LOOKED_AT = 200
"""Newest jobs whose workflows are looked at."""


def lacking(workflows: Sequence[bytes]) -> ExtrasSeen:
    """What they lack. Blocks: each is read."""
    from casare_robot.execution.loading.loader import load_workflow
    from casare_robot.nodes.catalogue import load_catalogue, modules
    from casare_robot.nodes.extras import missing_extras

    homes = {name: home for home, names in modules().items() for name in names}
    missing: dict[str, set[str]] = {}
    for workflow in workflows:
        with suppress(WorkflowInvalidError):  # it is no workflow that could lack something
            nodes = load_workflow(workflow, load_catalogue(), must_run=False).workflow.nodes
            for extra, types in missing_extras(nodes.values(), homes).items():
                missing.setdefault(extra, set()).update(types)
    told = {extra: tuple(sorted(missing[extra])) for extra in sorted(missing)}
    return ExtrasSeen(workflows=len(workflows), missing=told)
