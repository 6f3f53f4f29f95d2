"""Public workflow files that need accounts and servers run against ones on this machine.

Accounts are found by their secret, which says where they are; hosts of files are mapped to
this machine by a table. Several files lack what a node cannot do without: they load, and
run to that node.
"""

import imaplib
import itertools
import json
import ssl
from pathlib import Path

import pytest

from casare_robot.agent.preparation import prepare
from casare_robot.agent.run_workflow import make_job
from casare_robot.domain.policy import Policy
from tests.accounts import Service, says
from tests.file_servers import PASSWORD, USER, ftp_server
from tests.mail_servers import DOVECOT, ImapServer, certificate, smtp_server

needs_mail = pytest.mark.skipif(DOVECOT is None, reason="no Dovecot is installed here")
CORPUS = Path(__file__).parents[1] / "data" / "corpus"
BATCH = "head/workflows__node_tests__batch_{}.json"
TEMPLATE = "head/src__casare_rpa__resources__templates__{}.json"


@pytest.fixture
def service():
    with Service() as running:
        yield running


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


async def run(file, *, service=None, variables=None, **changes):
    """Run a file of the corpus; ``changes`` are settings of nodes, by id.

    Every account is at the service, whatever its secret is called.
    """
    source = json.loads((CORPUS / file).read_text(encoding="utf-8"))
    for node_id, settings in changes.items():
        source["nodes"][node_id]["config"].update(settings)
    kept = {"access_token": "t", "api_key": "k", "bot_token": "42:b", "phone_number_id": "7"}
    secret = json.dumps({**kept, "base_url": service.url if service else ""})
    job = make_job(source, variables, timeout=60)
    return await prepare(job, policy=Policy(), secrets=lambda name: secret).run()


def stopped(result):
    return (result.status, result.error.node_id, result.error.code)


async def test_gmail_s_batch_runs_to_the_email_that_it_does_not_name(service):
    service.script([{"messages": [{"id": "m"}]}])

    result = await run(BATCH.format("8_1_gmail"), service=service)

    assert stopped(result) == ("failed", "gmail_get", "E-NODE-415")
    assert "message_id of gmail_get is empty" in result.error.message
    assert [request.line.split("?")[0] for request in service.seen] == [
        "GET /gmail/v1/users/me/messages"
    ]


async def test_the_sheets_batch_runs_to_the_sheet_that_it_does_not_name(service):
    made = {"spreadsheetId": "b", "spreadsheetUrl": "u"}
    service.script([made, {"properties": {"title": "T"}, "sheets": []}])

    result = await run(BATCH.format("8_2_sheets"), service=service)

    assert stopped(result) == ("failed", "sheets_get_cell", "E-NODE-415")
    assert "spreadsheet_id of sheets_get_cell is empty" in result.error.message
    assert len(service.seen) == 2


async def test_the_google_template_reads_mail_and_sheet_and_adds_a_row(service):
    service.script(
        [
            {"values": [["a"], ["b"]]},
            {"messages": []},
            {"updates": {"updatedCells": 2}},
        ]
    )
    by_path = sorted(service.answers, key=lambda answer: "messages" not in answer)
    service.script(by_path)

    result = await run(
        TEMPLATE.format("google_workspace"), service=service, variables={"spreadsheet_id": "b1"}
    )

    assert result.status == "completed", result.error
    lines = [request.line for request in service.seen]
    assert "q=is%3Aunread" in lines[0]
    assert lines[1].startswith("GET /v4/spreadsheets/b1/values/Sheet1%21A1:Z100")
    assert lines[2].startswith("POST /v4/spreadsheets/b1/values/Results%21A1:append")
    assert service.seen[2].json["values"][0][0] == "Processed"


async def test_the_notification_template_sends_its_message(service):
    service.script([{"ok": True, "result": {"message_id": 5, "chat": {"id": 9}}}])

    result = await run(
        TEMPLATE.format("notifications"),
        service=service,
        variables={"telegram_chat_id": "9", "telegram_bot_token": ""},
    )

    assert result.status == "completed", result.error
    assert service.seen[0].line == "POST /bot42:b/sendMessage"
    assert "Hello! This is your scheduled notification." in service.seen[0].json["text"]


async def test_the_whatsapp_batch_runs_to_the_picture_that_it_does_not_name(service):
    service.script([{"messages": [{"id": "w1"}]}])

    result = await run(BATCH.format("8_5_whatsapp"), service=service)

    assert (result.status, result.error.node_id) == ("failed", "wa_image")
    assert service.seen[0].json["text"]["body"] == "Hello"


async def test_the_chain_of_agents_hands_each_result_on(service):
    service.script([says({"result": {"facts": [number]}}) for number in (1, 2, 3)])

    result = await run("hist/d20cefe_multi_agent_chain.json", service=service)

    assert result.status == "completed", result.error
    asked = [request.json["messages"][-1]["content"] for request in service.seen]
    assert "Artificial Intelligence in Healthcare" in asked[0]
    assert '"facts": [\n    1\n  ]' in asked[1]
    assert '"facts": [\n    2\n  ]' in asked[2]


