"""The search for posts: exactly what the counts count, on pages without gap or repetition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from processing import queries
from processing.contract import EVERYTHING, ClickHouseAddress, TaggedPost
from processing.queries import PostSearch, StoredPost
from processing.store.client import Store
from processing.store.deletions import DeletionTarget, delete
from processing.store.writer import recount
from tests.conftest import Template, a_post
from tests.support.stored import tagged, write

START = datetime(2020, 7, 10, tzinfo=UTC)
END = START + timedelta(hours=30)
MINUTE = timedelta(minutes=1)
SOURCES, TAGS = ("bluesky", "mastodon", "rss"), ("en", "ar", "es", "und")
TOPICS = (("ban", "employer-ban"), ("ban",), ())
TEXTS = {"en": "They want TikTok off every work phone", "ar": "أمازون تطلب حَظْر تيك توك", "es": "Prohibir TikTok"}


def numbered(number: int) -> TaggedPost:
    """Posts at the first and the last moment of a minute, at odd distances, most of them in a few hours."""
    at = START + MINUTE * (number * number % 1_700) + (timedelta(0), MINUTE - timedelta(milliseconds=1))[number % 2]
    language, topics = TAGS[number % 4], TOPICS[number % 3]
    text = TEXTS.get(language, "?") if topics else ""
    reposts = number if number % 10 == 0 else None
    repeated = f"{number - 60}" if number % 20 == 19 and number > 80 else None
    post = a_post(
        source=SOURCES[number % 7 % 3],
        id=f"{number}",
        text=text,
        created_at=at,
        author=f"a{number}",
        reposts=reposts,
        repost_of=repeated,
    )
    return tagged(post, language=language, topics=topics)


@pytest.fixture(scope="module")
def reader(template: Template) -> Iterator[Store]:
    """A store with 900 posts, of which some are deleted, as the user that may only read."""
    writer = template.copied("search")
    with Store(writer) as store:
        write(store, map(numbered, range(900)))
        recount(store, delete(store, DeletionTarget("mastodon", [f"{number}" for number in range(0, 900, 5)])))
    with Store(replace(writer, user="reader", password=SecretStr(""))) as opened:
        yield opened


def everything(reader: Store, search: PostSearch, *, limit: int) -> list[StoredPost]:
    hours = queries.hours_of(reader, search)
    total = sum(hour.listed for hour in hours)
    pages = (
        queries.newest_matching(reader, search, hours, first=first, limit=limit) for first in range(0, total + 1, limit)
    )
    return [post for page in pages for post in page]


def counted(reader: Store, search: PostSearch) -> tuple[int, int]:
    [row] = reader.query(
        """
        SELECT sum(posts) - sum(deleted), sum(deleted) FROM counts
        WHERE topic = {topic:String} AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
            AND ({language:String} = '*' OR language = {language:String})
            AND ({source:String} = '*' OR source = {source:String})
        """,
        search.parameters,
    )
    return row[0], row[1]


TIMES = [
    (START, END),
    (START + 7 * MINUTE, START + 8 * MINUTE),
    (START + 59 * MINUTE, START + 61 * MINUTE),
    (START + 23 * 60 * MINUTE, START + 25 * 60 * MINUTE),
    (START + 5 * MINUTE, START + timedelta(hours=3, minutes=35)),
    (END, END + timedelta(days=1)),
]


@pytest.mark.parametrize(("start", "end"), TIMES)
@pytest.mark.parametrize("topic", ["ban", "employer-ban", EVERYTHING, "nothing"])
def test_as_many_posts_are_listed_as_were_counted(reader: Store, topic: str, start: datetime, end: datetime) -> None:
    for language in (EVERYTHING, "ar"):
        for source in (EVERYTHING, "mastodon"):
            search = PostSearch(start, end, topic, language, source)
            listed = everything(reader, search, limit=1_000)
            hours = queries.hours_of(reader, search)
            assert (len(listed), sum(hour.deleted for hour in hours)) == counted(reader, search)
            assert all(start <= post.created_at < end for post in listed)
            assert all(topic in post.topics for post in listed) or topic == EVERYTHING


@pytest.mark.parametrize("limit", [7, 50])
def test_pages_have_no_gap_and_no_repetition(reader: Store, limit: int) -> None:
    search = PostSearch(START, END, "ban", source="bluesky")
    paged = everything(reader, search, limit=limit)
    assert paged == everything(reader, search, limit=1_000)
    assert max(Counter((post.source, post.id) for post in paged).values()) == 1
    moments = [post.created_at for post in paged]
    assert moments == sorted(moments, reverse=True)


def test_a_page_behind_the_last_is_empty(reader: Store) -> None:
    search = PostSearch(START, END, "ban")
    assert queries.newest_matching(reader, search, queries.hours_of(reader, search), first=5_000, limit=50) == ()


def test_deleted_posts_are_gone(reader: Store) -> None:
    gone = {f"{number}" for number in range(0, 900, 5)}
    listed = everything(reader, PostSearch(START, END, source="mastodon"), limit=1_000)
    assert listed
    assert not gone & {post.id for post in listed}


@pytest.mark.parametrize("words", ["tiktok", "حظر", '"work phone"', "TIKTOK phone", "prohíbir"])
def test_words_find_the_posts_that_have_them(reader: Store, words: str) -> None:
    search = PostSearch(START, END, "ban", words=words)
    hours = queries.hours_of(reader, search)
    found = queries.newest_with_words(reader, search, hours)
    assert not found.more
    assert found.reached is None
    shown = queries.posts_with_keys(reader, search, found.keys)
    assert [(post.created_at, post.source, post.id) for post in shown] == list(found.keys)
    texts = {"tiktok": {"en", "es"}, "حظر": {"ar"}, '"work phone"': {"en"}, "TIKTOK phone": {"en"}, "prohíbir": {"es"}}
    every = everything(reader, replace(search, words=""), limit=1_000)
    assert {(post.source, post.id) for post in shown} == {
        (post.source, post.id) for post in every if post.language in texts[words]
    }


def test_a_search_without_time_tells_how_far_it_came(reader: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.queries.search._FIRST_POSTS", 1)
    search = PostSearch(START, END, "ban", words="tiktok")
    hours = queries.hours_of(reader, search)
    found = queries.newest_with_words(reader, search, hours, patience=timedelta(0))
    assert found.reached == hours[0].start
    assert found.keys
    assert all(created_at >= found.reached for created_at, *_ in found.keys)


def test_more_matches_than_are_listed_are_told(reader: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.queries.search.MOST_FOUND", 10)
    search = PostSearch(START, END, "ban", words="tiktok")
    every = everything(reader, replace(search, words="", language="en"), limit=1_000)
    found = queries.newest_with_words(reader, replace(search, language="en"), queries.hours_of(reader, search))
    assert found.more
    assert [name for *_, name in found.keys] == [post.id for post in every[:10]]


def test_the_most_shared_come_first(reader: Store) -> None:
    search = PostSearch(START, END, "ban")
    found = queries.most_shared(reader, search)
    shown = queries.posts_with_keys(reader, search, found.keys)
    told = [post.reposts for post in shown if post.reposts]
    assert told == sorted(told, reverse=True)
    assert told[0] == max(post.reposts or 0 for post in everything(reader, search, limit=1_000))
    assert any(post.reposts is None for post in shown), "posts that authors repeat are shared too"


def test_a_post_that_is_deleted_behind_a_search_is_left_out(store: Store, address: ClickHouseAddress) -> None:
    write(store, [tagged(a_post(id="1", text="TikTok")), tagged(a_post(id="2", text="TikTok"))])
    search = PostSearch(START, END, "ban", words="tiktok")
    found = queries.newest_with_words(store, search, queries.hours_of(store, search))
    assert len(found.keys) == 2
    recount(store, delete(store, DeletionTarget("example", ["1"])))
    assert [post.id for post in queries.posts_with_keys(store, search, found.keys)] == ["2"]


def test_the_search_as_sql_finds_the_same(reader: Store) -> None:
    search = PostSearch(START, END, "ban", "en", "bluesky", "tiktok")
    rows = reader.query(search.statement(1_000).paste)
    found = queries.newest_with_words(reader, search, queries.hours_of(reader, search))
    assert {(source, name) for source, name, *_ in rows} == {(source, name) for _, source, name in found.keys}
