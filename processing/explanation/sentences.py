"""Verdicts and rarity in words, English and Arabic: alerts, the terminal and the page say the same. Public."""

from __future__ import annotations

from collections.abc import Sequence

from processing.contract import Doubt, Evidence, VerdictName

LANGUAGES = ("en", "ar")

_VERDICTS = {
    VerdictName.ORGANIC: (
        "Organic: of {compared} posts compared, {voices} are by people who repost or use words of their own.",
        "عفوية: {voices} من المنشورات لأناس يعيدون النشر أو يكتبون بكلماتهم. المنشورات المقارَنة: {compared}.",
    ),
    VerdictName.CONCENTRATED: ("Concentrated: few speak.", "مركَّزة: المتحدثون قلّة."),
    VerdictName.COLLECTOR: (
        "Collector: this may be how the posts were collected, not what people do.",
        "من الجمع: قد يكون هذا من طريقة جمع المنشورات لا مما يفعله الناس.",
    ),
    VerdictName.BACKFILL: ("Backfill: this is history.", "استدراك: هذه منشورات قديمة."),
}

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
        "{value} of the posts are from a source that had only just begun to be collected.",
        "{value} من المنشورات من مصدر بدأ جمعه للتوّ.",
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
"""From which score on a rise is how rare: a score is the logarithm of quarter days, above 3 only a class."""

_DOUBTS = {
    VerdictName.CONCENTRATED: ("{language}: few speak.", "{language}: المتحدثون قلّة."),
    VerdictName.COLLECTOR: (
        "{language}: this may be how the posts were collected.",
        "{language}: قد يكون هذا من طريقة جمع المنشورات.",
    ),
    VerdictName.BACKFILL: ("{language}: this is history.", "{language}: هذه منشورات قديمة."),
}

_RATIOS = frozenset({"everything_rose"})
_COUNTS = frozenset({"posts", "authors", "texts", "compared", "silent_collectors"})


def verdict_sentence(name: VerdictName, evidence: Sequence[Evidence], language: str = "en") -> str:
    """The verdict and what decided it. `language` is `en` or `ar`."""
    place = LANGUAGES.index(language)
    figures = {each.name: figure(each) for each in evidence}
    opening = _VERDICTS[name][place]
    if name is VerdictName.ORGANIC:
        known = {"compared", "voices"} <= figures.keys()
        return opening.format(**figures) if known else opening.partition(":")[0] + "."
    reasons = (_REASONS[each.name][place].format(value=figure(each)) for each in evidence if each.decisive)
    return " ".join((opening, *reasons))


def rarity(score: float, language: str = "en") -> str:
    """How often a rise so large comes, by its series' own past. A score names such a class and is no probability."""
    place = LANGUAGES.index(language)
    return next(words[place] for least, words in _RARITIES if score >= least)


def doubt_sentence(doubt: Doubt, named: str, language: str = "en") -> str:
    """What the rise in one language of an incident is instead of people's, and why; `named` is what to call it."""
    place = LANGUAGES.index(language)
    opening = _DOUBTS[doubt.verdict][place].format(language=named)
    if doubt.reason not in _REASONS:
        return opening
    return f"{opening} {_REASONS[doubt.reason][place].format(value=figure(Evidence(doubt.reason, doubt.value)))}"


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
