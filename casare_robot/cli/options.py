"""Arguments that several commands take."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

WorkflowFile = Annotated[Path, typer.Argument(help="A workflow file.", show_default=False)]
Variables = Annotated[
    list[str] | None, typer.Option("--var", help="A variable's value: NAME=VALUE.")
]
VariablesFile = Annotated[Path | None, typer.Option("--vars", help="A JSON file with variables.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Home = Annotated[Path | None, typer.Option("--home", help="Folder for everything the robot keeps.")]
ShowTray = Callable[[bool, Path | None], int]
"""The other face: whether only as an icon, and the home; its exit code."""
