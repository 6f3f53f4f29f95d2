"""What a robot of this release would say of a workflow, before one is asked."""

from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.nodes.catalogue import load_catalogue


def faults_of(workflow: bytes) -> tuple[Fault, ...]:
    """Every fault and warning; a robot with more nodes installed may run it all the same."""
    try:
        return load_workflow(workflow, load_catalogue(), must_run=False).warnings
    except WorkflowInvalidError as error:
        return error.faults
