"""Archived posts of X's API v2: lines, pages, streams and compliance events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.contract import NotAPost, Post
from ingest.transport.mapping import amount, deletion, each_once, kept_text, moment_of, unescaped

SOURCE = "x"
PAGE = "https://x.com/"
SNOWFLAKES_SINCE = datetime(2010, 11, 4, tzinfo=UTC)
_SNOWFLAKE_EPOCH = timedelta(milliseconds=1288834974657)
"""The epoch of the time in a post's number: Twitter's Snowflake, 2010."""
_RETWEET = re.compile(r"RT @(\w+): ")


class XTag(msgspec.Struct):
    """A hashtag: `tag` in v2, `text` in v1.1."""

    tag: str | None = None
    text: str | None = None


class Link(msgspec.Struct):
    """A link: the address as written, and the addresses that it leads to."""

    url: str | None = None
    expanded_url: str | None = None
    unwound_url: str | None = None


class Entities(msgspec.Struct):
    """The hashtags and links of a text."""

    hashtags: list[XTag] = []
    urls: list[Link] = []


class Metrics(msgspec.Struct):
    """The counts of a post in v2."""

    like_count: int | None = None
    reply_count: int | None = None
    retweet_count: int | None = None


class XAccount(msgspec.Struct):
    """The author of a post. v2 has the name in `username`, v1.1 in `screen_name`."""

    id: str | int | None = None
    username: str | None = None
    screen_name: str | None = None


class XNote(msgspec.Struct):
    """The full text of a post with more than 280 characters."""

    text: str = ""
    entities: Entities = msgspec.field(default_factory=Entities)


class XPost(msgspec.Struct, kw_only=True):
    """The common fields of a post in v2. A line flattened by twarc has `author`, and one by 4CAT has `author_user`."""

    id: str
    text: str | None = None
    author_id: str | None = None
    author: XAccount | None = None
    author_user: XAccount | None = None
    entities: Entities = msgspec.field(default_factory=Entities)
    note_tweet: XNote | None = None

    @property
    def whole(self) -> str:
        """The text as its author wrote it, including a text of more than 280 characters."""
        return unescaped((self.note_tweet and self.note_tweet.text) or self.text or "")

    @property
    def marked(self) -> tuple[Entities, ...]:
        """The hashtags and links of the text, and those of the longer text if there is one."""
        return (self.entities, self.note_tweet.entities) if self.note_tweet else (self.entities,)


class Reference(XPost, kw_only=True):
    """A v2 reference to another post: `retweeted`, `quoted` or `replied_to`. A flattened line holds that whole post."""

    type: str


class Tweet(XPost, kw_only=True):
    """A post of v2."""

    created_at: str
    lang: str | None = None
    public_metrics: Metrics = msgspec.field(default_factory=Metrics)
    referenced_tweets: list[Reference] = []
    edit_history_tweet_ids: list[str] = []


class Includes(msgspec.Struct):
    """The accounts and posts that a page includes beside its own posts."""

    users: list[XAccount] = []
    tweets: list[XPost] = []


class XPage(msgspec.Struct):
    """An answer of v2, or a line of its stream, with one post or many."""

    data: Tweet | list[Tweet]
    includes: Includes = msgspec.field(default_factory=Includes)


class Compliance(msgspec.Struct):
    """An event of X's compliance interface: an action on a post."""

    id: str
    action: str
    created_at: str | None = None


_read_page = msgspec.json.Decoder(XPage).decode
_read_tweet = msgspec.json.Decoder(Tweet).decode
_read_compliance = msgspec.json.Decoder(Compliance).decode


def page_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the posts of a v2 page, or the post of a stream's line, with data from the included accounts and posts."""
    page = _read_page(line)
    names = {str(user.id): user.username for user in page.includes.users}
    included = {told.id: told for told in page.includes.tweets}
    for tweet in page.data if isinstance(page.data, list) else [page.data]:
        yield _tweet_to_post(tweet, names, included)


