from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Transient
from ingest.source import Cursor, Item, PartStatus, Pause, Watermark
from ingest.sources.reddit.mapping import Thing, read_thing, to_post
from ingest.sources.reddit.source import Reddit, RedditSettings, listings_of
from tests.support.networks.reddit_server import Forum, as_json, full_name
from tests.support.serving import Says, Served, served
from tests.support.waiting import free_port


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Reader:
    """Reads round after round, with rests that pass at once."""

    def __init__(self, url: str, cursor: Cursor | None = None, **given: object) -> None:
        self.clock = Clock()
        self.source = Reddit(settings(url, **given), self.clock)
        self.cursor: Cursor = cursor or {}
        self.steps = self.source.read(self.cursor)
        self.reached: list[Watermark] = []
        self.told: list[PartStatus] = []

    def round(self) -> list[Post | Rejected]:
        found: list[Post | Rejected] = []
        for step in self.steps:
            match step:
                case Pause(seconds):
                    self.clock.ahead += timedelta(seconds=seconds)
                case Item():
                    self.cursor = json.loads(json.dumps(step.cursor))
                    found.append(step.found)
                case PartStatus():
                    self.told.append(step)
                case Watermark():
                    self.cursor = json.loads(json.dumps(step.cursor))
                    self.reached.append(step)
                    return found
        raise AssertionError("a source of a network does not end")

    def rounds(self) -> list[Post | Rejected]:
        """Look at each of the two listings of a subreddit, which are due one after the other."""
        return [*self.round(), *self.round()]

    def close(self) -> None:
        self.steps.close()  # type: ignore[attr-defined]


def settings(url: str, **given: object) -> RedditSettings:
    fields: dict[str, object] = {
        "client_id": "id",
        "client_secret": "secret",
        "user_agent": "test:banwatch:1",
        "subreddits": ("harbour",),
        "base_url": url,
        "token_url": url,
    }
    return RedditSettings(**fields | given)  # type: ignore[arg-type]


def names(found: list[Post | Rejected]) -> list[str]:
    return [f"{each.op} {each.text}".strip() if isinstance(each, Post) else each.reason for each in found]


@pytest.fixture
def forum() -> Forum:
    return Forum()


@pytest.fixture
def server(forum: Forum) -> Iterator[Served]:
    with served(forum) as running:
        yield running


def test_submissions_and_comments_come_oldest_first_and_once(forum: Forum, server: Served) -> None:
    forum.submission("TikTok is banned", selftext="says the harbour")
    forum.comment("is it?")
    forum.submission("second")
    with closing(Reader(server.url)) as reader:
        assert names(reader.round()) == ["post TikTok is banned\nsays the harbour", "post second", "post is it?"]
        assert names(reader.round()) == []
        forum.comment("it is")
        assert names(reader.round()) == ["post it is"]
    assert server.asked[0].headers["user-agent"].startswith("test:banwatch:1")


def seconds_ago(seconds: float) -> float:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).timestamp()


def test_a_gap_of_several_pages_is_filled_and_a_larger_one_is_not_said_to_be_covered(
    forum: Forum, server: Served
) -> None:
    forum.comment("first", created_utc=seconds_ago(9_000))
    with closing(Reader(server.url)) as reader:
        reader.round()
        for number in range(350):
            forum.comment(f"while away {number}", created_utc=seconds_ago(8_000 - number))
    with closing(Reader(server.url, reader.cursor)) as reader:
        assert names(reader.round()) == [f"post while away {number}" for number in range(350)]
        since = reader.reached[-1].since
        for number in range(1_200):
            forum.comment(f"far too many {number}", created_utc=seconds_ago(-100 - number))
        reader.clock.ahead += timedelta(seconds=1_300)
        assert len(reader.rounds()) == 1_000
        assert reader.reached[-1].since > since


def test_of_several_things_of_one_second_none_is_lost_or_comes_twice(forum: Forum, server: Served) -> None:
    second = int(seconds_ago(60))
    for number in range(3):
        forum.comment(f"number {number}", created_utc=second)
    with closing(Reader(server.url)) as reader:
        first = next(step for step in reader.steps if isinstance(step, Item))
    with closing(Reader(server.url, json.loads(json.dumps(first.cursor)))) as reader:
        assert {"post number 1", "post number 2"} <= set(names(reader.round()))
        forum.comment("number 3", created_utc=second)
        assert names(reader.rounds()) == ["post number 3"]
    with closing(Reader(server.url, reader.cursor)) as reader:
        forum.comment("number 4", created_utc=second)
        assert names(reader.round()) == ["post number 4"]


