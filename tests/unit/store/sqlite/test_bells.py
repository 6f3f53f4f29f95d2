"""Calls between processes; here from one socket to another."""

import asyncio
import socket

import pytest

from casare_robot.store.sqlite.bells import EVERYTHING, LARGEST_CALL, Bell, Ringer


@pytest.fixture
def ringer():
    ringer = Ringer()
    yield ringer
    ringer.close()


async def heard(ring):
    """What a bell hears when it is rung."""
    calls = asyncio.Queue()
    bell = Bell(calls.put_nowait)
    await bell.open()
    ring(bell.address)
    call = await asyncio.wait_for(calls.get(), 60)
    bell.close()
    return call


async def test_a_bell_hears_the_names(ringer):
    assert await heard(lambda address: ringer.ring([address], ["log", "group:ä"])) == {
        "log",
        "group:ä",
    }


async def test_more_names_than_fit_call_for_a_look_at_everything(ringer):
    names = [f"group:{n}" for n in range(LARGEST_CALL)]

    assert await heard(lambda address: ringer.ring([address], names)) is None


async def test_bells_that_are_gone_do_not_keep_the_others_from_hearing(ringer):
    call = await heard(lambda address: ringer.ring(["unix:nobody", "udp:1", address], ["log"]))

    assert call == {"log"}


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\0" * 1000, EVERYTHING * 3])
async def test_a_call_from_a_stranger_is_only_a_call(data):
    calls = []

    Bell(calls.append).datagram_received(data, None)

    assert len(calls) == 1


async def test_where_there_are_no_abstract_sockets_a_port_of_this_machine_is_rung(ringer):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(60)

        ringer.ring([f"udp:{listening.getsockname()[1]}"], ["log"])

        assert listening.recv(100) == b"log"
