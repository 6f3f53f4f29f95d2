"""Secrets that stand in a node's settings are known as such."""

import pytest

from casare_robot.domain.written_secrets import SECRET_KEYS, secrets_written


@pytest.mark.parametrize(
    ("config", "secrets"),
    [
        ({"api_key": " sk-1 ", "model": "gpt"}, ["sk-1"]),
        ({"bot_token": "42:x"}, ["42:x"]),
        ({"auth_header_value": "Bearer abc"}, ["Bearer abc", "abc"]),
        ({"headers": {"Authorization": "Basic dTpw", "Accept": "x"}}, ["Basic dTpw", "dTpw"]),
        ({"headers": '{"x-api-key": "k1", "Token": 3}'}, ["k1"]),
        ({"connection_string": "postgresql://ada:p%40ss@host/db"}, ["p%40ss", "p@ss"]),
        ({"service_account_json": '{"private_key": "PEM", "client_email": "a"}'}, ["PEM"]),
        ({"password": "{{$secret:mail}}", "token": "", "api_key": None}, []),
        ({"headers": "no json", "connection_string": "http://[::1"}, []),
        ({"password_label": "Password", "max_tokens": 9}, []),
    ],
    ids=str,
)
def test_a_setting_is_or_holds_secrets(config, secrets):
    assert list(secrets_written(config)) == secrets


def test_every_secret_of_the_catalogue_is_known_by_its_name():
    from casare_robot.domain.node_type import DataType
    from casare_robot.nodes.catalogue import load_catalogue

    catalogue = load_catalogue()
    named = {p.name: str(p.type) for name in catalogue for p in catalogue.get(name).properties}
    marks = ("password", "secret", "token", "api_key", "private_key")
    texts = (DataType.STRING, DataType.TEXT, DataType.SECRET)
    held = {
        name
        for name, type_ in named.items()
        if type_ in texts and name.endswith(marks) and name != "page_token"
    }

    assert held <= SECRET_KEYS
