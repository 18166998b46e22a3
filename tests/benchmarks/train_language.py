"""Train the language model: `python -m tests.benchmarks.train_language [FOLDER]` writes its `model.npz`.

It learns from the tuning half of FOLDER's `posts.ndjson.gz` (see tests.support.language_posts; its README names
the licences) without the posts whose licence is share-alike, from the texts of tests.benchmarks.language_texts, and
from posts made up of the trigrams in langdetect's profiles (Apache-2.0). No text is kept: the file holds weights of
hashes. The same seed, numpy and processor give the same bytes. It lies with the benchmarks because running needs none
of it.
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from langdetect.detector_factory import PROFILES_DIRECTORY
from numpy.typing import NDArray

from processing.tagging.language.detector import cleaned
from processing.tagging.language.features import (
    BLOCK,
    IDEOGRAPHS_FROM,
    LETTERS,
    Codes,
    Rows,
    WordList,
    featurise,
    stream,
)
from processing.tagging.language.model import Model, Weights, pooled
from processing.tagging.language.word_lists import HINDUSTANI, NO_EVIDENCE
from tests.benchmarks.language_texts import common_english, texts
from tests.benchmarks.romanised import typed_arabic, typed_hindi
from tests.support.cld import Cld
from tests.support.language_posts import DEFAULT_FOLDER, LabelledPost, load

MODEL = Path(__file__).parents[2] / "processing" / "tagging" / "language" / "model.npz"

_ENGLISH = 2
"""Times more texts in English, and as many of random words: of two words, nothing else tells as much."""
_NEARLY_ENGLISH = "pcm"
_LEAST_COUNT = 5
"""A word that a language has less often may be an English one that nobody translated."""
_BY_TRIGRAMS = ("af", "cy", "et", "so", "sq", "sw", "tl")
_SHARE_ALIKE = "kocohub"
_MISLABELLED = "ms"
"""Nearly all posts that are labelled Malay are Indonesian: they have `karena`, `bisa` and `adalah`."""
_PLAIN_WORD = re.compile("[a-z]+")
_ARABIC = re.compile(r"[\u0621-\u064a]")


@dataclass(frozen=True)
class Example:
    """Cleaned texts in one language, of which each epoch reads one, and how much they count."""

    texts: Sequence[str]
    language: str
    weight: float = 1.0


@dataclass(frozen=True)
class Training:
    """The settings that the tuning half was cross-validated with."""

    bits: int = 16
    width: int = 24
    epochs: int = 25
    batch: int = 256
    rate: float = 0.03
    dropped: float = 0.2
    seed: int = 1
    made_up: int = 300
    made_up_weight: float = 0.3
    arabizi: int = 150


def examples(posts: Sequence[LabelledPost], training: Training) -> list[Example]:
    """Posts, texts and made-up posts; languages with few posts count for more."""
    taken = [post for post in posts if post.source != _SHARE_ALIKE and post.language != _MISLABELLED]
    real = [Example([cleaned(post.text)], _label(post)) for post in taken]
    counts = Counter(each.language for each in real)
    weighed = [replace(each, weight=min(4.0, (350 / counts[each.language]) ** 0.5)) for each in real]
    count = training.made_up
    further = [
        *_of_texts(count),
        *_of_words(_ENGLISH * count),
        *_of_trigrams(count),
        *_arabizi(taken, training.arabizi),
    ]
    return weighed + [Example(some, language, training.made_up_weight) for some, language in further]


def _label(post: LabelledPost) -> str:
    """The post's language, except for two habits of the collections.

    Half of what is labelled romanised Hindi or Urdu is English about India or Pakistan, and learning that would
    make every such post Hindi. Moroccan and Algerian Arabic is often in Latin letters.
    """
    if post.language == "ar" and not _ARABIC.search(post.text):
        return "ar-Latn"
    return "en" if plain_english(post) else post.language


def plain_english(post: LabelledPost) -> bool:
    """Whether a post labelled romanised Hindi or Urdu has no common word of either, and CLD2 says English."""
    words = _PLAIN_WORD.findall(cleaned(post.text).lower())
    if not post.language.endswith("-Latn") or not HINDUSTANI.isdisjoint(words):
        return False
    found = Cld().detect(post.text)
    return found.language == "en" and found.confidence >= 0.9


def _of_texts(count: int) -> Iterator[tuple[Sequence[str], str]]:
    for language, listed in texts().items():
        shuffled = random.Random(language).sample(listed, len(listed))
        examples = min(count * (_ENGLISH if language == "en" else 1), 3 * len(shuffled))
        for number in range(examples):
            some = shuffled[number % len(shuffled) :: examples]
            yield some, language
            if language == "hi":
                yield [typed_hindi(text) for text in some], "hi-Latn"


def _of_words(count: int) -> Iterator[tuple[Sequence[str], str]]:
    """Yield common English words at random. Catalogues lack most of what people talk about."""
    words, chance = sorted(common_english()), random.Random("en")
    for _ in range(count):
        yield [" ".join(chance.choices(words, k=chance.randint(1, 12))) for _ in range(10)], "en"


def _arabizi(posts: Sequence[LabelledPost], count: int) -> Iterator[tuple[Sequence[str], str]]:
    """Yield Arabic posts in Latin letters. The posts that people wrote so are all Moroccan or Algerian."""
    chance = random.Random("ar")
    listed = [cleaned(post.text) for post in posts if post.language == "ar" and _ARABIC.search(post.text)]
    for text in listed[:count]:
        yield [typed_arabic(text, chance) for _ in range(3)], "ar-Latn"


def _of_trigrams(count: int) -> Iterator[tuple[Sequence[str], str]]:
    for language in _BY_TRIGRAMS:
        chance = random.Random(language)
        counts = json.loads((Path(PROFILES_DIRECTORY) / language).read_text("utf-8"))["freq"]
        following: dict[str, tuple[list[str], list[int]]] = {}
        for gram, often in counts.items():
            letters, weights = following.setdefault(gram[:-1], ([], []))
            letters.append(gram[-1])
            weights.append(often)
        for _ in range(count):
            yield [" ".join(_word(following, chance) for _ in range(chance.randint(3, 12)))], language


def _word(following: dict[str, tuple[list[str], list[int]]], chance: random.Random) -> str:
    word = " "
    while len(word) < 14 and word[-2:] in following:
        letters, weights = following[word[-2:]]
        word += chance.choices(letters, weights)[0]
        if word.endswith(" "):
            break
    return word.strip()


def train(given: Sequence[Example], training: Training) -> Model:
    """Softmax regression through `width` numbers, by Adam, on whole texts and on random spans of their words."""
    chance, spans = np.random.default_rng(training.seed), random.Random(training.seed)
    model = _untrained(given, training, chance)
    numbers = {language: number for number, language in enumerate(model.languages)}
    labels = np.array([numbers[each.language] for each in given])
    weights = np.array([each.weight for each in given], dtype=np.float32)
    steps = training.epochs * -(-len(given) // training.batch)
    adam = _Adam([model.rows, model.output, model.bias], training.rate, steps)
    order = np.arange(len(given))
    for _ in range(training.epochs):
        chance.shuffle(order)
        for start in range(0, len(order), training.batch):
            chosen = order[start : start + training.batch]
            read = [_span(spans.choice(given[number].texts), spans) for number in chosen.tolist()]
            rows = _without_some(featurise(read, training.bits, model.no_evidence), training.dropped, chance)
            adam.step(_gradients(model, rows, labels[chosen], weights[chosen]))
    return model


def _untrained(given: Sequence[Example], training: Training, chance: np.random.Generator) -> Model:
    languages = tuple(sorted({each.language for each in given}))
    rows = chance.standard_normal((1 << training.bits, training.width), dtype=np.float32) * np.float32(0.05)
    rows[0] = 0
    output = chance.standard_normal((training.width, len(languages)), dtype=np.float32) * np.float32(0.3)
    bias = np.zeros(len(languages), dtype=np.float32)
    return Model(
        languages,
        rows,
        output,
        bias,
        _met([text for each in given for text in each.texts]),
        _english(),
        WordList.of(NO_EVIDENCE),
        WordList.of(HINDUSTANI),
    )


def _met(read: Sequence[str]) -> NDArray[np.bool_]:
    """The letters that occur often; of ideographs and syllables, all of a block in which often some occur."""
    counts = np.bincount(np.concatenate([stream([text]) for text in read]), minlength=LETTERS)
    blocks = np.add.reduceat(counts, np.arange(0, LETTERS, BLOCK))
    met: NDArray[np.bool_] = np.where(np.arange(LETTERS) < IDEOGRAPHS_FROM, counts, np.repeat(blocks, BLOCK)) > 20
    return met


def _english() -> frozenset[int]:
    """The common English words that are twice as common in English as in any other language's texts."""
    shares = {language: _shares(listed) for language, listed in texts().items() if language != _NEARLY_ENGLISH}
    english, others = shares.pop("en"), shares.values()
    listed = map(str.lower, common_english())
    return frozenset(
        crc32(word.encode())
        for word in listed
        if english.get(word, 0.0) >= 2 * max(share.get(word, 0.0) for share in others)
    )


