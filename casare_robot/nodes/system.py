"""The machine: its processes, environment, figures and files that change."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import readable

_GIB = 1024**3
_MIB = 1024**2
_CPU_SAMPLE = 0.1
"""Seconds over which the load of the processor is measured."""
_WATCH_INTERVAL = 0.1
"""Seconds between two looks at a watched folder; one look costs one listing of it."""

Snapshot = dict[str, tuple[int, int, int]]
"""Files by path: what changes when one does (time of change, size, identity)."""


@node(
    "ProcessListNode",
    category="system",
    effect=Effect.READS,
    blocking=True,
    inputs=(Port("filter_name", DataType.STRING),),
    outputs=(Port("processes", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        Property("filter_name", DataType.STRING, ""),
        Property("include_details", DataType.BOOLEAN, True),
    ),
)
def process_list(*, filter_name: str, include_details: bool) -> Outputs:
    """Running processes whose name holds the filter, in any case.

    Each is a dict of ``pid, name, status`` and, with details, ``cpu_percent,
    memory_mb, username, create_time`` (None where the system does not tell).
    """
    import psutil

    wanted = ["pid", "name", "status"]
    if include_details:
        wanted += ["cpu_percent", "memory_info", "username", "create_time"]
    part = (filter_name or "").lower()
    processes = []
    for process in psutil.process_iter(wanted):
        info: dict[str, Any] = dict(process.info)
        if part not in (info["name"] or "").lower():
            continue
        if include_details:
            memory = info.pop("memory_info")
            info["memory_mb"] = round(memory.rss / _MIB, 2) if memory else None
        processes.append(info)
    return {"processes": processes, "count": len(processes)}


@node(
    "ProcessKillNode",
    category="system",
    effect=Effect.ONCE,
    uses=("psutil",),
    blocking=True,
    inputs=(Port("pid_or_name", DataType.STRING),),
    outputs=(Port("killed_count", DataType.INTEGER), Port("success", DataType.BOOLEAN)),
    properties=(
        Property("pid_or_name", DataType.STRING, ""),
        Property("force", DataType.BOOLEAN, False),
        Property("timeout", DataType.INTEGER, 5, low=1, high=60),
    ),
    synonyms={"process_name": "pid_or_name", "pid": "pid_or_name"},
)
def process_kill(ctx: NodeContext, *, pid_or_name: str, force: bool, timeout: float) -> Outputs:
    """End a process by number, or all of exactly this name (with or without ``.exe``).

    They are asked first and killed after ``timeout`` seconds; ``force`` kills at
    once. The robot itself and what it runs in are never ended. No such process
    is an answer, with ``success`` False.
    """
    import psutil

    wanted = str(pid_or_name).strip()
    if not wanted:
        raise NodeFailure("no process is named", outputs={"killed_count": 0, "success": False})
    ours = {process.pid for process in (psutil.Process(), *psutil.Process().parents())}
    chosen = []
    for process in _processes(wanted):
        if process.pid in ours:
            ctx.log("warning", f"process {process.pid} is this robot's own and is not ended")
            continue
        try:
            process.kill() if force else process.terminate()
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            ctx.log("warning", f"process {process.pid} may not be ended by this user")
            continue
        chosen.append(process)
    gone, left = psutil.wait_procs(chosen, timeout)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    killed = len(gone) + len(psutil.wait_procs(left, timeout)[0])
    return {"killed_count": killed, "success": killed > 0}


def _processes(wanted: str) -> list[Any]:
    import psutil

    if wanted.isdecimal():
        try:
            return [psutil.Process(int(wanted))]
        except (psutil.NoSuchProcess, OverflowError):
            return []
    name = wanted.lower().removesuffix(".exe")
    return [
        process
        for process in psutil.process_iter(["name"])
        if (process.info["name"] or "").lower().removesuffix(".exe") == name
    ]


def _environment_effect(parameters: Mapping[str, Any]) -> Effect:
    return Effect.IDEMPOTENT if parameters.get("action") == "set" else Effect.READS


@node(
    "EnvironmentVariableNode",
    category="system",
    effect=_environment_effect,
    inputs=(Port("var_name", DataType.STRING), Port("value", DataType.STRING)),
    outputs=(
        Port("result_value", DataType.STRING),
        Port("exists", DataType.BOOLEAN),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        Property("action", DataType.CHOICE, "get", choices=("get", "set")),
        Property("var_name", DataType.STRING, ""),
        Property("value", DataType.STRING, ""),
        Property("scope", DataType.CHOICE, "process", choices=("process", "user", "system")),
    ),
    synonyms={"name": "var_name", "variable_name": "var_name"},
)
def environment_variable(
    ctx: NodeContext, *, action: str, var_name: str, value: str, scope: str
) -> Outputs:
    """Read or set an environment variable.

    ``process`` is this job's own environment. ``user`` and ``system`` outlive it
    and are Windows': they are kept in its registry, which only a robot that runs
    scripts may change.
    """
    if not var_name or "=" in var_name or "\0" in var_name:
        raise NodeFailure(
            f"{var_name!r} is no name of a variable",
            outputs={"result_value": "", "exists": False, "success": False},
        )
    from casare_robot.desktop import lasting_environment

    value = str(value)

    if action == "set" and scope != "process" and not ctx.policy.allow_scripts:
        raise PolicyError("this robot does not change lasting environment variables")
    try:
        if action == "set":
            if scope != "process":
                lasting_environment.write(var_name, value, scope)
            os.environ[var_name] = value
            found: str | None = value
        elif scope == "process":
            found = os.environ.get(var_name)
        else:
            found = lasting_environment.read(var_name, scope)
    except (OSError, ValueError) as error:
        raise NodeFailure(
            str(error), outputs={"result_value": "", "exists": False, "success": False}
        ) from error
    return {"result_value": found or "", "exists": found is not None, "success": True}


@node(
    "SystemInfoNode",
    category="system",
    effect=Effect.READS,
    blocking=True,
    outputs=(
        Port("info", DataType.DICT),
        Port("os_name", DataType.STRING),
        Port("cpu_percent", DataType.FLOAT),
        Port("ram_percent", DataType.FLOAT),
        Port("disk_percent", DataType.FLOAT),
    ),
    properties=(
        Property(
            "info_type",
            DataType.CHOICE,
            "all",
            choices=("os", "cpu", "ram", "disk", "network", "all"),
        ),
    ),
)
def system_info(*, info_type: str) -> Outputs:
    """Figures of the machine; those not asked for are 0.

    ``info`` has a key for each kind asked for: dicts, and for ``disk`` a list of
    the partitions, of which ``disk_percent`` is the first's.
    """
    import platform

    kinds = _INFO if info_type == "all" else {info_type: _INFO[info_type]}
    info = {kind: ask() for kind, ask in kinds.items()}
    disks = info.get("disk") or [{}]
    return {
        "info": info,
        "os_name": f"{platform.system()} {platform.release()}",
        "cpu_percent": info.get("cpu", {}).get("percent", 0.0),
        "ram_percent": info.get("ram", {}).get("percent", 0.0),
        "disk_percent": disks[0].get("percent", 0.0),
    }


def _os_info() -> dict[str, Any]:
    import platform

    return {
        "system": platform.system(),
        "release": platform.release(),
        "version": platform.version(),
        "machine": platform.machine(),
        "processor": platform.processor(),
        "hostname": platform.node(),
        "python_version": platform.python_version(),
    }


def _cpu_info() -> dict[str, Any]:
    import psutil

    frequency = psutil.cpu_freq() if hasattr(psutil, "cpu_freq") else None
    return {
        "percent": psutil.cpu_percent(interval=_CPU_SAMPLE),
        "cores_physical": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "frequency_mhz": frequency.current if frequency else 0,
    }


def _ram_info() -> dict[str, Any]:
    import psutil

    memory = psutil.virtual_memory()
    return {
        "total_gb": round(memory.total / _GIB, 2),
        "available_gb": round(memory.available / _GIB, 2),
        "used_gb": round(memory.used / _GIB, 2),
        "percent": memory.percent,
    }


def _disk_info() -> list[dict[str, Any]]:
    import psutil

    disks = []
    for partition in psutil.disk_partitions():
        with suppress(OSError):  # an empty drive, or one that is not ours to see
            usage = psutil.disk_usage(partition.mountpoint)
            disks.append(
                {
                    "device": partition.device,
                    "mountpoint": partition.mountpoint,
                    "fstype": partition.fstype,
                    "total_gb": round(usage.total / _GIB, 2),
                    "used_gb": round(usage.used / _GIB, 2),
                    "free_gb": round(usage.free / _GIB, 2),
                    "percent": usage.percent,
                }
            )
    return disks


def _network_info() -> dict[str, Any]:
    import psutil

    counters = psutil.net_io_counters()
    return {
        "bytes_sent": counters.bytes_sent if counters else 0,
        "bytes_recv": counters.bytes_recv if counters else 0,
        "interfaces": [
            {
                "name": name,
                "addresses": [
                    {"family": str(entry.family), "address": entry.address} for entry in entries
                ],
            }
            for name, entries in psutil.net_if_addrs().items()
        ],
    }


_INFO: dict[str, Any] = {
    "os": _os_info,
    "cpu": _cpu_info,
    "ram": _ram_info,
    "disk": _disk_info,
    "network": _network_info,
}


@node(
    "FileWatcherNode",
    category="system",
    effect=Effect.READS,
    outputs=(
        Port("event_type", DataType.STRING),
        Port("file_path", DataType.STRING),
        Port("triggered", DataType.BOOLEAN),
        Port("timed_out", DataType.BOOLEAN),
    ),
    properties=(
        Property("watch_path", DataType.FILE_PATH, required=True),
        Property("events", DataType.CHOICE, "all", choices=("create", "modify", "delete", "all")),
        Property("timeout", DataType.INTEGER, 30, low=1, high=3600),
        Property("recursive", DataType.BOOLEAN, False),
    ),
)
async def file_watcher(
    ctx: NodeContext, *, watch_path: str, events: str, timeout: float, recursive: bool
) -> Outputs:
    """Wait until a file, or one in a folder, is ``created``, ``modified`` or ``deleted``.

    A file may be waited for before it is there. No event in time is an answer,
    with ``timed_out`` True.
    """
    path = readable(ctx, watch_path)
    if not path.exists() and not path.parent.is_dir():
        raise NodeFailure(
            f"there is no folder {path.parent} to watch",
            outputs={"event_type": "", "file_path": "", "triggered": False, "timed_out": False},
        )
    before = await asyncio.to_thread(_snapshot, path, recursive)
    try:
        async with asyncio.timeout(timeout):
            while True:
                await asyncio.sleep(_WATCH_INTERVAL)
                after = await asyncio.to_thread(_snapshot, path, recursive)
                event = _difference(before, after, events)
                if event is not None:
                    break
                before = after
    except TimeoutError:
        return {"event_type": "", "file_path": "", "triggered": False, "timed_out": True}
    return {"event_type": event[0], "file_path": event[1], "triggered": True, "timed_out": False}


def _snapshot(path: Path, recursive: bool) -> Snapshot:
    if not path.is_dir():
        files = [path]
    elif recursive:
        files = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
    else:
        files = [Path(entry.path) for entry in os.scandir(path) if not entry.is_dir()]
    found: Snapshot = {}
    for file in files:
        with suppress(OSError):  # it vanished since it was listed
            status = file.stat()
            found[str(file)] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _difference(before: Snapshot, after: Snapshot, events: str) -> tuple[str, str] | None:
    """The first event of a wanted kind between two looks. Pure."""
    kinds = {
        "create": ("created", sorted(after.keys() - before.keys())),
        "modify": ("modified", [p for p in sorted(after) if before.get(p, after[p]) != after[p]]),
        "delete": ("deleted", sorted(before.keys() - after.keys())),
    }
    for kind, (event, paths) in kinds.items():
        if paths and events in (kind, "all"):
            return event, paths[0]
    return None
