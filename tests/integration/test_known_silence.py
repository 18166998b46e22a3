"""What is silence and what is not known: stray dates, gaps, first mornings, and sources that begin late."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from ingest.contract import Progress
from processing import queries
from processing.backtest import backtest, record
from processing.contract import TaggedPost
from processing.detection.policy import DetectorPolicy
from processing.store.client import Store
from processing.store.records import write_retag
from processing.store.writer import recount, write_posts, write_progress
from processing.watching import watch_over
from tests.conftest import NOON, a_post
from tests.support.rises import own_words
from tests.support.telling import Heard, alerts_of

pytestmark = pytest.mark.long

WIDTH = timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON - 12 * HOUR
ROOTS = {"ban": "ban"}
POLICY = DetectorPolicy.for_bins(WIDTH)


def rhythm(begin: datetime, end: datetime, most: float = 6.0, source: str = "example") -> Iterator[TaggedPost]:
    """So many posts an hour on the topic at noon and none at midnight, and four times as many on anything else."""
    chance = random.Random(f"{begin} {source}")
    while begin < end:
        rate = most * (1 - math.cos(2 * math.pi * (begin.hour + begin.minute / 60) / 24)) / 2
        for number in range(sum(chance.random() < 5 * rate / 60 for _ in range(60))):
            yield post(begin + chance.random() * HOUR, f"{source}-{begin}-{number}", source, on_topic=number % 5 == 0)
        begin += HOUR


def surge(begin: datetime, count: int = 240) -> list[TaggedPost]:
    """Posts of an hour, each of a person of their own."""
    return [post(begin + HOUR * number / count, f"surge-{begin}-{number}", on_topic=True) for number in range(count)]


def post(at: datetime, name: str, source: str = "example", *, on_topic: bool) -> TaggedPost:
    text = own_words(random.Random(name))
    made = a_post(source=source, id=name, created_at=at, text=text, author=f"by-{name}@server.example")
    return TaggedPost(made, "en", 0.9, ("ban",) if on_topic else (), "rules")


def store_all(store: Store, *parts: Iterable[TaggedPost]) -> None:
    recount(store, write_posts(store, [each for part in parts for each in part]))


def cover(store: Store, since: datetime, until: datetime, source: str = "archive-1") -> None:
    write_progress(store, [(0, Progress(source=source, since=since, until=until, complete=True))])


def told(store: Store, until: datetime) -> int:
    """How many alerts a watch gives that looks at all there is."""
    out = Heard(store)
    watch = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: until)
    watch.resume()
    while watch.look():
        pass
    return out.opened


@pytest.mark.parametrize("on_topic", [True, False])
@pytest.mark.parametrize("earlier", [40 * DAY, 3650 * DAY], ids=["forty days", "ten years"])
def test_a_stray_date_is_no_silence(store: Store, earlier: timedelta, *, on_topic: bool) -> None:
    begin, end = MIDNIGHT + 8 * HOUR, MIDNIGHT + 5 * DAY
    store_all(store, [post(begin - earlier, "stray", on_topic=on_topic)], rhythm(begin, end))
    cover(store, begin - earlier, end)
    assert told(store, end) == 0
    assert backtest(store, POLICY, ROOTS, begin, end).incidents == ()


@pytest.mark.parametrize("gap", [8 * DAY, 15 * DAY, 30 * DAY], ids=str)
def test_a_gap_that_is_written_as_zeros_is_no_silence(store: Store, gap: timedelta) -> None:
    begin = MIDNIGHT
    pause = begin + 6 * DAY + 9 * HOUR
    end = pause + gap + 3 * DAY
    store_all(store, rhythm(begin, pause), rhythm(pause + gap, end))
    cover(store, begin, end)
    assert told(store, end) == 0
    assert backtest(store, POLICY, ROOTS, begin, end).incidents == ()


@pytest.mark.parametrize("hour", [0, 2, 6, 12])
def test_a_first_morning_is_no_surge(store: Store, hour: int) -> None:
    begin, end = MIDNIGHT + hour * HOUR, MIDNIGHT + 2 * DAY
    store_all(store, rhythm(begin, end, most=40))
    cover(store, begin, end)
    assert told(store, end) == 0


def test_a_source_like_the_others_that_starts_in_the_middle_is_no_surge(store: Store) -> None:
    begin, later, end = MIDNIGHT, MIDNIGHT + 6 * DAY + 9 * HOUR, MIDNIGHT + 9 * DAY
    store_all(store, rhythm(begin, end), rhythm(later, end, source="other"))
    cover(store, begin, end, "example")
    cover(store, later, end, "other")
    assert told(store, end) == 0


@pytest.mark.parametrize("hour", [3, 9])
def test_a_source_seven_times_as_loud_as_all_others_is_no_surge_on_any_of_its_days(store: Store, hour: int) -> None:
    begin, later, end = MIDNIGHT, MIDNIGHT + 6 * DAY + hour * HOUR, MIDNIGHT + 13 * DAY
    store_all(store, rhythm(begin, end), rhythm(later, end, most=42, source="other"))
    cover(store, begin, end, "example")
    cover(store, later, end, "other")
    assert told(store, end) == 0


@pytest.mark.parametrize("days", [0, 1, 2])
def test_a_surge_in_the_old_sources_is_told_beside_a_loud_new_one(store: Store, days: int) -> None:
    begin, later, end = MIDNIGHT, MIDNIGHT + 6 * DAY + 3 * HOUR, MIDNIGHT + 9 * DAY
    store_all(
        store, rhythm(begin, end), rhythm(later, end, most=42, source="other"), surge(later + (12 + 24 * days) * HOUR)
    )
    cover(store, begin, end, "example")
    cover(store, later, end, "other")
    assert told(store, end) == 1


def test_an_archive_in_parts_gives_the_incidents_that_it_gives_whole(store: Store) -> None:
    begin, end = MIDNIGHT, MIDNIGHT + 7 * DAY
    peak = MIDNIGHT + 5 * DAY + 15 * HOUR
    store_all(store, rhythm(begin, end), surge(peak))
    cuts = [begin, begin + 3 * DAY, peak - timedelta(minutes=15), peak + timedelta(minutes=20), end]
    alerts = 0
    for number, (since, until) in enumerate(pairwise(cuts)):
        cover(store, since, until - timedelta(seconds=1), f"archive-{number}")
        alerts += told(store, end)
    parts = queries.incidents(store)
    assert alerts == 1
    assert [incident.start for incident in parts] == [peak]
    assert parts[0].end is not None
    assert [each.start for each in backtest(store, POLICY, ROOTS, begin, end).incidents] == [peak]


def test_history_behind_the_watch_is_said_and_recorded_on_request(store: Store) -> None:
    begin, end = MIDNIGHT, MIDNIGHT + 14 * DAY
    middle, peak = MIDNIGHT + 7 * DAY, MIDNIGHT + 5 * DAY + 15 * HOUR
    store_all(store, rhythm(middle, end))
    cover(store, middle, end, "archive-new")
    out = Heard(store)
    watch = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: end)
    watch.resume()
    while watch.look():
        pass
    store_all(store, rhythm(begin, middle), surge(peak))
    cover(store, begin, middle - timedelta(seconds=1), "archive-old")
    with capture_logs() as logs:
        watch.look()
        watch.look()
    [said] = [each for each in logs if "history" in each["event"]]
    assert (said["source"], said["since"]) == ("archive-old", begin.isoformat())
    assert queries.incidents(store) == ()
    found = backtest(store, POLICY, ROOTS, begin, middle)
    [written] = record(store, found)
    assert (written.start, written.state.value) == (peak, "closed")
    assert queries.incidents(store) == (written,)
    assert queries.spikes(store, begin, middle)
    assert record(store, found) == ()
    watch.look()
    assert told(store, end) == 0
    assert out.steps == []


def test_what_was_tagged_again_is_not_measured_by_what_it_was(store: Store) -> None:
    """Broader rules, applied to all that is stored: what was one post in five is every post."""
    begin, middle, end = MIDNIGHT, MIDNIGHT + 7 * DAY, MIDNIGHT + 8 * DAY
    before = list(rhythm(begin, middle, most=20))
    store_all(store, before)
    cover(store, begin, middle)
    out = Heard(store)
    watch = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: end)
    watch.resume()
    while watch.look():
        pass
    broad = [TaggedPost(each.post, "en", 0.9, ("ban",), "broader") for each in [*before, *rhythm(middle, end, most=20)]]
    store_all(store, broad)
    write_retag(store, begin, middle, len(before), len(before))
    cover(store, begin, end)
    while watch.look():
        pass
    assert out.steps == []
    assert queries.incidents(store) == ()
