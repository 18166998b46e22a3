from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Transient
from ingest.sources.mastodon.mapping import NotAStatus, id_at, later, read_status, rewound, to_post
from ingest.sources.mastodon.source import Mastodon, MastodonSettings
from ingest.sources.mastodon.timelines import feeds_of, instance_url, tokens_of
from tests.support.networks.mastodon_reader import Reader, names, now, settings
from tests.support.networks.mastodon_server import Instance, mastodon
from tests.support.waiting import eventually, free_port

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def reef() -> Iterator[Instance]:
    with mastodon() as instance:
        yield instance


def test_the_stream_is_read_and_the_timeline_fills_what_was_before(reef: Instance) -> None:
    first = reef.status("one")
    reef.publish(first)
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        reader.until(lambda: reader.found and reef.streams)
        reef.publish(second := reef.status("two"))
        reader.until(lambda: len(reader.found) == 2)
        reef.edit(second, "two, said better")
        reef.delete(first)
        found = reader.until(lambda: len(reader.found) == 4)
    assert names(found) == ["post one", "post two", "post two, said better", "delete"]
    assert [each.id for each in found if isinstance(each, Post)] == [
        first["uri"], second["uri"], second["uri"], first["uri"],
    ]  # fmt: skip


def test_a_stream_that_breaks_is_connected_again_behind_a_filled_gap(reef: Instance) -> None:
    reef.publish(reef.status("known"))
    reader = Reader(Mastodon(settings(reef), now))
    reader.until(lambda: reader.found and reef.streams)
    reef.cut()
    with pytest.raises(Transient, match="broke off"):
        reader.until(lambda: False)
    reef.publish(*(reef.status(f"missed {number}") for number in range(100)))
    with closing(Reader(Mastodon(settings(reef), now), reader.cursor)) as second:
        found = second.until(lambda: len(second.found) >= 101)
    assert set(names(found)) >= {f"post missed {number}" for number in range(100)}


def test_without_a_token_the_timeline_is_asked_again_and_nothing_is_sent_twice(reef: Instance) -> None:
    reef.publish(reef.status("one"))
    with closing(Reader(Mastodon(settings(reef, streamed=False), now))) as reader:
        reader.until(lambda: reader.found)
        reef.publish(reef.status("two"), reef.status("three"))
        reader.until(lambda: len(reader.found) >= 3)
        looks = len(reef.asked)
        reader.until(lambda: len(reef.asked) >= looks + 2)
    assert names(reader.found) == ["post one", "post two", "post three"]
    assert not any(path.startswith("/api/v1/streaming") for path, _ in reef.asked)


@pytest.mark.parametrize(
    ("hashtag", "streamed"),
    [("straße", False), ("οδος", True), ("CAFÉ", True), ("テスト・バン", True), ("टिकटॉक", True), ("ติ๊กต็อก", True)],
)
def test_a_hashtag_is_found_by_the_name_that_its_people_write(reef: Instance, hashtag: str, streamed: bool) -> None:
    reef.hashtag = hashtag
    reef.publish(reef.status("before"))
    with closing(Reader(Mastodon(settings(reef, hashtags=(hashtag,), streamed=streamed), now))) as reader:
        reader.until(lambda: reader.found and reader.reached)
        reef.publish(reef.status("after"))
        assert names(reader.until(lambda: len(reader.found) == 2)) == ["post before", "post after"]


def test_a_status_seen_through_two_instances_is_one_post(reef: Instance) -> None:
    with mastodon() as bay, closing(Reader(Mastodon(settings(reef, bay), now))) as reader:
        status = reef.status("seen twice")
        reef.publish(status)
        bay.publish(status | {"id": bay.status("")["id"], "account": {"acct": "coral@reef.example"}})
        reader.until(lambda: reef.streams and bay.streams and reader.reached)
        reef.publish(reef.status("last"))
        reader.until(lambda: len(reader.found) >= 2)
    assert sorted(names(reader.found)) == ["post last", "post seen twice"]


def test_history_is_read_from_its_date_in_order_and_marked(reef: Instance) -> None:
    old = [reef.status(f"old {hours}", at=now() - timedelta(hours=hours)) for hours in range(9, 2, -1)]
    reef.publish(*old)
    since = now() - timedelta(hours=6, minutes=30)
    with closing(Reader(Mastodon(settings(reef, since=since), now))) as reader:
        found = reader.until(lambda: len(reader.found) == 4 and reader.reached)
    assert names(found) == [f"post old {hours}" for hours in (6, 5, 4, 3)]
    assert all(each.backfill for each in found if isinstance(each, Post))
    assert reader.reached[-1].since == since