def test_what_takes_long_into_a_listing_is_not_lost(forum: Forum, server: Served) -> None:
    forum.comment("first", created_utc=seconds_ago(600))
    late = forum.comment("held", created_utc=seconds_ago(120))
    forum.hidden.add(full_name(late))
    for number in range(100):
        forum.comment(f"number {number}", created_utc=seconds_ago(110))
    with closing(Reader(server.url)) as reader:
        reader.round()
        forum.hidden.clear()
        assert names(reader.rounds()) == ["post held"]


@pytest.mark.parametrize(("begun", "gap"), [(9_500, 0), (10_500, 1)])
def test_a_cursor_of_numbers_is_read_again_from_where_its_coverage_began(
    forum: Forum, server: Served, begun: int, gap: int
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=begun)
    for number in range(200):
        forum.comment(f"number {number}", created_utc=seconds_ago(10_000 - number * 10))
    cursor: Cursor = {"since": since.isoformat(), "read_to": {"harbour t1": 2**64 - 1}, "known": {}}
    with closing(Reader(server.url, cursor)) as reader:
        assert {f"post number {number}" for number in range(50, 200)} <= set(names(reader.round()))
        assert (reader.reached[-1].since > since) == gap
        assert "read_to" not in reader.cursor


def test_a_search_that_ends_before_the_known_place_is_not_said_to_be_covered(forum: Forum, server: Served) -> None:
    forum.submission("TikTok ban", created_utc=seconds_ago(9_000))
    with closing(Reader(server.url, subreddits=(), searches=("tiktok",))) as reader:
        reader.round()
        since = reader.reached[-1].since
        for number in range(300):
            forum.submission(f"TikTok {number}", created_utc=seconds_ago(-100 - number))
        reader.clock.ahead += timedelta(seconds=400)
        assert len(reader.round()) == 245
        assert reader.reached[-1].since > since


def test_a_time_of_the_future_hides_no_gap(forum: Forum, server: Served) -> None:
    forum.submission("of the future", created_utc=seconds_ago(-1e7))
    with closing(Reader(server.url, comments=False)) as reader:
        reader.round()
        since = reader.reached[-1].since
        for number in range(1_200):
            forum.submission(f"number {number}", created_utc=seconds_ago(-100 - number))
        reader.clock.ahead += timedelta(seconds=1_300)
        assert len(reader.round()) == 1_000
        assert reader.reached[-1].since > since


def test_a_listing_that_lost_deleted_entries_is_not_taken_for_whole(forum: Forum, server: Served) -> None:
    forum.submission("first", created_utc=seconds_ago(9_000))
    with closing(Reader(server.url, comments=False)) as reader:
        reader.round()
        since = reader.reached[-1].since
        posted = [forum.submission(f"{number}", created_utc=seconds_ago(-100 - number)) for number in range(1_200)]
        forum.hidden = {full_name(thing) for thing in posted[::4]}
        reader.clock.ahead += timedelta(seconds=1_300)
        assert len(reader.round()) == 750
        assert reader.reached[-1].since > since


def test_a_listing_that_shows_nothing_any_more_is_not_covered_until_then(forum: Forum, server: Served) -> None:
    forum.hidden = {full_name(forum.submission("first"))}
    with closing(Reader(server.url, comments=False)) as reader:
        for _ in range(3):
            assert names(reader.round()) == []
        assert len({step.since for step in reader.reached}) == 1
        forum.hidden.clear()
        assert names(reader.round()) == ["post first"]
        shown = reader.reached[-1].since
        forum.things.clear()
        for _ in range(3):
            reader.round()
        assert reader.reached[-3].since > shown
        assert len({step.since for step in reader.reached[-3:]}) == 1


def test_when_an_account_is_deleted_its_posts_come_again_without_an_author(forum: Forum, server: Served) -> None:
    comment = forum.comment("to be kept")
    for number in range(100):
        forum.comment(f"number {number}")
    with closing(Reader(server.url)) as reader:
        reader.round()
        comment["data"] |= {"author": "[deleted]"}
        reader.clock.ahead += timedelta(hours=2)
        (again,) = reader.rounds()
        assert isinstance(again, Post)
        assert (again.id, again.text, again.author) == (full_name(comment), "to be kept", None)
        reader.clock.ahead += timedelta(hours=2)
        assert names(reader.rounds()) == []


