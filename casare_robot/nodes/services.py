"""Services of Windows: what they are, starting and stopping them."""

import asyncio
from functools import partial
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.processes import check_policy, run_allowed, told

_PORT = Port("service_name", DataType.STRING, required=True)
_PROPERTY = Property("service_name", DataType.STRING, required=True)
_DONE = (Port("success", DataType.BOOLEAN), Port("message", DataType.STRING))
_LIMIT = 30.0
"""Seconds that a service may take to start or stop, as Windows' own tools give it."""
_POLL = 0.25
_ALREADY = {"start": 1056, "stop": 1062}
"""Exit codes of ``sc`` that say that the service is as wanted."""


_service_node = partial(node, category="system", needs="windows", uses=("psutil",))


@_service_node(
    "GetServiceStatusNode",
    effect=Effect.READS,
    blocking=True,
    inputs=(_PORT,),
    outputs=(
        Port("status", DataType.STRING),
        Port("display_name", DataType.STRING),
        Port("exists", DataType.BOOLEAN),
        Port("is_running", DataType.BOOLEAN),
    ),
    properties=(_PROPERTY,),
)
def service_status(*, service_name: str) -> Outputs:
    """``running``, ``stopped``, ``start_pending`` ...; no such service is an answer."""
    service = _service(service_name)
    if service is None:
        return {"status": "not_found", "display_name": "", "exists": False, "is_running": False}
    status = service.status()
    return {
        "status": status,
        "display_name": service.display_name(),
        "exists": True,
        "is_running": status == "running",
    }


@_service_node(
    "ListServicesNode",
    effect=Effect.READS,
    blocking=True,
    outputs=(Port("services", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        Property("state_filter", DataType.CHOICE, "all", choices=("all", "running", "stopped")),
    ),
)
def list_services(*, state_filter: str) -> Outputs:
    """Each as a dict with ``name``, ``display_name`` and ``status``."""
    services = [
        {"name": each.name(), "display_name": each.display_name(), "status": each.status()}
        for each in _library().win_service_iter()
    ]
    kept = [each for each in services if state_filter in ("all", each["status"])]
    return {"services": kept, "count": len(kept)}


@_service_node(
    "StartServiceNode",
    effect=Effect.IDEMPOTENT,
    inputs=(_PORT,),
    outputs=_DONE,
    properties=(_PROPERTY,),
)
async def start_service(ctx: NodeContext, *, service_name: str) -> Outputs:
    """Start a service and wait until it runs; one that runs is fine."""
    return await _brought(ctx, service_name, "start", "running")


@_service_node(
    "StopServiceNode",
    effect=Effect.IDEMPOTENT,
    inputs=(_PORT,),
    outputs=_DONE,
    properties=(_PROPERTY,),
)
async def stop_service(ctx: NodeContext, *, service_name: str) -> Outputs:
    """Stop a service and wait until it has; one that is stopped is fine."""
    return await _brought(ctx, service_name, "stop", "stopped")


@_service_node(
    "RestartServiceNode",
    effect=Effect.ONCE,
    inputs=(_PORT,),
    outputs=_DONE,
    properties=(_PROPERTY, Property("wait_time", DataType.INTEGER, 2, low=0)),
)
async def restart_service(ctx: NodeContext, *, service_name: str, wait_time: int) -> Outputs:
    """Stop a service, wait so many seconds, and start it."""
    await _brought(ctx, service_name, "stop", "stopped")
    await asyncio.sleep(max(0, wait_time))
    return await _brought(ctx, service_name, "start", "running")


async def _brought(ctx: NodeContext, name: str, verb: str, wanted: str) -> Outputs:
    check_policy(ctx)
    service = await asyncio.to_thread(_service, name)
    if service is None:
        raise _refused(f"there is no service {name!r:.80}")
    async with told({"message": ""}, _LIMIT, error_port="message"):
        # a service of this name is there, so the name is no option of sc's
        done = await run_allowed(
            ctx, ["sc.exe", verb, service.name()], timeout=_LIMIT, cwd=ctx.working_dir
        )
    if done.return_code not in (0, _ALREADY[verb]):
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        why = lines[-1] if lines else f"code {done.return_code}"
        raise _refused(f"Windows did not {verb} the service {name}: {why}")
    try:
        async with asyncio.timeout(_LIMIT):
            status = await asyncio.to_thread(service.status)
            while status != wanted:
                await asyncio.sleep(_POLL)
                status = await asyncio.to_thread(service.status)
    except TimeoutError as error:
        raise _refused(f"the service {name} is not {wanted} after {_LIMIT:g} s") from error
    return {"success": True, "message": f"the service {name} is {wanted}"}


def _service(name: str) -> Any:
    """The service of this name; None if there is none."""
    import psutil

    if not name.strip():
        raise NodeFailure("no service is named", retryable=False)
    try:
        return _library().win_service_get(name)
    except psutil.NoSuchProcess:
        return None


def _library() -> Any:
    """Psutil with its part for Windows, which the types of other systems do not have."""
    import psutil

    return psutil


def _refused(message: str) -> NodeFailure:
    return NodeFailure(message, outputs={"success": False, "message": message})
