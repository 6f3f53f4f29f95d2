import pytest

from casare_robot.domain.effect import Effect
from casare_robot.nodes.catalogue import load_catalogue


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_request_action_uses_its_method(run_node, web_server, method):
    web_server.answers["/"] = (200, {}, b"[1]")

    done = run_node(
        "HttpSuperNode",
        {"action": f"{method} Request", "url": f"{web_server.url}/", "body": "b"},
    )

    assert done.error is None
    assert done.outputs["response_json"] == [1]
    assert web_server.seen[0][0] == method
    assert web_server.seen[0][3] == (b"b" if method in {"POST", "PUT", "PATCH", "DELETE"} else b"")


def test_the_action_files_are_moved(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {}, b"data")
    config = {"url": f"{web_server.url}/f"}

    down = run_node(
        "HttpSuperNode",
        {**config, "action": "Download File", "save_path": str(tmp_path / "f")},
    )
    again = run_node(
        "HttpSuperNode",
        {**config, "action": "Download File", "save_path": str(tmp_path / "f")},
    )
    up = run_node(
        "HttpSuperNode",
        {**config, "action": "Upload File", "file_path": str(tmp_path / "f")},
    )

    assert (down.outputs["file_size"], down.outputs["status_code"]) == (4, 200)
    assert "is there already" in again.error
    assert up.outputs["response_body"] == "data"


def test_folders_are_made_only_if_wanted(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {}, b"data")

    done = run_node(
        "HttpSuperNode",
        {
            "action": "Download File",
            "url": f"{web_server.url}/f",
            "save_path": str(tmp_path / "new" / "f"),
            "create_dirs": False,
        },
    )

    assert "there is no folder" in done.error


@pytest.mark.parametrize(
    ("config", "header"),
    [
        ({"token": "t"}, {"Authorization": "Bearer t"}),
        (
            {"auth_type": "basic", "username": "u", "password": "p"},
            {"Authorization": "Basic dTpw"},
        ),
        ({"auth_type": "api_key", "token": "t"}, {"X-API-Key": "t"}),
        ({"auth_type": "api_key", "token": "t", "header_name": "K"}, {"K": "t"}),
    ],
)
def test_configure_auth_makes_the_header(run_node, config, header):
    done = run_node("HttpSuperNode", {"action": "Configure Auth", **config})

    assert done.outputs == {"auth_headers": header, "success": True}


def test_each_action_has_the_effect_of_its_method():
    actions = load_catalogue().get("HttpSuperNode").actions

    assert actions["GET Request"].effect is Effect.READS
    assert actions["PUT Request"].effect is Effect.IDEMPOTENT
    assert actions["POST Request"].effect is Effect.ONCE
    assert actions["Configure Auth"].effect is Effect.PURE
