"""The posts of the demo archive, in order of delivery."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

import msgspec

from deploy.demo import people, wording
from deploy.demo.communities import START
from deploy.demo.grammar import Voice, load
from deploy.demo.schedule import Arrival, arrivals
from deploy.demo.situations import BAN_TALK, Situation
from deploy.demo.wording import CHANNELS, FORUM, MICROBLOG, NEWS, Wording
from ingest.contract import Post

_SOURCES = (MICROBLOG, FORUM, CHANNELS, NEWS)
_SOURCE_WEIGHTS = (0.62, 0.15, 0.16, 0.07)
_SHARED_FOR = timedelta(hours=6)
_ATTEMPTS = 6


class Labelled(NamedTuple):
    """A post with its true situation and its true language."""

    post: Post
    situation: Situation
    language: str


def generate(seed: int = 2020, scale: float = 1.0) -> Iterator[Post]:
    """Yield the archive's posts in the order of `created_at`; some arrive up to 40 seconds late.

    `scale` multiplies every rate: 1.0 gives about 69,000 posts. The same arguments give the same posts.
    """
    return (labelled.post for labelled in generate_labelled(seed, scale))


def generate_labelled(seed: int = 2020, scale: float = 1.0) -> Iterator[Labelled]:
    """Yield the posts of `generate` with the situation and true language of each, for measuring a tagger."""
    network = _Network(seed)
    for arrival in arrivals(seed, scale):
        yield Labelled(network.publish(arrival), arrival.situation, arrival.language)


class _Network:
    """The posts so far that a next post can repeat or reply to."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"{seed}:posts")
        self._voices = load()
        self._said: set[str] = set()
        self._numbers: Counter[str] = Counter()
        self._shared: defaultdict[tuple[str, str, Situation], deque[Post]] = defaultdict(lambda: deque(maxlen=60))
        self._recent: defaultdict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=40))

    def publish(self, arrival: Arrival) -> Post:
        source = self._source(arrival)
        original = self._original(arrival, source)
        post = self._written(arrival, source) if original is None else self._repost(arrival, original)
        self._recent[source, arrival.language].append(post.id)
        # A repost adds its original again, so a shared post is more likely to be shared again.
        self._shared[source, arrival.language, arrival.situation].append(original or post)
        return post

    def _source(self, arrival: Arrival) -> str:
        source = self._rng.choices(_SOURCES, _SOURCE_WEIGHTS)[0]
        written = source != NEWS or arrival.situation in self._voices[arrival.language].news
        return source if written else MICROBLOG

    def _original(self, arrival: Arrival, source: str) -> Post | None:
        """Return an earlier post that this one repeats, or None."""
        if source not in (MICROBLOG, CHANNELS):
            return None
        often = 0.26 if arrival.surge else 0.12 if arrival.situation in BAN_TALK else 0.06
        candidates = self._shared[source, arrival.language, arrival.situation]
        if not candidates or self._rng.random() > often:
            return None
        original = candidates[int(self._rng.random() * len(candidates))]
        age = _moment(arrival) - original.created_at
        return original if timedelta(0) <= age < _SHARED_FOR else None

    def _written(self, arrival: Arrival, source: str) -> Post:
        rng, language = self._rng, arrival.language
        words = self._new_wording(self._voices[language], arrival.situation, source)
        likes, replies, reposts = (None, None, None) if source == NEWS else people.reception(rng)
        author = people.author(rng, language, source, surge=arrival.surge)
        name = self._next_id(source)
        return Post(
            source=source,
            id=name,
            text=words.text,
            created_at=_moment(arrival),
            url=words.links[0] if source == NEWS else f"https://{source}.example.com/{author}/{name}",
            author=author,
            langs=people.declared(rng, language),
            links=words.links,
            hashtags=words.hashtags,
            reply_to=self._reply_to(source, language),
            likes=likes,
            replies=replies,
            reposts=reposts,
        )

    def _repost(self, arrival: Arrival, original: Post) -> Post:
        author = people.author(self._rng, arrival.language, original.source, surge=arrival.surge)
        name = self._next_id(original.source)
        return msgspec.structs.replace(
            original,
            id=name,
            created_at=_moment(arrival),
            author=author,
            url=f"https://{original.source}.example.com/{author}/{name}",
            reply_to=None,
            repost_of=original.id,
            likes=None,
            replies=None,
            reposts=None,
        )

    def _new_wording(self, voice: Voice, situation: Situation, source: str) -> Wording:
        """Return a text that no post has used, or a used one if the grammar finds no new text in a few attempts."""
        words = wording.compose(self._rng, voice, situation, source)
        for _ in range(_ATTEMPTS):
            if words.text not in self._said:
                break
            words = wording.compose(self._rng, voice, situation, source)
        self._said.add(words.text)
        return words

    def _reply_to(self, source: str, language: str) -> str | None:
        often = 0.5 if source == FORUM else 0.08 if source == MICROBLOG else 0.0
        recent = self._recent[source, language]
        if not recent or self._rng.random() > often:
            return None
        return recent[int(self._rng.random() * len(recent))]

    def _next_id(self, source: str) -> str:
        self._numbers[source] += 1
        return f"{source.removeprefix('synthetic-')[0]}{self._numbers[source]:06d}"


def _moment(arrival: Arrival) -> datetime:
    return START + timedelta(seconds=int(arrival.written))
