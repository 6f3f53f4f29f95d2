"""Secrets are hidden, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.observability import secret_mask
from casare_robot.observability.secret_mask import MASK, SecretMask, forms_of


@pytest.fixture
def mask() -> SecretMask:
    mask = SecretMask()
    mask.register("correct horse")
    mask.register("1234")
    return mask


def test_a_long_secret_is_hidden_inside_other_text(mask):
    assert mask("password=correct horse, twice: correct horse") == "password=***, twice: ***"


def test_a_short_secret_is_hidden_as_a_whole_value_only(mask):
    assert mask("1234") == MASK
    assert mask("order 12345") == "order 12345"
    assert mask.values({"pin": "1234", "also": [1234], "no": 12345}) == {
        "pin": MASK,
        "also": [MASK],
        "no": 12345,
    }


def test_an_empty_value_hides_nothing(mask):
    mask.register("")

    assert mask("") == ""
    assert mask("any text") == "any text"


def test_overlapping_secrets_leave_nothing_of_either(mask):
    mask.register("horse battery staple")

    assert mask("a correct horse battery staple b") == "a *** b"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a/b?apikey=SOMEKEY&x=1", "https://a/b?apikey=***&x=1"),
        ("wss://a/b?vsn=1&api_key=SOMEKEY", "wss://a/b?vsn=1&api_key=***"),
        ("https://a?access_token=SOMEKEY#top", "https://a?access_token=***#top"),
        ("https://a?TOKEN=SOMEKEY", "https://a?TOKEN=***"),
        ("https://a?tokens=3&monkey=x", "https://a?tokens=3&monkey=x"),
    ],
)
def test_keys_in_addresses_are_hidden_though_nobody_registered_them(address, shown):
    assert SecretMask()(address) == shown


def test_a_source_of_secrets_registers_what_it_gives():
    mask = SecretMask()
    find = mask.noting({"crm": "the password"}.get)

    assert find("crm") == "the password"
    assert find("other") is None
    assert mask("it is the password") == "it is ***"


def test_of_too_many_secrets_the_oldest_is_forgotten_but_not_one_for_good(monkeypatch):
    monkeypatch.setattr(secret_mask, "MOST", 3)
    mask = SecretMask()
    mask.register("config secret", for_good=True)
    for number in range(5):
        mask.register(f"secret number {number}")

    assert mask("config secret") == MASK
    assert mask("secret number 2") == "secret number 2"
    assert mask("secret number 3") == MASK


def test_memory_does_not_grow_with_secrets_that_were_forgotten(monkeypatch):
    monkeypatch.setattr(secret_mask, "MOST", 3)
    mask = SecretMask()
    for number in range(3):
        mask.register(f"{number} abcdefgh")
    most = len(mask._forms)
    for number in range(50):
        mask.register(f"{number} ijklmnop")

    assert len(mask._forms) <= most * 1.5


@settings(max_examples=50)
@given(st.text(min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_found_at_every_place_of_a_text(secret, before, after):
    mask = SecretMask()
    mask.register(secret)

    for form in forms_of(secret):
        assert form not in mask(f"{before}{form}{after}").replace(MASK, "\N{BLACK SQUARE}" * 3)


@settings(max_examples=50)
@given(st.text(alphabet="abc ", max_size=200))
def test_a_text_without_secrets_stays_as_it_is(text):
    mask = SecretMask()
    mask.register("another secret")

    assert mask(text) == text
