"""Whether people have been told before `up --until-done` ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from deploy.supervisor.drain import is_untold
from processing.queries import StoredNotification
from tests.conftest import NOON

HOUR = timedelta(hours=1)


def decided(channel: str = "console", due: datetime = NOON, outcomes: tuple[str, ...] = ()) -> StoredNotification:
    key = f"{channel}/{due}/{outcomes}"
    ends = (NOON,) * len(outcomes)
    return StoredNotification(
        key, "a", channel, 1, "opened", (), NOON, due, "", key if outcomes else "", outcomes, ends, timedelta()
    )


@pytest.mark.parametrize(
    ("undelivered", "untold"),
    [
        ([], False),
        ([decided()], True),
        ([decided(outcomes=("trying",))], True),
        ([decided(outcomes=("retry",))], False),
        ([decided(), decided("slack", outcomes=("retry",))], True),
        ([decided("slack"), decided("slack", outcomes=("retry",))], False),
        ([decided(due=NOON + 2 * HOUR)], False),
        ([decided(due=NOON + HOUR)], True),
    ],
)
def test_what_is_due_is_waited_for_but_at_a_channel_that_fails(
    undelivered: list[StoredNotification], untold: bool
) -> None:
    assert is_untold(undelivered, NOON + HOUR) is untold
