"""The names that the page shows for topics, languages and the figures of a verdict. Without a name, the id is shown."""

from __future__ import annotations

from dashboard.i18n.messages import Words
from processing.contract import EVERYTHING, VerdictName
from processing.explanation import notation
from processing.explanation.sentences import LANGUAGES

NAMED_AS_COLUMNS = frozenset({"posts", "authors", "texts", "copies", "reposts", "top_author", "top_ten_authors"})
"""Figures of a verdict that the page also shows elsewhere. `Words` holds their names."""

# The names of the other figures: id: (English, Arabic)
EVIDENCE = {
    "backfilled": ("Fetched after the fact", "جُلبت لاحقًا"),
    "late": ("Seen more than an hour late", "وصلت متأخرة أكثر من ساعة"),
    "clock_replaced": ("Without a time that can be right", "بلا وقت يصح"),
    "newly_covered": ("From a source collected only lately", "من مصدر بدأ جمعه حديثًا"),
    "everything_rose": ("Everything else, times usual", "كل ما عداها، مرات المعتاد"),
    "repeated": ("Repeating an author or a text", "تكرار لكاتب أو لنص"),
    "gone": ("Deleted or changed since", "حُذف أو غُيّر بعد ذلك"),
    "one_domain": ("From one server", "من خادم واحد"),
    "voices": ("Own words or reposts, each author once", "كلمات خاصة أو إعادة نشر، مرة لكل كاتب"),
    "compared": ("Posts compared", "المنشورات المقارَنة"),
    "silent_collectors": ("Collectors that fell silent", "جامعون صمتوا"),
}


def _column(words: Words) -> int:
    return LANGUAGES.index(words.locale.language)


def topic_name(words: Words, topic: str) -> str:
    """Return the taxonomy's name of a topic."""
    return words.every_topic if topic == EVERYTHING else words.topics.get(topic, topic)


def language_name(words: Words, tag: str) -> str:
    """Return the CLDR's name for a BCP 47 tag."""
    return words.every_language if tag == EVERYTHING else notation.language_name(words.locale, tag)


def evidence_name(words: Words, evidence: str) -> str:
    """Return the page's name for a figure of a verdict."""
    if evidence in NAMED_AS_COLUMNS:
        return str(getattr(words, evidence))
    return EVIDENCE[evidence][_column(words)] if evidence in EVIDENCE else evidence


def mark_name(verdict: VerdictName, words: Words) -> str:
    """Return the label of a rise on the chart."""
    names = {
        VerdictName.ORGANIC: words.surge,
        VerdictName.CONCENTRATED: words.mark_concentrated,
        VerdictName.COLLECTOR: words.mark_collector,
        VerdictName.BACKFILL: words.mark_backfill,
    }
    return names[verdict]