def _shares(listed: Sequence[str]) -> dict[str, float]:
    counts = Counter(word for text in listed for word in _PLAIN_WORD.findall(text.lower()))
    return {word: count / counts.total() for word, count in counts.items() if count >= _LEAST_COUNT}


def _span(text: str, chance: random.Random) -> str:
    words = text.split()
    if len(words) < 4 or chance.random() < 0.5:
        return text[:2_000]
    length = chance.randint(2, len(words) - 1)
    start = chance.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def _gradients(model: Model, rows: Rows, labels: NDArray[np.intp], weights: Weights) -> list[Weights]:
    """Of the mean loss, for the model's rows, output and bias."""
    hidden = pooled(model.rows, rows)
    sums = hidden @ model.output + model.bias
    errors = np.exp(sums - sums.max(axis=1, keepdims=True))
    errors /= errors.sum(axis=1, keepdims=True)
    errors[np.arange(len(labels)), labels] -= 1.0
    errors *= weights[:, None] / np.float32(len(labels))
    of_text = (errors @ model.output.T) / np.diff(rows.ends)[:, None].astype(np.float32)
    numbers, owners = _occurrences(rows)
    of_rows = [np.bincount(numbers, column[owners], len(model.rows)) for column in of_text.T]
    return [np.stack(of_rows, axis=1).astype(np.float32), hidden.T @ errors, errors.sum(axis=0)]


