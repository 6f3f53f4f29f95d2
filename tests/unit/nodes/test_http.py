import json

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.http import download_effect, method_effect


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("GET", Effect.READS),
        ("get", Effect.READS),
        (None, Effect.READS),
        ("HEAD", Effect.READS),
        ("OPTIONS", Effect.READS),
        ("PUT", Effect.IDEMPOTENT),
        ("DELETE", Effect.ONCE),
        ("POST", Effect.ONCE),
        ("PATCH", Effect.ONCE),
    ],
)
def test_the_method_says_what_doing_it_twice_means(method, effect):
    assert method_effect({"method": method}) is effect


def test_a_get_carries_parameters_and_headers_and_answers_parsed(run_node, web_server):
    web_server.answers["/a"] = (200, {"X-Kind": "k"}, b'{"n": [1, 2]}')

    done = run_node(
        "HttpRequestNode",
        {
            "url": f"{web_server.url}/a?x=1",
            "params": {"q": "1 2", "flag": True},
            "headers": '{"A": 5}',
        },
    )

    method, path, headers, body = web_server.seen[0]
    assert done.error is None
    assert done.port == "exec_out"
    assert done.outputs["response_json"] == {"n": [1, 2]}
    assert done.outputs["response_body"] == '{"n": [1, 2]}'
    assert done.outputs["status_code"] == 200
    assert done.outputs["response_headers"]["X-Kind"] == "k"
    assert (done.outputs["success"], done.outputs["error"]) == (True, "")
    assert (method, path, body) == ("GET", "/a?x=1&q=1+2&flag=true", b"")
    assert headers["A"] == "5"


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ({"a": "é"}, "application/json", '{"a": "é"}'.encode()),
        ([1, 2], "application/json", b"[1, 2]"),
        ("plain", "text/plain", b"plain"),
        ({"a": "1 2", "b": [3, 4]}, "application/x-www-form-urlencoded", b"a=1+2&b=3&b=4"),
        (b"\x00\xff", "application/octet-stream", b"\x00\xff"),
    ],
)
def test_bodies_are_sent_as_their_content_type_says(run_node, web_server, body, content_type, sent):
    web_server.answers["/"] = (201, {}, b"")

    done = run_node(
        "HttpRequestNode",
        {"url": f"{web_server.url}/", "method": "POST", "content_type": content_type},
        inputs={"body": body},
    )

    assert done.outputs["success"] is True
    assert web_server.seen[0][3] == sent
    assert web_server.seen[0][2]["Content-Type"] == content_type


def test_a_header_decides_over_the_content_type_property(run_node, web_server):
    web_server.answers["/"] = (200, {}, b"")

    run_node(
        "HttpRequestNode",
        {
            "url": f"{web_server.url}/",
            "method": "put",
            "body": "<a/>",
            "headers": {"content-type": "text/xml"},
        },
    )

    assert web_server.seen[0][0] == "PUT"
    assert web_server.seen[0][2].get_all("Content-Type") == ["text/xml"]


def test_a_failing_status_is_an_answer_and_not_a_failure(run_node, web_server):
    web_server.answers["/"] = (503, {}, b"busy")

    done = run_node("HttpRequestNode", {"url": f"{web_server.url}/"})

    assert done.port == "exec_out"
    assert done.outputs["success"] is False
    assert done.outputs["status_code"] == 503
    assert done.outputs["error"] == "HTTP 503"
    assert done.outputs["response_body"] == "busy"


def test_a_refused_connection_fails_with_outputs(run_node):
    done = run_node("HttpRequestNode", {"url": "http://127.0.0.1:1/"})

    assert done.port is None
    assert done.outputs["success"] is False
    assert done.outputs["status_code"] == 0
    assert done.outputs["error"] == done.error
    assert "HTTP request failed" in done.error


def test_redirects_can_be_left_to_the_workflow(run_node, web_server):
    web_server.answers["/"] = (302, {"Location": "/there"}, b"")

    done = run_node("HttpRequestNode", {"url": f"{web_server.url}/", "follow_redirects": False})

    assert done.outputs["status_code"] == 302
    assert done.outputs["response_headers"]["Location"] == "/there"


def test_the_encoding_can_be_said(run_node, web_server):
    web_server.answers["/"] = (200, {}, "żółw".encode("cp1250"))

    done = run_node("HttpRequestNode", {"url": f"{web_server.url}/", "response_encoding": "cp1250"})
    wrong = run_node("HttpRequestNode", {"url": f"{web_server.url}/", "response_encoding": "no"})

    assert done.outputs["response_body"] == "żółw"
    assert wrong.error == "there is no encoding 'no'"


def test_a_line_break_in_a_header_is_no_second_header(run_node, web_server):
    done = run_node("HttpRequestNode", {"url": web_server.url, "headers": {"A": "1\r\nB: 2"}})

    assert done.port is None
    assert web_server.seen == []


