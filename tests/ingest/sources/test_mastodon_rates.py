from __future__ import annotations

from bisect import bisect
from datetime import UTC, datetime, timedelta

import pytest

from ingest.sources.mastodon.pursuit import FAR, JUDGED_EVERY, Pursuit
from tests.support.networks.mastodon_firehose import BEGUN, firehose, read

pytestmark = pytest.mark.long

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("rate", [2, 12])
def test_a_timeline_is_kept_up_with_as_far_as_the_limits_of_an_instance_go(rate: float) -> None:
    with firehose(rate) as hose:
        found = read(hose, timedelta(minutes=12))
        behind = hose.now - found.reached[-1].until
    assert sorted(found.numbers) == list(range(min(found.numbers), max(found.numbers) + 1))
    assert len(found.numbers) == len(set(found.numbers))
    assert set(found.faults) == {""}
    assert behind < timedelta(minutes=3)


def test_what_comes_faster_than_that_is_missed_and_said_to_be() -> None:
    with firehose(60) as hose:
        found = read(hose, timedelta(minutes=30))
    missing = sorted(set(range(min(found.numbers), max(found.numbers) + 1)) - set(found.numbers))
    assert missing
    assert found.faults[0] == ""
    assert all("are missing" in fault for fault in found.faults[1:])
    assert any("are missing" in rejected.reason for rejected in found.rejected)
    assert len({reached.since for reached in found.reached}) > 1
    for reached in found.reached:
        first, last = ((moment - BEGUN).total_seconds() * 60 for moment in (reached.since, reached.until))
        assert bisect(missing, first + 1) == bisect(missing, last - 1), (reached, missing[bisect(missing, first)])


def test_what_was_missed_is_told_until_the_timeline_is_caught_up_with() -> None:
    with firehose(60, lasts=timedelta(minutes=24)) as hose:
        found = read(hose, timedelta(minutes=40))
    assert [bool(fault) for fault in found.faults] == [False, True, False]


def test_a_timeline_is_given_up_only_when_it_is_far_behind_and_not_caught_up_with() -> None:
    def judged(*behind: timedelta) -> list[bool]:
        pursuit, moment, seen = Pursuit(NOON), NOON, []
        for each in behind:
            pursuit = pursuit.step(moment, moment - each)
            seen.append(pursuit.is_lost)
            moment += JUDGED_EVERY
        return seen

    near, far = FAR / 2, FAR * 2
    assert judged(near, near, near) == [False, False, False]
    assert judged(far, far - timedelta(seconds=1), far / 2, near) == [False, False, False, False]
    assert judged(near, far, far) == [False, True, True]


def test_a_timeline_whose_numbers_hold_no_time_is_never_given_up() -> None:
    assert not Pursuit(NOON).step(NOON + JUDGED_EVERY, None).is_lost
