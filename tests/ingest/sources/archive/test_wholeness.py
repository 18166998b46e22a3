"""What an archive says of a post is what its author wrote: unescaped once, and whole where the archive has it all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import Post
from ingest.source import Item
from ingest.sources.archive.reddit import thing_to_posts
from ingest.sources.archive.source import Archive
from ingest.sources.archive.x import page_to_posts, tweet_to_posts
from ingest.sources.archive.x_statuses import status_to_posts
from ingest.transport.mapping import unescaped

NUMBER = "1281628478837981184"
WHOLE_NUMBER = "1281628478837981000"
WHOLE = "TikTok &lt;3 &amp; the ban, at length https://t.co/a #TikTokBan"
READ = "RT @bob: TikTok <3 & the ban, at length https://t.co/a #TikTokBan"
CUT = "RT @bob: TikTok &lt;3 &amp; the b…"
BEHIND = {
    "urls": [{"url": "https://t.co/a", "expanded_url": "https://e.org/?a=1&amp=2"}],
    "hashtags": [{"tag": "TikTokBan", "text": "TikTokBan"}],
}


def escaped(text: str) -> str:
    """As X and Reddit write a text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def a_tweet(**fields: object) -> dict[str, object]:
    return {"id": NUMBER, "text": "TikTok", "created_at": "2020-07-10T16:25:34.000Z", "author_id": "5"} | fields


def a_status(**fields: object) -> dict[str, object]:
    user = {"screen_name": "ada", "id_str": "5"}
    return {"id_str": NUMBER, "created_at": "Fri Jul 10 16:25:34 +0000 2020", "text": "TikTok", "user": user} | fields


def of_page(page: dict[str, object]) -> Post:
    (post,) = page_to_posts(json.dumps(page).encode())
    return post


def of_tweet(**fields: object) -> Post:
    (post,) = tweet_to_posts(json.dumps(a_tweet(**fields)).encode())
    return post


def of_status(**fields: object) -> Post:
    (post,) = status_to_posts(json.dumps(a_status(**fields)).encode())
    return post


def of_thing(**fields: object) -> Post:
    thing = {"id": "abc", "created_utc": 1594396800, "author": "ada", "subreddit": "tech"} | fields
    (post,) = thing_to_posts(json.dumps(thing).encode())
    return post


@given(st.text(st.sampled_from("&<>;#amplgtquo3x9' é")))
def test_what_a_network_escapes_is_unescaped_exactly_once(written: str) -> None:
    assert unescaped(escaped(written)) == written


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        ("&quot;&#39;&#x27;&apos;", "\"'''"),
        ("&amp;#39; &amp;amp;lt;", "&#39; &amp;lt;"),
        ("R&D &copy &copy=1 &nosuch; &", "R&D &copy &copy=1 &nosuch; &"),
        ("&#99999999999999; &#xD800; &#0;", "&#99999999999999; &#xD800; &#0;"),
    ],
)
def test_only_what_a_network_writes_is_unescaped(escaped: str, read: str) -> None:
    assert unescaped(escaped) == read


@pytest.mark.parametrize("written", ["a < b & c > d", "the entity &amp;amp; and &lt;b&gt;", "&#38;"])
def test_texts_of_x_and_reddit_read_as_they_were_written(written: str) -> None:
    said = escaped(written)
    read = [
        of_tweet(text=said),
        of_tweet(note_tweet={"text": said}),
        of_page({"data": a_tweet(text=said), "meta": {}}),
        of_status(text=said),
        of_status(full_text=said),
        of_status(extended_tweet={"full_text": said}),
        of_thing(body=said),
        of_thing(title=said, selftext=""),
    ]
    assert {post.text for post in read} == {written}
    assert of_thing(title="Ban", selftext=said).text == f"Ban\n{written}"


def test_addresses_are_unescaped_where_the_network_escapes_them() -> None:
    address = "https://e.org/?a=1&amp;b=2"
    assert of_thing(title="Ban", selftext="", url=address, is_self=False).links == ("https://e.org/?a=1&b=2",)
    assert of_tweet(entities={"urls": [{"url": "https://t.co/a", "expanded_url": address}]}).links == (address,)