def test_what_is_no_status_is_rejected_once_and_the_stream_goes_on(reef: Instance) -> None:
    reef.statuses.append(
        {"id": str(10**18), "uri": None, "account": {"acct": "coral"}, "created_at": "2026-01-01T00:00:00Z"}
    )
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        reader.until(lambda: reef.streams and reader.found)
        reef.say("update", '{"id": "9"')
        reef.say("update", "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"))
        reef.say("filters_changed", "undefined")
        reef.publish(reef.status("whole"))
        found = reader.until(lambda: len(reader.found) >= 4)
    assert [isinstance(each, Rejected) for each in found] == [True, True, True, False]
    assert "`$.uri`" in names(found)[0]


def test_a_token_that_is_missing_where_streams_are_asked_for_is_an_error_at_start(reef: Instance) -> None:
    with pytest.raises(Misconfigured, match="no user's token for 127"):
        Mastodon(settings(reef, streamed=False, streaming="always"), now)


@pytest.mark.parametrize("path", ["/api/v2/instance", "/api/v1/streaming/hashtag"])
def test_an_instance_that_is_busy_is_left_alone_at_once(reef: Instance, path: str) -> None:
    reef.answers = lambda asked: (429, {"Retry-After": "17"}) if asked == path else None
    with pytest.raises(Transient, match="429") as caught:
        Reader(Mastodon(settings(reef), now)).until(lambda: False)
    assert caught.value.retry_after == timedelta(seconds=17)
    assert reef.asked[-1][0] == path


def test_a_timeline_whose_allowance_is_used_up_is_waited_for(reef: Instance) -> None:
    reset = (now() + timedelta(minutes=4)).isoformat()
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    reef.answers = lambda path: (429, headers) if path.startswith("/api/v1/timelines") else None
    with pytest.raises(Transient) as caught:
        Reader(Mastodon(settings(reef, streamed=False), now)).until(lambda: False)
    assert caught.value.retry_after is not None
    assert timedelta(minutes=3) < caught.value.retry_after <= timedelta(minutes=4)


def test_one_instance_that_is_away_does_not_keep_the_other(reef: Instance) -> None:
    away = Instance(url=f"http://127.0.0.1:{free_port()}")
    reef.publish(reef.status("here"))
    with closing(Reader(Mastodon(settings(away, reef), now))) as reader:
        assert names(reader.until(lambda: reader.found)) == ["post here"]


def test_the_stream_is_read_where_the_instance_says_it_is(reef: Instance) -> None:
    with mastodon() as streaming:
        reef.streaming_url = streaming.streaming_url
        with closing(Reader(Mastodon(settings(reef), now))) as reader:
            reader.until(lambda: streaming.streams and reader.reached)
            streaming.say("update", json.dumps(reef.status("from the other host")))
            assert names(reader.until(lambda: reader.found)) == ["post from the other host"]
    assert not any(path.startswith("/api/v1/streaming") for path, _ in reef.asked)


def test_a_slow_reader_stops_the_stream_and_loses_nothing(reef: Instance) -> None:
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        reader.until(lambda: reef.streams and reader.reached)
        reef.publish(*(reef.status(f"many {number}") for number in range(3_000)))
        found = reader.until(lambda: len(reader.found) >= 3_000)
    assert names(found) == [f"post many {number}" for number in range(3_000)]


def as_post(**fields: object) -> Post:
    raw = Instance().status("text", at=NOON) | fields
    return to_post(read_status(json.dumps(raw).encode()), "reef.example", None, NOON)


def test_a_content_warning_stands_before_the_text_and_words_are_not_glued() -> None:
    content = '<p>TikTok<br>is gone</p><p>for <span class="h-card"><a href="https://bay.example/@eel">@<span>eel</span></a></span></p>'
    post = as_post(content=content, spoiler_text=" us  politics ")
    assert post.text == "[us politics]\nTikTok\nis gone\nfor @eel"
    assert post.links == ()


def test_links_hashtags_language_and_author() -> None:
    content = (
        '<p><a href="https://news.example/ban"><span class="invisible">https://</span>news.example/ban</a> '
        '<a href="https://reef.example/tags/TikTok" class="mention hashtag">#<span>TikTok</span></a></p>'
    )
    post = as_post(content=content, tags=[{"name": "tiktok", "url": "https://reef.example/tags/tiktok"}], language="fa")
    assert (post.links, post.hashtags, post.langs) == (("https://news.example/ban",), ("tiktok",), ("fa",))
    assert post.author == "coral@reef.example"
    assert as_post(account={"acct": "eel@bay.example"}).author == "eel@bay.example"


TAGGED = '<p><a href="{}" class="mention hashtag" rel="tag">#<span>{}</span></a></p>'


