"""Telegram and WhatsApp: each node against a server that answers as theirs do."""

import json

import pytest

from casare_robot.nodes.catalogue import load_catalogue, modules
from tests.accounts import Case, check

TOKEN = "/bot42:bot/"
MESSAGE = {"ok": True, "result": {"message_id": 5, "chat": {"id": -7, "type": "group"}}}
DONE = {"ok": True, "result": True}
SENT = {"message_id": 5, "chat_id": -7}
TAKEN = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+49", "wa_id": "49"}],
    "messages": [{"id": "wamid.1"}],
}
GOT = {"message_id": "wamid.1", "phone_number": "49"}
WHATSAPP_SECRET = json.dumps({"access_token": "wa", "phone_number_id": "100"})


def whatsapp(kind, content):
    return (
        "POST /100/messages",
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+49",
            "type": kind,
            kind: content,
        },
    )


def telegram(method, **values):
    return (f"POST {TOKEN}{method}", values)


CASES = [
    Case(
        "TelegramSendMessageNode",
        {"chat_id": "@c", "text": "hi", "parse_mode": "HTML", "reply_to_message_id": "3"},
        [MESSAGE],
        [
            telegram(
                "sendMessage",
                chat_id="@c",
                text="hi",
                parse_mode="HTML",
                disable_notification=False,
                reply_parameters={"message_id": 3},
            )
        ],
        {**SENT, "text": "hi"},
    ),
    Case(
        "TelegramSendPhotoNode",
        {"chat_id": "1", "photo": "https://x/y.png", "caption": "c", "disable_notification": True},
        [MESSAGE],
        [
            telegram(
                "sendPhoto",
                chat_id="1",
                photo="https://x/y.png",
                caption="c",
                disable_notification=True,
            )
        ],
        {**SENT, "photo_path": "https://x/y.png"},
    ),
    Case(
        "TelegramSendDocumentNode",
        {"chat_id": "1", "document": "BQAC", "parse_mode": "Markdown"},
        [MESSAGE],
        [
            telegram(
                "sendDocument",
                chat_id="1",
                document="BQAC",
                parse_mode="Markdown",
                disable_notification=False,
            )
        ],
        {**SENT, "document_path": "BQAC"},
    ),
    Case(
        "TelegramSendLocationNode",
        {"chat_id": "1", "latitude": "52.5", "longitude": 13.4},
        [MESSAGE],
        [
            telegram(
                "sendLocation",
                chat_id="1",
                latitude=52.5,
                longitude=13.4,
                disable_notification=False,
            )
        ],
        {**SENT, "latitude": 52.5, "longitude": 13.4},
    ),
    Case(
        "TelegramEditMessageNode",
        {"chat_id": "1", "message_id": 5, "text": "new", "parse_mode": "MarkdownV2"},
        [MESSAGE],
        [
            telegram(
                "editMessageText", chat_id="1", message_id=5, text="new", parse_mode="MarkdownV2"
            )
        ],
        SENT,
    ),
    Case(
        "TelegramDeleteMessageNode",
        {"chat_id": "1", "message_id": 5},
        [DONE],
        [telegram("deleteMessage", chat_id="1", message_id=5)],
    ),
    Case(
        "TelegramSendMediaGroupNode",
        {"chat_id": "1", "media_json": '[{"media": "a"}, {"media": "b"}]'},
        [{"ok": True, "result": [MESSAGE["result"]] * 2}],
        [
            telegram(
                "sendMediaGroup",
                chat_id="1",
                media=[{"media": "a"}, {"media": "b"}],
                disable_notification=False,
            )
        ],
        {"message_ids": "[5, 5]", "count": 2},
    ),
    Case(
        "TelegramAnswerCallbackNode",
        {"callback_query_id": "q", "text": "t", "show_alert": True, "url": "https://x"},
        [DONE],
        [
            telegram(
                "answerCallbackQuery",
                callback_query_id="q",
                text="t",
                show_alert=True,
                url="https://x",
            )
        ],
    ),
    Case(
        "TelegramGetUpdatesNode",
        {"offset": 8, "limit": 2, "timeout": 0},
        [{"ok": True, "result": [{"update_id": 8}, {"update_id": 9}]}],
        [telegram("getUpdates", offset=8, limit=2, timeout=0)],
        {"count": 2, "last_update_id": 9, "updates_json": '[{"update_id": 8}, {"update_id": 9}]'},
    ),
    Case(
        "WhatsAppSendMessageNode",
        {"to": "+49", "text": "hi", "preview_url": True},
        [TAKEN],
        [whatsapp("text", {"preview_url": True, "body": "hi"})],
        {**GOT, "text": "hi"},
    ),
    Case(
        "WhatsAppSendTemplateNode",
        {"to": "+49", "template_name": "t", "language_code": "de", "components": '{"type": "b"}'},
        [TAKEN],
        [
            whatsapp(
                "template",
                {"name": "t", "language": {"code": "de"}, "components": [{"type": "b"}]},
            )
        ],
        {**GOT, "template_name": "t"},
    ),
    Case(
        "WhatsAppSendImageNode",
        {"to": "+49", "image": "https://x/y.png", "caption": "c"},
        [TAKEN],
        [whatsapp("image", {"caption": "c", "link": "https://x/y.png"})],
        {**GOT, "image_path": "https://x/y.png"},
    ),
    Case(
        "WhatsAppSendDocumentNode",
        {"to": "+49", "document": "777", "filename": "f.pdf", "caption": "c"},
        [TAKEN],
        [whatsapp("document", {"filename": "f.pdf", "caption": "c", "id": "777"})],
        {**GOT, "document_path": "777"},
    ),
    Case(
        "WhatsAppSendVideoNode",
        {"to": "+49", "video": "https://x/y.mp4"},
        [TAKEN],
        [whatsapp("video", {"link": "https://x/y.mp4"})],
        {**GOT, "video_path": "https://x/y.mp4"},
    ),
    Case(
        "WhatsAppSendLocationNode",
        {"to": "+49", "latitude": 1, "longitude": 2, "name": "n", "address": "a"},
        [TAKEN],
        [whatsapp("location", {"latitude": 1.0, "longitude": 2.0, "name": "n", "address": "a"})],
        {**GOT, "latitude": 1.0},
    ),
    Case(
        "WhatsAppSendInteractiveNode",
        {
            "to": "+49",
            "interactive_type": "list",
            "body_text": "b",
            "action_json": '{"button": "x"}',
            "header_json": {"type": "text", "text": "h"},
            "footer_text": "f",
        },
        [TAKEN],
        [
            whatsapp(
                "interactive",
                {
                    "type": "list",
                    "body": {"text": "b"},
                    "action": {"button": "x"},
                    "header": {"type": "text", "text": "h"},
                    "footer": {"text": "f"},
                },
            )
        ],
        {**GOT, "interactive_type": "list"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_node_sends_what_the_service_wants(case, account_case, service):
    done = account_case(case, whatsapp=WHATSAPP_SECRET)

    check(case, done, service)
    if case.type.startswith("WhatsApp"):
        assert service.seen[0].headers["Authorization"] == "Bearer wa"


def test_every_node_of_a_messenger_has_a_case():
    assert sorted(case.type for case in CASES) == sorted(
        modules()["telegram"] + modules()["whatsapp"]
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sending_is_once_and_reading_reads(case):
    effect = "reads" if case.type == "TelegramGetUpdatesNode" else "once"

    assert load_catalogue().get(case.type).effect == effect


def test_a_file_goes_to_telegram_with_its_name(account_case, service, tmp_path):
    (tmp_path / "r.pdf").write_bytes(b"%PDF-x")
    case = Case("TelegramSendDocumentNode", {"chat_id": "1", "document": "r.pdf"}, [MESSAGE])
    case.config["filename"] = "report.pdf"

    assert account_case(case).error is None
    body = service.seen[0].body
    assert b'name="document"; filename="report.pdf"' in body
    assert b"%PDF-x" in body
    assert b'name="chat_id"\r\n\r\n1' in body


def test_a_file_is_handed_to_whatsapp_and_then_sent(account_case, service, tmp_path):
    (tmp_path / "p.png").write_bytes(b"picture")
    case = Case("WhatsAppSendImageNode", {"to": "+49", "image": "p.png"}, [{"id": "9"}, TAKEN])

    assert account_case(case, whatsapp=WHATSAPP_SECRET).error is None
    handed, sent = service.seen
    assert handed.line == "POST /100/media"
    assert b'filename="p.png"\r\nContent-Type: image/png\r\n\r\npicture' in handed.body
    assert sent.json["image"] == {"id": "9"}


def test_telegram_says_itself_how_long_to_wait(account_case, service):
    case = Case("TelegramSendMessageNode", {"chat_id": "1", "text": "t"})
    case.answers = [(429, {"ok": False, "parameters": {"retry_after": 0}}), MESSAGE]

    assert account_case(case).outputs["message_id"] == 5
    assert len(service.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_refusal_is_told_and_nothing_is_sent_twice(status, account_case, service):
    case = Case("TelegramSendMessageNode", {"chat_id": "1", "text": "t"})
    case.answers = [(status, {"ok": False, "description": "chat not found"})]

    done = account_case(case)

    assert done.error == f"Telegram answered HTTP {status}: chat not found"
    assert len(service.seen) == 1


def test_an_account_that_is_not_there_is_asked_for(run_node):
    done = run_node("WhatsAppSendMessageNode", {"to": "1", "text": "t"})

    assert "access_token and phone_number_id missing" in done.error
