"""What is brought over HTTP becomes a job: webhooks, forms, chats, calls."""

import asyncio
import base64
import contextlib
import json
import re

import httpx
import jwt
import pytest

from casare_robot.domain.job import JobStatus
from tests.ports import free_port


@pytest.fixture
def file(tmp_path):
    def write(type_, name="flow.json", **config):
        nodes = {
            "t": {"node_id": "t", "node_type": type_, "config": config},
            "a": {"node_id": "a", "node_type": "LogNode", "config": {"message": "hi"}},
        }
        wires = [{"source": "t.exec_out", "target": "a.exec_in"}]
        path = tmp_path / name
        path.write_text(json.dumps({"nodes": nodes, "connections": wires}))
        return str(path)

    return write


async def until(what):
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.01)


@pytest.fixture
async def served(make_agent, file):
    """Switches a trigger on; the agent, and the address with its token."""

    async def serve(type_, **config):
        agent = make_agent(sleep=asyncio.sleep)
        await agent.start()
        listen = f"127.0.0.1:{free_port()}"
        await agent.control.trigger_on(file(type_, **config), listen=listen)
        await until(lambda: agent.triggers.served())
        [told] = await agent.control.triggers()

        def answers():
            try:
                return httpx.get(told.address.partition("?")[0] + "/none").status_code
            except httpx.TransportError:
                return None

        async with asyncio.timeout(60):
            while await asyncio.to_thread(answers) is None:
                await asyncio.sleep(0.02)
        return agent, told.address

    return serve


@pytest.fixture
async def web():
    async with httpx.AsyncClient(timeout=30) as client:
        yield client


async def test_a_webhook_starts_a_job_that_is_on_disk_before_the_answer(served, web, executor):
    agent, url = await served("WebhookTriggerNode", endpoint="/orders")

    answer = await web.post(f"{url}&a=1", json={"order": 7})

    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    job = agent.journal.job(answer.headers["x-job-id"])
    assert job.variables["payload"] == {"order": 7}
    assert (job.variables["query_params"], job.variables["method"]) == ({"a": "1"}, "POST")
    assert job.variables["path"] == "/hook/orders"


async def test_what_is_brought_twice_with_one_key_runs_once(served, web):
    agent, url = await served("WebhookTriggerNode")
    key = {"Idempotency-Key": "delivery-1"}

    for _ in range(3):
        await web.post(url, json={}, headers=key)

    assert len(agent.journal.history(10)) == 1


