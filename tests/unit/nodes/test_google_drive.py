"""Google Drive: each node against a server that answers as Google's documentation says."""

import json

import pytest

from casare_robot.nodes.catalogue import load_catalogue, modules
from casare_robot.nodes.google_drive import ABOUT, quoted
from tests.accounts import Case, check

F = "/drive/v3/files"
FIELDS = f"fields={ABOUT.replace(',', '%2C')}"
ALL = "supportsAllDrives=true"
PERMISSION = "fields=id%2Ctype%2Crole%2CemailAddress%2Cdomain%2CdisplayName%2CallowFileDiscovery"
PERMISSIONS = f"fields=nextPageToken%2Cpermissions%28{PERMISSION.removeprefix('fields=')}%29"
RESERVED = (f"GET {F}/generateIds?count=1", None)
FILE = {
    "id": "f1",
    "name": "n.txt",
    "mimeType": "text/plain",
    "size": "12",
    "parents": ["p1"],
    "webViewLink": "https://d/f1",
}
ONE = {"file_id": "f1"}


def case(name, config, answers, asked, outputs=None):
    return Case(f"Drive{name}Node", config, answers, asked, outputs or {})


def listing(query, size, order=""):
    from urllib.parse import urlencode

    fields = f"nextPageToken,files({ABOUT})"
    asked = {"q": query, "pageSize": size, "orderBy": order, "fields": fields}
    filled = urlencode({name: value for name, value in asked.items() if value}, safe="")
    return f"GET {F}?{filled}&includeItemsFromAllDrives=true&{ALL}"


def about(fields):
    return f"GET {F}/f1?fields={fields}&{ALL}"


