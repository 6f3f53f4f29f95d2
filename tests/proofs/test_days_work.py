import pytest

from tests.browsing import needs_browser
from tests.mail_servers import DOVECOT
from tests.proofs.days_work import prove

pytestmark = [
    needs_browser,
    pytest.mark.skipif(DOVECOT is None, reason="no Dovecot is installed here"),
    pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning"),
]


def test_a_day_s_work_killed_on_its_way_doubles_and_loses_nothing(tmp_path):
    tally = prove(tmp_path, kills=3, rows=12, seed=11)

    assert not tally.violations
    assert sum(tally.kills.values()) >= 3


def test_a_robot_killed_while_it_enters_a_row_asks_about_that_row(tmp_path):
    tally = prove(tmp_path, kills=1, rows=3, within=2)

    assert not tally.violations
    [asked] = tally.asked
    assert asked.endswith("[1]/fill: done")


def test_without_intents_that_row_is_entered_twice(tmp_path):
    tally = prove(tmp_path, kills=1, rows=3, within=2, with_intents=False)

    assert tally.asked == []
    assert "order 2 was entered 2 times" in tally.violations
