"""How a node that works in an account declares itself: one small function each.

::

    @account_node(GMAIL, "GmailMarkAsReadNode", effect=Effect.IDEMPOTENT, inputs=(_MESSAGE,))
    async def mark_as_read(api: AccountApi, *, message_id: str) -> Outputs:
        await api.post("/gmail/v1/users/me/messages/{}/modify", message_id, body=...)
        return {}

The function gets the service ready to be asked; the account, its secret, the limits
and the ports ``success``, ``error`` and ``error_code`` are seen to here.
"""

from collections.abc import Awaitable, Callable
from inspect import unwrap
from typing import Any, TypeVar

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import (
    DataType,
    EffectRule,
    Outcome,
    Outputs,
    Port,
    Property,
    node,
)
from casare_robot.nodes.account import Service, Signed
from casare_robot.nodes.web_modules import WEB_MODULES

_PLACE = (
    Property("base_url", DataType.STRING, ""),
    Property("timeout", DataType.FLOAT, low=0.1),
)
SUCCESS = (Port("success", DataType.BOOLEAN), Port("error", DataType.STRING))
_ERROR_CODE = Port("error_code", DataType.INTEGER)
"""Status of HTTP that a service refused with; 0 if it did not."""

_F = TypeVar("_F", bound=Callable[..., Awaitable[Outputs | Outcome]])


def account_node(
    service: Service,
    name: str,
    *,
    category: str = "",
    effect: Effect | EffectRule = Effect.READS,
    inputs: tuple[Port, ...] = (),
    outputs: tuple[Port, ...] = (),
    properties: tuple[Property, ...] = (),
    uses: tuple[str, ...] = (),
    **declared: Any,
) -> Callable[[_F], _F]:
    """Declare the decorated function as a node that works in an account of a service.

    The function names ``api`` first, and ``ctx`` after it if it needs surroundings; then
    what it takes. ``success`` and ``error`` are put among the outputs.

    Args:
        service: Whose node it is.
        name: As for `node`, and so is the rest.
        category: That of the service unless said otherwise.
        effect: Reading unless said otherwise.
        inputs: See there.
        outputs: Without ``success`` and ``error``.
        properties: Without those of the account.
        uses: As for `node`, beside what every account needs.
        **declared: See there.
    """
    own = {property_.name for property_ in properties}
    needed = [port.name for port in inputs if port.required]
    whose = tuple(p for p in _PLACE + service.properties if p.name not in own)

    def declare(function: _F) -> _F:
        code = unwrap(function).__code__
        start = code.co_argcount
        wanted = code.co_varnames[start : start + code.co_kwonlyargcount]
        takes_context = "ctx" in code.co_varnames[:start]

        async def run(ctx: NodeContext, **given: Any) -> Outputs | Outcome:
            for key in needed:
                if given.get(key) == "":
                    raise _lacking(f"{key} of {ctx.node_id} is empty, and {name} needs it")
            from casare_robot.nodes.account_api import AccountApi
            from casare_robot.nodes.web_client import web_client

            limit = None if "timeout" in own else given.get("timeout")
            seconds = float(limit or service.seconds)

            async def sign() -> Signed:
                signed = await service.sign(ctx, given)
                place = given.get("base_url") or signed.base_url or service.base_url
                return signed._replace(base_url=str(place))

            async with web_client(ctx.policy, seconds=seconds, follow_redirects=False) as client:
                api = AccountApi(ctx, client, title=service.title, sign=sign, seconds=seconds)
                arguments = {key: given[key] for key in wanted}
                try:
                    result = await function(api, *([ctx] if takes_context else []), **arguments)
                except NodeFailure as failure:
                    failure.outputs = {**_told(str(failure)), **failure.outputs}
                    raise
            done = result.outputs if isinstance(result, Outcome) else result
            whole = {"success": True, "error": "", "error_code": 0, **done}
            return Outcome(result.port, whole) if isinstance(result, Outcome) else whole

        run.__module__ = function.__module__
        node(
            name,
            category=category or service.category,
            effect=effect,
            inputs=inputs,
            outputs=(*outputs, *SUCCESS, _ERROR_CODE),
            properties=(*properties, *whose),
            uses=(*WEB_MODULES, "casare_robot.nodes.account_api", *uses),
            **declared,
        )(run)
        function.__dict__.setdefault("node_types", []).extend(run.__dict__["node_types"])
        return function

    return declare


def _lacking(message: str) -> NodeFailure:
    return NodeFailure(
        message,
        code="E-NODE-415",
        error_type="ValueError",
        outputs=_told(message),
        retryable=False,
    )


def _told(error: str) -> Outputs:
    return {"success": False, "error": error, "error_code": 0}