def test_an_edit_comes_again_and_what_is_gone_is_deleted(forum: Forum, server: Served) -> None:
    edited, removed, deleted = (forum.submission(f"number {number}", selftext="text") for number in range(3))
    with closing(Reader(server.url)) as reader:
        reader.round()
        edited["data"] |= {"edited": 1_700_000_000.0, "selftext": "other text"}
        assert names(reader.round()) == ["post number 0\nother text"]
        removed["data"] |= {"selftext": "[removed]", "removed_by_category": "moderator"}
        deleted["data"] |= {"selftext": "[deleted]", "author": "[deleted]"}
        reader.clock.ahead += timedelta(hours=2)
        found = reader.round()
        assert names(found) == ["delete", "delete"]
        assert [each.id for each in found if isinstance(each, Post)] == [
            f"t3_{removed['data']['id']}",
            f"t3_{deleted['data']['id']}",
        ]
        reader.clock.ahead += timedelta(hours=2)
        assert names(reader.round()) == []


def test_what_was_deleted_while_nothing_ran_is_found(forum: Forum, server: Served) -> None:
    comment = forum.comment("to be regretted")
    with closing(Reader(server.url)) as reader:
        reader.round()
    comment["data"] |= {"body": "[deleted]", "author": "[deleted]"}
    with closing(Reader(server.url, reader.cursor)) as reader:
        assert names(reader.round()) == ["delete"]


def test_what_was_gone_before_it_was_read_is_not_sent(forum: Forum, server: Served) -> None:
    forum.submission("[deleted by user]", selftext="[removed]")
    with closing(Reader(server.url)) as reader:
        assert names(reader.round()) == []


def test_a_search_is_asked_and_finds_a_submission_of_a_subreddit_once(forum: Forum, server: Served) -> None:
    forum.submission("TikTok ban")
    with closing(Reader(server.url, searches=("tiktok+ban",))) as reader:
        assert names(reader.round()) == ["post TikTok ban"]
    search = next(asked for asked in server.asked if asked.path == "/search")
    assert (search.parameters["q"], search.parameters["sort"]) == ("tiktok ban", "new")


def test_what_is_none_of_its_things_is_rejected_once(forum: Forum, server: Served) -> None:
    forum.things.append({"kind": "t3", "data": {"id": "zz", "created_utc": "yesterday", "permalink": "/r/harbour/zz"}})
    forum.things.append({"kind": "t5", "data": {"id": "zy", "created_utc": 1}})
    forum.submission("whole")
    with closing(Reader(server.url, comments=False)) as reader:
        found = reader.round()
        assert len(found) == 3
        assert names(found)[-1] == "post whole"
        assert names(reader.round()) == []
    assert any("created_utc" in reason for reason in names(found))
    assert any("'t5'" in reason for reason in names(found))


OTHERS = [
    (Says(status=429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), "does not answer"),
    (Says(b"<html>", headers={"Content-Type": "text/html"}), "does not answer|no JSON|something else"),
    (as_json(["no listing"]), "no listing"),
    (Says(b"[" * 100_000, headers={"Content-Type": "application/json"}), "does not answer"),
    (Says(b"[]", status=400, headers={"Content-Type": "application/json"}), "something else"),
    (
        Says(b'{"reason": "x", "fields": []}', status=400, headers={"Content-Type": "application/json"}),
        "something else",
    ),
    (as_json({"data": {"children": [], "after": 7}}), ""),
    (Says(b"{}", declared=9), "does not answer"),
    (Says(status=401), "401"),
    (Says(status=403), "403: it is private or quarantined"),
    (Says(status=404), "404: it is banned"),
    (Says(status=500), "500"),
    (Says(status=302, headers={"Location": "/subreddits/search?q=harbour"}), "never there, or is banned"),
]


@pytest.mark.parametrize(("says", "match"), OTHERS)
def test_a_listing_that_cannot_be_read_keeps_none_back(forum: Forum, server: Served, says: Says, match: str) -> None:
    forum.submission("TikTok is banned")
    forum.comment("is it?")
    forum.says = lambda asked: says if asked.path == "/r/harbour/new" else None
    with closing(Reader(server.url)) as reader:
        assert names(reader.round()) == ["post is it?"]
        faults = [f"{status.part}: {status.fault}" for status in reader.told]
        assert len(faults) == bool(match)
        assert all(re.match(f"r/harbour: .*({match})", fault) for fault in faults)
        forum.says = lambda asked: None
        found: list[str] = []
        while not found:
            found = names(reader.round())
        assert found == ["post TikTok is banned"]
        assert reader.told[1:] == [PartStatus("r/harbour")] * bool(match)


