"""Who posted alike: what the view finds, what it leaves out, and what it takes away with a deletion."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace as changed
from pydantic import SecretStr

from processing import queries
from processing.contract import ClickHouseAddress, TaggedPost
from processing.store.client import Store, StoreRefused
from processing.store.deletions import DeletionTarget, delete
from processing.store.records import write_incidents
from tests.conftest import Template, a_post
from tests.support import stock
from tests.support.coortweet import Share, weights
from tests.support.stored import tagged, write

START = datetime(2020, 7, 10, 16, tzinfo=UTC)
SECOND = timedelta(seconds=1)
INCIDENT = changed(stock.incident(), id="ban-1", start=START, end=START + timedelta(hours=3))
OTHER = changed(INCIDENT, id="work-1", topic="work")
LONG = changed(INCIDENT, id="long-1", topic="long", end=None)
RANDOM = changed(INCIDENT, id="random-1", topic="random")
SENTENCE = "Everybody at the office has to take TikTok off the phone by Friday"


def said(
    author: str, second: float, text: str = "hm", topics: tuple[str, ...] = ("ban",), **more: object
) -> TaggedPost:
    at = START + second * SECOND
    given = {"id": f"{author}-{second}-{more.get('source', '')}", "text": text, "author": author} | more
    post = a_post(created_at=at, seen_at=at, **given)
    return tagged(post, topics=topics)


def posts() -> Iterator[TaggedPost]:
    """Talk of three hours, and in it accounts that post alike in one way each."""
    for number in range(600):
        yield said(f"person-{number % 200}", 18 * number, f"What I think of it is number {number}")
    for turn in range(4):
        at = 2_000 * turn
        yield said("link-1", at, links=(f"https://example.org/{turn}?utm_source=a",))
        yield said("link-2", at + 4, links=(f"https://example.org/{turn}#top",))
        yield said("text-1", at + 100, f"{SENTENCE}, no matter what: {'abcdef'[turn] * 9}! https://example.org/x")
        yield said("text-2", at + 109.5, f"@you {SENTENCE.upper()} no matter what {'abcdef'[turn] * 9} 😀 {turn}")
        chinese = f"#封禁#公司要求所有员工在星期五之前卸载这个应用程序{'甲乙丙丁'[turn] * 3}"
        yield said("chinese-1", at + 150, chinese)
        yield said("chinese-2", at + 152, f"{chinese} @某人 https://example.org/x")
        yield said("tags-1", at + 200, hashtags=("Ban", "TikTok", f"n{turn}"))
        yield said("tags-2", at + 203, hashtags=("#ban", "#tiktok", f"n{turn}"), source="elsewhere")
        yield said("late-1", at + 300, links=(f"https://example.org/late/{turn}",))
        yield said("late-2", at + 311, links=(f"https://example.org/late/{turn}",))
        yield said("own-1", at + 400, links=(f"https://example.org/own/{turn}",))
        yield said("own-1", at + 402, links=(f"https://example.org/own/{turn}",))
        yield said("repost-1", at + 500, SENTENCE, repost_of="1")
        yield said("repost-2", at + 501, SENTENCE, repost_of="1")
        yield said("two-tags-1", at + 600, hashtags=("ban", "tiktok"))
        yield said("two-tags-2", at + 601, hashtags=("ban", "tiktok"))
        yield said("elsewhere-1", at + 700, links=(f"https://example.org/else/{turn}",), topics=("other",))
        yield said("elsewhere-2", at + 701, links=(f"https://example.org/else/{turn}",), topics=("other",))
        for number in range(60):  # what everybody shares at once
            yield said(f"crowd-{number}", at + 800 + number / 10, links=(f"https://example.org/viral/{turn}",))
    # The one posts the same twice while the other posts it once: together twice, and no more than a chance.
    yield said("once-1", 1_000, links=("https://example.org/once",))
    yield said("once-1", 1_002, links=("https://example.org/once",))
    yield said("once-2", 1_003, links=("https://example.org/once",))
    yield said("once-2", 9_000, "quite another thing")


def shares() -> list[Share]:
    """Shares by chance, so many that some come together again."""
    dice = random.Random(7)
    return [
        Share(f"https://example.org/{dice.randrange(40)}", f"a{dice.randrange(40)}", str(number), dice.randrange(3_600))
        for number in range(1_500)
    ]


def over_days() -> Iterator[TaggedPost]:
    """Two pairs of accounts in an incident that goes on: one in its first days, one on its eighth."""
    for day, name in ((0, "soon"), (8, "late")):
        for turn in range(2):
            link, at = (f"https://example.org/{name}/{turn}",), day * 86_400 + turn * 600
            yield said(f"{name}-1", at, topics=("long",), links=link)
            yield said(f"{name}-2", at + 3, topics=("long",), links=link)


@pytest.fixture(scope="module")
def writer(template: Template) -> ClickHouseAddress:
    return template.copied("alike")


@pytest.fixture(scope="module")
def store(writer: ClickHouseAddress) -> Iterator[Store]:
    """A store with the posts of three incidents, opened by the user that may only read."""
    with Store(writer) as opened:
        by_chance = (
            said(each.account, each.at, "", ("random",), links=(each.thing,), id=each.content) for each in shares()
        )
        write(opened, [*posts(), *by_chance, *over_days()])
        write_incidents(opened, [INCIDENT, OTHER, RANDOM, LONG])
    with Store(replace(writer, user="reader", password=SecretStr(""))) as reader:
        yield reader


def accounts(store: Store, condition: str = "true") -> dict[tuple[str, str], tuple[int, list[str]]]:
    rows = store.query(
        f"SELECT author_a, author_b, times, kinds FROM alike(incident = 'ban-1', seconds = 10) WHERE {condition}"
    )
    return {tuple(sorted((a, b))): (times, kinds) for a, b, times, kinds in rows}  # type: ignore[misc]


def test_who_posts_the_same_within_seconds_again_and_again_is_found_with_the_posts(
    store: Store, writer: ClickHouseAddress
) -> None:
    alike = {
        ("link-1", "link-2"): (4, ["link"]),
        ("text-1", "text-2"): (4, ["text"]),
        ("chinese-1", "chinese-2"): (4, ["text"]),
        ("tags-1", "tags-2"): (4, ["hashtags"]),
    }
    assert accounts(store) == alike | {("once-1", "once-2"): (2, ["link"])}
    assert accounts(store, "chance < 0.05") == alike

    count, pairs = queries.alike(store, "ban-1")
    assert count == len(pairs) == 4
    [link] = [each for each in pairs if each.kinds == ("link",)]
    assert (link.apart, round(link.expected, 3)) == (4.0, 0.145)
    assert {(one.at_a, one.at_b) for one in link.together} == {
        (at, at + 4 * SECOND) for at in (START + 2_000 * turn * SECOND for turn in range(4))
    }
    assert len(queries.posts_of_pairs(store, pairs)) == 32
    assert queries.alike(store, "work-1") == queries.alike(store, "no such incident") == (0, ())
    assert len(store.query(queries.alike_query("ban-1").paste)) == 4

    with Store(writer) as opened:
        delete(opened, DeletionTarget("example", [link.together[0].id_a]))
        delete(opened, DeletionTarget("example", authors={"text-2": START + timedelta(days=1)}))
    assert accounts(store, "chance < 0.05") == {
        ("link-1", "link-2"): (3, ["link"]),
        ("chinese-1", "chinese-2"): (4, ["text"]),
        ("tags-1", "tags-2"): (4, ["hashtags"]),
    }


def test_a_reader_calls_no_other_table_with_parameters(store: Store) -> None:
    for table in ("post_versions", "other.alike", "system.alike", "file"):
        with pytest.raises(StoreRefused):
            store.query(f"SELECT * FROM {table}(incident = 'ban-1', seconds = 10)")


def test_of_a_long_incident_the_first_days_are_compared(store: Store) -> None:
    rows = store.query("SELECT author_a, author_b FROM alike(incident = 'long-1', seconds = 10)")
    assert rows == [("soon-1", "soon-2")]


def test_what_comes_together_again_is_what_coortweet_finds(store: Store) -> None:
    for seconds in (10, 60):
        rows = store.query(
            "SELECT author_a, author_b, times FROM alike(incident = 'random-1', seconds = {seconds:UInt16})",
            {"seconds": seconds},
        )
        theirs = {pair: weight for pair, weight in weights(shares(), seconds).items() if weight > 1}
        assert len(theirs) > 5
        assert {(min(a, b), max(a, b)): times for a, b, times in rows} == theirs
