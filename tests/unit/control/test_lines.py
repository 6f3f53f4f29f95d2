import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.control.lines import Lines, LineTooLongError


async def heard(chunks, longest=10):
    """What a reader hears when a stream comes in these pieces."""
    reader = asyncio.StreamReader()
    lines = Lines(reader, longest)
    found = []

    async def read():
        while True:
            try:
                line = await lines.next()
            except LineTooLongError:
                line = "too long"
            if line is None:
                return
            found.append(line)

    reading = asyncio.create_task(read())
    for chunk in chunks:
        reader.feed_data(chunk)
        await asyncio.sleep(0)
    reader.feed_eof()
    await reading
    return found


@given(st.lists(st.binary(max_size=14).map(lambda b: b.replace(b"\n", b"")), max_size=6), st.data())
def test_lines_are_the_same_however_they_are_cut(sent, data) -> None:
    stream = b"".join(line + b"\n" for line in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    found = asyncio.run(heard([chunk for chunk in chunks if chunk]))

    assert found == [line if len(line) <= 10 else "too long" for line in sent]


async def test_half_a_line_at_the_end_is_none() -> None:
    assert await heard([b"a\n", b"half"]) == [b"a"]


async def test_a_line_too_long_is_not_kept_while_it_comes() -> None:
    reader = asyncio.StreamReader()
    lines = Lines(reader, 10)
    waiting = asyncio.create_task(lines.wait())
    for _ in range(50):
        reader.feed_data(bytes(1000))
        await asyncio.sleep(0)

    assert len(lines._buffer) <= 2000
    waiting.cancel()


async def test_who_stops_waiting_loses_nothing() -> None:
    reader = asyncio.StreamReader()
    lines = Lines(reader, 10)
    waiting = asyncio.create_task(lines.wait())
    reader.feed_data(b"ab")
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    reader.feed_data(b"c\n")

    assert await lines.next() == b"abc"


@pytest.mark.parametrize("size", [10, 11])
async def test_the_longest_line_is_exactly_as_long_as_said(size) -> None:
    assert await heard([b"x" * size + b"\n"]) == [b"x" * 10 if size == 10 else "too long"]