def tweet_to_posts(line: bytes) -> Iterator[Post]:
    """Yield one v2 post that stands outside a page."""
    yield _tweet_to_post(_read_tweet(line), {}, {})


def _tweet_to_post(tweet: Tweet, names: Mapping[str, str | None], included: Mapping[str, XPost]) -> Post:
    related = {reference.type: reference for reference in tweet.referenced_tweets}
    # Each edit gives a post a new number, so its first number identifies it.
    name = tweet.edit_history_tweet_ids[0] if tweet.edit_history_tweet_ids else tweet.id
    username = _username(tweet, names)
    text, marked = _told(tweet, related.get("retweeted"), names, included)
    return Post(
        source=SOURCE,
        id=name,
        text=kept_text(text),
        created_at=snowflake_time(name) or moment_of(tweet.created_at),
        url=f"{PAGE}{username or 'i'}/status/{tweet.id}",
        author=username or tweet.author_id,
        langs=langs_of(tweet.lang),
        links=links_of(*marked),
        hashtags=hashtags_of(*marked),
        reply_to=_id(related.get("replied_to")),
        repost_of=_id(related.get("retweeted")),
        likes=amount(tweet.public_metrics.like_count),
        replies=amount(tweet.public_metrics.reply_count),
        reposts=amount(tweet.public_metrics.retweet_count),
    )


def _told(
    tweet: Tweet, retweeted: Reference | None, names: Mapping[str, str | None], included: Mapping[str, XPost]
) -> tuple[str, tuple[Entities, ...]]:
    """Return the text of a post and its entities.

    A retweet's own text is cut, so the original's text replaces it if known.
    """
    prefix = _RETWEET.match(tweet.text or "")
    whole = None if retweeted is None else included.get(retweeted.id, retweeted)
    # A text without the prefix is X's notice in place of a withheld post.
    if prefix is None or whole is None or not whole.whole:
        return tweet.whole, tweet.marked
    return f"RT @{_username(whole, names) or prefix[1]}: {whole.whole}", whole.marked


def _username(told: XPost, names: Mapping[str, str | None]) -> str | None:
    account = told.author or told.author_user
    return account.username if account else names.get(told.author_id or "")


def _id(reference: Reference | None) -> str | None:
    return None if reference is None else reference.id


def compliance_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the deletion of a post, whatever its reason. Other actions yield nothing."""
    event = _read_compliance(line)
    if event.action == "delete":
        yield deletion_of(event.id, event.created_at)


def deletion_of(name: str, created_at: str | None) -> Post:
    """Return the deletion of a post.

    Raises:
        NotAPost: no time of the post is known.
    """
    moment = snowflake_time(name) or (moment_of(created_at) if created_at else None)
    if moment is None:
        raise NotAPost("Not a post: the deletion of a post of which no time is known.")
    return deletion(SOURCE, name, moment)


def snowflake_time(name: str) -> datetime | None:
    """Return the time in a post's number, or None for numbers from before November 2010."""
    if not name.isdecimal() or len(name) > 19:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + _SNOWFLAKE_EPOCH + timedelta(milliseconds=int(name) >> 22)
    return moment.replace(microsecond=0) if moment >= SNOWFLAKES_SINCE else None


def langs_of(lang: str | None) -> tuple[str, ...]:
    """Return the language that X found in a text, or nothing."""
    # `und`, and the codes from `qam` on, mean that the text has no language.
    return () if not lang or lang == "und" or (lang.startswith("q") and len(lang) == 3) else (lang,)


def links_of(*marked: Entities) -> tuple[str, ...]:
    """Return the links of the entities, each as the address that it leads to."""
    return each_once(link.unwound_url or link.expanded_url or link.url for each in marked for link in each.urls)


def hashtags_of(*marked: Entities) -> tuple[str, ...]:
    """Return the hashtags of the entities, without their sign."""
    return each_once(tag.tag or tag.text for each in marked for tag in each.hashtags)
