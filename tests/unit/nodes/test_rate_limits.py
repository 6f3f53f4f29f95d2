"""Every node with an account waits where a service asks for it, and what sends is sent once."""

import copy

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.nodes.catalogue import load_catalogue
from tests.accounts import check
from tests.unit.nodes import (
    test_gmail,
    test_google_drive,
    test_google_sheets,
    test_llm,
    test_messengers,
)

MODULES = (test_gmail, test_google_drive, test_google_sheets, test_llm, test_messengers)
ASKING = [case for module in MODULES for case in module.CASES if case.asked or case.answers]
SENDING = [
    case
    for case in ASKING
    if case not in test_llm.CASES
    and any((one if isinstance(one, str) else one[0]).startswith("POST") for one in case.asked)
]
ONE_TOO_MANY = (429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
SAME_AGAIN = [
    "Label",
    "Labels",
    "MarkAs",
    "Star",
    "Archive",
    "Trash",
    "BatchModify",
    "BatchDelete",
    "Clear",
    "Format",
    "Write",
    "SetCell",
    "UpdateRow",
    "BatchUpdate",
    "AutoResize",
    "Rename",
    "ShareLink",
]
"""Names of what leaves the same world when it is done again, and so may be idempotent."""


@pytest.fixture(autouse=True)
def file_to_send(tmp_path):
    (tmp_path / "a.txt").write_text("attached")


@pytest.mark.parametrize("case", ASKING, ids=str)
def test_a_request_that_is_one_too_many_is_sent_again_and_its_node_succeeds(
    case, account_case, service
):
    case = copy.deepcopy(case)
    case.answers.insert(0, ONE_TOO_MANY)

    done = account_case(case, whatsapp=test_messengers.WHATSAPP_SECRET)

    again, *rest = service.seen[1:]
    assert (again.line, again.body) == (service.seen[0].line, service.seen[0].body)
    service.seen[:] = [again, *rest]
    if case.asked:
        check(case, done, service)
    assert done.error is None


@pytest.mark.parametrize("case", SENDING, ids=str)
def test_what_sends_or_makes_something_is_once_or_keyed(case):
    effect = load_catalogue().get(case.type).effect
    if callable(effect):
        effect = effect(case.config)

    allowed = {Effect.ONCE, Effect.KEYED}
    if any(name in case.type for name in SAME_AGAIN):
        allowed.add(Effect.IDEMPOTENT)
    if case.type in ("TelegramGetUpdatesNode", "SheetsBatchGetNode"):
        allowed.add(Effect.READS)
    assert effect in allowed
