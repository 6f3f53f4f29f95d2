import socket

import msgspec
import pytest

from casare_robot.link.exchange import HttpAnswer, HttpQuestion, frame, parted
from casare_robot.link.http_line import HttpLine, open_http
from casare_robot.link.session import LineError
from casare_robot.link.websocket import LARGEST_RECEIVED
from tests.replicas.http_replica import HttpReplica

KEY = {"X-Api-Key": "crpa_key"}


class Echo(HttpReplica):
    """Says what it was asked, or what ``says`` has for a path."""

    def __init__(self):
        super().__init__()
        self.says = {}

    def answer(self, method, target, path, body, headers):
        told = {"method": method, "target": target, "body": body, "key": headers.get("X-Api-Key")}
        return self.says.get(path, (200, told, {}))


@pytest.fixture
def server():
    with Echo() as made:
        yield made


async def asked(line, question, body=b""):
    await line.send(frame(question, body))
    head, content = parted(await line.receive())
    return msgspec.json.decode(head, type=HttpAnswer), msgspec.json.decode(content)


async def test_a_question_and_its_answer_have_one_number(server):
    line = await open_http(server.url, KEY)
    answer, content = await asked(line, HttpQuestion(5, "POST", "/a?b=%2A"), b'{"c":1}')
    assert (answer.n, answer.status) == (5, 200)
    assert content == {"method": "POST", "target": "/a?b=%2A", "body": {"c": 1}, "key": "crpa_key"}
    await line.close("")


async def test_a_folder_in_the_address_stands_before_every_path(server):
    line = await open_http(f"{server.url}/rpa", {})
    _, content = await asked(line, HttpQuestion(1, "GET", "/a?b=1"))
    assert content["target"] == "/rpa/a?b=1"
    await line.close("")


async def test_what_the_other_side_asks_to_wait_is_told_in_seconds(server):
    server.says["/a"] = 429, {}, {"Retry-After": "60"}
    line = await open_http(server.url, {})
    answer, _ = await asked(line, HttpQuestion(1, "GET", "/a"))
    assert (answer.status, answer.retry_after) == (429, 60.0)
    await line.close("")


async def test_a_redirection_is_an_answer_and_the_key_stays_here(server):
    with Echo() as elsewhere:
        server.says["/a"] = 307, {}, {"Location": f"{elsewhere.url}/a"}
        line = await open_http(server.url, KEY)
        answer, _ = await asked(line, HttpQuestion(1, "GET", "/a"))
        assert answer.status == 307
        assert elsewhere.asked == []
        await line.close("")


async def test_what_is_said_on_one_path_arrives_in_order(server):
    line = await open_http(server.url, {})
    for number in range(20):
        await line.send(frame(HttpQuestion(number, "PUT", "/status"), b"%d" % number))
    for _ in range(20):
        await line.receive()
    assert [body for _, _, body in server.asked] == list(range(20))
    await line.close("")


async def test_a_server_that_is_not_there_breaks_the_line():
    line = await open_http("http://127.0.0.1:9", {})
    await line.send(frame(HttpQuestion(1, "GET", "/")))
    with pytest.raises(LineError, match="no connection"):
        await line.receive()
    await line.close("")


async def test_a_server_that_says_nothing_breaks_the_line():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = HttpLine(f"http://127.0.0.1:{silent.getsockname()[1]}", {}, timeout=0.2)
        await line.send(frame(HttpQuestion(1, "GET", "/")))
        with pytest.raises(LineError, match="in time"):
            await line.receive()
        await line.close("")


async def test_a_dropped_line_is_broken_at_once(server):
    line = await open_http(server.url, {})
    line.abort()
    with pytest.raises(LineError):
        await line.receive()
    await line.close("")


async def test_a_key_that_no_header_can_hold_is_a_refusal():
    with pytest.raises(LineError) as caught:
        await open_http("http://127.0.0.1:9", {"X-Api-Key": "clé"})
    assert caught.value.is_refusal


async def test_an_endless_answer_breaks_the_line(server):
    server.says["/a"] = 200, "x" * (LARGEST_RECEIVED + 1), {}
    line = await open_http(server.url, {})
    await line.send(frame(HttpQuestion(1, "GET", "/a")))
    with pytest.raises(LineError, match="larger than 16 MB"):
        await line.receive()
    await line.close("")
