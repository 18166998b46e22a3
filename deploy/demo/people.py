"""The authors of synthetic posts and the reactions to the posts. Every name is invented and contains `synthetic`."""

from __future__ import annotations

from random import Random

from deploy.demo.communities import COMMUNITIES

_PEOPLE = {community.language: 40 * community.daily for community in COMMUNITIES}
_DESKS = 9
_CHANNELS = 160


def author(rng: Random, language: str, source: str, *, surge: bool) -> str:
    """Return a name such as `synthetic_user_en_00123`.

    On ordinary days a few authors write most posts. In a surge, many authors write who are otherwise silent.
    """
    tongue = language.lower().replace("-", "_")
    if source.endswith("news"):
        return f"synthetic_desk_{tongue}_{1 + int(_DESKS * rng.random()):02d}"
    if source.endswith("channels"):
        return f"synthetic_channel_{tongue}_{1 + int(_CHANNELS * rng.random() ** 2):03d}"
    people = _PEOPLE[language]
    number = people * (3 * rng.random() if surge else rng.random() ** 3)
    return f"synthetic_user_{tongue}_{1 + int(number):05d}"


def reception(rng: Random) -> tuple[int | None, int | None, int | None]:
    """Return likes, replies and reposts: None for a third of the posts, small numbers for most others."""
    if rng.random() < 0.35:
        return None, None, None
    likes = min(80_000, int((1 - rng.random()) ** -1.1) - 1)
    return likes, int(likes * 0.3 * rng.random()), int(likes * 0.5 * rng.random())


def declared(rng: Random, language: str) -> tuple[str, ...]:
    """Return the languages that an author declares: mostly the right one, sometimes none or the app's default."""
    place = rng.random()
    if language == "hi-Latn":
        return ("hi",) if place < 0.5 else ("en",) if place < 0.75 else ()
    return (language,) if place < 0.84 else ("en",) if place < 0.89 else ()
