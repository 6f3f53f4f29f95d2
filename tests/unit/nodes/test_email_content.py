import pytest

MAILS = [
    {"subject": "Invoice 7", "from": "Bob <bob@example.com>", "has_attachments": True},
    {"subject": "invoice", "from": "ann@example.com", "attachments": []},
    {"subject": None, "from": "bob@example.com", "attachments": ["a.pdf"]},
]


def test_an_email_falls_into_its_parts(run_node):
    mail = {"subject": "Hi", "from": "a@b.c", "attachments": ["a.pdf"], "uid": "7", "date": None}
    assert run_node("GetEmailContentNode", inputs={"email": mail}).outputs == {
        "subject": "Hi",
        "from": "a@b.c",
        "to": "",
        "date": "",
        "body_text": "",
        "body_html": "",
        "attachments": ["a.pdf"],
    }


def test_an_email_may_be_json_text_in_the_configuration(run_node):
    ran = run_node("GetEmailContentNode", {"email": '{"subject": "Hi"}'})
    assert ran.outputs["subject"] == "Hi"


@pytest.mark.parametrize("email", [None, {}, "text"])
def test_without_an_email_there_are_no_parts(run_node, email):
    ran = run_node("GetEmailContentNode", inputs={"email": email})
    assert ran.error == "No email data provided"


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ({}, [0, 1, 2]),
        ({"subject_contains": "INVOICE"}, [0, 1]),
        ({"from_contains": "bob"}, [0, 2]),
        ({"has_attachments": True}, [0, 2]),
        ({"has_attachments": "false"}, [1]),
        ({"subject_contains": "invoice", "from_contains": "bob", "has_attachments": ""}, [0]),
    ],
)
def test_emails_are_kept_that_meet_every_condition(run_node, config, kept):
    ran = run_node("FilterEmailsNode", config, inputs={"emails": [*MAILS, "no mail"]})
    assert ran.outputs == {"filtered": [MAILS[i] for i in kept], "count": len(kept)}


def test_missing_emails_are_told(run_node):
    assert run_node("FilterEmailsNode").error == "Input is not a list"
