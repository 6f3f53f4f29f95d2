import asyncio
import json
import re
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.oauth import code_challenge
from tests.ports import free_port


def test_the_challenge_is_that_of_the_standard():
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_address_for_consent_carries_all_parameters(run_node):
    done = run_node(
        "OAuth2AuthorizeNode",
        {
            "client_id": "c",
            "auth_url": "https://id.example/auth?x=1",
            "scope": "a b",
            "extra_params": {"prompt": "consent"},
        },
    )

    sent = parse_qs(urlsplit(done.outputs["auth_url"]).query)
    assert sent == {
        "x": ["1"],
        "client_id": ["c"],
        "redirect_uri": ["http://localhost:8080/callback"],
        "response_type": ["code"],
        "state": [done.outputs["state"]],
        "scope": ["a b"],
        "code_challenge": [code_challenge(done.outputs["code_verifier"])],
        "code_challenge_method": ["S256"],
        "prompt": ["consent"],
    }
    assert re.fullmatch(r"[\w-]{43,128}", done.outputs["code_verifier"])
    assert len(done.outputs["state"]) >= 32


def test_a_given_state_is_kept_and_pkce_can_be_left_out(run_node):
    config = {"client_id": "c", "auth_url": "https://id.example/auth", "state": "s"}

    done = run_node("OAuth2AuthorizeNode", {**config, "pkce_enabled": False})
    implicit = run_node("OAuth2AuthorizeNode", {**config, "response_type": "token"})

    assert done.outputs["state"] == "s"
    assert done.outputs["code_verifier"] == done.outputs["code_challenge"] == ""
    assert implicit.outputs["code_verifier"] == ""


def test_a_client_must_be_named(run_node):
    done = run_node("OAuth2AuthorizeNode", {"auth_url": "https://id.example"})

    assert done.error == "client_id is required"


class Surroundings:
    """What the callback asks for."""

    def log(self, level, message):
        """Nothing is looked at."""


@pytest.fixture
def port():
    return free_port()


async def browse(port, target):
    """Send one request as soon as the server is there; returns status line and page."""
    async with asyncio.timeout(60):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


def waiting(port, **options):
    settings = {"timeout": 20, "path": "/callback", "expected_state": "s", **options}
    run = load_catalogue().get("OAuth2CallbackServerNode").run
    return asyncio.create_task(run(Surroundings(), port=port, **settings))


async def test_the_answer_of_the_browser_is_taken(port):
    task = waiting(port)

    page = await browse(port, "/callback?code=c%201&state=s")

    assert "Signed in" in page
    assert await task == {
        "code": "c 1",
        "state": "s",
        "access_token": "",
        "error": "",
        "error_description": "",
    }


async def test_an_answer_with_another_state_is_turned_away_and_waiting_goes_on(port):
    task = waiting(port)

    wrong = await browse(port, "/callback?code=evil&state=x")
    elsewhere = await browse(port, "/favicon.ico")
    await browse(port, "/callback?code=good&state=s")

    assert wrong.startswith("HTTP/1.1 400")
    assert elsewhere.startswith("HTTP/1.1 404")
    assert (await task)["code"] == "good"


async def test_tokens_in_the_fragment_are_fetched_by_a_page(port):
    task = waiting(port, expected_state=None)

    page = await browse(port, "/callback")
    await browse(port, "/callback?access_token=t")

    assert "location.hash" in page
    assert (await task)["access_token"] == "t"


async def test_a_refusal_is_a_failure_with_its_reason(port):
    task = waiting(port)

    await browse(port, "/callback?error=access_denied&error_description=no&state=s")
    with pytest.raises(NodeFailure, match="OAuth error: access_denied - no") as caught:
        await task

    assert caught.value.outputs["error"] == "access_denied"


async def test_the_wait_ends(port):
    with pytest.raises(NodeFailure, match=r"not received within 0\.05 seconds"):
        await waiting(port, timeout=0.05)


