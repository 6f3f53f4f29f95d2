"""A bot against a server that answers as the public documentation says."""

import json

import pytest

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.telegram import Telegram

DEFAULTS = {
    "bot_token": "1:A",
    "mode": "auto",
    "polling_interval": 2,
    "filter_chat_ids": "",
    "filter_user_ids": "",
    "commands_only": False,
    "filter_commands": "",
    "allowed_updates": "message",
}


def update(number, text, chat=5):
    sender = {"id": 9, "username": "ada", "first_name": "Ada"}
    message = {"message_id": 1, "chat": {"id": chat}, "from": sender, "text": text}
    return {"update_id": number, "message": message}


@pytest.fixture
def bot(page_server):
    page_server.kind = "application/json"

    def make(**settings):
        return Telegram({**DEFAULTS, "base_url": page_server.url, **settings})

    def says(*updates):
        page_server.body = json.dumps({"ok": True, "result": updates}).encode()

    make.says, make.server = says, page_server
    return make


async def test_each_message_is_one_event_and_confirmed_by_the_next_question(bot):
    bot.says(update(7, "old"))
    first = await bot().look(None, Policy())
    bot.says(update(8, "/start now please"))
    second = await bot().look(first.cursor, Policy())
    await bot().look(second.cursor, Policy())

    assert first.events == ()
    [event] = second.events
    assert (event.key, event.payload["command"], event.payload["command_args"]) == (
        "8",
        "start",
        "now please",
    )
    assert (event.payload["chat_id"], event.payload["username"]) == (5, "ada")
    asked = [json.loads(body)["offset"] for _, _, body in bot.server.requests]
    assert asked == [-1, 8, 9]
    assert bot.server.requests[0][0] == "/bot1:A/getUpdates"


async def test_what_is_filtered_out_is_passed_over(bot):
    bot.says(update(1, "/a"), update(2, "/b"), update(3, "b"), update(4, "/b", chat=6))

    look = await bot(filter_chat_ids="5", filter_commands="b").look(0, Policy())

    assert ([event.key for event in look.events], look.cursor) == (["2"], 4)


async def test_a_refusal_is_told_without_the_token(bot):
    bot.server.status = 401
    bot.server.body = b'{"ok": false, "description": "Unauthorized"}'

    with pytest.raises(TriggerError, match="Unauthorized") as caught:
        await bot().look(0, Policy())

    assert "1:A" not in str(caught.value)


def test_a_webhook_of_telegram_is_refused_with_the_reason(bot):
    with pytest.raises(TriggerError, match="polling"):
        bot(mode="webhook")