def _occurrences(rows: Rows) -> tuple[Codes, NDArray[np.intp]]:
    """Every row that occurs in a batch, as often as it does, and the number of the text it occurs in."""
    owner = np.zeros(len(rows.codes), dtype=np.intp)
    owner[rows.ends[1:-1]] = 1
    owner = owner.cumsum()
    owners = np.concatenate([owner[: len(feature)] for feature in rows.features])
    numbers = np.concatenate(rows.features)
    return numbers[numbers != 0], owners[numbers != 0]


def _without_some(rows: Rows, share: float, chance: np.random.Generator) -> Rows:
    def some_left(numbers: Codes) -> Codes:
        return np.where(chance.random(len(numbers), dtype=np.float32) < share, np.uint32(0), numbers)

    return rows._replace(features=list(map(some_left, rows.features)))


class _Adam:
    """Kingma and Ba, Adam, 2014, with a rate that falls to nothing."""

    def __init__(self, parameters: list[NDArray[Any]], rate: float, steps: int) -> None:
        self._parameters, self._rate, self._steps, self._step = parameters, rate, steps, 0
        self._means = [np.zeros_like(each) for each in parameters]
        self._squares = [np.zeros_like(each) for each in parameters]

    def step(self, gradients: list[Weights]) -> None:
        self._step += 1
        rate = self._rate * (1.0 - self._step / (self._steps + 1))
        for number, gradient in enumerate(gradients):
            self._means[number] += 0.1 * (gradient - self._means[number])
            self._squares[number] += 0.01 * (gradient * gradient - self._squares[number])
            spread = np.sqrt(self._squares[number] / (1.0 - 0.99**self._step)) + 1e-8
            self._parameters[number] -= rate / (1.0 - 0.9**self._step) * self._means[number] / spread


def save(model: Model, path: Path) -> None:
    """Rows as bytes, a scale a column. The archive carries no times, so the same model is the same file."""
    scale = np.abs(model.rows).max(axis=0) / np.float32(127)
    arrays: dict[str, NDArray[Any]] = {
        "languages": np.array(model.languages),
        "rows": np.round(model.rows / scale).astype(np.int8),
        "scale": scale,
        "output": model.output,
        "bias": model.bias,
        "english": np.array(sorted(model.english), dtype=np.uint32),
        "met": np.packbits(model.met),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)


def main(folder: Path) -> None:
    """Train on the tuning half and write the file."""
    posts = [post for post in load(folder) if not post.held_out]
    given = examples(posts, Training())
    save(train(given, Training()), MODEL)
    print(f"{MODEL}: {len(posts):,} posts, {len(given):,} examples in all, {MODEL.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER)