@pytest.mark.parametrize("users", [[{"id": "6", "username": "bob"}], []])
def test_a_retweet_of_v2_is_whole_where_its_page_has_the_whole(users: list[object]) -> None:
    retweet = a_tweet(text=CUT, referenced_tweets=[{"type": "retweeted", "id": WHOLE_NUMBER}])
    whole = a_tweet(id=WHOLE_NUMBER, author_id="6", text=WHOLE, entities=BEHIND)
    post = of_page({"data": retweet, "includes": {"tweets": [whole], "users": users}})
    assert post.text == READ
    assert (post.links, post.hashtags) == (("https://e.org/?a=1&amp=2",), ("TikTokBan",))
    assert (post.id, post.repost_of) == (NUMBER, WHOLE_NUMBER)


def test_a_long_text_that_is_retweeted_is_whole() -> None:
    retweet = a_tweet(text=CUT, referenced_tweets=[{"type": "retweeted", "id": WHOLE_NUMBER}])
    whole = a_tweet(id=WHOLE_NUMBER, text="cut…", note_tweet={"text": WHOLE, "entities": BEHIND})
    post = of_page({"data": [retweet], "includes": {"tweets": [whole]}})
    assert (post.text, post.hashtags) == (READ, ("TikTokBan",))


@pytest.mark.parametrize("key", ["author", "author_user"])
def test_a_flattened_retweet_carries_the_whole(key: str) -> None:
    whole = a_tweet(id=WHOLE_NUMBER, text=WHOLE, entities=BEHIND) | {key: {"username": "bob"}}
    post = of_tweet(text=CUT, referenced_tweets=[{"type": "retweeted"} | whole])
    assert (post.text, post.hashtags) == (READ, ("TikTokBan",))


def test_a_retweet_of_v1_is_whole_with_what_stands_behind_the_cut() -> None:
    bob = {"screen_name": "bob"}
    whole = a_status(
        id_str=WHOLE_NUMBER, user=bob, text="cut…", extended_tweet={"full_text": WHOLE, "entities": BEHIND}
    )
    post = of_status(text=CUT, retweeted_status=whole)
    assert (post.text, post.hashtags) == (READ, ("TikTokBan",))


@pytest.mark.parametrize(
    "text",
    ["@ada's account has been withheld in India in response to a legal demand. Learn more.", "TikTok, quoting bob"],
)
def test_what_is_no_retweet_s_text_stays_as_it_is(text: str) -> None:
    """X puts a notice in place of what it withholds; a quotation is a text of its own."""
    kind = "quoted" if "quoting" in text else "retweeted"
    tweet = a_tweet(text=text, referenced_tweets=[{"type": kind, "id": WHOLE_NUMBER}])
    post = of_page({"data": tweet, "includes": {"tweets": [a_tweet(id=WHOLE_NUMBER, text=WHOLE)]}})
    assert post.text == text


def test_in_archives_of_x_in_the_wild_no_entity_is_left_and_no_retweet_cut_that_is_there_whole(real_data: Path) -> None:
    path = real_data / "payloads/x/withheld.jsonl"
    posts = [step.found for step in Archive(path).read({}) if isinstance(step, Item)]
    texts = {post.id: post.text for post in posts if isinstance(post, Post)}
    assert not [text for text in texts.values() if "&amp;" in text or "&lt;" in text or "&gt;" in text]
    pages = [json.loads(line) for line in path.read_bytes().splitlines()]
    there = 0
    for page in pages:
        included = {tweet["id"] for tweet in page["includes"].get("tweets", [])}
        for tweet in page["data"]:
            if any(of["type"] == "retweeted" and of["id"] in included for of in tweet.get("referenced_tweets", [])):
                there += 1
                assert not texts[tweet["id"]].endswith("…"), texts[tweet["id"]]
    assert there > 40
