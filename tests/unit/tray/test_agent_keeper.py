"""When the robot is started, and when it is left alone."""

from itertools import pairwise

import pytest

from casare_robot.resilience.backoff import Backoff
from casare_robot.tray.agent_keeper import HUNG_AFTER, AgentKeeper


class Program:
    def __init__(self):
        self.code = None
        self.words = ""
        self.is_killed = False

    def exit_code(self):
        return self.code

    def last_words(self):
        return self.words

    def kill(self):
        self.is_killed = True
        self.code = -9

    def trim_output(self):
        self.words = self.words[-4:]


class House:
    """Starts programs and has a clock."""

    def __init__(self):
        self.now = 100.0
        self.started = []
        self.refuses = ""
        self.keeper = AgentKeeper(
            self.start,
            steady=lambda: self.now,
            backoff=Backoff(base_delay=10.0, max_delay=40.0, factor=2.0),
            rng=lambda: 0.5,
        )

    def start(self):
        if self.refuses:
            raise OSError(self.refuses)
        self.started.append(Program())
        return self.started[-1]

    def look(self, after=0.0):
        self.now += after
        self.keeper.mind()
        return len(self.started)


@pytest.fixture
def house():
    return House()


def test_a_robot_that_is_not_there_is_started_once(house) -> None:
    assert [house.look(), house.look(), house.look(50.0)] == [1, 1, 1]


def test_one_that_dies_is_started_again_less_and_less_often(house) -> None:
    starts = []
    for _ in range(1000):
        before = len(house.started)
        if house.look(1.0) > before:
            starts.append(house.now)
            house.started[-1].code = 1

    waits = [later - earlier for earlier, later in pairwise(starts)]
    assert waits == sorted(waits)
    assert waits[0] < 20
    assert 40 <= waits[-1] <= 42


def test_one_that_answers_begins_with_a_clean_sheet(house) -> None:
    for _ in range(10):
        house.look(100.0)
        house.started[-1].code = 1
    house.look(100.0)
    count = house.look(100.0)
    house.keeper.reached()
    house.started[-1].code = 1
    house.look()

    assert house.look(9.0) == count
    assert house.look(2.0) == count + 1


def test_why_it_died_is_told(house) -> None:
    house.look()
    house.started[0].words = "E-JRN-409 another process owns this home"
    house.started[0].code = 1
    house.look()

    assert house.keeper.problem == "E-JRN-409 another process owns this home"


def test_one_that_left_on_purpose_stays_away(house) -> None:
    house.look()
    house.started[0].code = 0

    assert [house.look(), house.look(1000.0)] == [1, 1]
    assert not house.keeper.is_wanted


def test_one_that_was_told_to_stop_stays_away_until_it_is_wanted(house) -> None:
    house.keeper.unwant()
    assert house.look(1000.0) == 0

    house.keeper.want()
    assert house.look() == 1


def test_one_that_is_wanted_while_the_last_one_is_leaving_is_started_after_it(house) -> None:
    house.look()
    house.keeper.unwant()
    house.keeper.want()
    house.started[0].code = 0

    house.look()
    assert house.look() == 2
    assert house.keeper.is_wanted


def test_one_that_never_answers_is_ended(house) -> None:
    house.look()
    house.look(HUNG_AFTER + 1)

    assert house.started[0].is_killed


def test_one_that_cannot_be_started_is_tried_again(house) -> None:
    house.refuses = "no such file"
    house.look()
    assert house.keeper.problem == "it cannot be started: no such file"

    house.refuses = ""
    assert house.look(100.0) == 1


def test_only_the_end_of_what_the_robot_writes_is_kept(house) -> None:
    house.keeper.tidy()
    house.look()
    house.started[0].words = "far too much said"

    house.keeper.tidy()

    assert house.started[0].words == "said"
