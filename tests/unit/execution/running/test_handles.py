"""What a run holds open, and what stands in for it after a resume."""

import pytest

from casare_robot.domain.errors import NodeFailure
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
