import pytest

from casare_robot.domain.errors import ConfigError
from casare_robot.link.address import is_here, websocket_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("wss://host", "wss://host/robot"),
        ("https://host:8443/", "wss://host:8443/robot"),
        ("wss://host/a/b/", "wss://host/a/b"),
        ("ws://localhost:8765", "ws://localhost:8765/robot"),
        ("http://127.0.0.1:8765", "ws://127.0.0.1:8765/robot"),
        ("ws://[::1]:8765/x", "ws://[::1]:8765/x"),
    ],
)
def test_an_address_names_its_websocket(url, address):
    assert websocket_address(url, path="/robot") == address
    assert is_here(address) is ("host" not in url.replace("localhost", ""))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ws://host", "not encrypted"),
        ("http://10.0.0.1", "not encrypted"),
        ("ws://localhost.evil.test", "not encrypted"),
        ("ws://127.0.0.1@evil.test", "not encrypted"),
        ("ftp://host", "wss:// or https://"),
        ("host:80", "wss:// or https://"),
        ("", "wss:// or https://"),
        ("wss://", "wss:// or https://"),
        ("wss://user:HUNTER2@host", "neither a name nor a key"),
        ("wss://host/?api_key=HUNTER2", "neither a name nor a key"),
        ("wss://host:99999", "no address"),
    ],
)
def test_what_is_no_safe_address_is_refused_without_repeating_a_secret(url, why):
    with pytest.raises(ConfigError) as refused:
        websocket_address(url, path="/robot")

    assert why in str(refused.value)
    assert "HUNTER2" not in str(refused.value)
