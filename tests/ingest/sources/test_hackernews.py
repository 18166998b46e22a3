from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract import Post, Rejected
from ingest.errors import Transient
from ingest.source import Item, PartStatus, Watermark
from ingest.sources.hackernews.mapping import hit_to_post, item_to_post
from ingest.sources.hackernews.source import HackerNews, HackerNewsSettings
from tests.support.networks.driving import Wall, posts, rejected, steps, take_until
from tests.support.networks.hackernews_site import Site, serving
from tests.support.serving import Says, Served

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def item(**fields: object) -> bytes:
    return json.dumps({"id": 7, "type": "story", "by": "ada", "time": 1594396800} | fields).encode()


def mapped(raw: bytes, first_time: int | None = None) -> Post:
    post = item_to_post(raw, "here", NOW, first_time)
    assert isinstance(post, Post), post
    return post


def test_a_story_is_title_text_and_link() -> None:
    post = mapped(
        item(
            title="Ban &amp; <T> unban",
            text='one<p>two <a href="https:&#x2F;&#x2F;example.org&#x2F;b" rel="nofollow">b</a>',
            url="https://example.org/a",
            score=12,
            descendants=3,
        )
    )
    assert post.text == "Ban & <T> unban\none\ntwo b"
    assert post.links == ("https://example.org/a", "https://example.org/b")
    assert (post.source, post.id, post.author, post.likes, post.replies) == ("hackernews", "7", "ada", 12, 3)
    assert post.url == "https://news.ycombinator.com/item?id=7"
    assert post.created_at == datetime(2020, 7, 10, 16, tzinfo=UTC)
    assert post.seen_at == NOW
    assert not post.backfill


def test_a_comment_replies_and_has_no_count() -> None:
    post = mapped(item(type="comment", text="aye", parent=5))
    assert (post.reply_to, post.likes, post.replies) == ("5", None, None)


@pytest.mark.parametrize("gone", [{"deleted": True, "by": None}, {"dead": True, "text": "spam"}])
def test_what_is_gone_is_a_delete_of_the_same_minute(gone: dict[str, object]) -> None:
    post = mapped(item(**gone))
    assert (post.op, post.id, post.text) == ("delete", "7", "")
    assert post.created_at == datetime(2020, 7, 10, 16, tzinfo=UTC)


def test_a_story_shown_again_keeps_its_minute() -> None:
    assert mapped(item(time=1594483200), 1594396800).created_at == datetime(2020, 7, 10, 16, tzinfo=UTC)


def test_an_item_without_a_time_is_of_when_it_was_seen_and_marked() -> None:
    assert (mapped(item(time=0)).created_at, mapped(item(time=0)).clock_replaced) == (NOW, True)
    assert not mapped(item()).clock_replaced


def test_what_is_no_post_is_nothing() -> None:
    assert item_to_post(b"null", "here", NOW) is None
    assert item_to_post(item(type="pollopt"), "here", NOW) is None


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'{"id": "x"}', item(time="noon"), item(time=10**15), item(text="\ud800"), b"\xff"]
)
def test_what_is_not_documented_is_rejected_with_a_reason(raw: bytes) -> None:
    found = item_to_post(raw, "here", NOW)
    assert isinstance(found, Rejected)
    assert found.reason.endswith(".")
    assert found.where == "here"


def test_a_score_below_zero_is_none_liked() -> None:
    assert mapped(item(score=-4)).likes == 0


def test_a_hit_is_history() -> None:
    hit = {"objectID": "9", "created_at_i": 1594396800, "author": "bob", "comment_text": "a<p>b", "parent_id": 7}
    post = hit_to_post(json.dumps(hit).encode(), "here", NOW)
    assert isinstance(post, Post)
    assert (post.id, post.text, post.reply_to, post.backfill) == ("9", "a\nb", "7", True)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[Served]:
    with serving(site) as server:
        yield server


@pytest.fixture
def wall() -> Wall:
    return Wall(NOW)


def source(server: Served, wall: Wall, **fields: object) -> HackerNews:
    settings = HackerNewsSettings.model_validate(
        {
            "first_items": 0,
            "base_url": f"{server.url}/v0/",
            "search_url": f"{server.url}/api/v1/",
            "requests_per_second": 20,
        }
        | fields
    )
    return HackerNews(settings, wall)


