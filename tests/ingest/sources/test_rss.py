from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.contract import Post
from ingest.errors import Misconfigured, Transient
from ingest.source import Cursor, Item, PartStatus, Watermark
from ingest.sources.rss.catalog import feeds
from ingest.sources.rss.source import LARGEST_FEED, Rss, RssSettings
from tests.support.networks.driving import Wall, posts, steps, take_until
from tests.support.networks.feed_publisher import Publisher, a_feed, an_item, publishing
from tests.support.serving import Says, Served

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN = timedelta(minutes=10)


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def server(publisher: Publisher) -> Iterator[Served]:
    with publishing(publisher) as server:
        yield server


@pytest.fixture
def wall() -> Wall:
    return Wall(NOW)


def source(server: Served, wall: Wall, *paths: str) -> Rss:
    return Rss(RssSettings(feeds=tuple(server.url + path for path in paths)), wall, chance=lambda: 0.5)


def ran(
    source: Rss, wall: Wall, within: timedelta, cursor: Cursor | None = None, told: list[PartStatus] | None = None
) -> list[Item | Watermark]:
    return list(steps(source, wall, cursor, within, told))


def test_what_a_feed_lists_comes_once_and_corrections_follow(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds["/a"] = a_feed(an_item("2", "second", NOW), an_item("1", "first", NOW))
    reading = steps(source(server, wall, "/a"), wall)
    assert [post.text for post in posts(take_until(reading, lambda taken: len(taken) == 3))] == ["first", "second"]
    publisher.feeds["/a"] = a_feed(an_item("3", "third", NOW), an_item("2", "second, corrected", NOW + HOUR))
    corrected, third = posts(take_until(reading, lambda taken: len(posts(taken)) == 2))
    assert (corrected.id, corrected.text) == ("https://news.example/2", "second, corrected")
    assert (corrected.created_at, corrected.seen_at) == (NOW, NOW)
    assert third.text == "third"


def test_a_feed_that_has_not_changed_is_not_sent_again(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds["/a"] = a_feed(an_item("1", "first", NOW))
    taken = ran(source(server, wall, "/a"), wall, timedelta(minutes=25))
    assert len(posts(taken)) == 1
    assert ["if-none-match" in asked.headers for asked in server.asked] == [False, True, True]
    again = ran(source(server, wall, "/a"), wall, timedelta(minutes=1), taken[-1].cursor)
    assert posts(again) == []
    assert "if-none-match" in server.asked[-1].headers


def test_a_long_feed_stays_known_while_it_does_not_change(publisher: Publisher, server: Served, wall: Wall) -> None:
    items = [an_item(str(number), f"title {number}") for number in range(400)]
    publisher.feeds["/a"] = a_feed(*items)
    own = source(server, wall, "/a")
    taken = ran(own, wall, timedelta(minutes=15))
    assert len(posts(taken)) == 400
    publisher.feeds["/a"] = a_feed(*items, an_item("new", "new"))
    assert [post.text for post in posts(ran(own, wall, timedelta(minutes=15), taken[-1].cursor))] == ["new"]


def test_it_resumes_behind_any_of_its_cursors(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds["/a"] = a_feed(*(an_item(str(number), f"title {number}") for number in range(4)))
    publisher.feeds["/b"] = a_feed(an_item("b", "other"))
    taken = ran(source(server, wall, "/a", "/b"), wall, timedelta(seconds=5))
    everything = posts(taken)
    assert len(everything) == 5
    sent = 0
    for step in taken:
        sent += isinstance(step, Item)
        wall.advance(3_600)
        rest = posts(ran(source(server, wall, "/a", "/b"), wall, timedelta(seconds=5), step.cursor))
        assert [post.id for post in rest] == [post.id for post in everything[sent:]]


def test_an_item_without_a_date_keeps_the_minute_in_which_it_was_first_seen(
    publisher: Publisher, server: Served, wall: Wall
) -> None:
    publisher.feeds["/a"] = a_feed(an_item("1", "draft"))
    reading = steps(source(server, wall, "/a"), wall)
    (draft,) = posts(take_until(reading, lambda taken: bool(posts(taken))))
    publisher.feeds["/a"] = a_feed(an_item("1", "final"))
    (final,) = posts(take_until(reading, lambda taken: bool(posts(taken))))
    assert wall.now > NOW + timedelta(minutes=5)
    assert (final.text, final.created_at, final.seen_at) == ("final", draft.created_at, draft.seen_at)


def test_items_without_a_date_in_the_first_look_at_a_feed_are_history(
    publisher: Publisher, server: Served, wall: Wall
) -> None:
    publisher.feeds["/a"] = a_feed(an_item("1", "listed for years"))
    reading = steps(source(server, wall, "/a"), wall)
    (listed,) = posts(take_until(reading, lambda taken: bool(posts(taken))))
    publisher.feeds["/a"] = a_feed(an_item("2", "new"), an_item("1", "listed for years, corrected"))
    corrected, new = posts(take_until(reading, lambda taken: len(posts(taken)) == 2))
    assert [post.backfill for post in (listed, corrected, new)] == [True, True, False]


def test_what_is_old_when_it_is_found_is_history(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds["/a"] = a_feed(an_item("new", "n", NOW - HOUR / 2), an_item("old", "o", NOW - 2 * HOUR))
    taken = posts(ran(source(server, wall, "/a"), wall, timedelta(seconds=1)))
    assert [(post.text, post.backfill) for post in taken] == [("o", True), ("n", False)]


@pytest.mark.parametrize(
    "bad",
    [
        Says(status=500),
        Says(status=403),
        Says(b"<html>no feed</html>"),
        Says(b"x" * (LARGEST_FEED + 1)),
        Says(b"cut", declared=99),
        Says(status=302, headers={"Location": "file:///etc/passwd"}),
        Says(b"<rss version='2.0'><channel><item><title>x &#9999999999; <b></title></item></channel></rss>"),
    ],
)
def test_one_bad_feed_stops_no_other_and_is_said(publisher: Publisher, server: Served, wall: Wall, bad: Says) -> None:
    publisher.feeds |= {"/bad": bad, "/good": a_feed(an_item("1", "first", NOW))}
    told: list[PartStatus] = []
    taken = ran(source(server, wall, "/bad", "/good"), wall, timedelta(hours=4), told=told)
    assert [post.text for post in posts(taken)] == ["first"]
    assert [status.part for status in told] == [f"{server.url}/bad"]
    assert told[0].fault
    assert 1 < server.paths().count("/bad") < server.paths().count("/good") / 2
    publisher.feeds["/bad"] = a_feed(an_item("2", "mended", wall.now))
    again = ran(source(server, wall, "/bad", "/good"), wall, timedelta(hours=1), taken[-1].cursor)
    assert [post.text for post in posts(again)] == ["mended"]


@pytest.mark.parametrize("status", [403, 406])
def test_a_publisher_that_refuses_programs_is_named_as_that(
    publisher: Publisher, server: Served, wall: Wall, status: int
) -> None:
    publisher.feeds |= {"/bad": Says(status=status), "/good": a_feed(an_item("1", "first", NOW))}
    told: list[PartStatus] = []
    ran(source(server, wall, "/bad", "/good"), wall, TEN, told=told)
    assert told[0].fault.startswith(f"The publisher refuses programs ({status}): ")
    assert "--contact" in told[0].fault
    assert "BANWATCH_RSS_FEEDS_FILE" in told[0].fault


def test_a_feed_that_works_again_is_told_to(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds |= {"/bad": Says(status=404), "/good": a_feed(an_item("1", "first", NOW))}
    told: list[PartStatus] = []
    own = source(server, wall, "/bad", "/good")
    cursor = ran(own, wall, TEN, told=told)[-1].cursor
    publisher.feeds["/bad"] = a_feed(an_item("2", "mended", NOW))
    assert [post.text for post in posts(ran(own, wall, HOUR, cursor, told))] == ["mended"]
    assert told[1:] == [PartStatus(f"{server.url}/bad")]


def test_a_feed_that_fails_is_told_of_without_its_secret(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds["/good"] = a_feed(an_item("1", "first", NOW))
    address = server.url.replace("//", "//desk:s3same@") + "/bad?key=s3same"
    own = Rss(RssSettings(feeds=(address, f"{server.url}/good", "http://desk:s3same@[x/bad")), wall, chance=lambda: 0.5)
    told: list[PartStatus] = []
    ran(own, wall, TEN, told=told)
    assert len(told) == 2
    assert told[0].part.startswith(f"{server.url}/bad")
    assert "s3same" not in repr(told)


def test_a_feed_that_fails_is_asked_ever_more_rarely(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds |= {"/bad": Says(status=403), "/good": a_feed(an_item("1", "first", NOW))}
    ran(source(server, wall, "/bad", "/good"), wall, timedelta(hours=5))
    assert 4 <= server.paths().count("/bad") <= 6
    assert server.paths().count("/good") >= 25


def test_a_feed_that_is_gone_is_dropped_for_good(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds |= {"/gone": Says(status=410), "/good": a_feed(an_item("1", "first", NOW))}
    told: list[PartStatus] = []
    taken = ran(source(server, wall, "/gone", "/good"), wall, timedelta(hours=20), told=told)
    assert server.paths().count("/gone") == 1
    again = source(server, wall, "/gone", "/good")
    ran(again, wall, timedelta(hours=1), taken[-1].cursor, told)
    assert [status.part for status in told] == 2 * [f"{server.url}/gone"]
    assert all("410" in status.fault for status in told)
    assert server.paths().count("/gone") == 1
    with pytest.raises(Misconfigured, match="Every feed is gone"):
        ran(source(server, wall, "/gone"), wall, timedelta(hours=1), taken[-1].cursor)


def test_where_no_feed_answers_it_is_the_network_and_passes(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds |= {"/a": Says(status=503), "/b": Says(status=503)}
    own = source(server, wall, "/a", "/b")
    for _ in range(3):
        with pytest.raises(Transient, match="No feed can be read"):
            ran(own, wall, HOUR)
    assert server.paths() == ["/a", "/b", "/a", "/b"]
    publisher.feeds |= {"/a": a_feed(an_item("a", "x")), "/b": a_feed(an_item("b", "x"))}
    assert len(posts(ran(own, wall, timedelta(seconds=5)))) == 2


def test_a_feed_that_asks_to_be_left_alone_is_while_no_feed_answers(
    publisher: Publisher, server: Served, wall: Wall
) -> None:
    publisher.feeds |= {"/a": Says(status=429, headers={"Retry-After": "7200"}), "/b": Says(status=503)}
    own = source(server, wall, "/a", "/b")
    for _ in range(4):
        with pytest.raises(Transient) as caught:
            ran(own, wall, HOUR)
        assert caught.value.retry_after is None
    assert server.paths() == ["/a", "/b", "/b", "/b", "/b"]


def test_where_every_feed_asks_to_be_left_alone_the_shortest_wait_is_told(
    publisher: Publisher, server: Served, wall: Wall
) -> None:
    publisher.feeds |= {
        "/a": Says(status=429, headers={"Retry-After": "7200"}),
        "/b": Says(status=503, headers={"Retry-After": "600"}),
    }
    own = source(server, wall, "/a", "/b")
    with pytest.raises(Transient) as caught:
        ran(own, wall, HOUR)
    assert caught.value.retry_after is not None
    assert timedelta(minutes=9) < caught.value.retry_after <= TEN
    wall.advance(caught.value.retry_after.total_seconds())
    with pytest.raises(Transient):
        ran(own, wall, HOUR)
    assert server.paths() == ["/a", "/b", "/b"]


def test_what_it_covers_is_what_every_feed_that_answers_was_asked_for(
    publisher: Publisher, server: Served, wall: Wall
) -> None:
    publisher.feeds |= {"/a": a_feed(an_item("a", "x")), "/b": a_feed(an_item("b", "x")), "/c": Says(status=404)}
    taken = ran(source(server, wall, "/a", "/b", "/c"), wall, timedelta(minutes=35))
    reached = [step for step in taken if isinstance(step, Watermark)]
    assert reached[0].until == NOW
    assert all(earlier.until <= later.until for earlier, later in pairwise(reached))
    assert timedelta(minutes=20) <= reached[-1].until - NOW <= timedelta(minutes=35)
    assert {step.since for step in reached} == {NOW}
    wall.advance(timedelta(days=2).total_seconds())
    later = ran(source(server, wall, "/a"), wall, timedelta(minutes=1), taken[-1].cursor)
    assert next(step for step in later if isinstance(step, Watermark)).since > NOW + timedelta(days=2)


def test_a_feed_that_fails_is_not_covered_and_does_not_hold_the_others_back_for_ever(
    publisher: Publisher, server: Served, wall: Wall
) -> None:
    publisher.feeds |= {"/a": a_feed(an_item("a", "x")), "/b": a_feed(an_item("b", "x"))}
    own = source(server, wall, "/a", "/b")
    before = ran(own, wall, TEN)[-1]
    assert isinstance(before, Watermark)
    publisher.feeds["/b"] = Says(status=500)
    reached = [step for step in ran(own, wall, 2 * HOUR, before.cursor) if isinstance(step, Watermark)]
    held = [step for step in reached if step.since == NOW]
    after = [step for step in reached if step.since > NOW]
    assert max(step.until for step in held) <= NOW + 2 * TEN
    assert {step.since for step in after} == {held[-1].until}
    assert wall.now - after[-1].until <= 2 * TEN


ADDED = {"bn", "he", "it", "ja", "ko", "pl", "th", "uk", "vi", "zh"}
LANGUAGES = {"ar", "de", "en", "es", "fa", "fr", "hi", "id", "pt", "ru", "tr", "ur", *ADDED}


def test_the_shipped_list_is_many_feeds_in_many_languages() -> None:
    shipped = feeds((), None)
    assert len(shipped) >= 50
    count = Counter(feed.language for feed in shipped)
    assert set(count) == LANGUAGES
    assert count["ar"] >= 5
    assert all(count[language] >= 2 for language in ADDED)
    assert all(feed.name and feed.url.startswith("https://") for feed in shipped)


def test_a_list_of_one_s_own(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text('[[feed]]\nurl = "https://a.example/rss"\nname = "A"\n')
    assert [feed.name for feed in feeds((), file)] == ["A"]
    assert [feed.url for feed in feeds(("https://b.example/rss",), file)] == [
        "https://b.example/rss",
        "https://a.example/rss",
    ]


@pytest.mark.parametrize("content", ["", "[[feed]]\nurl = 3", "[[feed]]\nurl = 'x'", "not toml", "feed = []"])
def test_a_list_that_cannot_be_used_is_a_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(content)
    with pytest.raises(Misconfigured, match="list of feeds"):
        feeds((), file)


def test_an_address_that_is_none_is_a_sentence(wall: Wall) -> None:
    with pytest.raises(Misconfigured, match="begins with http"):
        Rss(RssSettings(feeds=("news.example",)), wall)


def test_every_post_is_one_the_contract_takes(publisher: Publisher, server: Served, wall: Wall) -> None:
    publisher.feeds["/a"] = a_feed(an_item("1", "x", description="y" * 300_000), an_item("2", "\x00\ud7ff", NOW))
    taken = ran(source(server, wall, "/a"), wall, timedelta(seconds=1))
    assert [isinstance(step.found, Post) for step in taken if isinstance(step, Item)] == [True, True]
