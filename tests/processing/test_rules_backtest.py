"""What a channel would have had of messages that were held for it."""

from __future__ import annotations

from datetime import timedelta

from processing.alerts.schedule import bundle_of_one
from processing.rules_backtest import Message, digests
from tests.conftest import NOON

HOUR = timedelta(hours=1)


def decided(conversation: str, step: str, hour: int, bundle: str = "") -> Message:
    at = NOON + hour * HOUR
    due = NOON + 9 * HOUR if bundle else at
    return Message(at, due, "pager", "all", conversation, step, (), step, bundle, None)


def held(conversation: str, step: str, hour: int) -> Message:
    return decided(conversation, step, hour, bundle_of_one("night", conversation))


def test_channel_without_digests_is_told_of_each_conversation_as_it_stands_behind_the_hold() -> None:
    messages = [
        decided("told", "opened", 0),
        held("untold", "opened", 1),
        held("new", "opened", 1),
        held("told", "grew", 2),
        held("new", "grew", 2),
        held("told", "resolved", 3),
        held("untold", "resolved", 3),
    ]

    had = [[(each.conversation, each.step) for each in together] for together in digests(messages)]

    assert had == [[("told", "opened")], [("new", "opened")], [("told", "resolved")]]


def test_other_channels_have_one_digest() -> None:
    messages = [decided(name, "opened", 1, "night") for name in ("a", "b")]

    assert [len(together) for together in digests(messages)] == [2]