def test_one_subreddit_of_several_that_is_closed_keeps_none_back(forum: Forum, server: Served) -> None:
    forum.submission("TikTok is banned")
    forum.says = lambda asked: Says(status=403) if asked.path.startswith("/r/lagoon") else None
    with closing(Reader(server.url, subreddits=("lagoon", "harbour"), searches=("tiktok",))) as reader:
        assert names(reader.round()) == ["post TikTok is banned"]
        assert [status.part for status in reader.told] == ["r/lagoon", "r/lagoon comments"]


def test_a_network_that_was_asked_too_often_is_left_alone(forum: Forum, server: Served) -> None:
    forum.says = lambda asked: (
        Says(status=429, headers={"Retry-After": "9"}) if asked.path == "/r/harbour/new" else None
    )
    with closing(Reader(server.url)) as reader, pytest.raises(Transient, match="429") as caught:
        reader.round()
    assert caught.value.retry_after == timedelta(seconds=9)


def test_where_no_listing_can_be_read_it_is_tried_again(forum: Forum, server: Served) -> None:
    forum.says = lambda asked: Says(status=403) if asked.path.startswith("/r/") else None
    with closing(Reader(server.url)) as reader, pytest.raises(Transient, match="No listing can be read"):
        reader.round()


def test_what_was_deleted_is_seen_or_it_is_said_that_it_cannot_be(forum: Forum, server: Served) -> None:
    gone = forum.submission("to be regretted")
    forum.says = lambda asked: Says(status=403) if asked.path == "/api/info" else None
    with closing(Reader(server.url)) as reader:
        assert names(reader.round()) == ["post to be regretted"]
        assert [status.part for status in reader.told] == ["deletions"]
        gone["data"] |= {"selftext": "[deleted]", "author": "[deleted]"}
        forum.says = lambda asked: None
        reader.clock.ahead += timedelta(hours=2)
        assert names(reader.round()) == ["delete"]
        assert reader.told[1:] == [PartStatus("deletions")]


def test_the_first_start_takes_the_thousand_that_a_listing_shows(forum: Forum, server: Served) -> None:
    for number in range(1_150):
        forum.submission(f"number {number}", created_utc=seconds_ago(9_000 - number))
    with closing(Reader(server.url, comments=False)) as reader:
        assert names(reader.round()) == [f"post number {number}" for number in range(150, 1_150)]
        assert reader.round() == []
        assert {step.since for step in reader.reached} == {reader.reached[0].since}
    assert [asked.path for asked in server.asked].count("/r/harbour/new") == 11


@pytest.mark.parametrize("status", [400, 401])
def test_a_key_that_is_not_accepted_is_an_error(forum: Forum, server: Served, status: int) -> None:
    forum.says = lambda asked: Says(b"{}", status=status) if asked.path.endswith("access_token") else None
    with closing(Reader(server.url)) as reader, pytest.raises(Misconfigured, match=str(status)) as caught:
        reader.round()
    assert "secret" not in str(caught.value)


def test_a_network_that_is_not_there_is_transient() -> None:
    with (
        closing(Reader(f"http://127.0.0.1:{free_port()}")) as reader,
        pytest.raises(Transient, match="does not answer"),
    ):
        reader.round()


@pytest.mark.parametrize("absent", ["client_id", "client_secret", "user_agent"])
def test_without_a_key_it_does_not_start(absent: str) -> None:
    with pytest.raises(Misconfigured, match="BANWATCH_REDDIT_CLIENT_ID"):
        Reddit(settings("http://127.0.0.1", **{absent: ""}), Clock())
    assert not RedditSettings().starts_with_up


@pytest.mark.parametrize("name", ["a/b", "x?y", "r/", "имя"])
def test_what_is_no_subreddit_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match="no subreddit"):
        listings_of(settings("http://127.0.0.1", subreddits=(name,)))


def test_real_listings(real_data: Path) -> None:
    folder = real_data / "payloads/reddit"
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    children = [
        child
        for name in ("TestDomainListing_test_new__1_200.json", "TestListingGenerator_test_exhaust_items__1_200.json")
        for child in json.loads((folder / name).read_bytes())["data"]["children"]
    ]
    things = [read_thing(child) for child in children]
    assert len(things) == 200
    assert all(isinstance(thing, Thing) for thing in things)
    posts = [to_post(thing, seen) for thing in things if isinstance(thing, Thing)]
    first = posts[0]
    assert (first.id, first.author) == ("t3_5d7qul", "ChannelBot")
    assert first.links == ("https://www.youtube.com/watch?v=J8VSHDDKMas",)
    assert first.created_at == datetime(2016, 11, 16, 6, 17, 3, tzinfo=UTC)
    assert {post.id[:3] for post in posts} == {"t1_", "t3_"}
    assert all(post.reply_to for post in posts if post.id.startswith("t1_"))
