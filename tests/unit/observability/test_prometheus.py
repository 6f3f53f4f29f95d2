"""The figures as text, for this machine only."""

import asyncio
import re

import pytest

from casare_robot.observability.metrics import MetricsCollector
from casare_robot.observability.prometheus import PrometheusServer, metrics_text


@pytest.fixture
async def ask():
    server = PrometheusServer(lambda: "casare_robot_jobs_running 1\n")
    port = await server.start(0)

    async def ask(request: bytes) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer.decode()

    yield ask
    await server.close()


def test_the_text_is_what_prometheus_reads():
    metrics = MetricsCollector(queues={'wait"ing': lambda: 2})
    metrics.record_job_start("a")
    metrics.record_job_end("a", success=True)
    metrics.record_node_execution("n", 0.02)

    text = metrics_text(metrics)

    line = re.compile(r'[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"\})? [0-9.e+-]+')
    assert all(line.fullmatch(it) for it in text.splitlines() if not it.startswith("#"))
    assert 'casare_robot_jobs_total{status="completed"} 1' in text
    assert 'casare_robot_queue_depth{queue="wait\\"ing"} 2' in text
    assert "casare_robot_node_seconds_count 1" in text
    buckets = [int(n) for n in re.findall(r"node_seconds_bucket\{.*?\} (\d+)", text)]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 1


async def test_metrics_are_given_on_request(ask):
    answer = await ask(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n\r\n")

    assert answer.startswith("HTTP/1.1 200 OK\r\n")
    assert answer.endswith("\r\n\r\ncasare_robot_jobs_running 1\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", "405"),
        (b"GET /metrics HTTP/1.1\r\nHost: evil.example:9000\r\n\r\n", "403"),
        (b"GET /metrics?x=1 HTTP/1.1\r\nhost: LOCALHOST\r\n\r\n", "200"),
    ],
)
async def test_anything_else_is_refused(ask, request_, status):
    assert (await ask(request_)).split(" ")[1] == status


async def test_a_request_without_end_gets_no_answer_and_no_memory(ask):
    assert await ask(b"GET /" + b"x" * 100_000) == ""