def has(count: int, *, settled: bool = False):  # type: ignore[no-untyped-def]
    return lambda taken: len(posts(taken)) >= count and (not settled or isinstance(taken[-1], Watermark))


def test_live_takes_every_item_from_the_start_on(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW - MINUTE)
    reading = steps(source(server, wall), wall)
    first = next(reading)
    assert isinstance(first, Watermark)
    site.add(101, NOW)
    site.add(102, NOW, type="pollopt")
    site.add(103, NOW, type="story", title="TikTok banned")
    taken = take_until(reading, has(2, settled=True))
    assert [post.id for post in posts(taken)] == ["101", "103"]
    reached = taken[-1]
    assert isinstance(reached, Watermark)
    assert reached.since == NOW
    assert not reached.idle


def test_the_first_start_reads_some_items_back(site: Site, server: Served, wall: Wall) -> None:
    for number in range(1, 10):
        site.add(number, NOW)
    reading = steps(source(server, wall, first_items=3), wall)
    assert [post.id for post in posts(take_until(reading, has(3)))] == ["7", "8", "9"]


def test_it_resumes_behind_any_of_its_cursors(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    cursor = next(reading).cursor
    for number in range(101, 106):
        site.add(number, NOW)
    taken = take_until(steps(source(server, wall), wall, cursor), has(5))
    for position, step in enumerate(step for step in taken if isinstance(step, Item)):
        again = take_until(
            steps(source(server, wall), wall, step.cursor), lambda taken: isinstance(taken[-1], Watermark)
        )
        assert [post.id for post in posts(again)] == [str(number) for number in range(102 + position, 106)]


def test_an_item_not_shown_yet_is_waited_for_and_not_passed(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    site.add(101, NOW)
    site.add(102, NOW)
    site.hidden.add(101)
    taken = take_until(reading, has(1, settled=True))
    asked = wall.now
    site.hidden.clear()
    later = take_until(steps(source(server, wall), wall, taken[-1].cursor), has(1))
    assert [post.id for post in posts(taken + later)] == ["102", "101"]
    assert taken[-1].until <= asked  # type: ignore[union-attr]


def test_an_item_never_shown_is_given_up_and_said(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    site.add(101, NOW)
    site.hidden.add(101)
    taken = take_until(reading, lambda taken: bool(rejected(taken)))
    assert "not shown" in rejected(taken)[0].reason
    site.add(102, wall.now)
    after = take_until(reading, lambda taken: isinstance(taken[-1], Watermark))
    assert after[-1].cursor["missing"] == {}


def test_edits_and_deletions_of_late_are_followed(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    site.add(101, NOW, text="first")
    site.add(102, NOW)
    take_until(reading, has(2))
    site.add(101, NOW + timedelta(days=1), text="second")
    site.add(102, NOW, deleted=True)
    site.changed = [101, 102, 5]
    edited, deleted = posts(take_until(reading, has(2)))
    assert (edited.id, edited.text, edited.created_at) == ("101", "second", NOW)
    assert (deleted.id, deleted.op) == ("102", "delete")
    assert "/v0/item/5.json" not in server.paths()


def test_an_item_that_is_dead_at_first_can_be_revived_and_one_that_dies_later_is_gone(
    site: Site, server: Served, wall: Wall
) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    site.add(101, NOW, dead=True)
    site.add(102, NOW)
    assert [post.id for post in posts(take_until(reading, has(1)))] == ["102"]
    site.add(101, NOW, dead=True, text="still dead")
    site.add(102, NOW, dead=True)
    site.changed = [101, 102]
    (killed,) = posts(take_until(reading, has(1)))
    assert (killed.id, killed.op) == ("102", "delete")
    site.add(101, NOW, text="revived")
    site.changed = [101]
    (revived,) = posts(take_until(reading, has(1)))
    assert (revived.id, revived.op, revived.text) == ("101", "post", "revived")


def test_a_site_that_stands_still_is_not_called_quiet(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    taken = list(steps(source(server, wall), wall, within=timedelta(minutes=10)))
    reached = taken[-1]
    assert isinstance(reached, Watermark)
    assert reached.until < NOW + timedelta(minutes=3)


def test_history_is_whole_though_the_index_gives_a_thousand(site: Site, server: Served, wall: Wall) -> None:
    begin = datetime(2020, 7, 10, tzinfo=UTC)
    for number in range(3_000):
        site.add(number + 1, begin + timedelta(seconds=number // 2), type="story", title=f"story {number}")
    wanted = {"since": begin, "until": begin + timedelta(hours=1)}
    taken = take_until(
        steps(source(server, wall, **wanted), wall),
        lambda taken: isinstance(taken[-1], Watermark) and taken[-1].until == wanted["until"],
    )
    history = posts(taken)
    assert [post.id for post in history] == [str(number + 1) for number in range(3_000)]
    assert all(post.backfill for post in history)
    assert all(step.idle for step in taken if isinstance(step, Watermark))
    told: datetime | None = None
    for step in taken:
        if isinstance(step, Watermark):
            told = step.until
        elif isinstance(step.found, Post):
            assert told is None or step.found.created_at >= told
    middle = next(step for step in taken[2_000:] if isinstance(step, Watermark))
    rest = take_until(
        steps(source(server, wall, **wanted), wall, middle.cursor),
        lambda taken: isinstance(taken[-1], Watermark) and taken[-1].until == wanted["until"],
    )
    assert [post.id for post in posts(rest)] == [post.id for post in history if post.created_at >= middle.until]


def test_a_second_with_more_than_the_index_gives_is_said(site: Site, server: Served, wall: Wall) -> None:
    begin = datetime(2020, 7, 10, tzinfo=UTC)
    site.most_hits = 3
    for number in range(5):
        site.add(number + 1, begin)
    taken = take_until(
        steps(source(server, wall, since=begin, until=begin + timedelta(seconds=4)), wall),
        lambda taken: bool(rejected(taken)),
    )
    assert len(posts(taken)) == 3
    assert "of this second" in rejected(taken)[0].reason


def test_terms_narrow_history_only(site: Site, server: Served, wall: Wall) -> None:
    begin = datetime(2020, 7, 10, tzinfo=UTC)
    site.add(1, begin, text="about tiktok")
    site.add(2, begin, text="about lunch")
    site.add(3, begin, text="tiktok and bytedance")
    reading = steps(source(server, wall, since=begin, until=begin + MINUTE, terms=("tiktok", "bytedance")), wall)
    assert sorted(post.id for post in posts(take_until(reading, has(2)))) == ["1", "3"]
    take_until(reading, lambda taken: isinstance(taken[-1], Watermark) and not taken[-1].idle)
    site.add(4, wall.now, text="about supper")
    assert posts(take_until(reading, has(1)))[0].id == "4"


def test_a_long_absence_is_caught_up_by_the_index(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    cursor = next(steps(source(server, wall), wall)).cursor
    for number in range(101, 401):
        site.add(number, NOW + (number - 100) * MINUTE)
    wall.now = NOW + timedelta(minutes=300, seconds=5)
    taken = take_until(steps(source(server, wall), wall, cursor), has(301, settled=True))
    assert [int(post.id) for post in posts(taken)] == list(range(100, 401))
    assert sum(path.startswith("/v0/item/") for path in server.paths()) <= 11
    assert {step.since for step in taken if isinstance(step, Watermark)} == {NOW}


def test_a_busy_site_passes_with_the_wait_that_it_asks_for(site: Site, server: Served, wall: Wall) -> None:
    site.broken = Says(status=503, headers={"Retry-After": "7"})
    with pytest.raises(Transient) as caught:
        next(steps(source(server, wall), wall))
    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("number", [10**8, 10**15, 10**30])
def test_a_highest_number_out_of_all_reach_is_not_followed(site: Site, server: Served, wall: Wall, number: int) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    cursor = next(reading).cursor
    site.add(number, NOW)
    with pytest.raises(Transient, match="maxitem"):
        take_until(reading, lambda taken: False)
    del site.items[number]
    site.add(101, NOW)
    assert [post.id for post in posts(take_until(steps(source(server, wall), wall, cursor), has(1)))] == ["101"]


def test_an_answer_that_is_no_number_passes(site: Site, server: Served, wall: Wall) -> None:
    site.broken = Says(b"<html>maintenance</html>")
    with pytest.raises(Transient, match="maxitem"):
        next(steps(source(server, wall), wall))


PACKED = Says(b"x", headers={"Content-Encoding": "br"})


@pytest.mark.parametrize("broken", [Says(status=500), Says(status=403), Says(b"cut", declared=99), PACKED])
def test_one_item_that_cannot_be_had_holds_up_no_other_and_is_passed_over_in_the_end(
    site: Site, server: Served, wall: Wall, broken: Says
) -> None:
    site.add(100, NOW)
    own, told = source(server, wall), list[PartStatus]()
    reading = steps(own, wall, told=told)
    begun = next(reading)
    site.instead["/v0/item/101.json"] = broken
    site.add(101, NOW)
    site.add(102, NOW)
    taken = take_until(reading, has(1, settled=True))
    assert [post.id for post in posts(taken)] == ["102"]
    assert [status.part for status in told] == ["item 101"]
    assert taken[-1].until <= wall.now - MINUTE / 60  # type: ignore[union-attr]
    for number in range(103, 140):
        site.add(number, wall.now)
        taken += take_until(reading, has(1, settled=True))
        wall.advance(60)
    assert rejected(taken)[0].where == "item/101.json"
    assert told[-1] == PartStatus("item 101")
    assert wall.now - taken[-1].until < 5 * MINUTE  # type: ignore[union-attr]
    assert taken[-1].cursor["missing"] == {}
    assert isinstance(begun, Watermark)


def test_an_item_that_could_not_be_had_once_is_had_the_next_time(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    site.instead["/v0/item/101.json"] = Says(status=503)
    site.add(101, NOW)
    taken = take_until(reading, lambda taken: isinstance(taken[-1], Watermark))
    assert posts(taken) == []
    site.instead.clear()
    assert [post.id for post in posts(take_until(reading, has(1)))] == ["101"]


def test_where_no_item_can_be_had_it_is_the_network(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    for number in range(101, 120):
        site.add(number, NOW)
        site.instead[f"/v0/item/{number}.json"] = Says(status=500)
    with pytest.raises(Transient, match="500"):
        take_until(reading, has(1))


@pytest.mark.parametrize("broken", [Says(status=500), Says(status=404), Says(b"<html>maintenance</html>")])
def test_changes_that_cannot_be_had_cost_no_item(site: Site, server: Served, wall: Wall, broken: Says) -> None:
    site.add(100, NOW)
    own, told = source(server, wall), list[PartStatus]()
    reading = steps(own, wall, told=told)
    next(reading)
    site.instead["/v0/updates.json"] = broken
    site.add(101, NOW)
    assert [post.id for post in posts(take_until(reading, lambda taken: bool(told) and has(1)(taken)))] == ["101"]
    assert [status.part for status in told] == ["updates.json"]
    site.instead.clear()
    site.changed = [101]
    site.add(101, NOW, text="edited")
    site.add(102, NOW)
    assert {post.text for post in posts(take_until(reading, has(2)))} == {"edited", "number 102"}
    assert told[1:] == [PartStatus("updates.json")]


def test_a_change_that_cannot_be_had_is_said(site: Site, server: Served, wall: Wall) -> None:
    site.add(100, NOW)
    reading = steps(source(server, wall), wall)
    next(reading)
    site.instead["/v0/item/100.json"] = Says(status=500)
    site.changed = [100]
    wall.advance(120)
    taken = take_until(reading, lambda taken: bool(rejected(taken)))
    assert rejected(taken)[0].reason.startswith("What has changed in the item is not known")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_site_that_refuses_may_not_do_so_for_ever(site: Site, server: Served, wall: Wall, status: int) -> None:
    site.broken = Says(status=status)
    with pytest.raises(Transient, match=str(status)):
        next(steps(source(server, wall), wall))


def test_history_that_cannot_be_had_keeps_nothing_back_and_is_read_later(
    site: Site, server: Served, wall: Wall
) -> None:
    begin = datetime(2020, 7, 10, tzinfo=UTC)
    site.add(1, begin, text="of old")
    site.add(100, NOW)
    site.instead["/api/v1/search_by_date"] = Says(status=403)
    own, told = source(server, wall, since=begin, until=begin + MINUTE), list[PartStatus]()
    reading = steps(own, wall, told=told)
    next(reading)
    site.add(101, NOW)
    assert [post.id for post in posts(take_until(reading, has(1)))] == ["101"]
    assert [status.part for status in told] == ["history"]
    assert "403" in told[0].fault
    site.instead.clear()
    taken = take_until(reading, has(1))
    assert [post.text for post in posts(taken)] == ["of old"]
    asked = server.paths().count("/api/v1/search_by_date")
    site.add(102, wall.now)
    take_until(reading, has(1, settled=True))
    assert told[1:] == [PartStatus("history")]
    assert server.paths().count("/api/v1/search_by_date") == asked
