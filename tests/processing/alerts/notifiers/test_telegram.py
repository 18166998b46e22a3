"""Telegram: one message edited in place, replies for real steps, and the pauses of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.alerts.notification import Outcome, Step
from processing.alerts.notifiers.telegram_text import units
from tests.support.channels.kinds import telegram
from tests.support.channels.messages import ACKNOWLEDGE, PAGE, PNG, POST, a_message, a_notification
from tests.support.channels.receiver import receiving, says
from tests.support.channels.servers import TelegramServer


def test_entities_are_counted_in_utf_16() -> None:
    held = TelegramServer()
    with receiving(held) as server:
        telegram(server.url).notify(a_notification(message=a_message("👩‍👩‍👧 حظر 🇺🇸")))

    message = held.messages[1]
    text = message["text"].encode("utf-16-le")
    shown = {
        (each["type"], text[2 * each["offset"] : 2 * (each["offset"] + each["length"])].decode("utf-16-le"))
        for each in message["entities"]
    }
    assert ("bold", "👩‍👩‍👧 حظر 🇺🇸") in shown
    assert ("blockquote", "👩‍👩‍👧 حظر 🇺🇸") in shown
    assert ("pre", "▁▁▂▇█") in shown
    links = {each["url"] for each in message["entities"] if each["type"] == "text_link"}
    assert links == {PAGE, ACKNOWLEDGE, POST}


def test_a_step_edits_the_root_and_replies() -> None:
    held = TelegramServer()
    with receiving(held) as server:
        chat = telegram(server.url, topic=7)
        root = chat.notify(a_notification()).message_id
        attempt = chat.notify(a_notification(Step.RESOLVED, root=root, message=a_message("It is over")))

    assert held.messages[1]["text"].startswith("It is over")
    assert held.messages[2]["reply_parameters"]["message_id"] == int(root)
    assert held.messages[2]["message_thread_id"] == 7
    assert attempt.message_id == "2"


def test_the_topic_general_is_not_named() -> None:
    """Telegram answers `message thread not found` to its id."""
    held = TelegramServer()
    with receiving(held) as server:
        telegram(server.url, topic=1).notify(a_notification(message=a_message(chart=PNG)))

    assert "message_thread_id" not in held.messages[1]
    assert b"message_thread_id" not in held.photos[0]


def test_without_replies_a_step_only_edits() -> None:
    held = TelegramServer()
    with receiving(held) as server:
        chat = telegram(server.url, thread=False)
        root = chat.notify(a_notification()).message_id

        assert chat.notify(a_notification(Step.RESOLVED, root=root)).message_id == root

    assert len(held.messages) == 1


def test_an_edit_that_changes_nothing_has_been_done() -> None:
    held = TelegramServer()
    with receiving(held) as server:
        chat = telegram(server.url, thread=False)
        root = chat.notify(a_notification()).message_id

        assert chat.notify(a_notification(Step.RESOLVED, root=root)).outcome is Outcome.SENT


def test_a_root_that_was_deleted_is_sent_anew() -> None:
    held = TelegramServer()
    with receiving(held) as server:
        assert telegram(server.url).notify(a_notification(Step.GREW, root="44")).message_id == "1"


def test_the_pause_stands_in_the_body() -> None:
    with receiving(TelegramServer()) as server:
        body = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 41"}
        server.faults.append(says(body | {"parameters": {"retry_after": 41}}, 429))

        attempt = telegram(server.url).notify(a_notification())

    assert (attempt.outcome, attempt.retry_after) == (Outcome.RATE_LIMITED, timedelta(seconds=41))


@pytest.mark.parametrize(
    ("status", "description", "outcome"),
    [
        (404, "Not Found", Outcome.AUTH),
        (403, "Forbidden: bot was kicked from the supergroup chat", Outcome.AUTH),
        (400, "Bad Request: chat not found", Outcome.AUTH),
        (400, "Bad Request: not enough rights to send text messages to the chat", Outcome.AUTH),
        (400, "Bad Request: need administrator rights in the channel chat", Outcome.AUTH),
        (400, "Bad Request: Have no write access to the chat", Outcome.AUTH),
        (400, "Bad Request: message thread not found", Outcome.AUTH),
        (400, "Bad Request: TOPIC_CLOSED", Outcome.AUTH),
        (400, "Bad Request: message is too long", Outcome.REFUSED),
        (500, "Internal Server Error", Outcome.RETRY),
    ],
)
def test_a_refusal_is_an_outcome(status: int, description: str, outcome: Outcome) -> None:
    with receiving(TelegramServer()) as server:
        server.faults.append(says({"ok": False, "error_code": status, "description": description}, status))
        attempt = telegram(server.url).notify(a_notification())

    assert attempt.outcome is outcome
    assert description in attempt.detail


def test_a_group_that_has_moved_names_its_new_id() -> None:
    with receiving(TelegramServer()) as server:
        description = "Bad Request: group chat was upgraded to a supergroup chat"
        body = {"ok": False, "error_code": 400, "description": description, "parameters": {"migrate_to_chat_id": -1005}}
        server.faults.append(says(body, 400))

        attempt = telegram(server.url).notify(a_notification())

    assert attempt.outcome is Outcome.AUTH
    assert "-1005" in attempt.detail


def test_the_chart_is_a_silent_reply_behind_the_text() -> None:
    held = TelegramServer()
    with receiving(held) as server:
        attempt = telegram(server.url).notify(a_notification(message=a_message(chart=PNG)))

        assert [path.rsplit("/", 1)[-1] for path in server.paths()] == ["sendMessage", "sendPhoto"]
    assert attempt.detail == "with chart"
    (photo,) = held.photos
    assert PNG in photo
    assert b'"message_id":1' in photo


def test_a_chart_that_is_not_taken_is_not_in_the_way() -> None:
    with receiving(TelegramServer()) as server:
        sent = says({"ok": True, "result": {"message_id": 5}})
        server.faults.extend([sent, says({"ok": False, "error_code": 400, "description": "IMAGE_PROCESS_FAILED"}, 400)])
        attempt = telegram(server.url).notify(a_notification(message=a_message(chart=PNG)))

    assert (attempt.outcome, attempt.message_id) == (Outcome.SENT, "5")
    assert "IMAGE_PROCESS_FAILED" in attempt.detail


def test_a_unit_is_half_of_what_is_beyond_the_first_plane() -> None:
    assert (units("a"), units("ح"), units("🇺🇸")) == (1, 1, 4)
