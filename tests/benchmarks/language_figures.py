"""The measured part of docs/languages.md: tables of accuracy and the picture of calibration, from detected posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from processing.contract import UNDETERMINED
from processing.tagging.language import LanguageDetector
from tests.benchmarks.language_calibration import Judged, calibration, expected_error, picture
from tests.conftest import ROOT
from tests.support.language_posts import FEW_LETTERS, LabelledPost, Told, by_language, macro, share, tell

PAGE = ROOT / "docs" / "languages.md"
PICTURE = ROOT / "docs" / "images" / "language-calibration.svg"
_BEGIN = "<!-- Written by `python -m tests.benchmarks.language --write`. -->\n"
_END = "<!-- The end of what is written. -->\n"
_GOAL = 0.95
_DOUBTFUL = ("ms", "hi-Latn", "ur-Latn")
"""Languages for which most labels, or many, are wrong: docs/languages.md says how."""
_DOUBTFUL_NAMES = "`ms`, `hi-Latn` and `ur-Latn`"
_TEN = 10
"""The fewest short posts by which a language is judged."""
_INVENTED = ROOT / "tests" / "support" / "invented" / "languages.tsv"


class Invented(NamedTuple):
    """An invented post: its tag, which may be a variety, its kind and its text."""

    tag: str
    kind: str
    text: str


def invented() -> list[Invented]:
    """Return the posts of `languages.tsv`."""
    return [Invented(*line.split("\t")) for line in _INVENTED.read_text(encoding="utf-8").splitlines()[1:]]


def figures(told: Sequence[Told], detector: LanguageDetector) -> str:
    """Return the part of the page that is measured, as Markdown. `told` are the held-out posts."""
    parts = (*_by_language(told), "", *_of_short(told, detector), "", *_of_kinds(detector), "", *_of_confidence(told))
    return "\n".join(parts) + "\n"


def write(told: Sequence[Told], detector: LanguageDetector) -> None:
    """Write the figures into the page, and the picture."""
    before, after = PAGE.read_text(encoding="utf-8").split(_BEGIN)
    PAGE.write_text(before + _BEGIN + figures(told, detector) + _END + after.split(_END)[1], encoding="utf-8")
    PICTURE.write_text(picture(calibration(_judged(told))), encoding="utf-8")


def written() -> str:
    """Return the figures that stand in the page."""
    return PAGE.read_text(encoding="utf-8").split(_BEGIN)[1].split(_END)[0]


def _judged(told: Iterable[Told]) -> list[Judged]:
    return [Judged(each.found.confidence, each.right) for each in told if each.found.language != UNDETERMINED]


def _by_language(told: Sequence[Told]) -> Iterator[str]:
    languages = sorted(by_language(told).items(), key=lambda item: (share(item[1]), item[0]))
    yield f"{len(told):,} held-out posts in {len(languages)} languages. The share of right tags is {macro(told):.3f} as"
    yield f"a mean over languages (macro), and {share(told):.3f} over posts (micro). Without {_DOUBTFUL_NAMES},"
    trusted = [each for each in told if each.post.language not in _DOUBTFUL]
    yield f"whose labels are doubtful, macro is {macro(trusted):.3f}."
    yield "By language, the least first:"
    yield from ("", "| labelled | posts | right | otherwise told as |", "| --- | --- | --- | --- |")
    for language, its in languages:
        if share(its) < _GOAL:
            wrong = Counter(each.found.language for each in its if not each.right).most_common(4)
            yield f"| `{language}` | {len(its)} | {share(its):.2f} | {', '.join(f'`{tag}` {n}' for tag, n in wrong)} |"
    best = [f"`{language}` {share(its):.2f}" for language, its in languages if share(its) >= _GOAL]
    yield from ("", f"{len(best)} more have {_GOAL} or better: {', '.join(best)}.")


def _of_short(told: Sequence[Told], detector: LanguageDetector) -> Iterator[str]:
    short = [each for each in told if each.short]
    made = [LabelledPost(each.text, each.tag, each.kind, held_out=True) for each in invented() if each.kind == "short"]
    of_few = tell(detector, made)
    yield f"| posts with fewer than {FEW_LETTERS} letters | posts | right | `und` | wrong | macro |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield _row("held out; macro over languages with ten such posts", short)
    yield _row("held out, all longer posts", [each for each in told if not each.short])
    yield _row(f"invented, in {len(by_language(of_few))} languages that have few", of_few, least=1)


def _row(name: str, told: Sequence[Told], least: int = _TEN) -> str:
    right = sum(each.right for each in told)
    unknown = sum(each.found.language == UNDETERMINED for each in told)
    shares = (f"{number / len(told):.3f}" for number in (right, unknown, len(told) - right - unknown))
    return f"| {name} | {len(told):,} | {' | '.join(shares)} | {macro(told, least):.3f} |"


def _of_kinds(detector: LanguageDetector) -> Iterator[str]:
    yield from ("| invented posts | tag | posts | right |", "| --- | --- | --- | --- |")
    kinds: dict[tuple[str, str], list[str]] = {}
    for each in invented():
        if each.kind != "short":
            kinds.setdefault((each.kind, each.tag), []).append(each.text)
    for (kind, tag), texts in kinds.items():
        right = sum(found.language == tag for found in detector.detect_many(texts))
        yield f"| {kind.capitalize()} | `{tag}` | {len(texts)} | {right} |"


def _of_confidence(told: Sequence[Told]) -> Iterator[str]:
    bins = calibration(_judged(told))
    yield f"The expected calibration error is {expected_error(bins):.3f}, over tenths of the confidence."
    yield from ("", "| confidence of at least | share of the posts | right |", "| --- | --- | --- |")
    for least in (0.5, 0.9, 0.97):
        taken = [each for each in told if each.found.language != UNDETERMINED and each.found.confidence >= least]
        yield f"| {least} | {len(taken) / len(told):.3f} | {share(taken):.3f} |"