CASES = [
    case(
        "GetFile",
        ONE,
        [FILE],
        [f"GET {F}/f1?{FIELDS}&{ALL}"],
        {"file_id": "f1", "name": "n.txt", "size": 12, "parents": ["p1"], "starred": False},
    ),
    case(
        "ListFiles",
        {"folder_id": "p'1", "max_results": 5, "order_by": "name desc"},
        [{"files": [FILE], "nextPageToken": "t"}, {"files": [FILE]}],
        [
            listing("('p\\'1' in parents) and trashed = false", 5, "name desc"),
            listing("('p\\'1' in parents) and trashed = false", 4, "name desc").replace(
                "&fields", "&pageToken=t&fields"
            ),
        ],
        {"file_count": 2, "has_more": False, "folder_id": "p'1"},
    ),
    case(
        "SearchFiles",
        {"query": "name = 'x'", "mime_type": "application/pdf", "include_trashed": True},
        [{"files": [FILE]}],
        [listing("(name = 'x') and mimeType = 'application/pdf'", 100)],
        {"file_count": 1},
    ),
    case(
        "CreateFolder",
        {"folder_name": "d", "parent_id": "p", "description": "why"},
        [{"ids": ["d1"]}, {"id": "d1", "name": "d", "webViewLink": "https://d/d1"}],
        [
            RESERVED,
            (
                f"POST {F}?{FIELDS}&{ALL}",
                {
                    "name": "d",
                    "mimeType": "application/vnd.google-apps.folder",
                    "parents": ["p"],
                    "description": "why",
                    "id": "d1",
                },
            ),
        ],
        {"folder_id": "d1", "folder_name": "d", "web_view_link": "https://d/d1"},
    ),
    case(
        "CopyFile",
        {**ONE, "new_name": "c", "folder_id": "p2"},
        [{"id": "f2", "name": "c"}],
        [(f"POST {F}/f1/copy?{FIELDS}&{ALL}", {"name": "c", "parents": ["p2"]})],
        {"new_file_id": "f2", "name": "c"},
    ),
    case(
        "MoveFile",
        {**ONE, "folder_id": "p2"},
        [{"parents": ["p1"]}, {"parents": ["p2"]}],
        [
            about("parents"),
            (f"PATCH {F}/f1?addParents=p2&removeParents=p1&{FIELDS}&{ALL}", {}),
        ],
        {"file_id": "f1", "new_parents": ["p2"]},
    ),
    case(
        "RenameFile",
        {**ONE, "new_name": "r"},
        [{"name": "r"}],
        [(f"PATCH {F}/f1?{FIELDS}&{ALL}", {"name": "r"})],
        {"file_id": "f1", "name": "r"},
    ),
    case(
        "DeleteFile",
        ONE,
        [FILE],
        [(f"PATCH {F}/f1?{FIELDS}&{ALL}", {"trashed": True})],
        ONE,
    ),
    case(
        "BatchDelete",
        {"file_ids": ["f1", "f2"]},
        [(404, {"error": {"message": "gone"}}), (204, b"")],
        [f"DELETE {F}/f1?{ALL}", f"DELETE {F}/f2?{ALL}"],
        {"deleted_count": 1, "failed_count": 1},
    ),
    case(
        "BatchMove",
        {"file_ids": ["f1"], "folder_id": "p1"},
        [{"parents": ["p1"]}, FILE],
        [about("parents"), (f"PATCH {F}/f1?addParents=p1&{FIELDS}&{ALL}", {})],
        {"moved_count": 1, "failed_count": 0},
    ),
    case(
        "BatchCopy",
        {"file_ids": ["f1"], "folder_id": "p2"},
        [{"name": "n"}, {"id": "f2"}],
        [about("name"), (f"POST {F}/f1/copy?{FIELDS}&{ALL}", {"name": "n", "parents": ["p2"]})],
        {"copied_count": 1, "new_file_ids": ["f2"]},
    ),
    case(
        "UploadFile",
        {"file_path": "a.txt", "folder_id": "p", "file_name": "b.txt"},
        [{"ids": ["f1"]}, FILE],
        [RESERVED, f"POST /upload/drive/v3/files?uploadType=multipart&{FIELDS}&{ALL}"],
        {"file_id": "f1", "name": "n.txt", "web_view_link": "https://d/f1"},
    ),
    case(
        "DownloadFile",
        {**ONE, "destination_path": "got.bin"},
        [b"\xffcontent"],
        [f"GET {F}/f1?alt=media&{ALL}"],
    ),
    case(
        "DownloadFolder",
        {"folder_id": "p", "destination_folder": "down"},
        [{"files": [FILE, {"mimeType": "application/vnd.google-apps.document"}]}, b"content"],
        [listing("'p' in parents and trashed = false", 1000), f"GET {F}/f1?alt=media&{ALL}"],
        {"downloaded_count": 1},
    ),
    Case(
        "DriveBatchDownloadNode",
        {"destination_folder": "down", "max_concurrent_downloads": 1},
        [b"one", (404, {"error": {"message": "gone"}})],
        [f"GET {F}/f1?alt=media&{ALL}", f"GET {F}/f2?alt=media&{ALL}"],
        {"downloaded_count": 1, "failed_count": 1},
        inputs={"files": [{"id": "f1", "name": "1.txt"}, "f2"]},
    ),
    case(
        "ExportFile",
        {**ONE, "destination_path": "got.csv", "export_format": "csv"},
        [{"name": "S", "mimeType": "application/vnd.google-apps.spreadsheet"}, b"a,b"],
        [about("name%2CmimeType"), f"GET {F}/f1/export?mimeType=text%2Fcsv"],
        {
            "original_name": "S",
            "original_type": "application/vnd.google-apps.spreadsheet",
        },
    ),
    case(
        "ShareFile",
        {**ONE, "email": "a@x.org", "role": "writer", "email_message": "look"},
        [{"id": "9", "role": "writer"}],
        [
            (
                f"POST {F}/f1/permissions?{PERMISSION}&{ALL}"
                "&sendNotificationEmail=true&emailMessage=look",
                {"type": "user", "role": "writer", "emailAddress": "a@x.org"},
            )
        ],
        {"permission_id": "9", "permission": {"id": "9", "role": "writer"}},
    ),
    case(
        "CreateShareLink",
        {**ONE, "link_role": "commenter", "allow_file_discovery": True},
        [{"id": "any"}, FILE],
        [
            (
                f"POST {F}/f1/permissions?{PERMISSION}&{ALL}",
                {"type": "anyone", "role": "commenter", "allowFileDiscovery": True},
            ),
            about("webViewLink"),
        ],
        {"share_link": "https://d/f1", "permission_id": "any"},
    ),
    case(
        "GetPermissions",
        ONE,
        [{"permissions": [{"id": "1"}], "nextPageToken": "t"}, {"permissions": [{"id": "2"}]}],
        [
            f"GET {F}/f1/permissions?{PERMISSIONS}&{ALL}",
            f"GET {F}/f1/permissions?{PERMISSIONS}&{ALL}&pageToken=t",
        ],
        {"permissions": [{"id": "1"}, {"id": "2"}], "count": 2},
    ),
    *(
        case(
            name,
            {**ONE, "permission_id": "9"},
            [(204, b"")],
            [f"DELETE {F}/f1/permissions/9?{ALL}"],
        )
        for name in ("RemovePermission", "RemoveShare")
    ),
]


