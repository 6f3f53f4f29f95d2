"""Declares commands about what robots share; each takes ``--store``, ``--json`` and ``--home``."""

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature, signature
from typing import Any

import typer

from casare_robot.cli.commands.group_options import StoreAddress, on_store
from casare_robot.cli.options import AsJson, Home

Act = Callable[..., Awaitable[int]]
"""What a command does: given the open store, and ``json_output``, its exit code."""

_OPTIONS = {"store": (StoreAddress, None), "as_json": (AsJson, False), "home": (Home, None)}


def store_command(
    app: typer.Typer, name: str | None = None
) -> Callable[[Callable[..., Act]], Callable[..., Act]]:
    """Declare the decorated function as a command about the shared store.

    It takes the command's own arguments and returns what is to be done with the
    store, which is opened for that and closed again.
    """

    def declare(function: Callable[..., Act]) -> Callable[..., Act]:
        def command(*, store: Any, as_json: bool, home: Any, **own: Any) -> None:
            on_store(
                lambda shared: function(**own)(shared, json_output=as_json), store, home, as_json
            )

        common = [
            Parameter(option, Parameter.KEYWORD_ONLY, annotation=hint, default=default)
            for option, (hint, default) in _OPTIONS.items()
        ]
        own = signature(function).parameters.values()
        parameters = [*own, *common]
        command.__dict__["__signature__"] = Signature(parameters)
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        command.__doc__ = function.__doc__
        app.command(name or function.__name__)(command)
        return function

    return declare
