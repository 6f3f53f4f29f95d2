import pytest


def test_parameters_and_path_are_joined_to_a_url(run_node):
    done = run_node(
        "BuildUrlNode", {"base_url": "https://h/x", "path": "/y", "params": {"a": "1 2", "b": "é"}}
    )

    assert done.outputs == {"url": "https://h/x/y?a=1+2&b=%C3%A9"}


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({"base_url": "https://h/x/"}, "https://h/x/"),
        ({"base_url": "https://h", "path": "a/b"}, "https://h/a/b"),
        ({"base_url": "https://h?k=1#f", "params": '{"l": [2, 3]}'}, "https://h?k=1&l=2&l=3#f"),
        ({"base_url": "https://h", "params": {"gone": None}}, "https://h"),
    ],
)
def test_what_the_base_already_holds_is_kept(run_node, config, url):
    assert run_node("BuildUrlNode", config).outputs == {"url": url}


def test_headers_are_put_on_top_of_others_without_changing_them(run_node):
    base = {"A": "b", "C": "1"}

    done = run_node(
        "SetHttpHeadersNode",
        {"header_name": "X", "header_value": "1", "headers_json": '{"C": 2}'},
        inputs={"base_headers": base},
    )

    assert done.outputs == {"headers": {"A": "b", "C": "2", "X": "1"}}
    assert base == {"A": "b", "C": "1"}


@pytest.mark.parametrize(
    ("config", "headers"),
    [
        ({"auth_type": "Basic", "username": "u", "password": "p"}, {"Authorization": "Basic dTpw"}),
        ({"token": "t"}, {"Authorization": "Bearer t"}),
        ({"auth_type": "ApiKey", "token": "t", "api_key_name": "K"}, {"K": "t"}),
    ],
)
def test_a_request_is_signed_in(run_node, config, headers):
    done = run_node("HttpAuthNode", config, inputs={"base_headers": {"A": "b"}})

    assert done.outputs == {"headers": {"A": "b", **headers}}


@pytest.mark.parametrize(
    "config", [{}, {"auth_type": "Basic"}, {"auth_type": "Digest", "token": "t"}]
)
def test_a_sign_in_without_its_parts_fails(run_node, config):
    done = run_node("HttpAuthNode", config)

    assert done.port is None
    assert done.error


def test_a_credential_that_is_not_kept_fails(run_node):
    assert run_node("HttpAuthNode", {"credential_name": "k"}).error == "no secret 'k'"


@pytest.mark.parametrize(
    ("data", "config", "value"),
    [
        ('{"a":[{"b":5}]}', {"path": "a[0].b"}, 5),
        ({"a": [{"b": 5}]}, {"path": "a.0.b"}, 5),
        ({"a": [{"b": 5}, {"b": 6}]}, {"path": "a.*.b"}, [5, 6]),
        ({"a": None}, {"path": "a", "default": "d"}, None),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"path": "x", "default": "d"}, "d"),
        ([1, 2], {"path": "[-1]"}, 2),
    ],
)
def test_a_value_is_found_by_its_path(run_node, data, config, value):
    done = run_node("ParseJsonResponseNode", config, inputs={"json_data": data})

    assert done.outputs == {"value": value, "success": True, "error": ""}


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"a": 1}, "b", "JSON parse error: Key 'b' not found"),
        ([1], "5", "JSON parse error: Invalid list index '5'"),
        ({"a": 1}, "a.b", "JSON parse error: Cannot access 'b' on int"),
        (None, "a", "JSON parse error: No JSON data provided"),
        ("{", "a", "JSON parse error: Expecting property name"),
    ],
)
def test_a_value_that_is_not_there_is_a_failure(run_node, data, path, message):
    done = run_node("ParseJsonResponseNode", {"path": path}, inputs={"json_data": data})

    assert done.error.startswith(message)
    assert done.outputs == {"success": False, "error": done.error}
