"""What the shipped topics, the languages and the figures of a verdict are called. Anything else keeps its id."""

from __future__ import annotations

from dashboard.i18n import WORDS, Interface, Words
from dashboard.languages import LANGUAGES
from processing.contract import EVERYTHING, VerdictName

# id: (English, Arabic)
TOPICS = {
    "ban": ("TikTok bans", "حظر تيك توك"),
    "government-ban": ("Bans by governments", "حظر حكومي"),
    "government-ban-us": ("United States ban", "حظر في الولايات المتحدة"),
    "government-ban-india": ("India ban", "حظر في الهند"),
    "government-ban-hong-kong": ("Hong Kong", "هونغ كونغ"),
    "government-ban-eu": ("European Union ban", "حظر في الاتحاد الأوروبي"),
    "government-devices": ("Ban on government devices", "حظر على الأجهزة الحكومية"),
    "tiktok": ("All talk of TikTok", "كل الحديث عن تيك توك"),
    "employer-ban": ("Bans by employers", "حظر من جهات العمل"),
    "retraction": ("A ban taken back", "التراجع عن الحظر"),
    "sale-or-divestiture": ("Sale or divestiture", "بيع أو تخارج"),
    "court": ("In court", "في المحاكم"),
    "app-store": ("App stores", "متاجر التطبيقات"),
    "security-privacy": ("Security and privacy", "الأمن والخصوصية"),
    "company-response": ("TikTok's response", "ردّ تيك توك"),
    "migration": ("Moving to other apps", "الانتقال إلى تطبيقات أخرى"),
    "shutdown-restored": ("Service back again", "عودة الخدمة"),
}

EVIDENCE = {
    "backfilled": ("Fetched after the fact", "جُلبت لاحقًا"),
    "late": ("Seen more than an hour late", "وصلت متأخرة أكثر من ساعة"),
    "clock_replaced": ("Without a time that can be right", "بلا وقت يصح"),
    "newly_covered": ("From a source only just collected", "من مصدر بدأ جمعه للتوّ"),
    "everything_rose": ("Everything else, times usual", "كل ما عداها، مرات المعتاد"),
    "repeated": ("Repeating an author or a text", "تكرار لكاتب أو لنص"),
    "gone": ("Deleted or changed since", "حُذف أو غُيّر بعد ذلك"),
    "one_domain": ("From one server", "من خادم واحد"),
    "posts": ("Posts", "المنشورات"),
    "authors": ("Authors", "الكتّاب"),
    "texts": ("Different texts", "النصوص المختلفة"),
    "voices": ("Own words or reposts, each author once", "كلمات خاصة أو إعادة نشر، مرة لكل كاتب"),
    "copies": ("Copies of one another", "نسخ من بعضها"),
    "reposts": ("Reposts", "إعادات النشر"),
    "top_author": ("By the top author", "لأكثر كاتب نشرًا"),
    "top_ten_authors": ("By the top ten authors", "لأكثر عشرة كتّاب نشرًا"),
    "compared": ("Posts compared", "المنشورات المقارَنة"),
    "silent_collectors": ("Collectors that fell silent", "جامعون صمتوا"),
}

_COLUMN = {Interface.ENGLISH: 0, Interface.ARABIC: 1}


def topic_name(interface: Interface, topic: str) -> str:
    """What the page calls a topic."""
    if topic == EVERYTHING:
        return WORDS[interface].every_topic
    return TOPICS[topic][_COLUMN[interface]] if topic in TOPICS else topic


def language_name(interface: Interface, language: str) -> str:
    """What the page calls a language."""
    if language == EVERYTHING:
        return WORDS[interface].every_language
    return LANGUAGES[language][_COLUMN[interface]] if language in LANGUAGES else language


def evidence_name(interface: Interface, evidence: str) -> str:
    """What the page calls a figure of a verdict."""
    return EVIDENCE[evidence][_COLUMN[interface]] if evidence in EVIDENCE else evidence


def mark_name(verdict: VerdictName, words: Words) -> str:
    """What stands on the chart over a rise."""
    names = {
        VerdictName.ORGANIC: words.surge,
        VerdictName.CONCENTRATED: words.mark_concentrated,
        VerdictName.COLLECTOR: words.mark_collector,
        VerdictName.BACKFILL: words.mark_backfill,
    }
    return names[verdict]
