"""Hours and days are the sums of their minutes, whatever came late, went, or was cut off in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from processing import queries
from processing.contract import TaggedPost
from processing.queries.rollups import DAY, HOUR
from processing.retag import retag
from processing.store import rollup
from processing.store.client import Store, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.rollup import roll_up
from processing.store.statements import sql
from processing.store.versions import take_version
from processing.store.writer import recount, write_posts
from tests.conftest import NOON, a_post
from tests.support.parts import shipped_enricher
from tests.support.stored import tagged, write

SUMS = "topic, language, source, sum(posts), sum({authors}), sum(backfilled), sum(deleted)"


def posts_over_days() -> list[TaggedPost]:
    """A post an hour and a few minutes, for three days, in two languages."""
    return [
        tagged(
            a_post(id=str(n), author=f"author-{n % 5}", created_at=NOON + n * 67 * timedelta(minutes=1)),
            language=("en", "ar")[n % 2],
            topics=(("ban", "employer-ban"), ("ban",), ())[n % 3],
        )
        for n in range(65)
    ]


def agrees(store: Store) -> bool:
    """Whether the views of hours and days give the sums of the minutes, and there are any."""
    for view, start, column in (("count_hours", "toStartOfHour", "hour"), ("count_days", "toStartOfDay", "day")):
        summed = store.query(
            f"SELECT {start}(minute) AS start, {SUMS.format(authors='authors')} FROM counts GROUP BY ALL ORDER BY ALL"
        )
        view_rows = store.query(
            f"SELECT {column} AS start, {SUMS.format(authors='author_minutes')} FROM {view} GROUP BY ALL ORDER BY ALL"
        )
        rows = store.query(f"SELECT count() FROM {view}")
        if not summed or summed != view_rows or rows != [(len(summed),)]:
            return False
    return True


def settle(store: Store) -> None:
    """Let the sums be trusted, as they are some minutes later: nothing is as young as the slack any more."""
    mark = take_version(store) + rollup.VISIBLE_WITHIN // timedelta(microseconds=1)
    store.command(f"INSERT INTO roll_up_versions (of, mark) VALUES ('all', {mark})")


def trusted(store: Store) -> bool:
    return store.query("SELECT count() FROM count_minutes_unsummed") == [(0,)]


def test_before_any_pass_the_minutes_are_summed_at_once(store: Store) -> None:
    write(store, posts_over_days())
    assert store.query("SELECT count() FROM count_hour_versions") == [(0,)]
    assert agrees(store)


def test_after_a_pass_the_sums_are_read_and_are_those_of_the_minutes(store: Store) -> None:
    write(store, posts_over_days())
    assert roll_up(store) == len({each.post.created_at.replace(minute=0) for each in posts_over_days()})
    settle(store)
    assert trusted(store)
    assert agrees(store)
    store.command("TRUNCATE TABLE count_versions")
    assert store.query("SELECT sum(posts) FROM count_hours") == store.query("SELECT sum(posts) FROM count_days")
    assert store.query("SELECT sum(posts) FROM count_days WHERE topic = '*'") == [(65,)]


def late(store: Store) -> None:
    write(store, [tagged(a_post(id="late", created_at=NOON + 5 * HOUR))])


def deletion(store: Store) -> None:
    recount(store, delete_posts(store, [a_post(id=str(n), op="delete", text="") for n in range(0, 60, 7)]))


def edit(store: Store) -> None:
    write(
        store,
        [tagged(a_post(id="1", created_at=posts_over_days()[1].post.created_at, seen_at=NOON + 9 * DAY), topics=())],
    )


def new_rules(store: Store) -> None:
    assert retag(store, shipped_enricher(), NOON, NOON + 4 * DAY, lambda _: None).changed


CHANGES = [late, deletion, edit, new_rules]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_in_the_sums_at_once_and_after_the_next_pass(store: Store, change: Callable[[Store], None]) -> None:
    write(store, posts_over_days())
    roll_up(store)
    settle(store)
    change(store)
    assert not trusted(store)
    assert agrees(store)
    roll_up(store)
    settle(store)
    assert trusted(store)
    assert agrees(store)


def test_a_pass_cut_off_between_hours_and_days_is_done_by_the_next(store: Store) -> None:
    write(store, posts_over_days())
    hours = [hour for (hour,) in store.query("SELECT hour FROM count_minutes_unsummed ORDER BY hour")]
    rollup._sum_up(store, rollup.SUM_HOURS, hours[:10], HOUR)
    assert agrees(store)
    roll_up(store)
    settle(store)
    assert agrees(store)


def test_a_pass_sums_up_again_what_was_recounted_shortly_before_the_last(store: Store) -> None:
    write(store, posts_over_days())
    first = roll_up(store)
    assert roll_up(store) == first, "a recount dated before the last pass may have been seen only behind it"
    settle(store)
    assert roll_up(store) == 0


def test_a_recount_that_begins_long_behind_its_version_is_refused(store: Store) -> None:
    minutes = sorted(write_posts(store, posts_over_days()))
    with pytest.raises(StoreUnavailable, match="too late"):
        store.command(sql("recount"), {"minutes": minutes, "version": take_version(store) - 61 * 10**6})


@pytest.mark.parametrize("width", [HOUR, DAY, 6 * HOUR])
def test_queries_give_from_the_sums_what_the_minutes_give(store: Store, width: timedelta) -> None:
    write(store, posts_over_days())
    start, end = NOON + timedelta(minutes=7), NOON + 3 * DAY - timedelta(minutes=90)
    before = (
        queries.series(store, start, end, width, topic="ban", language="*"),
        queries.binned_counts(store, start, end, width),
        queries.posts_over_time(store, start, end, width, by="language", topic="ban"),
        queries.topics_over_time(store, start, end, width, language="ar"),
    )
    roll_up(store)
    settle(store)
    assert (
        queries.series(store, start, end, width, topic="ban", language="*"),
        sorted_bins(queries.binned_counts(store, start, end, width)),
        queries.posts_over_time(store, start, end, width, by="language", topic="ban"),
        queries.topics_over_time(store, start, end, width, language="ar"),
    ) == (before[0], sorted_bins(before[1]), *before[2:])
    exact = store.query(
        "SELECT sum(posts) FROM counts WHERE topic = 'ban' AND minute >= {start:DateTime('UTC')}"
        " AND minute < {end:DateTime('UTC')}",
        {"start": start, "end": end},
    )
    assert exact == [(sum(each.posts for each in before[0]),)]


def test_what_there_is_is_read_from_the_sums_and_of_minutes_at_the_edges(store: Store) -> None:
    write(store, posts_over_days())
    start, end = NOON + timedelta(minutes=7), NOON + 3 * DAY
    unsummed = (queries.extent(store), queries.presence(store, start, end))
    assert unsummed == (
        (NOON, NOON + 64 * timedelta(minutes=67)),
        queries.Presence(("*", "ban", "employer-ban"), ("ar", "en"), (), ("example",)),
    )
    roll_up(store)
    settle(store)
    store.command(
        "DELETE FROM count_versions WHERE minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}",
        {"start": (NOON + DAY).replace(hour=0), "end": (NOON + 2 * DAY).replace(hour=0)},
    )
    assert (queries.extent(store), queries.presence(store, start, end)) == unsummed
    whole_day = (NOON + DAY).replace(hour=0)
    assert queries.presence(store, whole_day, whole_day + DAY).topics == ("*", "ban", "employer-ban")


def test_what_came_since_the_last_pass_is_there(store: Store) -> None:
    write(store, posts_over_days())
    roll_up(store)
    settle(store)
    newer, older = NOON + 6 * DAY, NOON - 6 * DAY
    write(
        store,
        [
            tagged(a_post(id="newer", source="another", created_at=newer), language="ur"),
            tagged(a_post(id="older", created_at=older), language="tr"),
            tagged(a_post(id="between", created_at=NOON + DAY), language="fa", topics=("court",)),
        ],
    )
    assert queries.extent(store) == (older, newer)
    found = queries.presence(store, older, newer + timedelta(minutes=1))
    assert {"ur", "tr", "fa"} <= set(found.languages)
    assert ("court" in found.topics, found.collected) == (True, ("another", "example"))
    assert "ur" not in queries.presence(store, older, newer).languages


def test_a_first_day_that_was_emptied_is_not_taken_for_the_oldest(store: Store) -> None:
    wrong, right = NOON - 40 * DAY, NOON - 2 * DAY
    write(store, [*posts_over_days(), tagged(a_post(id="moved", created_at=wrong))])
    write(store, [tagged(a_post(id="alone", created_at=right))])
    roll_up(store)
    store.command("DELETE FROM post_versions WHERE id = 'moved'")
    recount(store, {wrong})
    roll_up(store)
    settle(store)
    store.command("OPTIMIZE TABLE count_versions FINAL")
    store.command("DELETE FROM count_versions WHERE posts = 0")
    assert queries.extent(store) == (right, NOON + 64 * timedelta(minutes=67))


def sorted_bins(found: tuple[queries.BinCount, ...]) -> list[queries.BinCount]:
    return sorted(found, key=lambda each: (each.start, each.topic, each.language))
