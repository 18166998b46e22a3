"""Language detection, ours and each library alone: `python -m tests.benchmarks.language [FOLDER]` prints the tables.

FOLDER holds `posts.ndjson.gz` (lines of text, lang, source). What was tuned on what: the model's weights, CLD2's
weight beside it and every threshold were chosen on the tuning half alone (tests.support.language_posts says
which that is); the held-out half was only read to print these tables. lingua and py3langid are measured where
they are installed, which `make bench-language` does. `--both-ways` also trains a model on the
held-out half and measures it on the other one; it needs `wordfreq` and a minute.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module, util
from pathlib import Path

from processing.contract import UNDETERMINED
from processing.tagging.language import DETECTORS, Detected, LanguageDetector
from processing.tagging.language.detector import UNKNOWN, cleaned, words_of
from processing.tagging.language.ensemble import Ensemble
from processing.tagging.language.libraries import LangDetect, standard
from tests.support.function_words import holds_hindustani
from tests.support.language_posts import DEFAULT_FOLDER, LabelledPost, load, per_language, variety

_SLOW = {"langdetect": 20, "lingua": 20}
"""Detectors that read only every n-th post: they would take minutes."""
_BATCH = 500
_ROMANISED = ("hi-Latn", "ur-Latn")
_LENGTHS = ((0, 20), (20, 50), (50, 100), (100, 1_000_000))


class Py3langid(LanguageDetector):
    """The py3langid library."""

    def __init__(self) -> None:
        self._classify = import_module("py3langid").classify

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """The library's likeliest language, with no confidence that compares; `declared` is not used."""
        return Detected(self._classify(cleaned(text))[0], 1.0)


class Lingua(LanguageDetector):
    """The lingua library, with all its languages and its large models."""

    def __init__(self) -> None:
        builder = import_module("lingua").LanguageDetectorBuilder
        self._detector = builder.from_all_languages().build()

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """The library's likeliest language, with no confidence that compares; `declared` is not used."""
        found = self._detector.detect_language_of(words_of(text))
        return Detected(standard(found.iso_code_639_1.name.lower()), 1.0) if found else UNKNOWN


_INSTALLED_APART: dict[str, Callable[[], LanguageDetector]] = {"py3langid": Py3langid, "lingua": Lingua}


class Measured:
    """What a detector said of posts, and in how much of one core's time."""

    def __init__(self, detector: LanguageDetector, posts: Sequence[LabelledPost]) -> None:
        texts = [post.text for post in posts]
        detector.detect_many(texts[:10])
        begun = time.process_time()
        found = [
            each for start in range(0, len(texts), _BATCH) for each in detector.detect_many(texts[start:][:_BATCH])
        ]
        self.speed = len(texts) / (time.process_time() - begun)
        self.found = dict(zip(map(id, posts), found, strict=True))

    def right(self, post: LabelledPost) -> bool:
        """Whether the language is the labelled one; a variety counts as its language."""
        return variety(self.found[id(post)].language) == post.language

    def accuracy(self, posts: Sequence[LabelledPost]) -> tuple[float, float]:
        """Macro (the mean over languages) and micro (over posts)."""
        counts = per_language(posts, self.right)
        macro = sum(right / every for right, every in counts.values()) / len(counts)
        return macro, sum(map(self.right, posts)) / len(posts)


def main(folder: Path = DEFAULT_FOLDER, both_ways: bool = False) -> None:
    """Print the tables, or why there are none."""
    if not (folder / "posts.ndjson.gz").exists():
        print(f"language: there is no posts.ndjson.gz in {folder}; name its folder to measure with it")
        return
    posts = load(folder)
    held = [post for post in posts if post.held_out]
    print(f"language: {len(posts):,} posts, {len(held):,} of them held out.")
    print(
        "The model of `vote` and its thresholds saw the others only: under `all` it is judged on what it learnt from."
    )
    print("Accuracy is macro (over languages) and micro (over posts); micro by length; posts/s of one core's time.")
    print(f"{'':12}{'all':>15}{'held out':>16}{'posts/s':>10}   held out by letters: {_lengths()}")
    for name, make in _detectors().items():
        _print_line(name, make(), posts[:: _SLOW.get(name, 1)])
    ours = Measured(Ensemble(), posts)
    _print_romanised(ours, held)
    _print_languages(ours, held)
    _print_coverage(ours, held)
    _print_second_opinion(ours, held)
    if both_ways:
        _print_other_way(posts)


def _detectors() -> dict[str, Callable[[], LanguageDetector]]:
    others = {name: make for name, make in DETECTORS.items() if name != "vote"}
    for name, make in _INSTALLED_APART.items():
        if util.find_spec(name):
            others[name] = make
        else:
            print(f"{name} is not installed and left out: `make bench-language` installs it")
    return others | {"vote": DETECTORS["vote"]}


def _lengths() -> str:
    return "".join(f"{f'{low}-{high}' if high < 1_000_000 else f'{low}-':>9}" for low, high in _LENGTHS)


