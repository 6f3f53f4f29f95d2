import pytest

from casare_robot.cli.triggers_command import meant
from casare_robot.domain.errors import TriggerError
from casare_robot.domain.trigger_status import TriggerState, TriggerStatus


def trigger(id_, file, node_id, workflow=""):
    watching = TriggerState.WATCHING
    return TriggerStatus(
        id=id_, file=file, node_id=node_id, type="t", workflow=workflow, state=watching
    )


ON = (
    trigger("every_morning.morning", "/w/every_morning.json", "morning", "Every morning"),
    trigger("mails.box", "/w/mails.json", "box"),
    trigger("mails.hook", "/w/mails.json", "hook"),
    trigger("mails-2.box", "/other/mails.json", "box"),
)


@pytest.mark.parametrize(
    ("said", "id_"),
    [
        ("every_morning.morning", "every_morning.morning"),
        ("every_morning", "every_morning.morning"),
        ("Every morning", "every_morning.morning"),
        ("every_morning.json", "every_morning.morning"),
        ("morning", "every_morning.morning"),
        ("hook", "mails.hook"),
        ("mails-2", "mails-2.box"),
        ("/other/mails.json", "mails-2.box"),
    ],
)
def test_a_name_that_says_which_trigger_is_enough(said, id_):
    assert meant(said, ON) == id_


@pytest.mark.parametrize(
    ("said", "choices"),
    [
        ("mails", "'mails' is said of several; say one of: mails.box, mails.hook, mails-2.box"),
        ("box", "'box' is said of several; say one of: mails.box, mails-2.box"),
        (
            "noon",
            "no trigger 'noon' is on; on are: "
            "every_morning.morning, mails.box, mails.hook, mails-2.box",
        ),
    ],
)
def test_else_the_choices_are_told(said, choices):
    with pytest.raises(TriggerError) as refused:
        meant(said, ON)

    assert (refused.value.code, str(refused.value)) == ("E-TRIG-422", choices)


def test_where_nothing_is_on_that_is_said():
    with pytest.raises(TriggerError, match="no trigger 'x' is on; on are: none"):
        meant("x", ())
