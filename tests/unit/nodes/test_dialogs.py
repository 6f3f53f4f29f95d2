"""Message box, confirmation and input: what is asked, and what an answer means."""

import pytest

from casare_robot.domain.question import AskOutcome


@pytest.mark.parametrize(
    ("buttons", "button", "accepted"),
    [
        ("ok", "ok", True),
        ("ok_cancel", "cancel", False),
        ("yes_no", "yes", True),
        ("yes_no_cancel", "no", False),
        ("yes_no_cancel", "cancel", False),
    ],
)
def test_a_message_box_tells_the_button(run_node, at_desk, buttons, button, accepted):
    config = {"message": "Go on?", "buttons": buttons}

    run = run_node("MessageBoxNode", config, surroundings=at_desk(button))

    assert run.outputs == {"result": button, "accepted": accepted}


def test_a_message_box_shows_everything_it_was_given(run_node, at_desk):
    config = {
        "title": "T",
        "message": "M",
        "detailed_text": "D",
        "icon_type": "warning",
        "buttons": "yes_no",
        "default_button": "No",
        "always_on_top": False,
        "play_sound": True,
        "auto_close_timeout": "7",
    }

    ask = run_node("MessageBoxNode", config, surroundings=at_desk("no")).surroundings.asked[0]

    assert (ask.title, ask.message, ask.detail, ask.mood) == ("T", "M", "D", "warning")
    assert (ask.proposed, ask.on_top, ask.has_sound, ask.seconds) == ("no", False, True, 7)
    assert ask.dismiss == ""


def test_a_message_box_that_closes_by_itself_says_timeout(run_node, at_desk):
    run = run_node("MessageBoxNode", {}, surroundings=at_desk(outcome=AskOutcome.TIMED_OUT))

    assert run.outputs == {"result": "timeout", "accepted": False}


def test_where_nobody_is_there_a_message_box_fails_and_names_what_to_do(run_node, at_desk):
    run = run_node("MessageBoxNode", {"title": "Pay?"}, surroundings=at_desk())

    assert "'Pay?'" in run.error
    assert "casare-robot tray" in run.error
    assert "default_button" in run.error


def test_where_nobody_is_there_the_default_button_holds_and_the_log_says_so(run_node, at_desk):
    config = {"buttons": "yes_no", "default_button": "no"}

    run = run_node("MessageBoxNode", config, surroundings=at_desk())

    assert run.outputs == {"result": "no", "accepted": False}
    assert "its default holds" in run.log[0][1]


def test_a_default_button_that_is_not_shown_is_no_answer(run_node, at_desk):
    run = run_node("MessageBoxNode", {"default_button": "maybe"}, surroundings=at_desk())

    assert "the default does not fit" in run.error


@pytest.mark.parametrize(("button", "confirmed"), [("yes", True), ("no", False), ("cancel", False)])
def test_a_confirmation_is_given_by_yes_alone(run_node, at_desk, button, confirmed):
    run = run_node("ConfirmDialogNode", {}, surroundings=at_desk(button))

    assert run.outputs == {"confirmed": confirmed, "button_clicked": button}


def test_a_confirmation_has_words_of_its_own_on_its_buttons(run_node, at_desk):
    config = {"button_yes_text": "Send", "button_no_text": "No"}

    ask = run_node("ConfirmDialogNode", config, surroundings=at_desk("yes")).surroundings.asked[0]

    assert [button.text for button in ask.buttons] == ["Send", ""]


def test_input_is_what_was_typed(run_node, at_desk):
    run = run_node("InputDialogNode", {"prompt": "Who?"}, surroundings=at_desk("ok", value="Ada"))

    assert run.outputs == {"value": "Ada", "confirmed": True}
    assert run.surroundings.asked[0].body.fields[0].label == "Who?"


def test_cancelled_input_is_empty(run_node, at_desk):
    run = run_node("InputDialogNode", {"default_value": "x"}, surroundings=at_desk("cancel"))

    assert run.outputs == {"value": "", "confirmed": False}


def test_where_nobody_is_there_the_default_value_is_the_input(run_node, at_desk):
    run = run_node("InputDialogNode", {"default_value": "x"}, surroundings=at_desk())

    assert run.outputs == {"value": "x", "confirmed": True}


def test_a_secret_default_is_not_shown_and_holds_where_nothing_is_typed(run_node, at_desk):
    config = {"default_value": "hunter2", "password_mode": True}

    run = run_node("InputDialogNode", config, surroundings=at_desk("ok", value=""))

    assert run.outputs == {"value": "hunter2", "confirmed": True}
    assert "hunter2" not in str(run.surroundings.asked)
    assert run.surroundings.asked[0].body.fields[0].kind == "secret"


def test_longer_text_is_counted_and_its_default_is_cut_to_what_fits(run_node, at_desk):
    config = {"default_text": "abcdef", "max_chars": "4", "placeholder": "P"}

    run = run_node("MultilineInputDialogNode", config, surroundings=at_desk("ok"))

    assert run.outputs == {"text": "abcd", "confirmed": True, "char_count": 4}
    field = run.surroundings.asked[0].body.fields[0]
    assert (field.kind, field.most, field.placeholder) == ("long_text", 4, "P")


def test_credentials_are_given_together_and_the_password_is_a_secret(run_node, at_desk):
    desk = at_desk("ok", username="ada", password="pw", remember=True)

    run = run_node("CredentialDialogNode", {"mask_password": False}, surroundings=desk)

    assert run.outputs == {
        "username": "ada",
        "password": "pw",
        "remember": True,
        "confirmed": True,
    }
    fields = {field.name: field for field in run.surroundings.asked[0].body.fields}
    assert (fields["password"].kind, fields["password"].is_masked) == ("secret", False)


def test_credentials_without_remember_do_not_ask_for_it(run_node, at_desk):
    config = {"show_remember": False}

    run = run_node("CredentialDialogNode", config, surroundings=at_desk("cancel"))

    names = [field.name for field in run.surroundings.asked[0].body.fields]
    assert names == ["username", "password"]
    assert run.outputs == {"username": "", "password": "", "remember": False, "confirmed": False}


def test_credentials_have_no_default(run_node, at_desk):
    assert "nobody is there" in run_node("CredentialDialogNode", surroundings=at_desk()).error
