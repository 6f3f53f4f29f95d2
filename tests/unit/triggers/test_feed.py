"""Feeds of a real server: what is new, once."""

import pytest

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.feed import Feed, entries_of

DEFAULTS = {
    "poll_interval_minutes": 15,
    "filter_keywords": "",
    "filter_mode": "any",
    "max_items_per_check": 10,
    "include_description": True,
}
ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>urn:1</id>
<title>First</title><link rel="alternate" href="https://x/1"/><link rel="edit" href="no"/>
<summary>Text</summary><updated>2026-11-20T12:00:00Z</updated>
<author><name>Ada</name></author><category term="news"/></entry></feed>"""


def rss(*numbers):
    items = "".join(
        f"<item><guid>g{n}</guid><title>Item {n}</title><link>https://x/{n}</link></item>"
        for n in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


def feed(url="http://x/", **settings):
    return Feed({"feed_url": url, **DEFAULTS, **settings})


def titles(look):
    return [event.payload["title"] for event in look.events]


async def test_new_entries_come_once_the_oldest_first(page_server):
    page_server.body = rss(2, 1)
    plan = feed(page_server.url)
    first = await plan.look(None, Policy())
    page_server.body = rss(4, 3, 2, 1)

    second = await plan.look(first.cursor, Policy())
    third = await plan.look(second.cursor, Policy())

    assert (titles(first), titles(second), titles(third)) == ([], ["Item 3", "Item 4"], [])
    assert [event.key for event in second.events] == ["g3", "g4"]
    assert second.wait == 900.0


async def test_a_server_that_fails_is_trouble(page_server):
    page_server.status = 500

    with pytest.raises(TriggerError, match="HTTP 500"):
        await feed(page_server.url).look([], Policy())


def test_an_entry_that_a_feed_forgets_and_names_again_is_not_new():
    plan = feed()
    cursor = plan.news(None, entries_of(rss(1, 2))).cursor
    cursor = plan.news(cursor, entries_of(rss(2))).cursor

    assert plan.news(cursor, entries_of(rss(1, 2))).events == ()


def test_what_is_too_much_for_one_look_waits_for_the_next():
    plan = feed(max_items_per_check=2)

    first = plan.news([], entries_of(rss(3, 2, 1)))
    second = plan.news(first.cursor, entries_of(rss(3, 2, 1)))

    assert (titles(first), first.wait) == (["Item 1", "Item 2"], 1.0)
    assert (titles(second), second.wait) == (["Item 3"], 900.0)


@pytest.mark.parametrize(
    ("mode", "found"), [("any", [1, 2]), ("all", []), ("none", [3])], ids=lambda value: value
)
def test_keywords_choose(mode, found):
    plan = feed(filter_keywords="item 1, ITEM 2", filter_mode=mode)

    assert titles(plan.news([], entries_of(rss(3, 2, 1)))) == [f"Item {n}" for n in found]


def test_atom_has_the_same_ports():
    [entry] = entries_of(ATOM)

    assert entry == {
        "id": "urn:1",
        "title": "First",
        "link": "https://x/1",
        "description": "Text",
        "published": "2026-11-20T12:00:00Z",
        "author": "Ada",
        "categories": ["news"],
    }


def test_entities_of_a_feed_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("do not read")
    document = (
        f'<!DOCTYPE rss [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        "<rss><channel><item><guid>1</guid><title>&e;</title></item></channel></rss>"
    )

    assert "do not read" not in str(entries_of(document.encode()))


def test_a_page_is_no_feed():
    with pytest.raises(TriggerError, match="no RSS or Atom feed"):
        entries_of(b"<html><body>Not found</body></html>")
