"""Posts and comments from the monthly dumps of Reddit (RS_*, RC_*): pure functions.

The dumps hold the API's answers without `raw_json`: `&`, `<` and `>` are escaped in every string.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ingest.contract import Post
from ingest.sources.reddit.mapping import DELETED_TEXTS, SITE, SOURCE
from ingest.transport.mapping import amount, deletion, from_epoch, kept_text, unescaped


class RedditRecord(msgspec.Struct):
    """A submission (with a title) or a comment (with a body), in the form of the dumps and the API."""

    id: str
    created_utc: float | str
    author: str | None = None
    title: str | None = None
    selftext: str | None = None
    body: str | None = None
    url: str | None = None
    permalink: str | None = None
    link_id: str | None = None
    subreddit: str | None = None
    parent_id: str | int | None = None
    crosspost_parent: str | None = None
    is_self: bool | None = None
    score: float | None = None
    num_comments: float | None = None


_read = msgspec.json.Decoder(RedditRecord).decode


def thing_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of one line of a dump.

    A text that its author or a moderator had removed by then yields a deletion.
    """
    thing = _read(line)
    is_comment = thing.body is not None
    name = f"{'t1' if is_comment else 't3'}_{thing.id}"
    created_at = from_epoch(float(thing.created_utc))
    own = thing.body if is_comment else thing.selftext
    if (own or "").strip() in DELETED_TEXTS or (thing.title or "").strip() in DELETED_TEXTS:
        yield deletion(SOURCE, name, created_at)
        return
    external = None if is_comment or thing.is_self else unescaped(thing.url or "")
    yield Post(
        source=SOURCE,
        id=name,
        text=kept_text(unescaped(thing.title or ""), unescaped(own or "")),
        created_at=created_at,
        url=SITE + thing.permalink if thing.permalink else _address(thing),
        author=None if thing.author in DELETED_TEXTS else thing.author,
        links=(external,) if external and external.startswith(("http://", "https://")) else (),
        reply_to=_name(thing.parent_id) if is_comment else None,
        repost_of=thing.crosspost_parent,
        likes=amount(thing.score),
        replies=None if is_comment else amount(thing.num_comments),
    )


def _address(thing: RedditRecord) -> str | None:
    """Return the address of a thing. Old dumps of comments have no permalink, so the address is built from the ids."""
    if thing.subreddit is None:
        return None
    steps = (thing.id,) if thing.link_id is None else (thing.link_id.removeprefix("t3_"), "_", thing.id)
    return f"{SITE}/r/{thing.subreddit}/comments/{'/'.join(steps)}/"


def _name(given: str | int | None) -> str | None:
    # In some dumps the parent of a comment is a number, if the parent is a comment too.
    return given if given is None or isinstance(given, str) else f"t1_{_base36(given)}"


def _base36(number: int) -> str:
    digits = ""
    while number > 0:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"
