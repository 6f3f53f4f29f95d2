"""Arguments that several commands about groups take."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from casare_robot.store.store import Store

StoreAddress = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Address of what robots share; else store_url of the settings.",
        show_default=False,
    ),
]
GroupName = Annotated[str, typer.Argument(help="Name of a group.", show_default=False)]
AnyGroup = Annotated[
    str | None, typer.Argument(help="Name of a group; may be left out if there is one only.")
]
RobotName = Annotated[str, typer.Argument(help="Name of a robot.", show_default=False)]
Capabilities = Annotated[
    list[str] | None, typer.Option("--capability", help="What robots must be able to do.")
]


def on_store(
    act: "Callable[[Store], Awaitable[int]]", store: str | None, home: Path | None, as_json: bool
) -> None:
    """Do something with the shared store and leave with its exit code."""
    from casare_robot.cli.shared_store import with_store

    raise typer.Exit(with_store(act, url=store, home=home, json_output=as_json))
