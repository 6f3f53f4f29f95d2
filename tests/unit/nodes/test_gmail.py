"""Gmail: each node against a server that answers as Google's documentation says."""

import base64
from email import message_from_bytes, policy

import pytest

from casare_robot.nodes.catalogue import modules
from tests.accounts import Case, check

ME = "/gmail/v1/users/me"
SENT = {"id": "m9", "threadId": "t9"}
GIVEN = {"message_id": "m9", "thread_id": "t9"}
MAIL = {"to": "ada@x.org", "subject": "Hi", "body": "text"}


def packed(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def email(id_="m1", sender="Bob <bob@x.org>", **headers):
    return {
        "id": id_,
        "threadId": "t1",
        "snippet": "sn",
        "labelIds": ["INBOX"],
        "payload": {
            "mimeType": "multipart/mixed",
            "headers": [
                {"name": name.replace("_", "-"), "value": value}
                for name, value in {"From": sender, "Subject": "Hi", **headers}.items()
            ],
            "parts": [
                {"mimeType": "text/plain", "filename": "", "body": {"data": packed(b"gr\xc3\xbc")}},
                {
                    "mimeType": "application/pdf",
                    "filename": "f.pdf",
                    "body": {"attachmentId": "a1", "size": 3},
                },
            ],
        },
    }


def case(name, config, answers, asked, outputs=None):
    return Case(f"Gmail{name}Node", config, answers, asked, outputs or {})


def modifies(add=(), remove=()):
    return (
        f"POST {ME}/messages/m1/modify",
        {"addLabelIds": [*add], "removeLabelIds": [*remove]},
    )


BOTH = "labelIds=A&labelIds=B"
ONE = {"message_id": "m1"}
LABELS = {"labelIds": ["L"]}
LABELLED = {"labels": ["L"]}
METADATA = "".join(
    f"&metadataHeaders={name}"
    for name in ("Subject", "From", "Reply-To", "Message-ID", "References")
)

CASES = [
    case("SendEmail", MAIL, [SENT], [f"POST {ME}/messages/send"], GIVEN),
    case(
        "SendWithAttachment",
        {**MAIL, "attachments": "a.txt"},
        [SENT],
        [f"POST {ME}/messages/send"],
        {**GIVEN, "attachment_count": 1},
    ),
    case(
        "CreateDraft",
        {**MAIL, "attachments": "a.txt"},
        [{"id": "d1", "message": {"id": "m9"}}],
        [f"POST {ME}/drafts"],
        {"draft_id": "d1", "message_id": "m9"},
    ),
    case(
        "SendDraft", {"draft_id": "d1"}, [SENT], [(f"POST {ME}/drafts/send", {"id": "d1"})], GIVEN
    ),
    case(
        "ReplyToEmail",
        {**ONE, "thread_id": "t1", "body": "yes"},
        [email(Message_ID="<1@x>", References="<0@x>"), SENT],
        [f"GET {ME}/messages/m1?format=metadata{METADATA}", f"POST {ME}/messages/send"],
        GIVEN,
    ),
    case(
        "ForwardEmail",
        {**ONE, "to": "eve@x.org", "additional_body": "see"},
        [{"raw": packed(b"Subject: Hi\r\nFrom: bob@x.org\r\n\r\nold")}, SENT],
        [f"GET {ME}/messages/m1?format=raw", f"POST {ME}/messages/send"],
        GIVEN,
    ),
    case(
        "BatchSend",
        {"emails": [MAIL, {"subject": "to nobody"}]},
        [SENT],
        [f"POST {ME}/messages/send"],
        {"sent_count": 1, "failed_count": 1},
    ),
    case(
        "GetEmail",
        {**ONE, "format": "full"},
        [email(To="a@x.org, B <b@x.org>", Date="now")],
        [f"GET {ME}/messages/m1?format=full"],
        {
            "message_id": "m1",
            "from_address": "Bob <bob@x.org>",
            "to_addresses": ["a@x.org", "b@x.org"],
            "cc_addresses": [],
            "date": "now",
            "body_plain": "grü",
            "body_html": "",
            "label_ids": ["INBOX"],
            "has_attachments": True,
            "attachment_count": 1,
            "attachments": [
                {
                    "filename": "f.pdf",
                    "mime_type": "application/pdf",
                    "size": 3,
                    "attachment_id": "a1",
                }
            ],
        },
    ),
    case(
        "ListEmails",
        {"max_results": 2, "page_token": "p"},
        [{"messages": [SENT], "nextPageToken": "q"}],
        [f"GET {ME}/messages?maxResults=2&labelIds=INBOX&pageToken=p"],
        {"messages": [{"id": "m9", "thread_id": "t9"}], "count": 1, "next_page_token": "q"},
    ),
    case(
        "SearchEmails",
        {"query": "from:bob", "label_ids": "A,B", "include_spam_trash": True},
        [{"messages": [SENT]}],
        [f"GET {ME}/messages?maxResults=10&q=from%3Abob&{BOTH}&includeSpamTrash=true"],
        {"message_count": 1, "message_ids": ["m9"], "next_page_token": ""},
    ),
    case(
        "GetThread",
        {"thread_id": "t1"},
        [{"id": "t1", "messages": [email(), email("m2", "Eve <e@x>"), email("m3")]}],
        [f"GET {ME}/threads/t1?format=full"],
        {
            "thread_id": "t1",
            "message_count": 3,
            "participants": ["Bob <bob@x.org>", "Eve <e@x>"],
            "snippet": "sn",
        },
    ),
    case(
        "GetAttachment",
        {**ONE, "attachment_id": "a1", "save_path": "saved.bin"},
        [{"data": packed(b"\xffabc"), "size": 4}],
        [f"GET {ME}/messages/m1/attachments/a1"],
        {"attachment_data": "/2FiYw==", "filename": "saved.bin", "size": 4, "saved": True},
    ),
    case(
        "ModifyLabels",
        {**ONE, "add_labels": ["A"], "remove_labels": '["B"]'},
        [LABELS],
        [modifies(["A"], ["B"])],
        {"labels": ["L"]},
    ),
    case("AddLabel", {**ONE, "label_ids": ["A"]}, [LABELS], [modifies(["A"])], {"labels": ["L"]}),
    case(
        "RemoveLabel",
        {**ONE, "label_ids": ["A"]},
        [LABELS],
        [modifies([], ["A"])],
        {"labels": ["L"]},
    ),
    case("MarkAsRead", ONE, [LABELS], [modifies([], ["UNREAD"])]),
    case("MarkAsUnread", ONE, [LABELS], [modifies(["UNREAD"])]),
    case("ArchiveEmail", ONE, [LABELS], [modifies([], ["INBOX"])]),
    case("StarEmail", {**ONE, "star": False}, [LABELS], [modifies([], ["STARRED"])]),
    case("MoveToTrash", ONE, [SENT], [f"POST {ME}/messages/m1/trash"]),
    case("TrashEmail", ONE, [SENT], [f"POST {ME}/messages/m1/trash"]),
    case("DeleteEmail", ONE, [(204, b"")], [f"DELETE {ME}/messages/m1"]),
    case(
        "GetLabels",
        {},
        [{"labels": [{"id": "L", "name": "l"}]}],
        [f"GET {ME}/labels"],
        {"labels": [{"id": "L", "name": "l"}], "count": 1},
    ),
    case(
        "BatchModify",
        {"message_ids": ["a", "b"], "add_labels": ["L"]},
        [(204, b"")],
        [
            (
                f"POST {ME}/messages/batchModify",
                {"ids": ["a", "b"], "addLabelIds": ["L"], "removeLabelIds": []},
            )
        ],
        {"modified_count": 2},
    ),
    case(
        "BatchDelete",
        {"message_ids": ["a", "b"]},
        [(204, b"")],
        [(f"POST {ME}/messages/batchDelete", {"ids": ["a", "b"]})],
        {"deleted_count": 2},
    ),
]


@pytest.fixture(autouse=True)
def attachment(tmp_path):
    (tmp_path / "a.txt").write_text("attached")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_node_asks_google_as_its_documentation_says(case, account_case, service):
    done = account_case(case)

    check(case, done, service)
    assert {one.headers["Authorization"] for one in service.seen} == {"Bearer the-token"}


def test_every_node_of_gmail_has_a_case():
    made = [*modules()["gmail"], *modules()["gmail_box"]]

    assert sorted(case.type for case in CASES) == sorted(made)


def sent(request):
    body = request.json.get("message", request.json)
    return message_from_bytes(base64.urlsafe_b64decode(body["raw"]), policy=policy.default)


def run(name, account_case, **config):
    case = next(case for case in CASES if case.type == f"Gmail{name}Node")
    done = account_case(Case(case.type, {**case.config, **config}, case.answers))
    assert done.error is None


def test_an_email_carries_what_the_node_is_given(account_case, service):
    run("SendEmail", account_case, cc="c@x.org", bcc="b@x.org", body="<b>x</b>", body_type="html")

    message = sent(service.seen[0])
    assert (message["To"], message["Cc"], message["Bcc"]) == ("ada@x.org", "c@x.org", "b@x.org")
    assert message["Subject"] == "Hi"
    assert message.get_content_type() == "text/html"
    assert message.get_content().strip() == "<b>x</b>"


@pytest.mark.parametrize("name", ["SendWithAttachment", "CreateDraft"])
def test_files_go_along(name, account_case, service):
    run(name, account_case)

    (attached,) = sent(service.seen[0]).iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("a.txt", "attached")


def test_an_answer_stays_in_its_conversation(account_case, service):
    run("ReplyToEmail", account_case)

    message = sent(service.seen[1])
    assert (message["To"], message["Subject"]) == ("Bob <bob@x.org>", "Re: Hi")
    assert (message["In-Reply-To"], message["References"]) == ("<1@x>", "<0@x> <1@x>")
    assert service.seen[1].json["threadId"] == "t1"


def test_what_is_sent_on_goes_whole(account_case, service):
    run("ForwardEmail", account_case)

    message = sent(service.seen[1])
    (whole,) = message.iter_attachments()
    assert (message["To"], message["Subject"]) == ("eve@x.org", "Fwd: Hi")
    assert whole.get_content()["From"] == "bob@x.org"
    assert whole.get_content().get_content().strip() == "old"


def test_an_attachment_is_a_file_as_it_was(account_case, tmp_path):
    run("GetAttachment", account_case)

    assert (tmp_path / "saved.bin").read_bytes() == b"\xffabc"


def test_an_email_to_nobody_is_not_sent(account_case, service):
    done = account_case(Case("GmailSendEmailNode", {"to": " ", "subject": "s", "body": "b"}))

    assert "somebody" in done.error
    assert service.seen == []
