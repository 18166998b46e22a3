from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.event_time import CLOCK_SKEW, EARLIEST, LATEST, Impossible, event_time
from tests.conftest import NOON, a_post


def test_an_author_clock_that_can_be_right_is_believed() -> None:
    assert event_time(a_post(created_at=NOON, seen_at=NOON + timedelta(days=9))) == (NOON, False)
    assert event_time(a_post(created_at=NOON + CLOCK_SKEW, seen_at=NOON)) == (NOON + CLOCK_SKEW, False)


def test_a_clock_that_runs_ahead_is_replaced_by_the_networks() -> None:
    assert event_time(a_post(created_at=NOON + CLOCK_SKEW + timedelta(seconds=1), seen_at=NOON)) == (NOON, True)


def test_a_source_that_did_not_take_the_author_s_clock_is_believed() -> None:
    """As Bluesky's, where the key of a record tells a time too: no look at two clocks would show it."""
    assert event_time(a_post(created_at=NOON, seen_at=NOON, clock_replaced=True)) == (NOON, True)
    ahead = a_post(created_at=NOON + timedelta(days=1), seen_at=NOON, clock_replaced=True)
    assert event_time(ahead) == (NOON, True)


def test_an_absurdly_old_time_is_replaced() -> None:
    assert event_time(a_post(created_at=datetime(1, 1, 1, tzinfo=UTC), seen_at=NOON)) == (NOON, True)


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_without_a_second_clock_an_impossible_time_is_said_to_be_so(moment: datetime) -> None:
    with pytest.raises(Impossible, match="cannot be right"):
        event_time(a_post(created_at=moment))


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
OFFSETS = [timezone(timedelta(hours=hours)) for hours in (-14, 0, 5, 14)]


@pytest.mark.parametrize("zone", OFFSETS)
@pytest.mark.parametrize("seen_at", [FIRST, LAST])
def test_a_second_clock_at_the_end_of_time_is_no_error(seen_at: datetime, zone: timezone) -> None:
    post = a_post(created_at=NOON, seen_at=seen_at.replace(tzinfo=zone))
    if seen_at == FIRST:
        with pytest.raises(Impossible, match="cannot be right"):
            event_time(post)
    else:
        assert event_time(post) == (NOON, False)


@given(
    st.one_of(st.sampled_from([FIRST, LAST]), st.datetimes(timezones=st.just(UTC))),
    st.one_of(st.sampled_from([FIRST, LAST]), st.datetimes(timezones=st.just(UTC))),
    st.sampled_from(OFFSETS),
)
def test_every_time_given_out_can_be_stored(created_at: datetime, seen_at: datetime, zone: timezone) -> None:
    post = a_post(created_at=created_at.replace(tzinfo=zone), seen_at=seen_at.replace(tzinfo=zone))
    try:
        at, _ = event_time(post)
    except Impossible:
        return
    assert EARLIEST <= at <= LATEST