async def test_a_taken_port_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(NodeFailure, match="is not free"):
            await waiting(port)


@pytest.mark.parametrize(
    ("config", "form"),
    [
        (
            {"code": "k", "code_verifier": "v"},
            {"code": "k", "code_verifier": "v", "redirect_uri": "http://localhost:8080/callback"},
        ),
        ({"grant_type": "client_credentials"}, {}),
        ({"grant_type": "refresh_token", "refresh_token": "r"}, {"refresh_token": "r"}),
        (
            {"grant_type": "password", "username": "u", "password": "p", "scope": "a"},
            {"username": "u", "password": "p", "scope": "a"},
        ),
    ],
)
def test_each_grant_sends_its_own_fields(run_node, web_server, config, form):
    tokens = {"access_token": "t", "expires_in": 60, "refresh_token": "r2", "more": 1}
    web_server.answers["/token"] = (200, {}, json.dumps(tokens).encode())
    client = {"client_id": "c", "client_secret": "x", "token_url": f"{web_server.url}/token"}

    done = run_node("OAuth2TokenExchangeNode", {**client, **config})

    sent = {name: value[0] for name, value in parse_qs(web_server.seen[0][3].decode()).items()}
    grant = config.get("grant_type", "authorization_code")
    assert sent == {"grant_type": grant, "client_id": "c", "client_secret": "x", **form}
    assert done.outputs == {
        "access_token": "t",
        "refresh_token": "r2",
        "token_type": "Bearer",
        "expires_in": 60,
        "scope": "",
        "id_token": "",
        "full_response": tokens,
    }


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "code is required"),
        ({"grant_type": "client_credentials"}, "client_secret is required"),
        ({"grant_type": "refresh_token"}, "refresh_token is required"),
        ({"grant_type": "password", "username": "u"}, "password is required"),
        ({"token_url": ""}, "token_url is required"),
    ],
)
def test_a_grant_without_its_parts_is_not_sent(run_node, web_server, config, message):
    done = run_node(
        "OAuth2TokenExchangeNode", {"client_id": "c", "token_url": web_server.url, **config}
    )

    assert done.error == message
    assert web_server.seen == []


def test_a_refused_exchange_tells_why(run_node, web_server):
    refusal = {"error": "invalid_grant", "error_description": "used"}
    web_server.answers["/token"] = (400, {}, json.dumps(refusal).encode())
    config = {"client_id": "c", "code": "k"}

    refused = run_node(
        "OAuth2TokenExchangeNode", {**config, "token_url": f"{web_server.url}/token"}
    )
    broken = run_node("OAuth2TokenExchangeNode", {**config, "token_url": f"{web_server.url}/no"})

    assert refused.error == "OAuth error: invalid_grant - used"
    assert broken.error == "the provider answered HTTP 404 without a JSON object"


def test_only_what_can_be_used_once_is_a_write():
    effect = load_catalogue().get("OAuth2TokenExchangeNode").effect

    assert effect({"grant_type": "authorization_code"}) is Effect.ONCE
    assert effect({"grant_type": "refresh_token"}) is Effect.ONCE
    assert effect({"grant_type": "client_credentials"}) is Effect.READS


def test_a_token_is_checked_with_the_provider(run_node, web_server):
    found = {"active": True, "username": "u", "exp": 5, "scope": "a", "client_id": "c"}
    web_server.answers["/i"] = (200, {}, json.dumps(found).encode())

    done = run_node(
        "OAuth2TokenValidateNode",
        {"introspection_url": f"{web_server.url}/i", "client_id": "c", "client_secret": "s"},
        inputs={"token": "t"},
    )

    _, _, headers, body = web_server.seen[0]
    assert body == b"token=t"
    assert headers["Authorization"] == "Basic Yzpz"
    assert done.outputs == {
        "active": True,
        "client_id": "c",
        "username": "u",
        "scope": "a",
        "expires_at": 5,
        "token_type": "",
        "full_response": found,
    }
