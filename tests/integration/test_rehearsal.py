"""A watch over the past tells what a watch that ran at that time told, in the same order and at the same minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest

from ingest.contract import Progress
from processing.contract import Incident, TaggedPost
from processing.detection.policy import DetectorPolicy
from processing.incidents.describe import described
from processing.rehearsal import RehearsedRecords, rehearse, watch_of
from processing.store.client import Store
from processing.store.writer import recount, write_posts, write_progress
from processing.stored import StoredRecords, StoreJudge
from processing.watch import Watch
from tests.conftest import NOON
from tests.integration.test_open_bin import posts
from tests.support.rises import SOURCE, START, WIDTH, background, rise

pytestmark = pytest.mark.long

MINUTE = timedelta(minutes=1)
POLICY = DetectorPolicy.for_bins(WIDTH)
ROOTS = {"ban": "ban"}
USUAL = 30


@dataclass
class Heard:
    """The alerts of a watch that keep what they are told, each change once."""

    told: list[tuple[object, ...]] = field(default_factory=list)

    def tell(self, incidents: Iterable[Incident]) -> None:
        for each in incidents:
            change = (
                each.id,
                each.detected_at,
                each.severity,
                each.languages,
                each.pulses[-1].start,
                each.end,
                each.state,
            )
            if change not in self.told:
                self.told.append(change)

    def try_again(self) -> None: ...


def test_a_rehearsal_tells_what_the_watch_told_at_the_time(store: Store) -> None:
    """Two rises with Arabic beside English, minute by minute."""
    live, until = Heard(), NOON + timedelta(hours=2)
    watch = Watch(
        StoredRecords(store),
        partial(StoreJudge.at, store, WIDTH),
        partial(described, store),
        live,
        lambda: ROOTS,
        POLICY,
        lambda: until,
    )
    before = [*posts("usual", 2 * 24 * 60 * USUAL, START, MINUTE / USUAL), *background()]
    deliver(store, watch, [each for each in before if each.post.created_at < NOON], NOON)
    watch.resume()
    for minute in range((until - NOON) // MINUTE):
        begin, rises = NOON + minute * MINUTE, minute % 90 < 15
        surge = posts(f"surge{minute}-", 12, begin, 5 * MINUTE / 60, "ban") if rises else []
        few = rise(1, MINUTE, language="ar", id=f"few{minute}", created_at=begin, author=f"few{minute}@home.example")
        rest = posts(f"rest{minute}-", USUAL, begin, MINUTE / USUAL)
        deliver(store, watch, [*surge, *(few if rises else []), *rest], begin + MINUTE)
    assert len(live.told) > 4
    again = Heard()
    records = RehearsedRecords.at(store, NOON, WIDTH, ROOTS)
    moments = list(rehearse(records, watch_of(records, POLICY, ROOTS, again), until))
    assert again.told == live.told
    assert len(moments) < (until - NOON) // MINUTE  # quiet bins are looked at once


def deliver(store: Store, watch: Watch, new: Sequence[TaggedPost], until: datetime) -> None:
    """Count these, say that they are all up to then, and look."""
    recount(store, write_posts(store, new))
    write_progress(store, [(0, Progress(source=SOURCE, since=START, until=until))])
    while watch.look():
        pass