@pytest.mark.parametrize(
    ("href", "shown", "name"),
    [
        ("https://reef.example/tags/%D8%AA%D9%8A%D9%83_%D8%AA%D9%88%D9%83", "تيك_توك", "تيك_توك"),
        ("https://reef.example/tags/%E7%A6%81%E6%AD%A2", "禁止", "禁止"),
        ("https://reef.example/tags/caf%C3%A9", "café", "cafe"),
    ],
)
def test_a_hashtag_in_any_script_is_no_link(href: str, shown: str, name: str) -> None:
    post = as_post(content=TAGGED.format(href, shown), tags=[{"name": name}])
    assert (post.text, post.links, post.hashtags) == (f"#{shown}", (), (name,))


@pytest.mark.parametrize(
    "made",
    [
        '<a class="hashtag" data-tag="ban" href="https://pleroma.example/tag/ban" rel="tag">#ban</a>',
        '<a class="u-url mention" data-user="9" href="https://pleroma.example/users/eel">@<span>eel</span></a>',
        '<a href="https://misskey.example/tags/ban" rel="nofollow noopener">#ban</a>',
        '<a href="https://misskey.example/@eel" class="u-url mention">@eel@bay.example</a>',
        '<a href="https://twitter.com/eel">@eel@twitter.com</a>',
    ],
)
def test_what_other_servers_make_of_mentions_and_hashtags_is_no_link(made: str) -> None:
    assert as_post(content=f"<p>see {made}</p>", tags=[{"name": "ban"}]).links == ()


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://tiktok.com/@eel", '<span class="invisible">https://</span><span class="">tiktok.com/@eel</span>'),
        ("https://bay.example/users/eel", "bay.example/users/eel"),
        ("https://news.example/tags/ban", "news.example/tags/ban"),
        ("https://code.example/issues/7", "#7"),
        ("https://news.example/ban", "#ban is near"),
    ],
)
def test_what_an_author_links_is_a_link_whatever_its_path(link: str, shown: str) -> None:
    assert as_post(content=f'<p><a href="{link}">{shown}</a></p>', tags=[{"name": "ban"}]).links == (link,)


RE = (
    '<p class="quote-inline">RE: <a href="https://bay.example/@eel/1"><span class="invisible">https://</span>'
    '<span class="">bay.example/@eel/1</span></a></p><p>no</p>'
)
MISSKEY_RE = '<p>no<span class="quote-inline"><br>RE: <a href="https://bay.example/@eel/1">bay.example</a></span></p>'


@pytest.mark.parametrize("content", [RE, MISSKEY_RE])
@pytest.mark.parametrize(
    ("quote", "quoted"),
    [
        ({"state": "accepted", "quoted_status": {"id": "1", "uri": "https://bay.example/1"}}, "https://bay.example/1"),
        ({"state": "pending", "quoted_status": None}, None),
        ({"id": "1", "uri": "https://bay.example/1"}, "https://bay.example/1"),
        (True, None),
        (None, None),
    ],
)
def test_a_quote_names_what_it_quotes_and_not_in_its_text(content: str, quote: object, quoted: str | None) -> None:
    post = as_post(content=content, quote=quote)
    assert (post.repost_of, post.text, post.links) == (quoted, "no", ())


def test_a_server_that_leaves_out_what_it_may_is_understood(reef: Instance) -> None:
    spare = reef.status("spare")
    for name in ("spoiler_text", "visibility", "tags", "language", "url"):
        del spare[name]
    reef.publish(spare)
    with closing(Reader(Mastodon(settings(reef, streamed=False), now))) as reader:
        assert names(reader.until(lambda: reader.found)) == ["post spare"]


def test_a_boost_names_what_it_passes_on() -> None:
    boosted = Instance().status("first said", at=NOON)
    post = as_post(reblog=boosted, content="")
    assert (post.repost_of, post.text) == (boosted["uri"], "first said")


def test_who_does_not_want_to_be_found_is_left_out(reef: Instance) -> None:
    hidden = reef.status("hidden", account={"acct": "shy", "noindex": True})
    private = reef.status("private", visibility="private")
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        reef.publish(hidden, private, reef.status("open"))
        assert names(reader.until(lambda: reader.found)) == ["post open"]