async def test_nobody_without_the_token_gets_in(served, web):
    agent, url = await served("WebhookTriggerNode")
    bare = url.partition("?")[0]

    answers = [
        await web.post(bare, json={}),
        await web.post(f"{bare}?token=wrong", json={}),
        await web.post(bare, json={}, headers={"Authorization": "Bearer x"}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert agent.journal.history(10) == []


@pytest.mark.parametrize(
    ("config", "headers"),
    [
        (
            {"auth_type": "basic", "basic_username": "u", "basic_password": "p"},
            {"Authorization": "Basic " + base64.b64encode(b"u:p").decode()},
        ),
        ({"auth_type": "header", "auth_header_value": "k"}, {"X-API-Key": "k"}),
        (
            {"auth_type": "jwt", "jwt_secret": "s" * 32},
            {"Authorization": "Bearer " + jwt.encode({"sub": "x"}, "s" * 32, "HS256")},
        ),
    ],
    ids=lambda value: value.get("auth_type", ""),
)
async def test_a_webhooks_own_credentials_stand_for_the_token(served, web, config, headers):
    agent, url = await served("WebhookTriggerNode", **config)

    refused = await web.post(url, json={})
    taken = await web.post(url.partition("?")[0], json={}, headers=headers)

    assert (refused.status_code, taken.status_code) == (401, 200)
    assert len(agent.journal.history(10)) == 1


async def test_limits_of_size_method_and_address_hold(served, web):
    _, url = await served("WebhookTriggerNode", max_payload_size=100, ip_whitelist="127.0.0.0/8")

    assert (await web.post(url, content=b"x" * 101)).status_code == 413
    assert (await web.get(url)).status_code == 405
    assert (await web.post(url, content=b"\xff\xfe")).status_code == 415
    assert (
        await web.post(url, content=b"{", headers={"Content-Type": "application/json"})
    ).is_error


async def test_an_address_that_is_not_listed_is_refused(served, web):
    _, url = await served("WebhookTriggerNode", ip_whitelist="10.0.0.0/8")

    assert (await web.post(url, json={})).status_code == 403


async def test_a_caller_may_wait_for_the_workflow(served, web, executor):
    _, url = await served("WebhookTriggerNode", response_mode="wait_for_workflow")

    waiting = asyncio.create_task(web.post(url, json={}))
    await until(lambda: executor.running)
    executor.end(executor.jobs[0].id, JobStatus.COMPLETED, variables={"total": 3})
    answer = await waiting

    assert (answer.status_code, answer.json()["variables"]) == (200, {"total": 3})


async def test_a_draining_robot_says_come_again(served, web):
    agent, url = await served("WebhookTriggerNode")
    await agent.control.drain()

    answer = await web.post(url, json={})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


async def test_a_form_sent_twice_is_one_event(served, web):
    agent, url = await served(
        "FormTriggerNode",
        form_title="Order <b>",
        form_fields=[{"name": "n", "type": "number", "label": "Number", "required": True}],
    )
    page = (await web.get(url)).text
    hidden = dict(re.findall(r'name=(\w+) value="([^"]+)"', page))

    missing = await web.post(url, data={**hidden, "n": ""})
    for _ in range(2):
        sent = await web.post(url, data={**hidden, "n": "7"})

    assert "<h1>Order &lt;b&gt;</h1>" in page
    assert (missing.status_code, "submitted successfully" in sent.text) == (422, True)
    [entry] = agent.journal.history(10)
    assert agent.journal.job(entry.job_id).variables["form_data"] == {"n": 7}


async def test_a_chat_message_starts_a_job(served, web):
    agent, url = await served("ChatTriggerNode", message_pattern="order")

    page = await web.get(url)
    other = await web.post(url, json={"message": "hello"})
    taken = await web.post(url, json={"message": "Order 7", "user_name": "Ada"})

    assert "How can I help you?" in page.text
    assert (other.status_code, taken.status_code) == (422, 202)
    variables = agent.journal.job(taken.json()["job_id"]).variables
    assert (variables["message"], variables["user_name"]) == ("Order 7", "Ada")


async def test_a_workflow_is_called_by_its_alias(served, web, executor):
    _, url = await served("WorkflowCallTriggerNode", call_alias="invoice")

    waiting = asyncio.create_task(web.post(url, json={"n": 1}))
    await until(lambda: executor.running)
    executor.end(executor.jobs[0].id, variables={"done": True})
    answer = await waiting

    assert "/call/invoice?" in url
    assert executor.jobs[0].variables["params"] == {"n": 1}
    assert answer.json()["variables"] == {"done": True}


async def test_whatsapp_messages_start_a_job_each_and_once(served, web):
    agent, url = await served("WhatsAppTriggerNode", verify_token="v", message_types="text")
    said = [
        {"id": "m1", "from": "49", "type": "text", "text": {"body": "hi"}},
        {"id": "m2", "from": "49", "type": "image", "image": {"id": "9"}},
    ]
    contacts = [{"wa_id": "49", "profile": {"name": "Ada"}}]
    body = {"entry": [{"changes": [{"value": {"messages": said, "contacts": contacts}}]}]}

    query = {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "42"}
    verified = await web.get(url.partition("?")[0], params=query)
    for _ in range(2):
        await web.post(url, json=body)

    assert verified.text == "42"
    [entry] = agent.journal.history(10)
    variables = agent.journal.job(entry.job_id).variables
    assert (variables["text"], variables["contact_name"]) == ("hi", "Ada")


async def test_the_door_is_open_here_only_and_closed_without_a_trigger(served, web):
    agent, url = await served("WebhookTriggerNode")
    name = (await agent.control.triggers())[0].id

    assert agent.door.host == "127.0.0.1"
    await agent.control.trigger_off(name)
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                try:
                    await web.post(url, json={})
                except httpx.ConnectError:
                    break
            await asyncio.sleep(0.02)
