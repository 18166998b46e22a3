"""The text of a post: a sentence of the grammar, with the openings, reactions, hashtags and links that people add."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from unicodedata import category

from deploy.demo.grammar import Voice
from deploy.demo.situations import BAN_TALK, Situation

MICROBLOG, FORUM = "synthetic-microblog", "synthetic-forum"
NEWS, CHANNELS = "synthetic-news", "synthetic-channels"

_TAG_GROUP = {
    Situation.INDIA: "india",
    Situation.APP_STORE: "india",
    Situation.EMPLOYER: "employer",
    Situation.RETRACTION: "retraction",
    Situation.BACKGROUND: "background",
    Situation.NEAR_MISS: "background",
    Situation.OFF_TOPIC: "offtopic",
}
_TAGGED = {MICROBLOG: 0.34, CHANNELS: 0.24, NEWS: 0.1, FORUM: 0.02}
_LINKED = {MICROBLOG: 0.2, CHANNELS: 0.4, NEWS: 1.0, FORUM: 0.25}
_NUMBERS = {situation: number for number, situation in enumerate(Situation, start=1)}
_EMOJI = {True: "😂🤡😭🔥👀💀🙃😡🤔📱", False: "😂😴🎶😋🐱🌞🙌💛😅🌧"}


@dataclass(frozen=True)
class Wording:
    """The posted text, with its hashtags and links."""

    text: str
    hashtags: tuple[str, ...]
    links: tuple[str, ...]


def compose(rng: Random, voice: Voice, situation: Situation, source: str) -> Wording:
    """Return the wording of one post.

    The source of news writes headlines; the other sources write everyday sentences.
    """
    headline = source == NEWS or (source == CHANNELS and situation in voice.news and rng.random() < 0.3)
    text = _headline(rng, voice, situation) if headline else _saying(rng, voice, situation, source)
    text, inline = _inline_tag(rng, voice, text, source)
    hashtags = (*inline, *_tags(rng, voice, situation, source, inline))
    links = _links(rng, voice, situation, source)
    shown = links if source != NEWS and rng.random() < 0.6 else ()
    appended = [f"#{tag}" for tag in hashtags if tag not in inline]
    return Wording(" ".join([text, *appended, *shown]), hashtags, links)


def _headline(rng: Random, voice: Voice, situation: Situation) -> str:
    text = voice.news[situation].speak(rng)
    if rng.random() < 0.6:
        text = f"{voice.slots['desk'].speak(rng)}: {text}"
    if rng.random() < 0.55:
        text = f"{text} | {voice.slots['kicker'].speak(rng)}"
    return text


def _saying(rng: Random, voice: Voice, situation: Situation, source: str) -> str:
    about_bans = situation in BAN_TALK
    parts = [voice.say[situation].speak(rng)]
    if rng.random() < (0.4 if about_bans else 0.15):
        parts.insert(0, voice.slots["open"].speak(rng))
    if rng.random() < 0.5:
        parts.append(voice.slots["react" if about_bans else "aside"].speak(rng))
    joiner = voice.phrases.joiner
    parts[1:] = [_continued(part) if before.endswith(",") else part for before, part in pairwise(parts)]
    text = " ".join(joiner.join([*(_closed(part, voice.phrases.stop) for part in parts[:-1]), parts[-1]]).split())
    if source != FORUM and rng.random() < 0.2:
        faces = _EMOJI[about_bans]
        text = f"{text} {faces[int(rng.random() * len(faces))] * (1 + int(rng.random() ** 3 * 3))}"
    return text.lower() if rng.random() < voice.phrases.lowercase else text


def _closed(part: str, stop: str) -> str:
    """Return a part with a stop after it if the part ends with a letter, a vowel sign or a digit.

    Without the stop, the next part would run into it.
    """
    return part + stop if category(part[-1])[0] in "LMN" else part


def _continued(part: str) -> str:
    """Return a part in its form after a comma: a short first word ("My", "Is", "Los") loses its capital.

    Names are longer than three letters, so they keep theirs.
    """
    first = part.split(" ", 1)[0]
    return part[0].lower() + part[1:] if first.isascii() and 2 <= len(first) <= 3 and not first.isupper() else part


def _inline_tag(rng: Random, voice: Voice, text: str, source: str) -> tuple[str, tuple[str, ...]]:
    """Replace the name by its hashtag in some texts, where the name stands alone between blanks."""
    if voice.phrases.inline is None or source in (NEWS, FORUM) or rng.random() > 0.12:
        return text, ()
    name, tag = voice.phrases.inline
    tagged, changed = re.subn(rf"(?<!\S){re.escape(name)}(?!\S)", f"#{tag}", text, count=1)
    return tagged, (tag,) if changed else ()


def _tags(rng: Random, voice: Voice, situation: Situation, source: str, inline: tuple[str, ...]) -> tuple[str, ...]:
    if rng.random() > _TAGGED[source]:
        return ()
    available = voice.phrases.tags[_TAG_GROUP.get(situation, "ban")]
    drawn = [available[int(len(available) * rng.random())] for _ in range(1 + int(rng.random() * 3))]
    return tuple(dict.fromkeys(tag for tag in drawn if tag not in inline))


def _links(rng: Random, voice: Voice, situation: Situation, source: str) -> tuple[str, ...]:
    """Return the links of a post.

    A post about bans links to an article that many posts share; any other post links to a picture of its own.
    """
    about_bans = situation in BAN_TALK
    if rng.random() > _LINKED[source] * (1 if about_bans or source == NEWS else 0.3):
        return ()
    if about_bans:
        language = voice.phrases.language.lower()
        # A number, not the situation's name: the address must not tell a tagger what the words are about.
        article = 100 * _NUMBERS[situation] + int(12 * rng.random() ** 3)
        return (f"https://news.example.com/{language}/{article}",)
    return (f"https://pictures.example.org/{int(rng.random() * 10**7):07d}",)
