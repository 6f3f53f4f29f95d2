"""Outlook's nodes against an object model that answers as Microsoft documents it."""

import sys
from types import ModuleType, SimpleNamespace

import pytest


class COMError(Exception):
    """Of comtypes."""


class Items:
    """A collection, counted from 1."""

    def __init__(self, items):
        self.kept = list(items)

    @property
    def Count(self):  # noqa: N802 - Outlook's own name
        return len(self.kept)

    def Item(self, place):  # noqa: N802
        return self.kept[place - 1]

    def Sort(self, field, descending):  # noqa: N802
        assert (field, descending) == ("[ReceivedTime]", True)
        self.kept.sort(key=lambda item: item.ReceivedTime, reverse=True)

    def Restrict(self, condition):  # noqa: N802
        assert condition == "[Unread] = True"
        return Items(item for item in self.kept if item.UnRead)

    def Add(self, path):  # noqa: N802
        self.kept.append(path)


def mail(subject, received, *, unread=False):
    return SimpleNamespace(
        Subject=subject,
        SenderName="Ada",
        SenderEmailAddress="ada@example.com",
        ReceivedTime=received,
        Body="Hi",
        UnRead=unread,
        Attachments=Items([]),
    )


@pytest.fixture
def outlook(monkeypatch):
    """Outlook with two emails in its inbox and a folder below it; what was sent."""
    sent = []
    done = SimpleNamespace(Name="Done", Items=Items([mail("old", 1)]), Folders=Items([]))
    inbox = SimpleNamespace(
        Name="Inbox",
        Items=Items([mail("first", 2), mail("second", 3, unread=True)]),
        Folders=Items([done]),
        UnReadItemCount=1,
    )
    inbox.Parent = SimpleNamespace(Name="Ada", Folders=Items([inbox]))

    def create(number):
        assert number == 0
        item = SimpleNamespace(Attachments=Items([]))
        item.Send = lambda: sent.append(item)
        return item

    def folder(number):
        assert number == 6
        return inbox

    namespace = SimpleNamespace(GetDefaultFolder=folder)
    application = SimpleNamespace(
        CreateItem=create, GetNamespace=lambda name: {"MAPI": namespace}[name], sent=sent
    )
    com, client = ModuleType("comtypes"), ModuleType("comtypes.client")
    com.COMError, com.client = COMError, client
    com.CoInitialize = com.CoUninitialize = lambda: None
    client.CreateObject = lambda name, dynamic: {"Outlook.Application": application}[name]
    monkeypatch.setitem(sys.modules, "comtypes", com)
    monkeypatch.setitem(sys.modules, "comtypes.client", client)
    return application


def test_an_email_is_sent_with_its_attachments(run_node, outlook, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    config = {"to": "b@example.com", "subject": "S", "body": "<b>B</b>", "html_body": True}

    run = run_node(
        "OutlookSendEmailNode", {**config, "cc": "c@example.com", "attachments": ["a.txt"]}
    )

    assert run.outputs == {"success": True}
    sent = outlook.sent[0]
    assert (sent.To, sent.CC, sent.Subject, sent.HTMLBody) == (
        "b@example.com",
        "c@example.com",
        "S",
        "<b>B</b>",
    )
    assert sent.Attachments.kept == [str(tmp_path / "a.txt")]


def test_nothing_is_sent_without_its_attachment(run_node, outlook):
    run = run_node("OutlookSendEmailNode", {"to": "b@example.com", "attachments": "gone.txt"})

    assert "gone.txt" in run.error
    assert outlook.sent == []


@pytest.mark.parametrize(
    ("config", "subjects"),
    [
        ({}, ["second", "first"]),
        ({"count": 1}, ["second"]),
        ({"unread_only": True}, ["second"]),
        ({"folder": "Inbox/Done"}, ["old"]),
    ],
)
def test_the_newest_emails_of_a_folder_are_read(run_node, outlook, config, subjects):
    run = run_node("OutlookReadEmailsNode", config)

    assert [email["subject"] for email in run.outputs["emails"]] == subjects
    assert run.outputs["count"] == len(subjects)
    assert run.outputs["emails"][0]["sender_email"] == "ada@example.com"


def test_a_folder_that_is_not_there_is_told(run_node, outlook):
    assert (
        "no folder 'Gone' in Inbox"
        in run_node("OutlookReadEmailsNode", {"folder": "inbox/Gone"}).error
    )


@pytest.mark.parametrize(("unread_only", "total"), [(False, 2), (True, 1)])
def test_the_inbox_is_counted(run_node, outlook, unread_only, total):
    run = run_node("OutlookGetInboxCountNode", {"unread_only": unread_only})

    assert run.outputs == {"total_count": total, "unread_count": 1, "success": True}


def test_what_outlook_refuses_is_a_failure(run_node, outlook, monkeypatch):
    def refuse(number):
        raise COMError("locked")

    monkeypatch.setattr(outlook, "CreateItem", refuse)

    assert (
        "Outlook refuses: locked" in run_node("OutlookSendEmailNode", {"to": "b@example.com"}).error
    )