def _print_line(name: str, detector: LanguageDetector, posts: Sequence[LabelledPost]) -> None:
    measured = Measured(detector, posts)
    held = [post for post in posts if post.held_out]
    by_length = [[post for post in held if low <= _letters(post) < high] for low, high in _LENGTHS]
    micro = "".join(f"{measured.accuracy(each)[1]:9.3f}" for each in by_length)
    every = f" (every {_SLOW[name]}th post)" if name in _SLOW else ""
    print(f"{name:12}{_pair(measured, posts)}{_pair(measured, held)}{measured.speed:10,.0f}{'':24}{micro}{every}")


def _pair(measured: Measured, posts: Sequence[LabelledPost]) -> str:
    macro, micro = measured.accuracy(posts)
    return f"  {macro:6.3f} {micro:6.3f} "


def _letters(post: LabelledPost) -> int:
    return sum(map(str.isalpha, cleaned(post.text)))


def _print_romanised(ours: Measured, held: Sequence[LabelledPost]) -> None:
    """Their gold is what a collection is named after: see `tests.support.function_words`."""
    print("vote, held out, Hindi and Urdu in Latin letters. exact: the labelled one of the two, which are one spoken")
    print(
        "language; the labels are those of an Indian and of a Pakistani collection, and either has posts of the other"
    )
    print(
        "country. either: one of the two. with a word: posts that hold a function word of theirs; the rest are mostly"
    )
    print("English, so that a detector that tells English rightly cannot be right about all.")
    for name, languages in (*((each, (each,)) for each in _ROMANISED), ("both", _ROMANISED)):
        posts = [post for post in held if post.language in languages]
        with_a_word = [post for post in posts if holds_hindustani(post.text)]
        print(f"  {name:8}{len(posts):5} posts: {_exact_or_either(ours, posts)}", end="; ")
        print(f"{len(with_a_word)} with a word: {_exact_or_either(ours, with_a_word)}")
    others = [post for post in held if post.language not in _ROMANISED]
    taken = sum(ours.found[id(post)].language in _ROMANISED for post in others)
    print(f"  of the {len(others):,} posts in other languages, {taken} are taken for one of the two")


def _exact_or_either(ours: Measured, posts: Sequence[LabelledPost]) -> str:
    either = _share(lambda post: ours.found[id(post)].language in _ROMANISED, posts)
    return f"exact {_share(ours.right, posts):.3f}, either {either:.3f}"


def _share(holds: Callable[[LabelledPost], bool], posts: Sequence[LabelledPost]) -> float:
    return sum(map(holds, posts)) / len(posts) if posts else 0.0


def _print_languages(ours: Measured, held: Sequence[LabelledPost]) -> None:
    counts = per_language(held, ours.right)
    listed = sorted((right / every, language, every) for language, (right, every) in counts.items())
    print(
        "vote, held out, by language: " + ", ".join(f"{name} {share:.2f} of {every}" for share, name, every in listed)
    )


def _print_coverage(ours: Measured, held: Sequence[LabelledPost]) -> None:
    for least in (0.0, 0.5, 0.9, 0.97):
        taken = [
            post
            for post in held
            if ours.found[id(post)].language != UNDETERMINED and ours.found[id(post)].confidence >= least
        ]
        print(
            f"vote at a confidence of {least:.2f} or more: covers {len(taken) / len(held):.3f} of the held-out posts, "
            f"{_share(ours.right, taken):.3f} of these rightly"
        )


def _print_second_opinion(ours: Measured, held: Sequence[LabelledPost]) -> None:
    """Would it help to ask langdetect about the posts that `vote` is least sure of?"""
    langdetect = LangDetect()
    for below in (0.3, 0.45, 0.6):
        asked = [post for post in held if ours.found[id(post)].confidence < below and _letters(post)]
        begun = time.process_time()
        said = {id(post): langdetect.detect(post.text).language for post in asked}
        seconds = time.process_time() - begun
        right = sum(variety(said[id(post)]) == post.language for post in asked)
        print(
            f"a second opinion of langdetect below a confidence of {below:.2f}: {len(asked)} posts, of which vote has "
            f"{sum(map(ours.right, asked))} right, langdetect {right}; it would take {seconds / len(held) * 1e6:.0f} "
            f"microseconds a post of all, vote takes {1e6 / ours.speed:.0f}"
        )


def _print_other_way(posts: Sequence[LabelledPost]) -> None:
    from tests.benchmarks.train_language import Training, examples, train  # noqa: PLC0415 (needs wordfreq)

    held, rest = [post for post in posts if post.held_out], [post for post in posts if not post.held_out]
    other = Measured(Ensemble(train(examples(held, Training()), Training())), rest)
    print(f"vote, trained on the held-out half and measured on the tuning half: {_pair(other, rest).strip()}")


if __name__ == "__main__":
    named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    main(Path(named[0]) if named else DEFAULT_FOLDER, both_ways="--both-ways" in sys.argv)
