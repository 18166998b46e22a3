"""Verdicts, doubts and rarity in words, English and Arabic: alerts, the terminal and the page take them from here."""

from __future__ import annotations

from collections.abc import Sequence

from processing.contract import Doubt, Evidence, VerdictName

LANGUAGES = ("en", "ar")

_ORGANIC = (
    "Organic: of {compared} posts compared, {voices} are by people who repost or use words of their own.",
    "عفوية: {voices} من المنشورات لأناس يعيدون النشر أو يكتبون بكلماتهم. المنشورات المقارَنة: {compared}.",
)
_DOUBTFUL = {
    VerdictName.CONCENTRATED: (("Concentrated", "مركَّزة"), ("few speak", "المتحدثون قلّة")),
    VerdictName.COLLECTOR: (
        ("Collector", "من الجمع"),
        (
            "this may be how the posts were collected, not what people do",
            "قد يكون هذا من طريقة جمع المنشورات لا مما يفعله الناس",
        ),
    ),
    VerdictName.BACKFILL: (("Backfill", "استدراك"), ("this is history", "هذه منشورات قديمة")),
}
"""The name of each verdict that is not told, and what it means: both stand before the reason."""

_REASONS = {
    "backfilled": (
        "{value} of the posts were fetched after the fact; without them no surge remains.",
        "{value} من المنشورات جُلبت لاحقًا، وبدونها لا تبقى موجة.",
    ),
    "late": (
        "{value} of the posts were seen more than an hour after they were written, as after a reconnect; "
        "without them no surge remains.",
        "{value} من المنشورات وصلت بعد كتابتها بأكثر من ساعة، كما يحدث بعد انقطاع، وبدونها لا تبقى موجة.",
    ),
    "clock_replaced": (
        "{value} of the posts came without a time by their authors that can be right; without them no surge remains.",
        "{value} من المنشورات وصلت بلا وقت من أصحابها يمكن أن يصح، وبدونها لا تبقى موجة.",
    ),
    "newly_covered": (
        "{value} of the posts are from a source that is collected only since lately; without them no surge remains.",
        "{value} من المنشورات من مصدر بدأ جمعه حديثًا، وبدونها لا تبقى موجة.",
    ),
    "everything_rose": (
        "Everything else from the same sources rose to {value} times the usual too.",
        "وكل ما عداها من المصادر نفسها ارتفع أيضًا إلى {value} مرة من المعتاد.",
    ),
    "repeated": (
        "{value} of the posts repeat an author or a text; without them no surge remains.",
        "{value} من المنشورات تكرار لكاتب أو لنص، وبدونها لا تبقى موجة.",
    ),
    "one_domain": (
        "{value} of the posts are from the accounts of one server; without them no surge remains.",
        "{value} من المنشورات من حسابات خادم واحد، وبدونها لا تبقى موجة.",
    ),
    "gone": (
        "{value} of the posts have been deleted or changed since; without them no surge remains.",
        "{value} من المنشورات حُذفت أو غُيّرت بعد ذلك، وبدونها لا تبقى موجة.",
    ),
}

_RARITIES = (
    (3.0, ("less than once in eight months", "أقل من مرة كل ثمانية أشهر")),
    (2.0, ("once in one to eight months", "مرة كل شهر إلى ثمانية أشهر")),
    (1.5, ("once in one to four weeks", "مرة كل أسبوع إلى أربعة أسابيع")),
    (float("-inf"), ("more than once a week", "أكثر من مرة في الأسبوع")),
)
"""The least score of each class of rarity, and its words. A score is the decimal logarithm of quarter days."""

_RATIOS = frozenset({"everything_rose"})
_COUNTS = frozenset({"posts", "authors", "texts", "compared", "silent_collectors"})


def verdict_sentence(name: VerdictName, evidence: Sequence[Evidence], language: str = "en") -> str:
    """The verdict and what decided it. `language` is `en` or `ar`."""
    place = LANGUAGES.index(language)
    if name is VerdictName.ORGANIC:
        figures = {each.name: figure(each) for each in evidence}
        known = {"compared", "voices"} <= figures.keys()
        return _ORGANIC[place].format(**figures) if known else _ORGANIC[place].partition(":")[0] + "."
    return _doubtful(_DOUBTFUL[name][0][place], name, [each for each in evidence if each.decisive], place)


def doubt_sentence(doubt: Doubt, named: str, language: str = "en") -> str:
    """What the rise in one language of an incident is instead of people's, and why; `named` is what to call it."""
    reasons = [Evidence(doubt.reason, doubt.value)] if doubt.reason in _REASONS else []
    return _doubtful(named, doubt.verdict, reasons, LANGUAGES.index(language))


def _doubtful(what: str, name: VerdictName, reasons: Sequence[Evidence], place: int) -> str:
    why = (_REASONS[each.name][place].format(value=figure(each)) for each in reasons)
    return " ".join((f"{what}: {_DOUBTFUL[name][1][place]}.", *why))


def rarity(score: float, language: str = "en") -> str:
    """How often a rise so large comes, by its series' own past. A score names such a class and is no probability."""
    place = LANGUAGES.index(language)
    return next(words[place] for least, words in _RARITIES if score >= least)


def figure(evidence: Evidence) -> str:
    """Its value as people read it: a count, a ratio or a share."""
    if evidence.name in _COUNTS:
        return f"{evidence.value:,.0f}"
    return f"{evidence.value:.1f}" if evidence.name in _RATIOS else _percent(evidence.value)


def limit(evidence: Evidence) -> str:
    """Its threshold likewise; empty where it has none."""
    if evidence.threshold is None:
        return ""
    return f"{evidence.threshold:.1f}" if evidence.name in _RATIOS else _percent(evidence.threshold)


def _percent(share: float) -> str:
    """To a tenth where whole numbers would round to nothing or to all."""
    return f"{share:.0%}" if share in {0.0, 1.0} or 0.01 <= share <= 0.99 else f"{share:.1%}"
