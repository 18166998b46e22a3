"""A range is cut into whole days, hours and minutes, each moment once."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from processing.queries.rollups import DAY, EPOCH, HOUR, MINUTE, spans
from tests.conftest import NOON

MOMENTS = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: NOON + minutes * MINUTE)
WIDTHS = st.sampled_from([MINUTE, 5 * MINUTE, HOUR, 90 * MINUTE, 6 * HOUR, DAY, 7 * DAY])


@given(MOMENTS, MOMENTS, WIDTHS)
def test_spans_cover_the_range_once_and_fit_their_view_and_the_bins(
    start: datetime, end: datetime, width: timedelta
) -> None:
    cut = spans(start, end, width)
    if start < end:
        assert [span.start for span in cut] + [end] == [start] + [span.end for span in cut]
    else:
        assert cut == ()
    for span in cut:
        assert span.start < span.end
        assert not (span.start - EPOCH) % span.step
        assert not (span.end - EPOCH) % span.step or span.step == MINUTE
        assert span.step == MINUTE or not width % span.step


@given(MOMENTS, MOMENTS)
def test_no_whole_hour_is_read_minute_by_minute(start: datetime, end: datetime) -> None:
    minutes = [span for span in spans(start, end, DAY) if span.step == MINUTE]
    assert all(span.end - span.start < 2 * HOUR for span in minutes)
    assert len(minutes) <= 2


def test_a_year_by_days_is_read_from_the_days() -> None:
    cut = spans(NOON, NOON + 365 * DAY, DAY)
    assert [(span.step, (span.end - span.start) / span.step) for span in cut] == [(HOUR, 12), (DAY, 364), (HOUR, 12)]