async def test_the_api_template_saves_what_the_address_answers(service, tmp_path):
    service.script([{"items": [1]}])

    result = await run(
        TEMPLATE.format("api_webhooks"), variables={"api_base_url": service.url, "api_key": "k"}
    )

    assert result.status == "completed", result.error
    assert service.seen[0].line == "GET /v1/data"
    assert json.loads((tmp_path / "output" / "api_response.json").read_text()) == {"items": [1]}


async def test_the_ftp_batch_runs_on_a_server_with_its_files(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "file.txt").write_text("x")
    (home / "a.txt").write_text("a")
    with ftp_server(home) as port:
        result = await run(
            BATCH.format("7_3_ftp"),
            ftp_connect={
                "host": "127.0.0.1",
                "port": port,
                "username": USER,
                "password": PASSWORD,
            },
        )

    assert result.status == "completed", result.error
    assert [line.message for line in result.log] == ["FTP nodes tested!"]
    assert sorted(path.name for path in home.iterdir()) == ["b.txt"]


@pytest.fixture
def mail(tmp_path, monkeypatch):
    """A server that takes mail and one that keeps it; ``addresses`` are settings of nodes."""
    secured = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(secured[0]))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*secured)
    box = ImapServer(*secured)
    with smtp_server(tls=tls) as sending:
        signed_in = {"username": USER, "password": PASSWORD}
        smtp = {"smtp_server": "localhost", "smtp_port": sending.port, "from_email": "a@x.org"}
        imap = {"imap_server": "localhost", "imap_port": box.port, **signed_in}
        nodes = ("read_emails", "delete_email", "mark_email", "move_email", "save_attachment")
        sending.addresses = {"send_email": {**smtp, **signed_in}} | dict.fromkeys(nodes, imap)
        with imaplib.IMAP4("127.0.0.1", box.plain_port) as sending.box:
            sending.box.login(USER, PASSWORD)
            yield sending
    box.stop()


@needs_mail
async def test_the_email_batch_runs_to_the_email_that_it_does_not_name(mail):
    result = await run(BATCH.format("7_6_email"), **mail.addresses)

    assert (result.status, result.error.node_id) == ("failed", "delete_email")
    assert [envelope.rcpt_tos for envelope in mail.received] == [["test@example.com"]]
    assert result.outputs["read_emails"]["count"] == 0


@needs_mail
async def test_the_email_batch_runs_to_its_end_on_emails_that_are_there(mail, tmp_path):
    letter = (
        b"Subject: Invoice\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n"
    )
    for _ in range(4):
        mail.box.append("INBOX", None, None, letter)
    named = {"delete_email": "1", "mark_email": "2", "move_email": "3", "save_attachment": "4"}
    changes = {
        node: {**settings, "email_uid": named.get(node, "")}
        for node, settings in mail.addresses.items()
    }
    changes["save_attachment"]["path"] = str(tmp_path / "saved")
    changes["filter_emails"] = {"emails": "{{read_emails.emails}}"}
    changes["get_email_content"] = {"email": "{{read_emails.emails[0]}}"}

    result = await run(BATCH.format("7_6_email"), **changes)

    assert result.status == "completed", result.error
    assert [line.message for line in result.log] == ["Email nodes tested!"]
    assert result.outputs["filter_emails"]["count"] == 4
    assert result.outputs["get_email_content"]["subject"] == "Invoice"
    assert (tmp_path / "saved" / "a.pdf").read_bytes().startswith(b"%PDF")
    mail.box.select("INBOX")
    assert mail.box.uid("SEARCH", "DELETED")[1] == [b"1"]
    assert mail.box.uid("SEARCH", "SEEN")[1] == [b"2"]
    assert mail.box.uid("SEARCH", "ALL")[1] == [b"1 2 4"]
    assert mail.box.select("Archive")[1] == [b"1"]


async def test_the_documents_batch_names_the_file_that_is_not_there():
    result = await run(BATCH.format("7_7_documents"))

    assert (result.status, result.error.node_id) == ("failed", "excel_open")


async def test_the_excel_and_word_nodes_of_the_batch_work_on_what_was_opened_last(tmp_path):
    from docx import Document

    document = Document()
    document.add_paragraph("an old word")
    document.save(tmp_path / "test.docx")
    source = json.loads((CORPUS / BATCH.format("7_7_documents")).read_text(encoding="utf-8"))
    kept = ("excel_open", "excel_read", "excel_write", "excel_range", "excel_close")
    kept += ("word_open", "word_text", "word_replace", "word_close", "log_result")
    nodes = {name: source["nodes"][name] for name in kept}
    nodes["excel_open"]["config"] = {
        "file_path": str(tmp_path / "test.xlsx"),
        "create_if_missing": True,
    }
    nodes["word_open"]["config"] = {"file_path": str(tmp_path / "test.docx")}
    wires = [
        {"source": f"{here}.exec_out", "target": f"{there}.exec_in"}
        for here, there in itertools.pairwise(kept)
    ]

    job = make_job({"nodes": nodes, "connections": wires}, timeout=60)
    result = await prepare(job, policy=Policy()).run()

    assert result.status == "completed", result.error
    assert result.outputs["excel_range"]["data"][0][0] == "Test"
    assert result.outputs["word_replace"]["replacements"] == 1
    assert Document(tmp_path / "test.docx").paragraphs[0].text == "an new word"
