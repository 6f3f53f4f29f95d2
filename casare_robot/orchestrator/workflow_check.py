"""What a robot of this release would say of a workflow, before one is asked."""

import functools
from typing import Any

from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.nodes.catalogue import load_catalogue


@functools.cache
def known_nodes() -> list[dict[str, Any]]:
    """The node types of this release, and what each needs on this machine."""
    from casare_robot.nodes.described import short_rows

    return short_rows(load_catalogue())


def faults_of(workflow: bytes) -> tuple[Fault, ...]:
    """Every fault and warning; a robot with more nodes installed may run it all the same."""
    try:
        return load_workflow(workflow, load_catalogue(), must_run=False).warnings
    except WorkflowInvalidError as error:
        return error.faults
