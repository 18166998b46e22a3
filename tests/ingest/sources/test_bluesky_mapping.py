"""What events of Bluesky become. No server is needed: it is a function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as any_

from ingest.contract import Post, Rejected
from ingest.event_time import event_time
from ingest.sources.bluesky.frames import POSTS, DamagedFrame, JetstreamEvent, NotAFrame, Wire, read_frame
from ingest.sources.bluesky.mapping import to_found
from tests.conftest import NOON
from tests.support.jetstream import tid

DID = "did:plc:example"
RKEY = tid(NOON - timedelta(minutes=1))
WRITTEN = "2020-07-10T11:59:30.250Z"


def commit(record: object, *, operation: str = "create", rkey: str = RKEY, collection: str = POSTS) -> JetstreamEvent:
    raw = msgspec.Raw(msgspec.json.encode(record))
    return JetstreamEvent(DID, NOON, "commit", None, operation, collection, rkey, raw)


def post_of(**record: object) -> Post:
    found = to_found(commit({"text": "TikTok", "createdAt": WRITTEN} | record), "wss://example.org")
    assert isinstance(found, Post), found
    return found


def test_a_post_keeps_what_it_says_and_where_it_stands() -> None:
    found = post_of(langs=["pt", "en"], reply={"parent": {"uri": "at://a/b/c"}, "root": {"uri": "at://a/b/d"}})
    assert found == Post(
        source="bluesky",
        id=f"at://{DID}/{POSTS}/{RKEY}",
        text="TikTok",
        created_at=datetime(2020, 7, 10, 11, 59, 30, 250_000, tzinfo=UTC),
        url=f"https://bsky.app/profile/{DID}/post/{RKEY}",
        author=DID,
        langs=("pt", "en"),
        reply_to="at://a/b/c",
        seen_at=NOON,
    )


def test_a_post_that_is_old_when_it_comes_is_history() -> None:
    assert post_of(createdAt="2020-07-10T10:00:00Z").backfill
    assert not post_of().backfill


def test_links_and_hashtags_come_from_wherever_they_are_marked() -> None:
    link, tag = "app.bsky.richtext.facet#link", "app.bsky.richtext.facet#tag"
    found = post_of(
        facets=[
            {"index": {}, "features": [{"$type": link, "uri": "https://example.org/a"}, {"$type": tag, "tag": "Ban"}]},
            {"index": {}, "features": [{"$type": "org.example.other", "thing": 1}]},
        ],
        embed={"$type": "app.bsky.embed.external", "external": {"uri": "https://example.org/b"}},
        tags=["#Other", "Ban"],
    )
    assert found.links == ("https://example.org/a", "https://example.org/b")
    assert found.hashtags == ("Ban", "Other")


@pytest.mark.parametrize(
    ("embed", "quoted", "links"),
    [
        ({"record": {"uri": f"at://x/{POSTS}/1", "cid": "c"}}, f"at://x/{POSTS}/1", ()),
        ({"record": {"record": {"uri": f"at://x/{POSTS}/2"}}}, f"at://x/{POSTS}/2", ()),
        ({"record": {"uri": "at://x/app.bsky.feed.generator/1"}}, None, ()),
        (
            {"record": {"record": {"uri": f"at://x/{POSTS}/3"}}, "media": {"external": {"uri": "https://example.org"}}},
            f"at://x/{POSTS}/3",
            ("https://example.org",),
        ),
        ({"images": [{"alt": ""}]}, None, ()),
        ("of another kind", None, ()),
        (None, None, ()),
    ],
)
def test_a_quoted_post_is_named(embed: object, quoted: str | None, links: tuple[str, ...]) -> None:
    found = post_of(embed=embed)
    assert (found.repost_of, found.links) == (quoted, links)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (WRITTEN, timedelta(seconds=-29.75)),
        ("2020-07-10T11:59:30.25000000Z", timedelta(seconds=-29.75)),
        ("2020-07-10T13:59:30+02:00", timedelta(seconds=-30)),
        ("2013-07-10T12:00:00Z", timedelta(days=-2557)),
        ("0000-01-01T00:00:00Z", timedelta(minutes=-1)),
        ("0000-12-31T23:59:59Z", timedelta(minutes=-1)),
        ("0001-01-01T00:00:00Z", timedelta(minutes=-1)),
        ("2020-07-10T12:05:01Z", timedelta(minutes=-1)),
        ("9999-12-31T23:59:59.999999-23:59", timedelta(minutes=-1)),
        ("2020-07-10T11:59:30", timedelta(minutes=-1)),
        ("yesterday", timedelta(minutes=-1)),
        (17, timedelta(minutes=-1)),
        (None, timedelta(minutes=-1)),
    ],
)
def test_a_clock_that_cannot_be_right_gives_way_to_the_time_in_the_key(written: object, expected: timedelta) -> None:
    post = post_of(createdAt=written)
    assert post.created_at == NOON + expected
    believed = expected != timedelta(minutes=-1)
    assert post.clock_replaced == event_time(post).replaced == (not believed)


@pytest.mark.parametrize("rkey", ["self", "", "3n33oewyyw4", tid(NOON + timedelta(hours=1)), "z" * 13])
def test_and_then_to_the_servers_clock(rkey: str) -> None:
    found = to_found(commit({"text": "TikTok", "createdAt": "0000"}, rkey=rkey), "wss://example.org")
    assert isinstance(found, Post)
    assert (found.created_at, found.clock_replaced) == (NOON, True)


def test_an_edit_is_the_post_again_and_a_deletion_takes_it() -> None:
    edit = to_found(commit({"text": "changed", "createdAt": WRITTEN}, operation="update"), "")
    gone = to_found(JetstreamEvent(DID, NOON, "commit", None, "delete", POSTS, RKEY), "")
    assert isinstance(edit, Post)
    assert isinstance(gone, Post)
    assert (edit.op, edit.text, gone.op) == ("post", "changed", "delete")
    assert edit.id == gone.id


@pytest.mark.parametrize(
    ("active", "status", "withdrawn"),
    [
        (False, "deleted", True),
        (False, "takendown", True),
        (False, "deactivated", True),
        (False, "suspended", True),
        (False, "desynchronized", False),
        (False, "throttled", False),
        (False, "inactive", True),
        (False, "", True),
        (True, "", False),
        (True, "deleted", False),
    ],
)
def test_an_account_that_is_withdrawn_takes_its_posts(active: bool, status: str, withdrawn: bool) -> None:
    found = to_found(JetstreamEvent(DID, NOON, "account", active=active, status=status), "")
    if not withdrawn:
        assert found is None
        return
    assert isinstance(found, Post)
    assert (found.op, found.author) == ("delete_author", DID)


@pytest.mark.parametrize(
    "record", [{}, {"text": 7}, {"text": "a", "langs": "en"}, [], None, {"text": "a", "reply": {}}]
)
def test_what_is_no_post_is_rejected_with_its_place(record: object) -> None:
    found = to_found(commit(record), "wss://example.org")
    assert isinstance(found, Rejected)
    assert found.where == f"wss://example.org at://{DID}/{POSTS}/{RKEY}"
    assert POSTS in found.reason


def test_half_a_character_pair_is_rejected_and_not_died_of() -> None:
    raw = msgspec.Raw(rb'{"text": "\ud800", "createdAt": "2020-07-10T12:00:00Z"}')
    assert isinstance(to_found(JetstreamEvent(DID, NOON, "commit", None, "create", POSTS, RKEY, raw), ""), Rejected)


def test_other_collections_and_kinds_are_passed_over() -> None:
    assert to_found(commit({}, collection="app.bsky.feed.like"), "") is None
    assert to_found(JetstreamEvent(DID, NOON, "identity"), "") is None
    assert to_found(JetstreamEvent(DID, NOON, "sync"), "") is None


JSON = any_.recursive(
    any_.none() | any_.booleans() | any_.integers() | any_.floats() | any_.text(max_size=8),
    lambda inner: any_.lists(inner, max_size=3) | any_.dictionaries(any_.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
V2_EVENTS = "network.bsky.jetstream.subscribeEvents"
NAMES = any_.sampled_from(
    ["text", "createdAt", "langs", "tags", "reply", "facets", "embed", "parent", "uri", "features"]
)


@given(record=any_.dictionaries(NAMES, JSON), rkey=any_.text(max_size=16))
def test_no_record_does_harm(record: dict[str, Any], rkey: str) -> None:
    found = to_found(commit(record, rkey=rkey), "")
    assert isinstance(found, Post | Rejected)
    assert not isinstance(found, Post) or found.created_at <= NOON + timedelta(minutes=5)


@pytest.mark.parametrize("wire", ["v1", "v2"])
@given(frame=any_.binary(max_size=200) | any_.builds(msgspec.json.encode, JSON))
def test_no_frame_does_harm(frame: bytes, wire: Wire) -> None:
    try:
        event = read_frame(frame, wire)
    except (NotAFrame, DamagedFrame):
        return
    assert event is None or isinstance(event, JetstreamEvent)


@pytest.mark.parametrize(
    "said", ["2026-03-01T12:00:00", "2026-03-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00"]
)
def test_a_time_that_no_server_has_is_unreadable(said: str) -> None:
    payload = {"$type": f"{V2_EVENTS}#identity", "seq": 1, "did": DID, "time": said}
    with pytest.raises(NotAFrame, match="time"):
        read_frame(msgspec.json.encode({"$type": "message", "payload": payload}), "v2")


def test_an_advisory_is_no_event_and_an_error_ends_the_stream() -> None:
    info = (
        b'{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor"}}'
    )
    assert read_frame(info, "v2") is None
    with pytest.raises(DamagedFrame, match="ConsumerTooSlow: too slow"):
        read_frame(b'{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}', "v2")


def test_production_lines_give_the_posts_and_deletions_they_hold(real_data: Path) -> None:
    lines = (real_data / "payloads/bluesky/expected_v1.jsonl").read_bytes().splitlines()
    events = [read_frame(line, "v1") for line in lines if line.strip()]
    assert len(events) == 152
    found = [each for event in events if event is not None and (each := to_found(event, "")) is not None]
    posts = [each for each in found if isinstance(each, Post)]
    assert len(posts) == len(found)
    assert sorted(post.op for post in posts) == ["delete"] + ["post"] * 17
    assert len({post.id for post in posts}) == 18
    # Made within seconds of when the server saw them; the key tells the same time as the author's clock.
    assert all(post.created_at <= post.seen_at + timedelta(minutes=5) for post in posts if post.seen_at)
