"""What an account is: a service, whose it is there, and the secret that proves it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import Property


class Signed(NamedTuple):
    """Where an account is and what signs a request in.

    Without ``base_url`` it is where everybody's is. ``values`` is its whole secret.
    """

    base_url: str = ""
    headers: Mapping[str, str] = {}
    values: Mapping[str, Any] = {}


class Service(NamedTuple):
    """A service with accounts.

    ``sign`` finds the account that a node's values name. ``properties`` say whose
    account it is; a node has them beside its own.
    """

    title: str
    category: str
    base_url: str
    sign: Callable[[NodeContext, Mapping[str, Any]], Awaitable[Signed]]
    properties: tuple[Property, ...]
    seconds: float = 60.0


def account_secret(
    ctx: NodeContext, name: str, *, default: str, plain: str
) -> Mapping[str, Any] | None:
    """The account that is kept under a name: a JSON object, or ``plain`` alone.

    Args:
        ctx: Surroundings.
        name: What the node says; "" for the default, which need not be there.
        default: Where an account is looked for that no node names.
        plain: What a secret that is no JSON object stands for.

    Returns:
        None if nothing was named and there is no default.

    Raises:
        NodeFailure: There is no secret of this name.
    """
    try:
        secret = ctx.secret(name or default)
    except NodeFailure:
        if name:
            raise
        return None
    if secret.lstrip().startswith("{"):
        try:
            return dict(json.loads(secret))
        except ValueError as error:
            raise NodeFailure(
                f"the secret {name or default!r} begins like JSON and is none", retryable=False
            ) from error
    return {plain: secret.strip()}
