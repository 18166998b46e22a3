"""A synthetic stream of the size of Bluesky's: 30 posts a second in the mean, with a daily rhythm and short peaks.

A twentieth of the posts is about bans of TikTok. The name of the source says that the posts are generated.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.contract import Post, encode

SOURCE = "synthetic-soak"
START = datetime(2020, 7, 6, tzinfo=UTC)
MEAN, PEAK = 30, 500
"""Posts a second."""
PEAK_SECONDS = 60
PEAK_EVERY = 8 * 3_600
ON_THE_SUBJECT = 0.05
IN_A_PEAK = 0.25
"""The share on the subject while a peak lasts: it is a surge."""
ACCOUNTS = 400_000

WORDS = (
    *("morning", "river", "coffee", "train", "window", "garden", "music", "football", "bread", "market", "phone"),
    *("winter", "school", "friend", "letter", "book", "kitchen", "mountain", "street", "dog", "cat", "film"),
    *("weather", "game", "holiday", "paper", "office", "light", "bridge", "story", "question", "answer", "evening"),
)
BANS = (
    "They are banning TikTok, and {0} about the {1}",
    "The government will ban TikTok, says {0}, {1}",
    "Prohíben TikTok: {0}, {1}",
    "TikTok wird verboten, {0} und {1}",
    "الحكومة تحظر تطبيق تيك توك {0} {1}",
)


def rate(second: int) -> int:
    """Return the posts of this second of the stream, with the mean of a day at about `MEAN`."""
    if second % PEAK_EVERY >= PEAK_EVERY - PEAK_SECONDS:
        return PEAK
    return round((MEAN - 1) * (1 - 0.6 * math.cos(2 * math.pi * second / 86_400)))


def stream(seconds: int, posts_of: Callable[[int], int] = rate, seed: int = 7) -> Iterator[Post]:
    """Yield the posts of the first `seconds`, in their order. `posts_of` gives the number of posts of a second."""
    chance, number = random.Random(seed), 0
    for second in range(seconds):
        posts = posts_of(second)
        share = IN_A_PEAK if posts == PEAK else ON_THE_SUBJECT
        for place in range(posts):
            number += 1
            words = chance.choices(WORDS, k=12)
            banned = chance.random() < share
            yield Post(
                source=SOURCE,
                id=str(number),
                text=chance.choice(BANS).format(*words) if banned else " ".join(words),
                created_at=START + timedelta(seconds=second + place / posts),
                author=f"account-{chance.randrange(ACCOUNTS)}",
            )


def write(path: Path, seconds: int, posts_of: Callable[[int], int] = rate) -> int:
    """Write the stream as Post NDJSON, and return its number of posts."""
    with path.open("wb") as file:
        return sum(file.write(encode(post) + b"\n") > 0 for post in stream(seconds, posts_of))
