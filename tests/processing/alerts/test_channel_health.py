"""How a channel has answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.alerts.health import ChannelHealth
from processing.alerts.notification import Outcome
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("outcomes", "in_row"),
    [
        ([Outcome.RETRY], 1),
        ([Outcome.RETRY, Outcome.TIMEOUT], 2),
        ([Outcome.AUTH, Outcome.AUTH], 2),
        ([Outcome.RETRY, Outcome.REFUSED], 0),
        ([Outcome.RETRY, Outcome.RETRY, Outcome.SENT], 0),
    ],
)
def test_failed_attempts_in_a_row_are_counted(outcomes: list[Outcome], in_row: int) -> None:
    health = ChannelHealth()
    for outcome in outcomes:
        health = health.after(outcome, NOON, timedelta())

    assert health.in_row == in_row
