"""New emails in a real mailbox: Dovecot."""

import imaplib
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from casare_robot.domain.policy import Policy
from casare_robot.triggers.event import Surroundings
from casare_robot.triggers.mail import Mailbox
from tests.mail_servers import DOVECOT, PASSWORD, USER, ImapServer, certificate

pytestmark = pytest.mark.skipif(DOVECOT is None, reason="no Dovecot is installed here")


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def dovecot(secured):
    server = ImapServer(*secured)
    yield server
    server.stop()


@pytest.fixture
def box(dovecot, secured, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(secured[0]))
    around = Surroundings(
        clock=lambda: datetime.now(UTC), sleep=lambda _: None, policy=Policy, ended_jobs=list
    )

    def make(**settings):
        given = {
            "provider": "imap",
            "server": "localhost",
            "port": dovecot.port,
            "username": USER,
            "password": PASSWORD,
            "use_ssl": True,
            "folder": "INBOX",
            "filter_subject": "",
            "filter_from": "",
            "unread_only": True,
            "mark_as_read": True,
            "poll_interval_seconds": 60,
            "download_attachments": False,
            "attachment_dir": "",
        }
        return Mailbox(given | settings, around)

    return make


@pytest.fixture
def post(dovecot):
    def post(subject, attachment=None):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "bob@x.org", "ada@x.org", subject
        message.set_content("the text")
        if attachment:
            message.add_attachment(b"data", maintype="a", subtype="b", filename=attachment)
        with imaplib.IMAP4("127.0.0.1", dovecot.plain_port) as client:
            client.login(USER, PASSWORD)
            client.append("INBOX", None, None, message.as_bytes())

    return post


def subjects(look):
    return [event.payload["subject"] for event in look.events]


def test_new_mail_comes_once_and_is_read_only_when_its_job_is_there(box, post):
    post("before")
    cursor = box().look(None).cursor
    post("Invoice 7")

    lost = box().look(cursor)  # as if the robot had died before the job was on disk
    found = box().look(cursor)
    after = box().look(found.cursor)
    again = box().look(after.cursor)

    assert (subjects(lost), subjects(found), subjects(after)) == (["Invoice 7"], ["Invoice 7"], [])
    assert [e.key for e in lost.events] == [e.key for e in found.events]
    assert (subjects(again), again.wait) == ([], 60.0)
    payload = found.events[0].payload
    assert (payload["sender"], payload["body"].strip()) == ("bob@x.org", "the text")
    assert subjects(box().look([*cursor[:2], []])) == []  # it is marked as read now


def test_filters_choose_and_attachments_are_kept_where_asked(box, post, tmp_path):
    cursor = box().look(None).cursor
    post("Invoice 8", "../../bill.pdf")
    post("Party")

    plan = box(filter_subject="invoice", download_attachments=True, attachment_dir=str(tmp_path))
    [event] = plan.look(cursor).events

    [path] = event.payload["attachments"]
    assert path.startswith(str(tmp_path))
    assert path.endswith("bill.pdf")


def test_a_flood_comes_in_portions_and_nothing_is_left_out(box, post):
    cursor = box().look(None).cursor
    for number in range(25):
        post(f"n{number}")

    first = box().look(cursor)
    second = box().look(first.cursor)

    assert (len(first.events), first.wait) == (20, 1.0)
    assert subjects(first) + subjects(second) == [f"n{number}" for number in range(25)]
