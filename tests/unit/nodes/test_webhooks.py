import json

import pytest

from casare_robot.nodes.webhooks import payload


def test_the_message_is_posted_as_json(run_node, web_server):
    web_server.answers["/hook"] = (200, {}, b"ok")

    done = run_node(
        "WebhookNotifyNode",
        {"webhook_url": f"{web_server.url}/hook", "message": "m"},
        inputs={"error_details": {"node": "n"}},
    )

    method, _, headers, body = web_server.seen[0]
    assert done.outputs == {"success": True, "response": "ok"}
    assert (method, headers["Content-Type"]) == ("POST", "application/json")
    assert json.loads(body) == {"message": "m", "details": {"node": "n"}, "source": "CasareRPA"}


def test_a_service_that_refuses_is_told_by_success(run_node, web_server):
    done = run_node("WebhookNotifyNode", {"webhook_url": f"{web_server.url}/no"})

    assert done.port == "exec_out"
    assert done.outputs["success"] is False


def test_a_service_that_is_away_is_a_failure(run_node):
    done = run_node("WebhookNotifyNode", {"webhook_url": "http://127.0.0.1:1/"})

    assert done.port is None
    assert done.outputs["success"] is False


@pytest.mark.parametrize(
    ("format", "place"),
    [
        ("slack", ("attachments", 0, "fields", 0, "value")),
        ("discord", ("embeds", 0, "fields", 0, "value")),
        ("teams", ("sections", 0, "facts", 0, "value")),
        ("generic", ("details", "code")),
    ],
)
def test_each_service_gets_the_details_where_it_looks(format, place):
    found = payload(format, "m", {"code": "5"})
    for step in place:
        found = found[step]

    assert found == "5"


def test_discord_is_not_sent_more_than_it_takes():
    sent = payload("discord", "m", {str(n): "x" * 2000 for n in range(30)})

    fields = sent["embeds"][0]["fields"]
    assert len(fields) == 25
    assert len(fields[0]["value"]) == 1024


def test_details_that_are_not_json_are_sent_as_text():
    assert payload("generic", "m", {"e": ValueError("x")})["details"] == {"e": "x"}