@pytest.mark.parametrize(
    "config",
    [
        {"url": "not a url"},
        {"url": "http://["},
        {"method": "BREW"},
        {"headers": "x"},
        {"headers": [1]},
    ],
)
def test_what_is_no_request_is_a_plain_failure(run_node, web_server, config):
    done = run_node("HttpRequestNode", {"url": web_server.url, **config})

    assert done.port is None
    assert done.error


def test_a_job_from_the_network_does_not_reach_this_machine(run_node, web_server):
    policy = Policy(profile="remote", allow_private_addresses=False)

    done = run_node("HttpRequestNode", {"url": web_server.url}, policy=policy)

    assert "127.0.0.1 is not a public address" in done.error
    assert web_server.seen == []


def test_a_download_is_saved_whole(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {}, b"x" * 100_000)
    target = tmp_path / "new" / "f.bin"

    done = run_node(
        "HttpDownloadFileNode", {"url": f"{web_server.url}/f", "save_path": str(target)}
    )

    assert done.error is None
    assert target.read_bytes() == b"x" * 100_000
    assert done.outputs["file_path"] == str(target)
    assert done.outputs["file_size"] == 100_000


def test_a_failed_download_leaves_the_old_file(run_node, web_server, tmp_path):
    target = tmp_path / "f"
    target.write_text("old")

    done = run_node(
        "HttpDownloadFileNode", {"url": f"{web_server.url}/f", "save_path": str(target)}
    )

    assert done.error == "HTTP 404"
    assert done.outputs["success"] is False
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_download_that_breaks_off_leaves_nothing(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {"Content-Length": "50", "Connection": "close"}, b"short")

    done = run_node(
        "HttpDownloadFileNode", {"url": f"{web_server.url}/f", "save_path": str(tmp_path / "f")}
    )

    assert done.outputs["success"] is False
    assert list(tmp_path.iterdir()) == []


def test_a_download_above_the_limit_leaves_nothing(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {}, b"x" * 5000)
    policy = Policy(max_download_bytes=1000, writable_folders=(str(tmp_path),))

    done = run_node(
        "HttpDownloadFileNode",
        {"url": f"{web_server.url}/f", "save_path": str(tmp_path / "f")},
        policy=policy,
    )

    assert "larger than the 1000 bytes" in done.error
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_unless_it_may_be_overwritten(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {}, b"new")
    target = tmp_path / "f"
    target.write_text("old")
    config = {"url": f"{web_server.url}/f", "save_path": str(target)}

    kept = run_node("HttpDownloadFileNode", {**config, "overwrite": False})
    replaced = run_node("HttpDownloadFileNode", config)

    assert "is there already" in kept.error
    assert replaced.outputs["file_size"] == 3
    assert target.read_text() == "new"
    assert download_effect({"overwrite": False}) is Effect.ONCE
    assert download_effect({"overwrite": True}) is Effect.IDEMPOTENT


def test_a_download_goes_only_where_the_robot_may_write(run_node, web_server, tmp_path):
    web_server.answers["/f"] = (200, {}, b"new")

    done = run_node(
        "HttpDownloadFileNode",
        {"url": f"{web_server.url}/f", "save_path": "/etc/casare_robot_test"},
    )

    assert "may not write" in done.error
    assert web_server.seen == []


def test_allow_internal_urls_opens_nothing_the_policy_closes(run_node, web_server, tmp_path):
    policy = Policy(
        profile="remote", allow_private_addresses=False, writable_folders=(str(tmp_path),)
    )
    config = {"url": web_server.url, "save_path": str(tmp_path / "f"), "allow_internal_urls": True}

    done = run_node("HttpDownloadFileNode", config, policy=policy)

    assert "not a public address" in done.error


def test_an_upload_sends_the_file_and_the_further_fields(run_node, web_server, tmp_path):
    web_server.answers["/up"] = (200, {}, json.dumps({"ok": 1}).encode())
    (tmp_path / "a.txt").write_text("content")

    done = run_node(
        "HttpUploadFileNode",
        {
            "url": f"{web_server.url}/up",
            "file_path": str(tmp_path / "a.txt"),
            "field_name": "doc",
            "extra_fields": {"n": 5},
            "headers": {"X-A": "b"},
        },
    )

    method, _, headers, body = web_server.seen[0]
    assert done.outputs["response_json"] == {"ok": 1}
    assert done.outputs["success"] is True
    assert method == "POST"
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert headers["X-A"] == "b"
    assert b'name="doc"; filename="a.txt"' in body
    assert b"content" in body
    assert b'name="n"\r\n\r\n5\r\n' in body


def test_a_missing_file_is_not_uploaded(run_node, web_server):
    done = run_node("HttpUploadFileNode", {"url": web_server.url, "file_path": "nowhere"})

    assert done.error == "File not found: nowhere"
    assert web_server.seen == []
