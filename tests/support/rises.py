"""Invented rises for the watch to judge: a quiet background of two days, and what happens at noon of the last."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from ingest.contract import Post, Progress
from processing import queries
from processing.contract import Incident, TaggedPost
from processing.store.client import Store
from processing.store.writer import recount, write_posts, write_progress
from processing.watching import watch_over
from tests.conftest import NOON, a_post
from tests.support.telling import Heard, alerts_of

WIDTH = timedelta(minutes=5)
START = NOON - timedelta(days=2)
END = NOON + timedelta(hours=4)
SOURCE = "example"
HEADLINE = "Large retailer tells every employee to delete the video app from their phones by Friday evening"
ARTICLE = "https://daily.example.org/2020/retailer-app"

_WORDS = (
    "phone", "office", "boss", "video", "ban", "delete", "app", "morning", "rule", "nobody", "everyone", "laugh",
    "panic", "manager", "badge", "memo", "screen", "dance", "music", "weekend", "lawyer", "privacy", "data",
    "server", "border", "minister", "vote", "child", "teacher", "school", "cousin", "airport", "coffee", "battery",
    "update", "password", "camera", "filter", "trend", "market", "stock", "warehouse", "driver", "union", "letter",
    "rumour", "source", "leak", "correction", "error", "deadline", "friday", "reason", "country", "judge", "appeal",
    "profit", "teenager", "grandmother", "editor", "studio", "garden", "river", "window",
)  # fmt: skip


def own_words(chance: random.Random) -> str:
    """A sentence that nobody else says."""
    return " ".join(chance.sample(_WORDS, 14))


def tagged(post: Post, language: str, *topics: str) -> TaggedPost:
    return TaggedPost(post, language, 0.9, topics, "rules")


def background(
    *, rest_at_noon: int = 40, talk: int = 2, source: str = SOURCE, language: str = "en"
) -> Iterator[TaggedPost]:
    """`talk` posts an hour on the topic and forty on anything else, by people of many servers.

    From noon to one o'clock there are `rest_at_noon` on anything else.
    """
    chance = random.Random(3)
    for hour in range(int((END - START) / timedelta(hours=1))):
        begin = START + timedelta(hours=hour)
        others = rest_at_noon if begin == NOON else 40
        for number in range(others + talk):
            post = a_post(
                source=source,
                id=f"{hour}-{number}",
                text=own_words(chance),
                created_at=begin + timedelta(seconds=chance.randrange(3600)),
                author=f"person{hour}-{number}@server{number % 7}.example",
            )
            yield tagged(post, language, "ban") if number < talk else tagged(post, language)


def rise(count: int, lasting: timedelta, *, language: str = "en", **fields: object) -> list[TaggedPost]:
    """So many posts from noon on, each by a person of their own and in own words, but for what the fields say.

    A field may be a function of the post's number.
    """
    chance = random.Random(language)
    posts = []
    for number in range(count):
        usual: dict[str, object] = {
            "source": SOURCE,
            "id": f"rise-{language}-{number}",
            "text": own_words(chance),
            "created_at": NOON + lasting * number / count,
            "author": f"someone{number}@server{number % 9}.example",
        }
        told = {name: value(number) if callable(value) else value for name, value in fields.items()}
        posts.append(tagged(a_post(**(usual | told)), language, "ban"))
    return posts


def fill(store: Store, *parts: Iterable[TaggedPost], until: datetime = END) -> None:
    """Write posts and say that they are all there is up to then."""
    posts = [post for part in parts for post in part]
    recount(store, write_posts(store, posts))
    cover(store, START, until)


def cover(store: Store, since: datetime, until: datetime, source: str = SOURCE) -> None:
    write_progress(store, [(0, Progress(source=source, since=since, until=until, complete=True))])


def watched(store: Store) -> tuple[list[str], Sequence[Incident]]:
    """The steps that a watch tells, and what it records."""
    out = Heard(store)
    watch = watch_over(store, lambda: {"ban": "ban"}, WIDTH, alerts_of(store), lambda: END)
    watch.resume()
    while watch.look():
        pass
    return out.steps, queries.incidents(store)


def decisions(store: Store) -> list[str]:
    """Why people were told, or were not, in the order of the decisions."""
    return [reason for (reason,) in store.query("SELECT reason FROM notifications ORDER BY at, conversation, number")]