def test_real_events_and_answers(real_data: Path) -> None:
    folder = real_data / "payloads/mastodon"
    events = [event for path in folder.glob("*.sse") for event in path.read_text().split("\n\n")]
    told = [event.partition("\ndata: ")[2] for event in events if "event: update" in event or "status.update" in event]
    assert len(told) >= 3
    assert all(read_status(data.encode()).uri for data in told)
    card = read_status((folder / "test_status_card__1_GET_200.json").read_bytes())
    post = to_post(card, "localhost", None, NOON)
    assert (post.text, post.links) == ("example.org/", ("http://example.org/",))
    quoting = read_status((folder / "test_status_post_with_quote__1_POST_200.json").read_bytes())
    post = to_post(quoting, "localhost", None, NOON)
    assert (post.text, post.links) == ("yoooooooo", ())
    assert post.repost_of == "http://localhost:3000/ap/users/117020565966271181/statuses/117020582917124092"
    with pytest.raises(NotAStatus):
        read_status((folder / "test_status_missing__0_GET_404.json").read_bytes())


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    "broken",
    [{"created_at": "0001-01-01T00:00:00.000+01:00"}, {"language": "\ud800"}, {"uri": "\ud800", "account": None}],
)
def test_a_status_that_can_be_no_post_is_rejected_and_stops_nothing(
    reef: Instance, streamed: bool, broken: dict[str, Any]
) -> None:
    with closing(Reader(Mastodon(settings(reef, streamed=streamed), now))) as reader:
        reader.until(lambda: reader.reached)
        reef.publish(reef.status("broken", **{"uri": "https://reef.example/1"} | broken), reef.status("whole"))
        found = reader.until(lambda: len(reader.found) == 2)
    assert [type(each) for each in found] == [Rejected, Post]
    assert "#tiktok" in next(each.where for each in found if isinstance(each, Rejected))


def test_the_deletion_of_a_status_of_no_time_is_rejected_and_stops_nothing(reef: Instance) -> None:
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        reader.until(lambda: reef.streams and reader.reached)
        reef.publish(broken := reef.status("broken", created_at="0001-01-01T00:00:00.000+01:00"))
        reef.delete(broken)
        reef.publish(reef.status("whole"))
        found = reader.until(lambda: len(reader.found) == 3)
    assert [type(each) for each in found] == [Rejected, Rejected, Post]


def test_numbers_are_ordered_and_wound_back() -> None:
    assert later("9", "10") == "10"
    assert later(None, "1") == "1"
    assert later(None, None) is None
    assert rewound(id_at(NOON), timedelta(minutes=5)) == id_at(NOON - timedelta(minutes=5))
    assert rewound("01HXYZ", timedelta(minutes=5)) == "01HXYZ"
    assert rewound("4711", timedelta(minutes=5)) == "4711"


def test_instances_and_tokens_are_understood() -> None:
    assert instance_url("reef.example") == "https://reef.example"
    assert instance_url("http://127.0.0.1:80/") == "http://127.0.0.1:80"
    assert tokens_of("x1", ("reef.example",)) == {"reef.example": "x1"}
    assert tokens_of("b=2, a=1", ("a", "b")) == {"a": "1", "b": "2"}
    tags = feeds_of(("reef.example",), ("#TikTok", "टिकटॉक", "تيك_توك"), "remote", "", stream=True)
    assert [feed.key for feed in tags] == [
        "reef.example #tiktok", "reef.example #टिकटॉक", "reef.example #تيك_توك", "reef.example public:remote",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"instances": ()}, "BANWATCH_MASTODON_INSTANCES"),
        ({"instances": ("https://reef.example/@coral",)}, "no Mastodon instance"),
        ({"instances": ("ftp://reef.example",)}, "no Mastodon instance"),
        ({"instances": ("http://[",)}, "no Mastodon instance"),
        ({"hashtags": ()}, "BANWATCH_MASTODON_HASHTAGS"),
        ({"hashtags": ("a/../b",)}, "no hashtag"),
        ({"instances": ("a.example", "b.example"), "tokens": "secret"}, "not `host=token`"),
        ({"tokens": "other.example=secret"}, "they are reef.example"),
        ({"tokens": "reef.example=secret\x01"}, "letters no token has"),
        ({"tokens": "reef.example=secr\u00e9t"}, "letters no token has"),
        ({"contact": "desk\r\nX: y"}, "contact"),
        ({"instances": ("reef..example:port",)}, "not an address"),
    ],
)
def test_what_cannot_be_meant_is_said(given: dict[str, object], says: str) -> None:
    named: dict[str, object] = {"instances": ("reef.example",), "hashtags": ("tiktok",)}
    with pytest.raises(Misconfigured, match=says) as caught:
        Mastodon(MastodonSettings(**named | given), now)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)


def test_it_is_off_until_an_instance_is_named() -> None:
    assert not MastodonSettings().starts_with_up


def test_ending_ends_the_streams_also_those_that_say_nothing(reef: Instance) -> None:
    before = set(threading.enumerate())
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        reader.until(lambda: reef.streams and reader.reached)
        reef.flowing.clear()
        threads = [each for each in threading.enumerate() if each not in before and "(_run)" in each.name]
        assert threads
    eventually(lambda: not any(thread.is_alive() for thread in threads))
