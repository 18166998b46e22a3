"""Verdicts, doubts and rarity in words: alerts, the terminal and the page take them from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from processing.contract import Doubt, Evidence, VerdictName
from processing.i18n import LANGUAGES, language, notation, translated

NAME = "verdict"
"""The first part of the names of these sentences."""


@dataclass(frozen=True)
class Doubtful:
    """A verdict that is not told: its name, and what it means. Both stand before the reason."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Sentences:
    """The sentences. `reasons` are those of the figures that can decide a verdict."""

    organic: str = "Organic: of {compared} posts compared, {voices} are by people who repost or use words of their own."
    organic_unmeasured: str = "Organic."
    doubtful: Mapping[VerdictName, Doubtful] = field(
        default_factory=lambda: {
            VerdictName.CONCENTRATED: Doubtful("Concentrated", "few speak"),
            VerdictName.COLLECTOR: Doubtful(
                "Collector", "this may be how the posts were collected, not what people do"
            ),
            VerdictName.BACKFILL: Doubtful("Backfill", "this is history"),
        }
    )
    doubt: str = "{what}: {meaning}."
    reasons: Mapping[str, str] = field(
        default_factory=lambda: {
            "backfilled": "{value} of the posts were fetched after the fact; without them no surge remains.",
            "late": "{value} of the posts were seen more than an hour after they were written, as after a reconnect; "
            "without them no surge remains.",
            "clock_replaced": "{value} of the posts came without a time by their authors that can be right; "
            "without them no surge remains.",
            "newly_covered": "{value} of the posts are from a source that is collected only since lately; "
            "without them no surge remains.",
            "everything_rose": "Everything else from the same sources rose to {value} times the usual too.",
            "repeated": "{value} of the posts repeat an author or a text; without them no surge remains.",
            "one_domain": "{value} of the posts are from the accounts of one server; without them no surge remains.",
            "gone": "{value} of the posts have been deleted or changed since; without them no surge remains.",
        }
    )
    rarities: Mapping[str, str] = field(
        default_factory=lambda: {
            "rarest": "less than once in eight months",
            "months": "once in one to eight months",
            "weeks": "once in one to four weeks",
            "often": "more than once a week",
        }
    )


ENGLISH = Sentences()
_SENTENCES = {tag: translated(ENGLISH, language(tag), NAME) for tag in LANGUAGES}

_RARITIES = ((3.0, "rarest"), (2.0, "months"), (1.5, "weeks"), (float("-inf"), "often"))
"""The least score of each class of rarity. A score is the decimal logarithm of quarter days."""

_RATIOS = frozenset({"everything_rose"})
_COUNTS = frozenset({"posts", "authors", "texts", "compared", "silent_collectors"})


def verdict_sentence(name: VerdictName, evidence: Sequence[Evidence], tag: str = "en") -> str:
    """Return the verdict and what decided it. `tag` is one of `LANGUAGES`."""
    sentences = _SENTENCES[tag]
    if name is VerdictName.ORGANIC:
        figures = {each.name: figure(each, tag) for each in evidence}
        known = {"compared", "voices"} <= figures.keys()
        return sentences.organic.format(**figures) if known else sentences.organic_unmeasured
    return _doubtful(sentences.doubtful[name].name, name, [each for each in evidence if each.decisive], tag)


def doubt_sentence(doubt: Doubt, named: str, tag: str = "en") -> str:
    """Return what the rise in one language of an incident is instead of people's, and why; `named` is its name."""
    reasons = [Evidence(doubt.reason, doubt.value)] if doubt.reason in ENGLISH.reasons else []
    return _doubtful(named, doubt.verdict, reasons, tag)


def _doubtful(what: str, name: VerdictName, reasons: Sequence[Evidence], tag: str) -> str:
    sentences = _SENTENCES[tag]
    doubt = sentences.doubt.format(what=what, meaning=sentences.doubtful[name].meaning)
    return " ".join((doubt, *(sentences.reasons[each.name].format(value=figure(each, tag)) for each in reasons)))


def rarity(score: float, tag: str = "en") -> str:
    """Return how often a rise so large comes, by its series' own past.

    A score names such a class and is no probability.
    """
    return next(_SENTENCES[tag].rarities[name] for least, name in _RARITIES if score >= least)


def figure(evidence: Evidence, tag: str = "en") -> str:
    """Return its value as people read it: a count, a ratio or a share."""
    return _shown(evidence.name, evidence.value, tag)


def limit(evidence: Evidence, tag: str = "en") -> str:
    """Return its threshold likewise; empty where it has none."""
    return "" if evidence.threshold is None else _shown(evidence.name, evidence.threshold, tag)


def _shown(name: str, value: float, tag: str) -> str:
    locale = language(tag).locale
    if name in _COUNTS:
        return notation.number(locale, value)
    return notation.decimal(locale, value) if name in _RATIOS else notation.percent(locale, value)
