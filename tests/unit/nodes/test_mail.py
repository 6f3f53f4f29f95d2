"""Mail nodes against real servers: one that takes mail, and Dovecot that keeps it."""

import imaplib
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.mailbox import reading_effect
from tests.mail_servers import DOVECOT, PASSWORD, USER, ImapServer, certificate, smtp_server

# The server does not see what is encrypted from the start.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
needs_dovecot = pytest.mark.skipif(DOVECOT is None, reason="no Dovecot is installed here")


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(secured, monkeypatch):
    """A server's context whose certificate is trusted here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secured[0]))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*secured)
    return context


@pytest.fixture
def smtp(tls):
    with smtp_server(tls=tls) as server:
        yield server


@pytest.fixture(scope="module")
def dovecot(secured):
    server = ImapServer(*secured)
    yield server
    server.stop()


@pytest.fixture
def imap(dovecot, secured, monkeypatch):
    """Dovecot with an empty mailbox; `imap.deliver(message)` puts one in and returns its uid."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secured[0]))
    with imaplib.IMAP4("127.0.0.1", dovecot.plain_port) as client:
        client.login(USER, PASSWORD)
        for folder in ("INBOX", "Archive"):
            if client.select(folder)[1] != [b"0"]:
                client.store("1:*", "+FLAGS", "\\Deleted")
                client.expunge()

    def deliver(message, folder="INBOX"):
        with imaplib.IMAP4("127.0.0.1", dovecot.plain_port) as client:
            client.login(USER, PASSWORD)
            said = client.append(folder, None, None, message.as_bytes())[1][0].decode()
            return said.split()[2].rstrip("]")

    def held(folder="INBOX"):
        with imaplib.IMAP4("127.0.0.1", dovecot.plain_port) as client:
            client.login(USER, PASSWORD)
            client.select(folder)
            found = {}
            for number in client.search(None, "ALL")[1][0].split():
                _, ((about, text), *_) = client.fetch(number, "(UID FLAGS BODY.PEEK[HEADER])")
                subject = message_from_bytes(text)["Subject"]
                found[subject] = about.decode()
            return found

    dovecot.deliver, dovecot.held = deliver, held
    return dovecot


def letter(subject="Invoice 4711", *, files=(), html=""):
    message = EmailMessage()
    message["From"] = "Bob Builder <bob@example.com>"
    message["To"] = "ada@example.com, Eve <eve@example.com>"
    message["Subject"] = subject
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0100"
    message["Message-ID"] = "<one@example.com>"
    message.set_content("plainly")
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message


def sending(server, **more):
    return {
        "smtp_server": "localhost",
        "smtp_port": server.port,
        "username": USER,
        "password": PASSWORD,
        "from_email": "ada@example.com",
        "to_email": "bob@example.com",
        "subject": "Grüße",
        "body": "Hallo",
        **more,
    }


def reading(server, **more):
    return {
        "imap_server": "localhost",
        "imap_port": server.port,
        "username": USER,
        "password": PASSWORD,
        **more,
    }


def test_an_email_arrives_encrypted_with_all_it_was_given(run_node, smtp, tmp_path):
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-1")
    done = run_node(
        "SendEmailNode",
        sending(
            smtp,
            to_email="Bob <bob@example.com>, carl@example.com",
            cc="dora@example.com",
            bcc="eve@example.com",
            sender_name="Ada, Countess",
            reply_to="office@example.com",
            priority="high",
            read_receipt=True,
            is_html=True,
            body="<b>Hallo</b>",
        ),
        inputs={"attachments": ["offer.pdf"]},
    )

    assert done.error is None
    (envelope,) = smtp.received
    assert envelope.mail_from == "ada@example.com"
    assert envelope.rcpt_tos == [
        "bob@example.com",
        "carl@example.com",
        "dora@example.com",
        "eve@example.com",
    ]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["From"] == '"Ada, Countess" <ada@example.com>'
    assert message["Subject"] == "Grüße"
    assert message["Reply-To"] == "office@example.com"
    assert message["Importance"] == "High"
    assert message["Disposition-Notification-To"] == "ada@example.com"
    assert message["Message-ID"] == done.outputs["message_id"]
    assert "eve" not in envelope.content.decode()
    assert message.get_body().get_content_type() == "text/html"
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("offer.pdf", b"%PDF-1")


def test_encryption_from_the_start_works_too(run_node, tls):
    with smtp_server(tls=tls, at_once=True) as server:
        done = run_node("SendEmailNode", sending(server, use_ssl=True))

        assert (done.error, len(server.received)) == (None, 1)


def test_nothing_is_sent_in_the_clear_when_encryption_is_asked_for(run_node):
    with smtp_server() as server:
        done = run_node("SendEmailNode", sending(server))

        assert "offers no encryption" in done.error
        assert server.received == []


