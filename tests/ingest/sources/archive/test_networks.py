"""What people save of Bluesky and Mastodon plays as archives, as the same posts that the live sources bring."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import Post, Rejected
from ingest.source import Item
from ingest.sources.archive.source import Archive
from ingest.sources.bluesky.frames import read_frame
from ingest.sources.bluesky.mapping import to_found
from ingest.sources.mastodon.mapping import read_status, to_post
from tests.support.jetstream import tid

MADE = datetime(2024, 5, 3, 12, 0, tzinfo=UTC)
SEEN = MADE + timedelta(seconds=2)
DID = "did:plc:example"
URI = f"at://{DID}/app.bsky.feed.post/{tid(SEEN)}"
EVERYONE = "https://www.w3.org/ns/activitystreams#Public"
INSTANCE = "https://one.example"


def found(path: Path) -> list[Post | Rejected]:
    return [step.found for step in Archive(path).read({}) if isinstance(step, Item)]


def of(folder: Path, answer: object, indent: int | None = None) -> list[Post | Rejected]:
    path = folder / "saved.json"
    path.write_text(json.dumps(answer, indent=indent))
    return found(path)


def only(folder: Path, answer: object) -> Post:
    (post,) = of(folder, answer)
    assert isinstance(post, Post), post
    return post


def a_record(**fields: object) -> dict[str, object]:
    said = {"$type": "app.bsky.feed.post", "text": "TikTok banned", "createdAt": MADE.isoformat(), "langs": ["en"]}
    return said | fields


def a_view(**fields: object) -> dict[str, object]:
    counts = {"replyCount": 1, "repostCount": 2, "likeCount": 3, "quoteCount": 4}
    author = {"did": DID, "handle": "ada.example", "labels": []}
    view = {"uri": URI, "cid": "bafy", "author": author, "record": a_record(), "indexedAt": SEEN.isoformat()}
    return view | counts | fields


def a_status(**fields: object) -> dict[str, object]:
    status: dict[str, object] = {
        "id": "112376",
        "created_at": "2024-05-03T12:00:00.000Z",
        "in_reply_to_id": None,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": f"{INSTANCE}/users/ada/statuses/112376",
        "url": f"{INSTANCE}/@ada/112376",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "content": f'<p>TikTok banned <a href="{INSTANCE}/tags/ban">#ban</a> <a href="https://e.org/">e.org</a></p>',
        "reblog": None,
        "account": {"id": "7", "username": "ada", "acct": "ada", "noindex": False, "url": f"{INSTANCE}/@ada"},
        "tags": [{"name": "ban", "url": f"{INSTANCE}/tags/ban"}],
    }
    return status | fields


def a_note(**fields: object) -> dict[str, object]:
    status = a_status()
    return {
        "id": status["uri"],
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": "2024-05-03T12:00:00Z",
        "url": status["url"],
        "attributedTo": f"{INSTANCE}/users/ada",
        "to": [EVERYONE],
        "cc": [f"{INSTANCE}/users/ada/followers"],
        "content": status["content"],
        "contentMap": {"en": status["content"]},
        "tag": [
            {"type": "Hashtag", "href": f"{INSTANCE}/tags/ban", "name": "#ban"},
            {"type": "Mention", "href": f"{INSTANCE}/users/bob", "name": "@bob"},
        ],
    } | fields


def a_create(**fields: object) -> dict[str, object]:
    return {
        "id": f"{INSTANCE}/users/ada/statuses/112376/activity",
        "type": "Create",
        "actor": f"{INSTANCE}/users/ada",
        "published": "2024-05-03T12:00:00Z",
        "object": a_note(),
    } | fields


def an_outbox(*items: object) -> dict[str, object]:
    context = ["https://www.w3.org/ns/activitystreams", {"ostatus": "http://ostatus.org#"}]
    head = {"@context": context, "id": "outbox.json", "type": "OrderedCollection", "totalItems": len(items)}
    return head | {"orderedItems": list(items)}


@pytest.mark.parametrize(
    "answer",
    [
        {"feed": [{"post": a_view(), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}], "cursor": "c"},
        {"posts": [a_view()], "hitsTotal": 1},
        [a_view()],
        [{"post": a_view()}],
    ],
    ids=["a feed", "a search", "posts", "items of a feed"],
)
def test_answers_of_bluesky_play(tmp_path: Path, answer: object) -> None:
    post = only(tmp_path, answer)
    assert (post.source, post.id, post.author, post.langs) == ("bluesky", URI, DID, ("en",))
    assert (post.text, post.likes, post.replies, post.reposts) == ("TikTok banned", 3, 1, 2)
    assert (post.created_at, post.seen_at, post.backfill) == (MADE, SEEN, False)


def test_records_of_a_repository_of_bluesky_play_and_other_kinds_say_nothing(tmp_path: Path) -> None:
    like = {"uri": f"at://{DID}/app.bsky.feed.like/3krj6xq5abc22", "cid": "c", "value": {"subject": {}}}
    post = only(tmp_path, {"records": [like, {"uri": URI, "cid": "c", "value": a_record()}], "cursor": "c"})
    assert (post.id, post.text, post.created_at) == (URI, "TikTok banned", MADE)


def test_a_record_that_nothing_dates_is_rejected(tmp_path: Path) -> None:
    record = {"uri": f"at://{DID}/app.bsky.feed.post/self", "cid": "c", "value": a_record()}
    (rejected,) = of(tmp_path, {"records": [record]})
    assert isinstance(rejected, Rejected)
    assert "neither the network nor the key" in rejected.reason


@pytest.mark.parametrize("record", [{"text": 7}, {}, None])
def test_a_view_without_a_post_is_rejected_by_its_place(tmp_path: Path, record: object) -> None:
    first, rejected, last = of(tmp_path, {"posts": [a_view(), a_view(record=record), a_view()]})
    assert isinstance(first, Post)
    assert isinstance(rejected, Rejected)
    assert rejected.where.endswith(" element 2")
    assert isinstance(last, Post)


@pytest.mark.parametrize("answer", [[a_status()], {"accounts": [], "statuses": [a_status()], "hashtags": []}])
def test_statuses_of_mastodon_play_as_the_live_source_reads_them(tmp_path: Path, answer: object) -> None:
    post = only(tmp_path, answer)
    live = to_post(read_status(json.dumps(a_status()).encode()), "one.example", None, MADE)
    assert (post.id, post.text, post.author, post.created_at) == (live.id, live.text, "ada@one.example", MADE)
    assert (post.links, post.hashtags, post.langs) == (("https://e.org/",), ("ban",), ("en",))
    assert (post.likes, post.replies, post.reposts) == (3, 1, 2)
    assert (post.seen_at, post.backfill) == (None, False)


def test_a_status_that_answers_one_of_its_instance_says_so(tmp_path: Path) -> None:
    assert only(tmp_path, [a_status(in_reply_to_id="9")]).reply_to == "one.example/9"
    account = {"acct": "bob@two.example"}
    assert only(tmp_path, [a_status(in_reply_to_id="9", account=account)]).reply_to is None


@pytest.mark.parametrize(
    "hidden", [{"visibility": "private"}, {"visibility": "direct"}, {"account": {"acct": "a", "noindex": True}}]
)
def test_statuses_that_are_not_for_everyone_are_left_out(tmp_path: Path, hidden: dict[str, object]) -> None:
    assert [type(each) for each in of(tmp_path, [a_status(**hidden), a_status()])] == [Post]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_outbox_plays_as_the_same_posts(tmp_path: Path, indent: int | None) -> None:
    boost = {"type": "Announce", "actor": "a", "object": "https://two.example/1", "published": "2024-05-03T12:00:00Z"}
    (note,) = of(tmp_path, an_outbox(boost, a_create()), indent)
    status = only(tmp_path, [a_status()])
    assert isinstance(note, Post)
    for field in ("source", "id", "text", "author", "created_at", "links", "hashtags", "langs", "url"):
        assert getattr(note, field) == getattr(status, field), field


def test_a_note_keeps_its_warning_its_parent_and_its_language(tmp_path: Path) -> None:
    note = a_note(summary="politics", inReplyTo="https://two.example/1", contentMap={"de": "x"}, tag={"type": "Emoji"})
    post = only(tmp_path, an_outbox(a_create(object=note)))
    assert post.text.startswith("[politics]\nTikTok")
    assert (post.reply_to, post.langs, post.hashtags) == ("https://two.example/1", ("de",), ())


def test_a_note_names_what_it_quotes(tmp_path: Path) -> None:
    assert only(tmp_path, an_outbox(a_create(object=a_note(quote="https://two.example/1")))).repost_of == (
        "https://two.example/1"
    )
    gone = a_note(quote={"type": "Tombstone"})
    assert only(tmp_path, an_outbox(a_create(object=gone))).repost_of is None


@pytest.mark.parametrize("addressed", [{"to": ["x"], "cc": []}, {"to": f"{INSTANCE}/users/bob", "cc": None}])
def test_notes_that_are_not_for_everyone_are_left_out(tmp_path: Path, addressed: dict[str, object]) -> None:
    public = a_create(object=a_note(to=["x"], cc=EVERYONE))
    assert [type(each) for each in of(tmp_path, an_outbox(a_create(object=a_note(**addressed)), public))] == [Post]


@pytest.mark.parametrize("broken", [{"id": 7}, {"published": "yesterday"}, {"content": []}])
def test_a_note_that_cannot_be_read_is_rejected_by_its_place(tmp_path: Path, broken: dict[str, object]) -> None:
    first, rejected, last = of(tmp_path, an_outbox(a_create(), a_create(object=a_note(**broken)), a_create()))
    assert isinstance(rejected, Rejected)
    assert rejected.where.endswith(" element 2")
    assert isinstance(first, Post)
    assert isinstance(last, Post)


def test_notes_by_themselves_play(tmp_path: Path) -> None:
    assert only(tmp_path, [a_note(source={"content": "TikTok"})]).author == "ada@one.example"


def test_what_jetstream_sent_plays_in_lines_and_in_an_array(real_data: Path, tmp_path: Path) -> None:
    lines = (real_data / "payloads/bluesky/expected_v1.jsonl").read_bytes().splitlines()
    events = [read_frame(line, "v1") for line in lines if line.strip()]
    live = [each for event in events if event is not None and isinstance(each := to_found(event, ""), Post)]
    assert len(live) > 10
    assert found(real_data / "payloads/bluesky/expected_v1.jsonl") == live
    assert of(tmp_path, [json.loads(line) for line in lines if line.strip()]) == live
    assert len(found(real_data / "payloads/bluesky/bluesky-firehose-posts.json")) == 9


def test_an_array_of_statuses_of_x_in_the_wild_plays(real_data: Path) -> None:
    read = found(real_data / "payloads/x/statuses.json")
    assert len(read) == 20
    assert all(isinstance(each, Post) for each in read)


def test_statuses_of_mastodon_in_the_wild_play(real_data: Path, tmp_path: Path) -> None:
    names = ("test_status_card__1_GET_200", "test_status_post_with_quote__1_POST_200")
    given = [json.loads((real_data / f"payloads/mastodon/{name}.json").read_bytes()) for name in names]
    assert all(isinstance(each, Post) and each.source == "mastodon" for each in of(tmp_path, given))
