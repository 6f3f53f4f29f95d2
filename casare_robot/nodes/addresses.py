"""The guard every outgoing connection goes through.

A host is looked up once; every address found is judged; the connection is then
made to one of those addresses and to nothing looked up later.

Source: reliability, 3.3 (HTTP node); OWASP ASVS 1.3.6.
"""

import ipaddress
from collections.abc import Callable, Sequence

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.policy import Policy

HOST_REFUSED = "E-POL-511"
ADDRESS_REFUSED = "E-POL-512"
SCHEME_REFUSED = "E-POL-513"
TLS_REFUSED = "E-POL-514"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to every address of the host; may wait; raises OSError when there is none."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_CLOUD_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
"""Azure's, the only one that is not in a private or link-local range already."""


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the operating system."""
    import socket

    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(
    policy: Policy, host: str, port: int, resolve: Resolver = system_resolver
) -> list[str]:
    """The addresses of a host that a connection may be made to, never empty.

    May wait for the name service.

    Args:
        policy: Allow-lists of the robot.
        host: Name in its ASCII form, or an address without brackets.
        port: Port to be connected to.
        resolve: How names are looked up.

    Raises:
        PolicyError: The host is not on the allow-list, or one of its addresses is
            private; one is enough, because a name with mixed answers is an attack.
        NodeFailure: The host is not known.
    """
    check_host(policy, host)
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NodeFailure(
            f"the host {host!r} is not known: {error}", error_type="ConnectionError"
        ) from error
    if not addresses:
        raise NodeFailure(f"the host {host!r} has no address", error_type="ConnectionError")
    if not policy.allow_private_addresses:
        for address in addresses:
            if not is_public(ipaddress.ip_address(address)):
                raise PolicyError(
                    f"this robot may not connect to {host!r}: {address} is not a public address",
                    code=ADDRESS_REFUSED,
                )
    return list(addresses)


def check_host(policy: Policy, host: str) -> None:
    """Hold a host against the allow-list only. Pure.

    Raises:
        PolicyError: It is not on it.
    """
    if not is_allowed_host(host, policy.allowed_hosts):
        raise PolicyError(
            f"this robot may not connect to {host!r}: it is not among the allowed hosts",
            code=HOST_REFUSED,
        )


def is_allowed_host(host: str, allowed: Sequence[str] | None) -> bool:
    """Whether a host is on an allow-list; ``*.example.com`` are its subdomains only. Pure."""
    if allowed is None:
        return True
    host = host.rstrip(".").lower()
    for entry in allowed:
        wanted = entry.rstrip(".").lower()
        if host == wanted or (wanted.startswith("*.") and host.endswith(wanted[1:])):
            return True
    return False


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open Internet, whatever it is wrapped in. Pure."""
    inner = _unwrapped(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast and address not in _CLOUD_METADATA


def _unwrapped(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address is another spelling of or a tunnel to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
