"""However an archive is cut into files, its incidents are the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from ingest.contract import Progress
from processing.contract import Incident, TaggedPost, VerdictName
from processing.store.client import Store
from processing.store.writer import recount, write_posts, write_progress
from tests.conftest import NOON
from tests.support.rises import END, START, background, cover, fill, rise, watched

pytestmark = pytest.mark.long

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ARABIC = rise(60, HOUR / 2, language="ar", source="another")
"""Of a source that has said nothing in Arabic before."""


def play(store: Store, posts: Sequence[TaggedPost], cuts: Sequence[datetime]) -> tuple[int, Sequence[Incident]]:
    """Play an archive in files cut at these times, and watch behind each. How many alerts there were, the incidents."""
    alerts = 0
    for number, (begin, end) in enumerate(zip((START, *cuts), (*cuts, END), strict=True)):
        part = [each for each in posts if begin <= each.post.created_at < end]
        times = [each.post.created_at for each in part]
        recount(store, write_posts(store, part))
        progress = Progress(source=f"archive-{number}", since=min(times), until=max(times), complete=True)
        write_progress(store, [(0, progress)])
        said, incidents = watched(store)
        alerts += said.count("opened")
    return alerts, incidents


def archive() -> list[TaggedPost]:
    return [*background(), *background(talk=0, source="another", language="ar"), *rise(200, HOUR / 2), *ARABIC]


@pytest.fixture(scope="module")
def hours() -> list[datetime]:
    return [START + number * HOUR for number in range(1, int((END - START) / HOUR))]


@pytest.mark.parametrize("cuts", ["fifteen minutes before", "in the surge", "three parts", "hourly"])
def test_an_archive_in_parts_gives_the_same_incidents(store: Store, cuts: str, hours: list[datetime]) -> None:
    where = {
        "fifteen minutes before": [NOON - 15 * MINUTE],
        "in the surge": [NOON + 12 * MINUTE],
        "three parts": [NOON - 20 * HOUR, NOON - 15 * MINUTE],
        "hourly": hours[-8:],
    }
    alerts, [incident] = play(store, archive(), where[cuts])
    assert alerts == 1
    assert (incident.verdict, incident.languages) == (VerdictName.ORGANIC, ("en", "ar"))
    assert incident.observed >= 255
    figures = {each.name: each.value for each in incident.evidence}
    assert figures["newly_covered"] == 0.0
    assert "silent_collectors" not in figures


def test_a_source_that_is_collected_only_since_then_is_a_collector_also_beside_an_archive(store: Store) -> None:
    fill(store, rise(80, HOUR / 2, source="another"))
    recount(store, write_posts(store, list(background())))
    write_progress(store, [(0, Progress(source="archive-1", since=START, until=END, complete=True))])
    cover(store, NOON, END, source="another")
    said, [incident] = watched(store)
    assert (said, incident.verdict) == ([], VerdictName.COLLECTOR)
