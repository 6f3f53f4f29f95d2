import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.policy import Policy
from casare_robot.nodes.addresses import checked_addresses, is_allowed_host, is_public

REMOTE = Policy(profile="remote", allow_private_addresses=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_an_address_inside_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@settings(max_examples=50)
@given(st.ip_addresses(v=4))
def test_no_spelling_of_a_private_ipv4_address_is_public(address):
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))

    assert is_public(mapped) == is_public(nat64) == is_public(address)


@pytest.mark.parametrize(
    ("host", "allowed", "expected"),
    [
        ("a.example.com", None, True),
        ("a.example.com", (), False),
        ("example.com", ("example.com",), True),
        ("Example.COM.", ("example.com",), True),
        ("example.com", ("*.example.com",), False),
        ("a.b.example.com", ("*.example.com",), True),
        ("evilexample.com", ("*.example.com",), False),
        ("example.com.evil.org", ("example.com", "*.example.com"), False),
    ],
)
def test_the_allow_list_is_read_by_whole_names(host, allowed, expected):
    assert is_allowed_host(host, allowed) is expected


def test_one_private_answer_among_public_ones_refuses_the_host():
    with pytest.raises(PolicyError, match=r"10\.0\.0\.5 is not a public address"):
        checked_addresses(REMOTE, "mixed.example", 80, lambda *_: ["1.1.1.1", "10.0.0.5"])


def test_a_host_that_is_not_allowed_is_not_even_looked_up():
    def resolve(host, port):
        raise AssertionError("looked up")

    with pytest.raises(PolicyError, match="not among the allowed hosts"):
        checked_addresses(Policy(allowed_hosts=("a.example",)), "b.example", 80, resolve)


def test_an_unknown_host_is_named():
    def resolve(host, port):
        raise OSError("no such name")

    with pytest.raises(NodeFailure, match=r"'nowhere\.example' is not known"):
        checked_addresses(REMOTE, "nowhere.example", 80, resolve)


def test_numbers_that_the_system_reads_as_loopback_are_refused():
    """``2130706433`` and ``0x7f.1`` are 127.0.0.1 to the resolver, so to the guard too."""
    for host in ("2130706433", "0x7f.1", "127.1", "localhost"):
        with pytest.raises((PolicyError, NodeFailure)):
            checked_addresses(REMOTE, host, 80)