@pytest.fixture(autouse=True)
def file_to_send(tmp_path):
    (tmp_path / "a.txt").write_text("to be sent")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_node_asks_google_as_its_documentation_says(case, account_case, service):
    done = account_case(case)

    check(case, done, service)
    assert {one.headers["Authorization"] for one in service.seen} == {"Bearer the-token"}


def test_every_node_of_google_drive_has_a_case():
    made = [*modules()["google_drive"], *modules()["google_drive_changes"]]
    made += modules()["google_drive_files"]
    made += modules()["google_drive_sharing"]

    assert sorted(case.type for case in CASES) == sorted(made)


def run(name, account_case, **config):
    case = next(case for case in CASES if case.type == f"Drive{name}Node")
    return account_case(Case(case.type, {**case.config, **config}, case.answers))


def test_a_file_goes_up_with_what_is_said_of_it(account_case, service):
    run("UploadFile", account_case)

    _, about_part, content, _ = service.seen[1].body.split(b"--casare-robot-6f1d2c8e5b")
    said = json.loads(about_part.partition(b"\r\n\r\n")[2])
    assert said == {"name": "b.txt", "mimeType": "text/plain", "parents": ["p"], "id": "f1"}
    assert content == b"\r\nContent-Type: text/plain\r\n\r\nto be sent\r\n"


@pytest.mark.parametrize(
    ("name", "config", "path", "content"),
    [
        ("DownloadFile", {}, "got.bin", b"\xffcontent"),
        ("DownloadFolder", {}, "down/n.txt", b"content"),
        ("ExportFile", {}, "got.csv", b"a,b"),
    ],
)
def test_what_comes_down_is_a_file(name, config, path, content, account_case, tmp_path):
    done = run(name, account_case, **config)

    assert done.error is None
    assert (tmp_path / path).read_bytes() == content


def test_where_a_download_goes_may_be_called_as_in_public_files():
    for name in ("DriveDownloadFileNode", "DriveExportFileNode"):
        assert load_catalogue().get(name).synonyms["destination"] == "destination_path"


def test_a_download_that_is_refused_leaves_the_old_file(account_case, tmp_path):
    (tmp_path / "got.bin").write_bytes(b"old")
    refused = Case("DriveDownloadFileNode", {**ONE, "destination_path": "got.bin"})
    refused.answers = [(403, {"error": {"message": "not yours"}})]

    done = account_case(refused)

    assert done.error == "Google Drive answered HTTP 403: not yours"
    assert (tmp_path / "got.bin").read_bytes() == b"old"


def test_a_file_is_only_given_away_on_purpose(account_case, service):
    done = account_case(Case("DriveShareFileNode", {**ONE, "email": "a@x", "role": "owner"}))

    assert "transfer_ownership" in done.error
    assert service.seen == []


def test_deleting_for_good_is_another_request(account_case, service):
    account_case(Case("DriveDeleteFileNode", {**ONE, "permanent": True}, [(204, b"")]))

    assert service.seen[0].line == f"DELETE {F}/f1?{ALL}"


def test_a_quote_in_a_name_does_not_end_it():
    assert quoted("it's \\") == "'it\\'s \\\\'"