def test_a_certificate_nobody_trusts_is_refused(run_node, tls, monkeypatch, tmp_path):
    (tmp_path / "none.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with smtp_server(tls=tls, at_once=True) as server:
        done = run_node("SendEmailNode", sending(server, use_ssl=True))

        assert "certificate" in done.error
        assert server.received == []


def test_a_server_of_ones_own_may_be_used_without_encryption_or_login(run_node):
    with smtp_server(must_sign_in=False) as server:
        done = run_node("SendEmailNode", sending(server, use_tls=False, username="", password=""))

        assert (done.error, len(server.received)) == (None, 1)


def test_a_wrong_password_is_named_as_such(run_node, smtp):
    done = run_node("SendEmailNode", sending(smtp, password="wrong"))

    assert "refuses the user name or password" in done.error


def test_an_email_that_one_of_its_recipients_cannot_get_says_so(run_node, smtp):
    only = run_node("SendEmailNode", sending(smtp, to_email="refused@example.com"))
    both = run_node("SendEmailNode", sending(smtp, cc="refused@example.com"))

    assert "takes no mail for refused@example.com: 550" in only.error
    assert both.error is None
    assert both.log == [("warning", "no mail for refused@example.com: 550 no such mailbox")]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"to_email": ""}, "Recipient email address is required"),
        ({"to_email": "nobody"}, "is no email address"),
        ({"subject": "a\nBcc: all@example.com"}, "cannot be written"),
        ({"from_email": "", "username": ""}, "no sender"),
    ],
)
def test_an_email_that_cannot_be_is_not_sent(run_node, smtp, wrong, reason):
    done = run_node("SendEmailNode", sending(smtp, **wrong))

    assert reason in done.error
    assert smtp.received == []


def test_a_missing_attachment_stops_the_email(run_node, smtp):
    done = run_node("SendEmailNode", sending(smtp), inputs={"attachments": "gone.pdf"})

    assert done.error == "Attachment not found: gone.pdf"
    assert smtp.received == []


def test_a_host_that_is_not_allowed_is_not_asked(run_node, smtp):
    done = run_node("SendEmailNode", sending(smtp), policy=Policy(allowed_hosts=("example.com",)))

    assert "localhost" in done.error
    assert smtp.received == []


def test_the_same_step_sends_under_the_same_id(run_node, smtp):
    ids = [run_node("SendEmailNode", sending(smtp)).outputs["message_id"] for _ in range(2)]

    assert ids[0] == ids[1]


@needs_dovecot
def test_emails_are_read_newest_first_as_plain_data(run_node, imap):
    imap.deliver(letter("first"))
    uid = imap.deliver(letter("second", files=[("a.pdf", b"1234")], html="<p>richly</p>"))

    done = run_node("ReadEmailsNode", reading(imap))

    assert done.error is None
    assert done.outputs["count"] == 2
    newest = done.outputs["emails"][0]
    assert newest == {
        "uid": uid,
        "message_id": "<one@example.com>",
        "subject": "second",
        "from": "Bob Builder <bob@example.com>",
        "to": "ada@example.com, Eve <eve@example.com>",
        "cc": "",
        "date": "2026-11-21T10:00:00+01:00",
        "flags": newest["flags"],
        "body_text": newest["body_text"],
        "body_html": newest["body_html"],
        "attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "size": 4}],
        "has_attachments": True,
    }
    assert newest["body_text"].strip() == "plainly"
    assert newest["body_html"].strip() == "<p>richly</p>"
    assert "\\Seen" not in imap.held()["second"]


@needs_dovecot
def test_criteria_limit_and_order_choose_among_emails(run_node, imap):
    for subject in ("Rechnung für Ada", "other", "Rechnung für Bob"):
        imap.deliver(letter(subject))

    found = run_node("ReadEmailsNode", reading(imap, search_criteria='SUBJECT "für"'))
    oldest = run_node("ReadEmailsNode", reading(imap, limit=1, newest_first=False))
    heads = run_node("ReadEmailsNode", reading(imap, include_body=False))
    wrong = run_node("ReadEmailsNode", reading(imap, search_criteria="NONSENSE"))

    assert [one["subject"] for one in found.outputs["emails"]] == [
        "Rechnung für Bob",
        "Rechnung für Ada",
    ]
    assert [one["subject"] for one in oldest.outputs["emails"]] == ["Rechnung für Ada"]
    assert "body_text" not in heads.outputs["emails"][0]
    assert "answered" in wrong.error


@needs_dovecot
def test_reading_marks_as_read_only_when_told_to(run_node, imap):
    imap.deliver(letter("one"))

    run_node("ReadEmailsNode", reading(imap, mark_as_read=True))

    assert "\\Seen" in imap.held()["one"]
    assert reading_effect({"mark_as_read": True}) is Effect.ONCE
    assert reading_effect({"mark_as_read": False}) is Effect.READS


