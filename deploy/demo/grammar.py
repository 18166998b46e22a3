"""A small generative grammar for each language. `load` compiles the files `phrases/*.toml` into voices.

In a phrase, `{a|b|c}` stands for one of the three alternatives, and `{name}` for one phrase of the slot `name`.
Alternatives may contain alternatives and slots.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from random import Random

import msgspec

from deploy.demo.situations import Situation

Sentence = tuple["str | Choice", ...]
_MARK_OR_WORDS = re.compile(r"[{}|]|[^{}|]+")


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of `phrases/`. `inline` is a pair: the name as people write it, and the hashtag that may replace it."""

    language: str
    tags: dict[str, tuple[str, ...]]
    slots: dict[str, tuple[str, ...]]
    say: dict[Situation, tuple[str, ...]]
    news: dict[Situation, tuple[str, ...]] = {}
    joiner: str = " "
    stop: str = "."
    lowercase: float = 0.0
    inline: tuple[str, str] | None = None


@dataclass(frozen=True)
class Choice:
    """Alternative sentences.

    `reach` holds their cumulative weights; a sentence with more variants has a larger weight.
    """

    options: tuple[Sentence, ...]
    reach: tuple[float, ...]

    def speak(self, rng: Random) -> str:
        """Return one random text of this choice."""
        option = self.options[bisect(self.reach, rng.random() * self.reach[-1])]
        return "".join([part if isinstance(part, str) else part.speak(rng) for part in option])


@dataclass(frozen=True)
class Voice:
    """The compiled phrases of one language."""

    phrases: Phrases
    slots: Mapping[str, Choice]
    say: Mapping[Situation, Choice]
    news: Mapping[Situation, Choice]


def load() -> dict[str, Voice]:
    """Return the voice of each language, one for each file of `phrases/`."""
    folder = files("deploy.demo") / "phrases"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    voices = (_voice(msgspec.toml.decode((folder / name).read_bytes(), type=Phrases)) for name in names)
    return {voice.phrases.language: voice for voice in voices}


def _voice(phrases: Phrases) -> Voice:
    slots: dict[str, Choice] = {}
    for name, options in phrases.slots.items():
        slots[name] = _choice([_sentence(option, slots) for option in options])
    return Voice(
        phrases,
        slots,
        {situation: _choice([_sentence(one, slots) for one in said]) for situation, said in phrases.say.items()},
        {situation: _choice([_sentence(one, slots) for one in said]) for situation, said in phrases.news.items()},
    )


def _choice(options: list[Sentence]) -> Choice:
    return Choice(tuple(options), tuple(accumulate(_variety(option) ** 0.5 for option in options)))


def _variety(sentence: Sentence) -> float:
    """Return how many texts a sentence can produce.

    A sentence with few texts is drawn less often than one with many.
    """
    product = 1.0
    for part in sentence:
        if isinstance(part, Choice):
            product *= sum(_variety(option) for option in part.options)
    return product


def _sentence(text: str, slots: Mapping[str, Choice]) -> Sentence:
    return _alternatives(iter(_MARK_OR_WORDS.findall(text)), slots)[0]


def _alternatives(pieces: Iterator[str], slots: Mapping[str, Choice]) -> list[Sentence]:
    """Read the pieces up to the closing brace or the end, and return the alternatives among them."""
    options: list[list[str | Choice]] = [[]]
    for piece in pieces:
        if piece == "{":
            options[-1].append(_group(_alternatives(pieces, slots), slots))
        elif piece == "|":
            options.append([])
        elif piece == "}":
            break
        else:
            options[-1].append(piece)
    return [tuple(option) for option in options]


def _group(options: list[Sentence], slots: Mapping[str, Choice]) -> Choice:
    if len(options) == 1 and len(options[0]) == 1 and isinstance(options[0][0], str):
        return slots[options[0][0]]
    return _choice(options)
