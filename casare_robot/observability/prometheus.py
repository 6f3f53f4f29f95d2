"""The figures as Prometheus reads them, for this machine only and only when asked."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.observability.histogram import Histogram
from casare_robot.observability.metrics import MetricsCollector

PATIENCE = 5.0
"""Seconds a client may take to say what it wants."""
LARGEST_REQUEST = 8 << 10
MOST_CLIENTS = 8
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def metrics_text(metrics: MetricsCollector) -> str:
    """The text format, version 0.0.4."""
    summary = metrics.get_summary()
    jobs = summary["jobs"]
    lines = [
        *_family("jobs_total", "counter", "Jobs that ended."),
        f'casare_robot_jobs_total{{status="completed"}} {jobs["completed"]}',
        f'casare_robot_jobs_total{{status="failed"}} {jobs["failed"]}',
        *_family("jobs_running", "gauge", "Jobs under way."),
        f"casare_robot_jobs_running {jobs['running']}",
        *_histogram("job_seconds", "How long jobs took.", metrics.job_seconds),
        *_histogram("node_seconds", "How long nodes took.", metrics.node_seconds),
        *_family("queue_depth", "gauge", "What waits."),
        *(
            f'casare_robot_queue_depth{{queue="{_escaped(name)}"}} {depth}'
            for name, depth in summary["queues"].items()
        ),
        *_processes(summary["processes"]),
        *_family("uptime_seconds", "gauge", "Time since the robot started."),
        f"casare_robot_uptime_seconds {summary['uptime']}",
    ]
    return "\n".join(lines) + "\n"


def _family(name: str, kind: str, about: str) -> list[str]:
    return [f"# HELP casare_robot_{name} {about}", f"# TYPE casare_robot_{name} {kind}"]


def _histogram(name: str, about: str, histogram: Histogram) -> list[str]:
    name_ = f"casare_robot_{name}"
    return [
        *_family(name, "histogram", about),
        *(f'{name_}_bucket{{le="{bound:.6g}"}} {n}' for bound, n in histogram.cumulative()),
        f'{name_}_bucket{{le="+Inf"}} {histogram.count}',
        f"{name_}_sum {histogram.total}",
        f"{name_}_count {histogram.count}",
    ]


def _processes(processes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = _family("memory_bytes", "gauge", "Resident memory.")
    lines += [
        f'casare_robot_memory_bytes{{of="{of}"}} {it["memory_bytes"]}'
        for of, it in processes.items()
    ]
    lines += _family("cpu_percent", "gauge", "Processor time, in percent of one core.")
    lines += [
        f'casare_robot_cpu_percent{{of="{of}"}} {it["cpu_percent"]}' for of, it in processes.items()
    ]
    return lines


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class PrometheusServer:
    """Answers ``GET /metrics`` on 127.0.0.1.

    Args:
        text: Gives the text; called once for each request.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text
        self._server: asyncio.Server | None = None
        self._clients = 0

    async def start(self, port: int) -> int:
        """Listen; the port, which is chosen by the system if 0 was asked for.

        Raises:
            OSError: The port is taken.
        """
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, limit=LARGEST_REQUEST
        )
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            if self._clients <= MOST_CLIENTS:
                async with asyncio.timeout(PATIENCE):
                    request = await reader.readuntil(b"\r\n\r\n")
                    status, body = self._answer(request)
                    writer.write(_response(status, body))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # whoever asks so gets no answer
        finally:
            self._clients -= 1
            writer.close()

    def _answer(self, request: bytes) -> tuple[str, str]:
        first, *headers = request.decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        hosts = [line[5:].strip() for line in headers if line[:5].lower() == "host:"]
        # A page in a browser reaches this port under a name of its own.
        if any(_name(host) not in _OWN_NAMES for host in hosts):
            return "403 Forbidden", "only for this machine\n"
        if method != "GET":
            return "405 Method Not Allowed", "only GET\n"
        if rest.split(" ")[0].split("?")[0] != "/metrics":
            return "404 Not Found", "only /metrics\n"
        return "200 OK", self._text()


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _response(status: str, body: str) -> bytes:
    data = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + data