@needs_dovecot
@pytest.mark.parametrize(
    ("mark_as", "flag", "is_set"),
    [
        ("read", "\\Seen", True),
        ("unread", "\\Seen", False),
        ("flagged", "\\Flagged", True),
        ("unflagged", "\\Flagged", False),
    ],
)
def test_an_email_is_marked(run_node, imap, mark_as, flag, is_set):
    uid = imap.deliver(letter("one"))
    opposite = {"unread": "read", "unflagged": "flagged"}.get(mark_as)
    if opposite:
        run_node("MarkEmailNode", reading(imap, email_uid=uid, mark_as=opposite))

    done = run_node("MarkEmailNode", reading(imap, email_uid=uid, mark_as=mark_as))

    assert done.outputs == {"success": True}
    assert (flag in imap.held()["one"]) is is_set


@needs_dovecot
def test_deleting_marks_and_only_permanently_removes_and_only_the_one(run_node, imap):
    kept, gone = imap.deliver(letter("kept")), imap.deliver(letter("gone"))

    run_node("DeleteEmailNode", reading(imap, email_uid=kept))
    run_node("DeleteEmailNode", reading(imap, email_uid=gone, permanent=True))

    assert list(imap.held()) == ["kept"]
    assert "\\Deleted" in imap.held()["kept"]


@needs_dovecot
def test_an_email_moves_and_the_others_stay(run_node, imap):
    run_node("DeleteEmailNode", reading(imap, email_uid=imap.deliver(letter("marked"))))
    uid = imap.deliver(letter("wanders"))

    done = run_node("MoveEmailNode", reading(imap, email_uid=uid, target_folder="Archive"))
    lost = run_node("MoveEmailNode", reading(imap, email_uid=uid, target_folder="Archive"))
    nowhere = run_node(
        "MoveEmailNode",
        reading(imap, email_uid=imap.deliver(letter("stays")), target_folder="Nowhere"),
    )

    assert done.error is None
    assert list(imap.held("Archive")) == ["wanders"]
    assert list(imap.held()) == ["marked", "stays"]
    assert "there is no email" in lost.error
    assert "Nowhere" in nowhere.error or "answered" in nowhere.error


@needs_dovecot
def test_attachments_are_saved_under_names_that_can_do_no_harm(run_node, imap, tmp_path):
    files = [("../../evil.pdf", b"1"), ("a.pdf", b"2"), ("A.pdf", b"3"), ("nul", b"4")]
    uid = imap.deliver(letter("one", files=files))

    done = run_node("SaveAttachmentNode", reading(imap, email_uid=uid, save_path="in/here"))

    assert done.error is None
    folder = tmp_path / "in" / "here"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "evil.pdf": b"1",
        "a.pdf": b"2",
        "A (2).pdf": b"3",
        "attachment-4": b"4",
    }
    assert done.outputs["count"] == len(done.outputs["saved_files"]) == 4
    assert all(path.startswith(str(folder)) for path in done.outputs["saved_files"])


@needs_dovecot
def test_a_mailbox_in_the_clear_is_encrypted_when_the_server_offers_it(run_node, imap):
    imap.deliver(letter("one"))
    config = reading(imap) | {"imap_port": imap.plain_port, "use_ssl": False}

    done = run_node("ReadEmailsNode", config)

    assert (done.error, done.outputs["count"]) == (None, 1)


@needs_dovecot
def test_what_a_mailbox_refuses_is_said(run_node, imap):
    wrong = run_node("ReadEmailsNode", reading(imap, password="wrong"))
    folder = run_node("ReadEmailsNode", reading(imap, folder="Nowhere"))
    number = run_node("MarkEmailNode", reading(imap, email_uid="1:*"))
    missing = run_node("MarkEmailNode", reading(imap))

    assert "refuses the user name or password" in wrong.error
    assert "answered" in folder.error
    assert "is no email UID" in number.error
    assert missing.error == "Email UID is required"


def test_a_server_that_is_not_there_is_named(run_node):
    done = run_node("ReadEmailsNode", {"imap_server": "localhost", "imap_port": 1})

    assert "localhost:1 cannot be reached" in done.error


@needs_dovecot
def test_all_of_it_in_one_node(run_node, imap, smtp, tmp_path):
    sent = run_node("EmailSuperNode", sending(smtp, action="Send Email"))
    uid = imap.deliver(letter("one", files=[("a.pdf", b"1")]))

    def act(action, **more):
        return run_node("EmailSuperNode", reading(imap, action=action, email_uid=uid, **more))

    read = act("Read Emails")
    marked = act("Mark Email", mark_as="flagged")
    saved = act("Save Attachment", save_path="out")
    moved = act("Move Email", target_folder="Archive")
    failed = act("Delete Email")

    assert sent.outputs["success"] is True
    assert sent.outputs["message_id"].endswith("@example.com>")
    assert (read.outputs["count"], read.outputs["emails"][0]["subject"]) == (1, "one")
    assert marked.outputs["success"] is True
    assert (tmp_path / "out" / "a.pdf").read_bytes() == b"1"
    assert saved.outputs["saved_files"] == [str(tmp_path / "out" / "a.pdf")]
    assert moved.outputs["success"] is True
    assert "\\Flagged" in imap.held("Archive")["one"]
    assert (failed.outputs["success"], failed.outputs["error"]) == (False, failed.error)
