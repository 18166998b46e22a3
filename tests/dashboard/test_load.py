"""One look at a real store, against the same counts made in Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.filters import Filters, Split
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Snapshot, load
from processing import queries
from processing.contract import ClickHouseAddress
from processing.queries import Reader
from tests.support import stock
from tests.support.stock import END, SOURCE, START
from tests.support.watched import BANS, of_bans

POSTS = [*stock.generated(), *stock.hostile()]


@pytest.fixture
def reader(settings: DashboardSettings) -> Reader:
    return queries.connect(settings.clickhouse)


def look(reader: Reader, view: Filters) -> Snapshot:
    snapshot = load(reader, view)
    assert snapshot is not None
    return snapshot


def test_the_data_s_own_now_is_where_the_archive_ends(reader: Reader) -> None:
    snapshot = look(reader, of_bans())
    assert (snapshot.now, snapshot.window.start, snapshot.window.end) == (END, START, END)
    assert snapshot.watched_until == END


@pytest.mark.parametrize("view", [of_bans(), of_bans(language="ar"), of_bans(topic="employer-ban"), of_bans(topic="*")])
def test_posts_are_those_that_were_written(reader: Reader, view: Filters) -> None:
    def chosen(since: timedelta) -> int:
        return sum(
            each.post.created_at >= END - since
            and view.topic in {*each.topics, "*"}
            and view.language in {each.language, "*"}
            for each in POSTS
        )

    snapshot = look(reader, view)
    hour = timedelta(hours=1)
    assert snapshot.total == chosen(END - START)
    assert sum(point.posts or 0 for point in snapshot.lines) == snapshot.total
    assert (snapshot.last_hour, snapshot.hour_before) == (chosen(hour), chosen(2 * hour) - chosen(hour))


def test_lines_by_language_add_up_and_others_are_among_them(reader: Reader) -> None:
    snapshot = look(reader, of_bans(by=Split.LANGUAGE))
    totals: Counter[str] = Counter()
    for point in snapshot.lines:
        totals[point.line] += point.posts or 0
    written = Counter(each.language for each in POSTS)
    assert totals["ar"] == written["ar"]
    assert len(totals) == 7
    assert totals.total() == len(POSTS)


def test_lines_by_topic_follow_the_language(reader: Reader) -> None:
    snapshot = look(reader, of_bans(by=Split.TOPIC, language="ar"))
    assert {point.line for point in snapshot.lines} == {"employer-ban", "government-ban"}
    employers = sum(point.posts or 0 for point in snapshot.lines if point.line == "employer-ban")
    assert employers == sum(each.language == "ar" and "employer-ban" in each.topics for each in POSTS)


def test_topics_that_are_not_watched_have_no_line(reader: Reader) -> None:
    watch = replace(BANS, unwatched=frozenset({"government-ban"}))
    snapshot = look(reader, Filters(watch, by=Split.TOPIC))
    assert {point.line for point in snapshot.lines} == {"employer-ban"}


def test_what_is_usual_is_counted_from_the_days_before(reader: Reader) -> None:
    """Of three days of posts, no hour has the four days before that a range needs."""
    assert look(reader, of_bans()).usual == ()


@pytest.mark.parametrize("view", [of_bans(), of_bans(language="ar"), of_bans(topic="employer-ban")])
def test_shares_are_of_all_posts_in_the_chosen_language(reader: Reader, view: Filters) -> None:
    snapshot = load(reader, view, share=True)
    assert snapshot is not None
    assert snapshot.everything is not None
    assert sum(snapshot.everything.values()) == sum(view.language in {each.language, "*"} for each in POSTS)


def test_topics_and_languages_are_those_with_posts(reader: Reader) -> None:
    snapshot = look(reader, of_bans(topic="court", language="sw"))
    assert snapshot.topics == ("*", "ban", "employer-ban", "government-ban")
    assert {"ar", "fa"} <= set(snapshot.languages)
    assert (snapshot.lines, snapshot.total) == ((), 0)


def test_generated_posts_are_known_by_their_source(reader: Reader) -> None:
    snapshot = look(reader, of_bans())
    assert (snapshot.generated, snapshot.collected) == ((SOURCE,), ())


def test_an_empty_store_has_nothing_to_show(address: ClickHouseAddress) -> None:
    assert load(queries.connect(address), of_bans()) is None
