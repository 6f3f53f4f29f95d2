"""What a run holds open, and what stands in for it after a resume."""

import asyncio
from types import SimpleNamespace

import pytest

from casare_robot.domain.errors import NodeFailure, StateLostError
from casare_robot.execution.current import note_name
from casare_robot.execution.running.handles import Handles


def nothing():
    pass


def test_what_a_node_opens_at_once_belongs_together_and_each_kind_is_found_again():
    before = Handles(1)
    first = [before.add("launch", object(), nothing, kind) for kind in ("browser", "page")]
    second = [before.add("launch", object(), nothing, kind) for kind in ("browser", "page")]
    after = Handles(2)
    browser, page = object(), object()

    after.forget_last("launch")
    after.add("launch", browser, nothing, "browser")
    after.add("launch", page, nothing, "page")
    after.stand_in(first[1])

    assert (after.get(first[0]), after.get(first[1])) == (browser, page)
    with pytest.raises(NodeFailure):
        after.get(second[0])


def test_closing_what_was_opened_again_closes_it_under_both_names():
    closed = []
    old = Handles(1).add("open", object(), nothing)
    after = Handles(2)
    new = after.add("open", object(), lambda: closed.append(1))
    after.stand_in(old)

    after.close(old)
    after.close(new)

    assert closed == [1]


def test_what_closes_asynchronously_is_awaited_and_one_that_fails_keeps_no_other_open():
    closed = []

    async def close(name):
        await asyncio.sleep(0)
        closed.append(name)

    async def fails():
        raise OSError("gone")

    handles = Handles(0)
    handles.add("a", object(), lambda: close("a"))
    handles.add("b", object(), fails)
    handles.add("c", object(), lambda: closed.append("c"))

    asyncio.run(handles.close_all())

    assert closed == ["c", "a"]


class Page:
    def __init__(self):
        self.noted = []

    async def restore(self, noted):
        self.noted.append(noted)
        if noted == "lost":
            raise StateLostError("lost")


def reopened(noted, **options):
    """A page of an earlier run that a node is about to use, and a way to let one use it."""
    old = Handles(0).add("launch", object(), nothing, "page")
    after, page = Handles(1), Page()
    branch = SimpleNamespace(
        scope=SimpleNamespace(variables={note_name(old.opener, old.serial): noted})
    )

    async def reopen(_branch, handle):
        after.add("launch", page, nothing, "page")
        after.stand_in(handle)

    def use():
        asyncio.run(after.reopen({"page": old}, branch, reopen, **options))

    return page, use, lambda: after.forget_restored({"page": old})


def test_what_was_opened_again_is_brought_to_where_it_stood_once():
    page, use, _ = reopened("there")

    use()
    use()

    assert page.noted == ["there"]


def test_a_node_that_brings_it_elsewhere_anyway_needs_no_such_thing():
    page, use, _ = reopened("lost", restore=False)

    use()

    assert page.noted == []


def test_what_cannot_be_brought_back_is_told_again_until_somebody_accepts_it():
    page, use, forget = reopened("lost")

    with pytest.raises(StateLostError):
        use()
    use()
    forget()
    with pytest.raises(StateLostError):
        use()

    assert page.noted == ["lost", "lost"]
