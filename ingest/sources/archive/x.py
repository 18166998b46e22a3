"""Posts of X as people have archived them from its API v2: lines, pages, streams, compliance events."""

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
"""The zero of the time in a post's number: Twitter's Snowflake, 2010."""
_RETWEET = re.compile(r"RT @(\w+): ")


class XTag(msgspec.Struct):
    """A hashtag: `tag` in v2, `text` in v1.1."""

    tag: str | None = None
    text: str | None = None


class Link(msgspec.Struct):
    """A link, as written and as it leads on."""

    url: str | None = None
    expanded_url: str | None = None
    unwound_url: str | None = None


class Entities(msgspec.Struct):
    """What is in a text."""

    hashtags: list[XTag] = []
    urls: list[Link] = []


class Metrics(msgspec.Struct):
    """v2's counts."""

    like_count: int | None = None
    reply_count: int | None = None
    retweet_count: int | None = None


class XAccount(msgspec.Struct):
    """Who posts; v2 has the name in `username`, v1.1 in `screen_name`."""

    id: str | int | None = None
    username: str | None = None
    screen_name: str | None = None


class XNote(msgspec.Struct):
    """The whole of a text longer than 280 characters."""

    text: str = ""
    entities: Entities = msgspec.field(default_factory=Entities)


class XPost(msgspec.Struct, kw_only=True):
    """What a post of v2 says. `author` stands in a line that was flattened by twarc, `author_user` in one by 4CAT."""

    id: str
    text: str | None = None
    author_id: str | None = None
    author: XAccount | None = None
    author_user: XAccount | None = None
    entities: Entities = msgspec.field(default_factory=Entities)
    note_tweet: XNote | None = None

    @property
    def whole(self) -> str:
        """The text as its author wrote it, also where it is longer than 280 characters."""
        return unescaped((self.note_tweet and self.note_tweet.text) or self.text or "")

    @property
    def marked(self) -> tuple[Entities, ...]:
        """What is marked in the text and in the longer one."""
        return (self.entities, self.note_tweet.entities) if self.note_tweet else (self.entities,)


class Reference(XPost, kw_only=True):
    """v2's relation to another post: `retweeted`, `quoted` or `replied_to`. A flattened line has all of that post."""

    type: str


class Tweet(XPost, kw_only=True):
    """A post of v2."""

    created_at: str
    lang: str | None = None
    public_metrics: Metrics = msgspec.field(default_factory=Metrics)
    referenced_tweets: list[Reference] = []
    edit_history_tweet_ids: list[str] = []


class Includes(msgspec.Struct):
    """What a page tells beside its posts."""

    users: list[XAccount] = []
    tweets: list[XPost] = []


class XPage(msgspec.Struct):
    """An answer or a line of a stream of v2: one post or many."""

    data: Tweet | list[Tweet]
    includes: Includes = msgspec.field(default_factory=Includes)


class Compliance(msgspec.Struct):
    """What becomes of a post by X's compliance interface."""

    id: str
    action: str
    created_at: str | None = None


_read_page = msgspec.json.Decoder(XPage).decode
_read_tweet = msgspec.json.Decoder(Tweet).decode
_read_compliance = msgspec.json.Decoder(Compliance).decode


def page_to_posts(line: bytes) -> Iterator[Post]:
    """A page of v2, or one post of a stream, with the accounts and the posts that it includes."""
    page = _read_page(line)
    names = {str(user.id): user.username for user in page.includes.users}
    included = {told.id: told for told in page.includes.tweets}
    for tweet in page.data if isinstance(page.data, list) else [page.data]:
        yield _tweet_to_post(tweet, names, included)


def tweet_to_posts(line: bytes) -> Iterator[Post]:
    """One post of v2 by itself."""
    yield _tweet_to_post(_read_tweet(line), {}, {})


def _tweet_to_post(tweet: Tweet, names: Mapping[str, str | None], included: Mapping[str, XPost]) -> Post:
    related = {reference.type: reference for reference in tweet.referenced_tweets}
    # An edited post has a new number each time; its first one names it for good.
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
    """What a post says. A retweet's own text is cut, so that the whole one is taken where the archive has it."""
    prefix = _RETWEET.match(tweet.text or "")
    whole = None if retweeted is None else included.get(retweeted.id, retweeted)
    # Without the prefix it is a notice that X shows in place of what it withholds.
    if prefix is None or whole is None or not whole.whole:
        return tweet.whole, tweet.marked
    return f"RT @{_username(whole, names) or prefix[1]}: {whole.whole}", whole.marked


def _username(told: XPost, names: Mapping[str, str | None]) -> str | None:
    account = told.author or told.author_user
    return account.username if account else names.get(told.author_id or "")


def _id(reference: Reference | None) -> str | None:
    return None if reference is None else reference.id


def compliance_to_posts(line: bytes) -> Iterator[Post]:
    """What says that a post is gone, for whichever reason; other actions say nothing of a text."""
    event = _read_compliance(line)
    if event.action == "delete":
        yield deletion_of(event.id, event.created_at)


def deletion_of(name: str, created_at: str | None) -> Post:
    """The news that a post is gone."""
    moment = snowflake_time(name) or (moment_of(created_at) if created_at else None)
    if moment is None:
        raise NotAPost("Not a post: the deletion of a post of which no time is known.")
    return deletion(SOURCE, name, moment)


def snowflake_time(name: str) -> datetime | None:
    """When a post was made, which its number tells since November 2010; None for older ones."""
    if not name.isdecimal() or len(name) > 19:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + _SNOWFLAKE_EPOCH + timedelta(milliseconds=int(name) >> 22)
    return moment.replace(microsecond=0) if moment >= SNOWFLAKES_SINCE else None


def langs_of(lang: str | None) -> tuple[str, ...]:
    """The language that X found in a text, if it found one."""
    # `und`, and the codes from `qam` on, mean that there is no language to tell.
    return () if not lang or lang == "und" or (lang.startswith("q") and len(lang) == 3) else (lang,)


def links_of(*marked: Entities) -> tuple[str, ...]:
    """The links that are marked, as they lead on."""
    return each_once(link.unwound_url or link.expanded_url or link.url for each in marked for link in each.urls)


def hashtags_of(*marked: Entities) -> tuple[str, ...]:
    """The hashtags that are marked, without their sign."""
    return each_once(tag.tag or tag.text for each in marked for tag in each.hashtags)
