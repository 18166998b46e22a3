from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import Post, Rejected
from ingest.sources.rss.catalog import Feed
from ingest.sources.rss.mapping import LONGEST_ID, MOST_ENTRIES, Entry, FirstSight, NotAFeed, entry_to_post, read_feed
from tests.support.networks.feed_publisher import a_feed, an_item

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Feed("https://news.example/rss", name="", language="ar")


def entries(body: bytes, feed: Feed = FEED) -> tuple[Entry, ...]:
    return read_feed(body, {}, feed)


def the_post(body: bytes, feed: Feed = FEED) -> Post:
    (entry,) = entries(body, feed)
    created = (entry.published or NOON).timestamp()
    post = entry_to_post(entry, FirstSight(NOON.timestamp(), created, entry.digest))
    assert isinstance(post, Post), post
    return post


def test_an_item_is_title_and_summary_by_its_publisher() -> None:
    summary = "&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two &amp;amp; three.&lt;/p&gt;"
    post = the_post(a_feed(an_item("1", "TikTok & co banned", NOON - timedelta(hours=1), description=summary)))
    assert post.text == "TikTok & co banned\nOne.\nTwo & three."
    assert post.source == "rss"
    assert post.id == post.url == post.links[0] == "https://news.example/1"
    assert post.author == "The Example Times"
    assert post.langs == ("en-GB",)
    assert (post.created_at, post.clock_replaced) == (NOON - timedelta(hours=1), False)
    assert post.seen_at == NOON


def test_an_item_without_a_date_is_of_when_it_was_seen_and_marked() -> None:
    post = the_post(a_feed(an_item("1", "TikTok banned", None)))
    assert (post.created_at, post.clock_replaced) == (NOON, True)


def test_an_item_that_says_nothing_is_rejected() -> None:
    (entry,) = entries(a_feed("<item><guid>1</guid><pubDate>soon</pubDate></item>"))
    rejected = entry_to_post(entry, FirstSight(0, 0, ""))
    assert isinstance(rejected, Rejected)
    assert "neither" in rejected.reason


def test_names_in_the_list_and_in_the_item_win() -> None:
    named = Feed(FEED.url, name="Example")
    assert the_post(a_feed(an_item("1", "x")), named).author == "Example"
    aggregated = an_item("1", "x").replace("</item>", '<source url="https://other.example">Other Paper</source></item>')
    assert the_post(a_feed(aggregated), named).author == "Other Paper"


def test_the_list_s_language_holds_where_the_feed_has_none() -> None:
    assert the_post(a_feed(an_item("1", "حظر تيك توك"), language="")).langs == ("ar",)


