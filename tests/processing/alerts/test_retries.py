"""When a channel that has failed is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from processing.alerts.notification import Outcome
from processing.alerts.retries import NoMore, RetryPolicy, Tried, is_over, next_attempt, pause_after
from tests.conftest import NOON

POLICY = RetryPolicy()
DAY = timedelta(days=1)


def failed(outcome: Outcome, times: int = 1, retry_after: timedelta | None = None) -> list[Tried]:
    return [Tried(outcome, NOON, retry_after)] * times


def test_pause_grows_with_the_failures_up_to_its_cap() -> None:
    pauses = [next_attempt(POLICY, failed(Outcome.RETRY, times), NOON, chance=0.5) for times in (1, 2, 3, 40)]

    assert pauses == [NOON + timedelta(seconds=seconds) for seconds in (5, 10, 20, 300)]


def test_channel_that_fails_for_all_messages_is_left_alone() -> None:
    assert pause_after(POLICY, Tried(Outcome.TIMEOUT, NOON), 40, chance=0.5) == timedelta(minutes=5)


def test_pause_is_never_shorter_than_the_channel_asks_for() -> None:
    asked = failed(Outcome.RATE_LIMITED, retry_after=DAY)

    assert next_attempt(POLICY, asked, NOON, chance=0.0) == NOON + DAY


def test_credentials_are_tried_again_seldom() -> None:
    assert next_attempt(POLICY, failed(Outcome.AUTH), NOON, chance=0.0) == NOON + POLICY.auth / 2


def test_message_is_tried_for_more_than_a_day_and_then_given_up() -> None:
    chance, now = random.Random(1), NOON
    tried: list[Tried] = []
    while True:
        tried.append(Tried(Outcome.RETRY, now))
        match next_attempt(POLICY, tried, now, chance=chance.random()):
            case NoMore():
                break
            case at:
                assert at >= now
                now = at

    assert DAY < now - NOON < POLICY.goes_on_for + POLICY.backoff.cap


def test_clock_that_jumps_forward_gives_nothing_up() -> None:
    after = next_attempt(POLICY, failed(Outcome.RETRY, 2), NOON + 30 * DAY, chance=0.0)

    assert after == NOON + 30 * DAY


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (NOON + timedelta(minutes=4), False),
        (NOON + timedelta(minutes=5), True),
        (NOON - timedelta(seconds=2), False),
        (NOON - timedelta(hours=1), True),
    ],
)
def test_pause_is_over_in_time_or_where_the_clock_was_set_back(now: object, over: bool) -> None:
    assert is_over(NOON, timedelta(minutes=5), now) is over  # type: ignore[arg-type]
