"""Where an orchestrator may be: encrypted, or on this machine. Pure."""

from urllib.parse import urlsplit

from casare_robot.domain.errors import ConfigError, Fault

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_SCHEMES = {"wss": "wss", "https": "wss", "ws": "ws", "http": "ws"}


def websocket_address(url: str, *, path: str) -> str:
    """The websocket behind an orchestrator's address.

    Args:
        url: ``wss://`` or ``https://`` and a host; ``ws://`` and ``http://`` only
            to this machine.
        path: Where the websocket is if the address names no path.

    Raises:
        ConfigError: It is no such address; the message does not repeat a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _fault(f"no address: {error}") from None
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not host:
        raise _fault("expected wss:// or https:// and a host")
    if scheme == "ws" and host not in HERE:
        raise _fault(f"{parts.scheme}:// is not encrypted; use wss:// for {host!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise _fault("an address holds neither a name nor a key")
    name = f"[{host}]" if ":" in host else host
    place = name if port is None else f"{name}:{port}"
    return f"{scheme}://{place}{parts.path.rstrip('/') or path}"


def is_here(address: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(address).hostname in HERE


def _fault(message: str) -> ConfigError:
    return ConfigError([Fault(code="E-CFG-910", message=message, key="orchestrator_url")])