def test_atom_is_read_with_its_relative_link() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Blatt</title><entry><id>tag:blatt,1</id>
    <title type="html">Verbot &lt;b&gt;kommt&lt;/b&gt;</title><link href="/a/1"/>
    <updated>2026-03-01T11:00:00+02:00</updated>
    <summary>kurz</summary></entry></feed>"""
    post = the_post(body)
    assert (post.id, post.url, post.text) == ("tag:blatt,1", "https://news.example/a/1", "Verbot kommt\nkurz")
    assert post.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_guid_that_is_no_address_is_the_feed_s_own() -> None:
    body = a_feed(an_item("1", "x", guid="42"))
    first, second = the_post(body), the_post(body, Feed("https://other.example/rss"))
    assert first.id != second.id
    assert "42" in first.id


def test_the_number_of_an_edit_behind_an_address_makes_no_new_item() -> None:
    guid = "<guid>https://news.example/1"
    second, twelfth, story = (
        the_post(a_feed(an_item("1", "x").replace(guid, guid + edit))).id for edit in ("#2", "#12", "#1594396800")
    )
    assert second == twelfth == "https://news.example/1"
    assert story == "https://news.example/1#1594396800", "an entry of a page that goes on"


def unnamed(guid: str) -> str:
    """An item whose guid is no address."""
    return an_item("x", guid).replace("<guid>https://news.example/x", f'<guid isPermaLink="false">{guid}')


@pytest.mark.parametrize("url", ["https://desk:s3same@news.example/rss", "https://news.example/rss?key=s3same"])
def test_a_secret_in_a_feed_s_address_is_in_no_post(url: str) -> None:
    feed = Feed(url)
    items = an_item("1", "x", guid="n-1", link="story"), an_item("2", "y", link="?p=2"), unnamed("n-3")
    untitled = a_feed(*items)
    read = entries(untitled.replace(b"<title>The Example Times</title>", b""), feed)
    found = [entry_to_post(entry, FirstSight(0, 0, "")) for entry in read]
    assert "s3same" not in repr(found)
    assert "desk" not in repr(found)
    assert [each.author for each in found if isinstance(each, Post)] == ["news.example"] * 3
    assert "https://news.example/story" in {each.url for each in found if isinstance(each, Post)}


def test_feeds_that_differ_in_their_query_do_not_share_ids() -> None:
    ids = {
        the_post(a_feed(unnamed("n-1")), Feed(f"https://news.example/rss{query}")).id
        for query in ("", "?topic=1", "?topic=2")
    }
    assert len(ids) == 3
    assert "https://news.example/rss n-1" in ids


def test_ids_stay_within_the_contract_and_links_are_links() -> None:
    post = the_post(a_feed(an_item("1", "x", guid="https://e.example/" + "y" * 2_000, link="javascript:alert(1)")))
    assert len(post.id) <= LONGEST_ID
    assert post.url is None
    assert post.links == ()


def test_without_guid_and_link_what_it_says_names_it() -> None:
    body = a_feed("<item><title>first</title></item>", "<item><title>second</title></item>")
    assert len({entry.id for entry in entries(body)}) == 2
    assert entries(body) == entries(body)


def test_entries_come_oldest_first_once_and_not_without_end() -> None:
    items = [an_item(str(number), "x") for number in range(MOST_ENTRIES + 50)]
    listed = entries(a_feed(*items, items[0]))
    assert len(listed) == MOST_ENTRIES
    assert listed[-1].id == "https://news.example/0"


@pytest.mark.parametrize("date", ["yesterday", "99 Foo 2026 77:00:00", "", "0000-00-00T00:00:00Z"])
def test_a_date_that_is_none_is_missing(date: str) -> None:
    (entry,) = entries(a_feed(an_item("1", "x", pubDate=date)))
    assert entry.published is None


@pytest.mark.parametrize("zone", ["GMT+7", "gmt + 07:00", "UTC+0700", "+0700"])
def test_a_zone_that_is_a_number_of_hours_is_read(zone: str) -> None:
    (entry,) = entries(a_feed(an_item("1", "x", pubDate=f"Sun, 01 Mar 2026 19:00:00 {zone}")))
    assert entry.published == NOON


def test_the_year_one_cannot_stop_a_feed() -> None:
    assert len(entries(a_feed(an_item("1", "x", pubDate="0001-01-01T00:00:00Z"), an_item("2", "y")))) == 2


@pytest.mark.parametrize("body", [b"", b"<html><body>We moved</body></html>", b"{}", b"\x00\xff" * 99])
def test_what_is_no_feed_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAFeed):
        entries(body)


def test_a_web_page_is_named_as_that() -> None:
    with pytest.raises(NotAFeed, match="It is a web page and no feed"):
        entries(b"<!DOCTYPE html>\n<HTML lang='de'><title>Before you continue</title>")


def test_a_feed_cut_off_gives_what_it_has() -> None:
    whole = a_feed(*(an_item(str(number), f"title {number}") for number in range(10)))
    assert 5 <= len(entries(whole[: len(whole) * 3 // 4])) < 10


def test_entities_neither_grow_nor_reach_for_files() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "boom">{levels}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    body = a_feed(an_item("1", "x").replace("<title>x", "<title>&e9;&f;tail"))
    (entry,) = entries(body.replace(b'<?xml version="1.0"?>', bomb.encode()))
    assert len(entry.title) < 100
    assert "root:" not in entry.title


def test_a_text_that_repeats_the_title_is_told_once() -> None:
    assert the_post(a_feed(an_item("1", "same", description="same"))).text == "same"


@given(st.binary(max_size=400))
def test_any_bytes_are_entries_or_no_feed(body: bytes) -> None:
    try:
        found = entries(a_feed(an_item("1", "x"))[:-30] + body)
    except NotAFeed:
        return
    assert all(entry.id for entry in found)


def test_ill_formed_feeds_of_the_wild_are_read(real_data: Path) -> None:
    files = sorted((real_data / "payloads/rss/illformed").rglob("*.xml"))
    assert files
    read = 0
    for file in files:
        try:
            found = entries(file.read_bytes())
        except NotAFeed:
            continue
        read += 1
        for entry in found:
            post = entry_to_post(entry, FirstSight(NOON.timestamp(), NOON.timestamp(), entry.digest))
            assert isinstance(post, Post) or not (entry.title or entry.text), (file, post)
    assert read >= len(files) - 3
