"""What the face makes of the robot's state."""

import pytest

from casare_robot.domain.robot_status import LinkState, RobotState
from casare_robot.tray.views.looks import DRAWINGS, Look
from casare_robot.tray.views.sight import Reach, headline, look_of

STATES = [
    # state               line                     needs you  look                headline
    (RobotState.IDLE, LinkState.LOCAL, 0, Look.IDLE, "Local – idle"),
    (RobotState.IDLE, LinkState.CONNECTED, 0, Look.IDLE, "Connected – idle"),
    (RobotState.IDLE, LinkState.RECONNECTING, 0, Look.RECONNECTING, "Reconnecting – idle"),
    (RobotState.IDLE, LinkState.CONNECTING, 0, Look.RECONNECTING, "Connecting – idle"),
    (RobotState.IDLE, LinkState.DISCONNECTED, 0, Look.DISCONNECTED, "Disconnected – idle"),
    (RobotState.EXECUTING, LinkState.CONNECTED, 0, Look.EXECUTING, "Connected – executing"),
    (RobotState.EXECUTING, LinkState.RECONNECTING, 0, Look.EXECUTING, "Reconnecting – executing"),
    (RobotState.PAUSED, LinkState.CONNECTED, 0, Look.PAUSED, "Connected – paused"),
    (RobotState.ERROR, LinkState.CONNECTED, 0, Look.ERROR, "Connected – error"),
    (RobotState.STARTING, LinkState.LOCAL, 0, Look.STARTING, "Local – starting"),
    (RobotState.IDLE, LinkState.CONNECTED, 2, Look.NEEDS_YOU, "Connected – idle"),
    (RobotState.EXECUTING, LinkState.LOCAL, 1, Look.NEEDS_YOU, "Local – executing"),
    (RobotState.ERROR, LinkState.LOCAL, 1, Look.ERROR, "Local – error"),
]


@pytest.mark.parametrize(("state", "link", "needs", "look", "words"), STATES)
def test_each_state_has_its_look_and_its_words(seen, state, link, needs, look, words) -> None:
    sight = seen(state, link, needs_attention=needs)

    assert (look_of(sight), headline(sight)) == (look, words)


@pytest.mark.parametrize(
    ("reach", "look", "words"),
    [
        (Reach.LOOKING, Look.STARTING, "Looking for the robot"),
        (Reach.LOST, Look.DISCONNECTED, "Disconnected from the robot"),
        (Reach.LEFT, Look.DISCONNECTED, "Stopped"),
    ],
)
def test_a_robot_that_is_not_reached_has_its_look_too(unreached, reach, look, words) -> None:
    sight = unreached(reach)

    assert (look_of(sight), headline(sight)) == (look, words)


def test_trouble_of_the_program_itself_is_red(seen) -> None:
    assert look_of(seen(RobotState.EXECUTING, trouble="a window failed")) is Look.ERROR


def test_looks_differ_by_more_than_colour() -> None:
    shown = [(drawing.shape, drawing.glyph) for drawing in DRAWINGS.values()]

    assert len(set(shown)) == len(Look)
