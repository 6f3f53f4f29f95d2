"""Triggers of Google accounts, against a server that answers as Google's documentation says."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from casare_robot.domain.errors import NodeFailure, TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.drive import DriveChanges
from casare_robot.triggers.event import Surroundings
from casare_robot.triggers.gmail import GmailBox
from casare_robot.triggers.sheets import Change, SheetWatch, changes
from tests.accounts import Service

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
COMMON = {"credential_name": "google", "polling_interval": 60}
GMAIL = {
    **COMMON,
    "label_ids": "INBOX",
    "query": "is:unread",
    "from_filter": "",
    "subject_contains": "",
    "mark_as_read": True,
    "include_attachments": True,
    "max_results": 2,
}
DRIVE = {
    **COMMON,
    "folder_id": "",
    "include_subfolders": True,
    "event_types": "created,modified",
    "file_types": "",
    "mime_types": "",
    "name_pattern": "",
    "ignore_own_changes": True,
}
SHEETS = {
    **COMMON,
    "spreadsheet_id": "b1",
    "sheet_name": "S",
    "range": "",
    "trigger_on_new_row": True,
    "trigger_on_cell_change": True,
    "trigger_on_delete": False,
    "watch_columns": "",
    "ignore_empty_rows": True,
}


@pytest.fixture
def service():
    with Service() as running:
        yield running


@pytest.fixture
def around(service):
    kept = json.dumps({"access_token": "the-token", "base_url": service.url})

    async def sleep(seconds):
        """At once."""

    return Surroundings(
        clock=lambda: NOW,
        sleep=sleep,
        policy=Policy,
        ended_jobs=list,
        secret={"google": kept}.get,
    )


def paths(service):
    return [urlsplit(request.line.split()[1]).path for request in service.seen]


def query(request):
    return {k: v[0] for k, v in parse_qs(urlsplit(request.line.split()[1]).query).items()}


def email(id_, subject="Hi", sender="Ada <ada@example.com>", seconds=SECONDS):
    headers = [{"name": "Subject", "value": subject}, {"name": "From", "value": sender}]
    body = {"data": base64.urlsafe_b64encode(b"the text").decode()}
    payload = {"mimeType": "text/plain", "headers": headers, "body": body}
    return {"id": id_, "internalDate": str(seconds * 1000), "payload": payload}


def listed(*ids, **more):
    return {"messages": [{"id": id_} for id_ in ids], **more}


async def test_gmail_begins_with_what_comes_after_it_was_switched_on(service, around):
    service.script([listed("b", "a")])

    look = await GmailBox(GMAIL, around).look(None)

    assert (look.events, look.cursor) == ((), [SECONDS - 3600, ["a", "b"], []])
    assert service.seen[0].headers["Authorization"] == "Bearer the-token"
    assert query(service.seen[0])["q"] == f"is:unread after:{SECONDS - 3600}"
    assert query(service.seen[0])["labelIds"] == "INBOX"


async def test_each_new_email_is_one_event_the_oldest_first_and_then_marked_as_read(
    service, around
):
    box = GmailBox(GMAIL, around)
    service.script(
        [
            listed("e", "d", nextPageToken="p2"),
            listed("c", "a"),
            email("c", "First"),
            email("d", seconds=SECONDS + 10),
        ]
    )

    look = await box.look([SECONDS - 3600, ["a"], []])

    assert [event.key for event in look.events] == ["c", "d"]
    payload = look.events[0].payload
    assert (payload["subject"], payload["from_name"], payload["from_email"]) == (
        "First",
        "Ada",
        "ada@example.com",
    )
    assert payload["body_text"] == "the text"
    assert look.cursor == [SECONDS - 3590, ["a", "c", "d"], ["c", "d"]]
    assert look.wait == 1.0
    service.script([{}, listed("e"), email("e")])

    again = await box.look(look.cursor)

    assert [event.key for event in again.events] == ["e"]
    assert service.seen[4].json == {"ids": ["c", "d"], "removeLabelIds": ["UNREAD"]}


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"from_filter": "ADA"}, True),
        ({"from_filter": "bob"}, False),
        ({"subject_contains": "hi"}, True),
    ],
)
async def test_an_email_that_is_filtered_out_is_seen_all_the_same(
    service, around, settings, wanted
):
    service.script([listed("c"), email("c")])

    look = await GmailBox({**GMAIL, **settings}, around).look([SECONDS, [], []])

    assert (len(look.events), look.cursor[1]) == (int(wanted), ["c"])


def file(id_, name="a.pdf", **more):
    return {
        "fileId": id_,
        "time": "2026-11-20T12:00:00Z",
        "file": {
            "id": id_,
            "name": name,
            "mimeType": "application/pdf",
            "createdTime": "2026-11-20T11:59:00Z",
            "parents": ["p1"],
            "lastModifyingUser": {"emailAddress": "ada@example.com", "me": False},
            **more,
        },
    }


BEFORE = "2026-11-20T11:58:00+00:00"


async def test_drive_begins_where_its_list_of_changes_ends(service, around):
    service.script([{"startPageToken": "7"}])

    look = await DriveChanges(DRIVE, around).look(None)

    assert (look.events, look.cursor) == ((), ["7", NOW.isoformat()])
    assert paths(service) == ["/drive/v3/changes/startPageToken"]


async def test_changes_are_told_page_by_page(service, around):
    changed = file("f2", "b.txt", createdTime="2026-01-01T00:00:00Z", size="12")
    gone = {"fileId": "f3", "removed": True, "time": "2026-11-20T12:00:00Z"}
    drive = DriveChanges({**DRIVE, "event_types": "created,modified,deleted"}, around)
    service.script(
        [
            {"changes": [file("f1"), changed], "nextPageToken": "8"},
            {"name": "Folder"},
            {"changes": [gone], "newStartPageToken": "9"},
        ]
    )

    first = await drive.look(["7", BEFORE])
    second = await drive.look(first.cursor)

    told = [
        (e.payload["file_id"], e.payload["event_type"]) for e in (*first.events, *second.events)
    ]
    assert told == [("f1", "created"), ("f2", "modified"), ("f3", "deleted")]
    assert first.events[1].payload["parent_name"] == "Folder"
    assert (first.events[1].payload["size"], first.cursor, first.wait) == (12, ["8", BEFORE], 1.0)
    assert second.cursor == ["9", NOW.isoformat()]
    assert len({event.key for event in (*first.events, *second.events)}) == 3


@pytest.mark.parametrize(
    ("settings", "change", "wanted"),
    [
        ({"file_types": "pdf,.docx"}, file("f"), True),
        ({"file_types": "txt"}, file("f"), False),
        ({"mime_types": "application/pdf"}, file("f"), True),
        ({"mime_types": "text/plain"}, file("f"), False),
        ({"name_pattern": "A*.pdf"}, file("f"), True),
        ({"name_pattern": "b*"}, file("f"), False),
        ({"event_types": "modified"}, file("f"), False),
        ({}, file("f", lastModifyingUser={"me": True}), False),
        ({"ignore_own_changes": False}, file("f", lastModifyingUser={"me": True}), True),
        ({"folder_id": "p1"}, file("f"), True),
        ({"folder_id": "p0", "include_subfolders": False}, file("f"), False),
        ({"folder_id": "p0"}, file("f"), True),
        ({"folder_id": "p9"}, file("f"), False),
        ({"event_types": "deleted"}, file("f", trashed=True), True),
    ],
)
async def test_only_what_is_wanted_is_told(service, around, settings, change, wanted):
    above = [{"name": "P1", "parents": ["p0"]}, {"name": "P0"}]
    service.script([{"changes": [change], "newStartPageToken": "8"}, *above])

    look = await DriveChanges({**DRIVE, **settings}, around).look(["7", BEFORE])

    assert len(look.events) == int(wanted)


HEAD = ["Name", "Price"]


def sheet(*rows):
    return {"range": "S!B2:C9", "values": [HEAD, *rows]}


async def watched(service, around, before, after, **settings):
    watch = SheetWatch({**SHEETS, **settings}, around)
    service.script([sheet(*before), sheet(*after)])
    first = await watch.look(None)
    return first, await watch.look(first.cursor)


async def test_new_and_changed_rows_are_told_by_their_names(service, around):
    first, look = await watched(
        service, around, [["a", 1], ["b", 2]], [["a", 1], ["b", 3], ["c", 4]]
    )

    assert first.events == ()
    changed, new = (event.payload for event in look.events)
    assert (changed["event_type"], changed["row_number"], changed["column"]) == (
        "cell_change",
        4,
        "C",
    )
    assert (changed["old_value"], changed["new_value"]) == (2, 3)
    assert changed["row_dict"] == {"Name": "b", "Price": 3}
    assert (new["event_type"], new["row_number"], new["row_data"]) == ("new_row", 5, ["c", 4])
    assert service.seen[0].line == "GET /v4/spreadsheets/b1/values/%27S%27"


async def test_a_sheet_that_stays_as_it_is_tells_nothing(service, around):
    first, look = await watched(service, around, [["a", 1]], [["a", 1]])

    assert (look.events, look.cursor) == ((), first.cursor)


async def test_a_change_back_and_forth_is_an_event_each_time(service, around):
    watch = SheetWatch(SHEETS, around)
    service.script([sheet(["a", 1]), sheet(["a", 2]), sheet(["a", 1]), sheet(["a", 2])])
    cursor, keys = None, []
    for _ in range(4):
        look = await watch.look(cursor)
        cursor = look.cursor
        keys += [event.key for event in look.events]

    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({}, ["new_row"]),
        ({"trigger_on_delete": True}, ["row_deleted", "new_row"]),
        ({"trigger_on_new_row": False}, []),
        ({"ignore_empty_rows": False}, ["new_row", "new_row"]),
    ],
)
async def test_only_the_kinds_that_are_wanted_are_told(service, around, settings, kinds):
    before = [["gone", 1], ["a", 1], ["b", 2]]
    after = [["a", 1], ["b", 2], ["new", 3], ["", ""]]

    _, look = await watched(service, around, before, after, **settings)

    assert [event.payload["event_type"] for event in look.events] == kinds


@pytest.mark.parametrize(("columns", "count"), [("Price", 1), ("c", 1), ("Name", 0), ("B", 0)])
async def test_columns_are_watched_by_name_or_letter(service, around, columns, count):
    _, look = await watched(service, around, [["a", 1]], [["a", 2]], watch_columns=columns)

    assert len(look.events) == count


def test_a_row_put_in_between_is_new_and_changes_no_other():
    before = [[str(number)] for number in range(100)]
    after = [*before[:50], ["new"], *before[50:]]

    assert changes(before, after) == [Change(50, None, ["new"])]
    assert changes(after, before) == [Change(50, ["new"], None)]
    assert changes(before, before) == []


def test_of_very_many_rows_each_is_compared_with_its_place():
    before = [[number] for number in range(5000)]
    after = [[number + 1] for number in range(5000)]

    assert changes(before, after)[0] == Change(0, [0], [1])


async def test_a_sheet_that_is_too_large_says_so(service, around, monkeypatch):
    monkeypatch.setattr("casare_robot.triggers.sheets._MOST_CELLS", 3)
    service.script([sheet(["a", 1])])

    with pytest.raises(TriggerError, match="narrow the range"):
        await SheetWatch(SHEETS, around).look(None)


async def test_an_account_that_is_not_kept_is_told(around):
    with pytest.raises(NodeFailure, match="no secret 'other'"):
        await GmailBox({**GMAIL, "credential_name": "other"}, around).look(None)


async def test_what_google_refuses_is_told(service, around):
    service.script([(403, {"error": {"message": "API not enabled"}})])

    with pytest.raises(NodeFailure, match="API not enabled"):
        await DriveChanges(DRIVE, around).look(None)
