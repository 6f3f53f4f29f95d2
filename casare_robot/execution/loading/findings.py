"""What a loader finds wrong with a file, gathered so that it can be told all at once. Pure."""

from collections.abc import Iterable, Mapping

from casare_robot.domain.errors import Fault


class Findings:
    """Faults, which refuse the file, and warnings, which do not."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def fault(
        self,
        number: int | str,
        message: str,
        *,
        node: str | None = None,
        type_: str | None = None,
        key: str | None = None,
    ) -> None:
        """Add a fault; a number alone is one of area ``E-WF``."""
        self.faults.append(_finding(number, message, node, type_, key))

    def warn(
        self,
        number: int | str,
        message: str,
        *,
        node: str | None = None,
        type_: str | None = None,
        key: str | None = None,
    ) -> None:
        """Add a warning; a number alone is one of area ``E-WF``."""
        self.warnings.append(_finding(number, message, node, type_, key))


def in_file_order(faults: Iterable[Fault], node_ids: Mapping[str, object]) -> list[Fault]:
    """Sort faults by their node's place in the file; those of the file itself come first."""
    places = {node_id: place for place, node_id in enumerate(node_ids)}
    return sorted(faults, key=lambda fault: places.get(fault.node_id or "", -1))


def _finding(
    number: int | str, message: str, node: str | None, type_: str | None, key: str | None
) -> Fault:
    code = number if isinstance(number, str) else f"E-WF-{number}"
    return Fault(code=code, message=message, node_id=node, node_type=type_, key=key)
