"""What the shipped topics and the languages are called. Anything else keeps its id."""

from __future__ import annotations

from dashboard.i18n import WORDS, Interface, Words
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

# BCP 47 tag: (English, Arabic)
LANGUAGES = {
    "af": ("Afrikaans", "الأفريكانية"),
    "am": ("Amharic", "الأمهرية"),
    "ar": ("Arabic", "العربية"),
    "ar-Latn": ("Arabic in Latin letters", "العربية بحروف لاتينية"),
    "az": ("Azerbaijani", "الأذربيجانية"),
    "bn": ("Bengali", "البنغالية"),
    "bg": ("Bulgarian", "البلغارية"),
    "ca": ("Catalan", "الكتالانية"),
    "cs": ("Czech", "التشيكية"),
    "cy": ("Welsh", "الويلزية"),
    "da": ("Danish", "الدنماركية"),
    "de": ("German", "الألمانية"),
    "el": ("Greek", "اليونانية"),
    "en": ("English", "الإنجليزية"),
    "es": ("Spanish", "الإسبانية"),
    "et": ("Estonian", "الإستونية"),
    "eu": ("Basque", "الباسكية"),
    "fa": ("Persian", "الفارسية"),
    "fi": ("Finnish", "الفنلندية"),
    "fr": ("French", "الفرنسية"),
    "gl": ("Galician", "الجاليكية"),
    "gu": ("Gujarati", "الغوجاراتية"),
    "ha": ("Hausa", "الهوسا"),
    "he": ("Hebrew", "العبرية"),
    "hi": ("Hindi", "الهندية"),
    "hi-Latn": ("Hindi in Latin letters", "الهندية بحروف لاتينية"),
    "hr": ("Croatian", "الكرواتية"),
    "hu": ("Hungarian", "المجرية"),
    "id": ("Indonesian", "الإندونيسية"),
    "ig": ("Igbo", "الإيغبو"),
    "is": ("Icelandic", "الآيسلندية"),
    "it": ("Italian", "الإيطالية"),
    "ja": ("Japanese", "اليابانية"),
    "km": ("Khmer", "الخميرية"),
    "kn": ("Kannada", "الكانادا"),
    "ko": ("Korean", "الكورية"),
    "lt": ("Lithuanian", "الليتوانية"),
    "lv": ("Latvian", "اللاتفية"),
    "mk": ("Macedonian", "المقدونية"),
    "ml": ("Malayalam", "المالايالامية"),
    "mr": ("Marathi", "الماراثية"),
    "ms": ("Malay", "الملايوية"),
    "my": ("Burmese", "البورمية"),
    "ne": ("Nepali", "النيبالية"),
    "nl": ("Dutch", "الهولندية"),
    "no": ("Norwegian", "النرويجية"),
    "om": ("Oromo", "الأورومية"),
    "pa": ("Punjabi", "البنجابية"),
    "pcm": ("Nigerian Pidgin", "البدجنية النيجيرية"),
    "pl": ("Polish", "البولندية"),
    "ps": ("Pashto", "البشتوية"),
    "pt": ("Portuguese", "البرتغالية"),
    "ro": ("Romanian", "الرومانية"),
    "ru": ("Russian", "الروسية"),
    "rw": ("Kinyarwanda", "الكينيارواندية"),
    "si": ("Sinhala", "السنهالية"),
    "sk": ("Slovak", "السلوفاكية"),
    "sl": ("Slovenian", "السلوفينية"),
    "so": ("Somali", "الصومالية"),
    "sq": ("Albanian", "الألبانية"),
    "sr": ("Serbian", "الصربية"),
    "sv": ("Swedish", "السويدية"),
    "sw": ("Swahili", "السواحلية"),
    "ta": ("Tamil", "التاميلية"),
    "te": ("Telugu", "التيلوغوية"),
    "th": ("Thai", "التايلاندية"),
    "ti": ("Tigrinya", "التغرينية"),
    "tl": ("Tagalog", "التاغالوغية"),
    "tr": ("Turkish", "التركية"),
    "ts": ("Tsonga", "التسونغا"),
    "tw": ("Twi", "التوي"),
    "uk": ("Ukrainian", "الأوكرانية"),
    "ur": ("Urdu", "الأردية"),
    "ur-Latn": ("Urdu in Latin letters", "الأردية بحروف لاتينية"),
    "vi": ("Vietnamese", "الفيتنامية"),
    "yo": ("Yoruba", "اليوروبا"),
    "zh": ("Chinese", "الصينية"),
    "zh-Hans": ("Chinese, simplified", "الصينية المبسطة"),
    "zh-Hant": ("Chinese, traditional", "الصينية التقليدية"),
    "und": ("Language not known", "لغة غير معروفة"),
}

EVIDENCE = {
    "backfilled": ("Fetched after the fact", "جُلبت لاحقًا"),
    "late": ("Seen more than an hour late", "وصلت متأخرة أكثر من ساعة"),
    "clock_replaced": ("With an impossible time", "بوقت لا يصح"),
    "newly_covered": ("From a source only just collected", "من مصدر بدأ جمعه للتوّ"),
    "everything_rose": ("Everything else, times usual", "كل ما عداها، مرات المعتاد"),
    "repeated": ("Repeating an author or a text", "تكرار لكاتب أو لنص"),
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
