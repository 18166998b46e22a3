"""Every sentence of the page, once a language. Names of topics and languages are in `names.py`.

Numbers and clock times keep Western digits in Arabic too: the axes, the posts and the copied figures
have them, and one page with two sets of digits is read wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Interface(StrEnum):
    """The languages the page speaks."""

    ENGLISH = "en"
    ARABIC = "ar"


@dataclass(frozen=True, kw_only=True)
class Words:
    """One language's sentences. `{name}` is filled in by `str.format`."""

    native_name: str
    interface: str
    title: str
    subtitle: str
    months: tuple[str, ...]
    date: str
    seconds: str
    minutes: str
    hours: str
    days: str
    separator: str
    colon: str

    synthetic: str
    partly_synthetic: str
    surging: str
    surging_detail: str
    surging_others: str
    calm: str
    calm_detail: str
    last_surge: str
    catching_up: str
    catching_up_detail: str
    stale: str
    stale_detail: str
    last_hour: str
    hour_before: str
    in_range: str

    time_range: str
    range_hour: str
    range_6h: str
    range_day: str
    range_week: str
    range_month: str
    range_all: str
    range_incident: str
    topic: str
    language: str
    every_topic: str
    every_language: str
    which_incident: str
    by: str
    by_total: str
    by_topic: str
    by_language: str

    chart: str
    posts_per: str
    time_axis: str
    posts: str
    other: str
    no_data: str
    surge: str
    pulse: str
    topics_overlap: str
    marks_explained: str
    doubts_explained: str
    mark_concentrated: str
    mark_collector: str
    mark_backfill: str
    chart_alt: str
    nothing_in_range: str

    incidents: str
    no_incidents: str
    incidents_note: str
    state_open: str
    state_closed: str
    severity_notable: str
    severity_major: str
    severity_extreme: str
    times_normal: str
    started: str
    peaked: str
    ended: str
    still_going: str
    observed: str
    expected: str
    languages: str
    subtopics: str
    pulses: str
    synthetic_badge: str
    show_on_chart: str

    verdict_organic: str
    verdict_concentrated: str
    verdict_collector: str
    verdict_backfill: str
    also_doubted: str
    why: str
    why_note: str
    driving_terms: str
    term_title: str
    terms_read: str
    no_terms: str
    first_posts: str
    most_shared: str
    reposts: str
    links: str
    sites: str
    hashtags: str
    sources: str
    authors: str
    texts: str
    share: str
    usual_share: str
    evidence: str
    decides: str
    who_speaks: str
    top_author: str
    top_ten_authors: str
    copies: str
    top_server: str
    sql: str
    sql_note: str

    latest_posts: str
    no_posts: str
    posts_note: str
    read_at: str

    freshness: str
    counted_until: str
    behind: str
    replay: str
    collector_complete: str
    collector_listening: str
    collector_silent: str
    covered: str

    store_away: str
    store_refused: str
    not_ready: str
    empty: str


ENGLISH = Words(
    native_name="English",
    interface="Language of this page",
    title="Talk of TikTok bans",
    subtitle="What people post about bans of TikTok, in every language, as it happens",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    date="{day} {month} {year}, {time}",
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    days="{n} d",
    separator=", ",
    colon="{name}: {value}",
    synthetic="Synthetic reconstruction: these posts were generated, nobody wrote them.",
    partly_synthetic="Partly a synthetic reconstruction: some of these posts were generated, nobody wrote them.",
    surging="Surging now: {topic}",
    surging_detail="{ratio}× normal at its height so far. Since {start} UTC, that is for {duration}.",
    surging_others="Surges going on: {count}. This is the strongest.",
    calm="Calm",
    calm_detail="No surge is going on at {now} UTC.",
    last_surge="The last one: {topic}, {start} to {end} UTC, {ratio}× normal.",
    catching_up="Catching up",
    catching_up_detail="Surges have been looked for up to {until} UTC; posts are counted up to {now} UTC.",
    stale="Not known",
    stale_detail="No collector has reported for {age}. Counted up to {now} UTC; what happened since is not known.",
    last_hour="Posts in the last hour",
    hour_before="In the hour before",
    in_range="In the time shown",
    time_range="Time",
    range_hour="Hour",
    range_6h="6 hours",
    range_day="Day",
    range_week="Week",
    range_month="Month",
    range_all="Everything",
    range_incident="Around a surge",
    topic="Topic",
    language="Language",
    every_topic="Every post, on any subject",
    every_language="All languages",
    which_incident="Surge",
    by="Split by",
    by_total="Total",
    by_topic="By topic",
    by_language="By language",
    chart="Posts over time",
    posts_per="Posts per {width}",
    time_axis="Time, UTC",
    posts="Posts",
    other="Others",
    no_data="Nothing was collected here",
    surge="Surge",
    pulse="Pulse",
    topics_overlap="The largest topics. A post can have several, so they do not add up.",
    marks_explained="Shaded: a surge. Dashed lines: its pulses, numbered as below.",
    doubts_explained="Framed: a rise that is no surge of people, with what it is.",
    mark_concentrated="few speak",
    mark_collector="by the collecting",
    mark_backfill="history",
    chart_alt="Posts about {topic} over time, from {start} to {end} UTC",
    nothing_in_range="No post in this time matches. Choose a longer time or another filter.",
    incidents="Latest surges",
    no_incidents="No surge has been found so far.",
    incidents_note="Times are UTC. “Expected” is what this topic's own past made likely over the same time.",
    state_open="going on",
    state_closed="over",
    severity_notable="notable",
    severity_major="major",
    severity_extreme="extreme",
    times_normal="× normal",
    started="Began",
    peaked="Peak",
    ended="Ended",
    still_going="still going on",
    observed="Posts",
    expected="Expected",
    languages="Languages",
    subtopics="Topics",
    pulses="Pulses",
    synthetic_badge="generated",
    show_on_chart="Show on the chart and explain",
    verdict_organic="organic",
    verdict_concentrated="concentrated, not told",
    verdict_collector="collector, not told",
    verdict_backfill="backfill, not told",
    also_doubted="Likewise in doubt",
    why="Why: {topic}",
    why_note="Read from the posts of {start} to {end} UTC; terms from its start until an hour after its peak.",
    driving_terms="What people say that they did not say before",
    term_title="{authors} authors, {before} before, z {z}",
    terms_read="{read} of {posts} texts, against {before} of the week before",
    no_terms="nothing stands out",
    first_posts="First posts",
    most_shared="Most shared posts",
    reposts="Reposts",
    links="Links",
    sites="Sites",
    hashtags="Hashtags",
    sources="Sources",
    authors="Authors",
    texts="Different texts",
    share="Share",
    usual_share="Usually",
    evidence="What the verdict rests on",
    decides="Decides above",
    who_speaks="Who speaks",
    top_author="By the top author",
    top_ten_authors="By the top ten authors",
    copies="Copies of one another",
    top_server="Top server",
    sql="SQL",
    sql_note="Ask again with `banwatch sql`.",
    latest_posts="Latest posts",
    no_posts="No post in this time still has a text to show.",
    posts_note="As their authors wrote them, unverified, newest first.",
    read_at="Read at {host}",
    freshness="How fresh this is",
    counted_until="Counted up to {now} UTC",
    behind="{age} ago",
    replay="a replay of past posts",
    collector_complete="complete",
    collector_listening="listening",
    collector_silent="silent for {age}",
    covered="{start} to {end} UTC",
    store_away="The store does not answer at the moment. This page keeps trying and will come back by itself.",
    store_refused="The store refuses to answer (code {code}). Whoever runs banwatch can look with `banwatch doctor`.",
    not_ready="The store has no tables yet. Start the workers with `banwatch up`; this page keeps looking.",
    empty="No posts yet. See it at work with `banwatch demo`, or count your own with `banwatch up --archive FILE`.",
)

ARABIC = Words(
    native_name="العربية",
    interface="لغة الصفحة",
    title="الحديث عن حظر تيك توك",
    subtitle="ما ينشره الناس عن حظر تيك توك، بكل اللغات، لحظة حدوثه",
    months=(
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ),
    date="{day} {month} {year}، {time}",
    seconds="{n} ث",
    minutes="{n} د",
    hours="{n} س",
    days="{n} ي",
    separator="، ",
    colon="{name}: {value}",
    synthetic="إعادة بناء اصطناعية: هذه المنشورات مولَّدة آليًا ولم يكتبها أحد.",
    partly_synthetic="إعادة بناء اصطناعية جزئيًا: بعض هذه المنشورات مولَّد آليًا ولم يكتبه أحد.",
    surging="موجة جارية الآن: {topic}",
    surging_detail="بلغت الذروة حتى الآن {ratio}× المعتاد. بدأت {start} بالتوقيت العالمي، أي منذ {duration}.",
    surging_others="الموجات الجارية: {count}. هذه أقواها.",
    calm="هدوء",
    calm_detail="لا موجة جارية عند {now} بالتوقيت العالمي.",
    last_surge="آخر موجة: {topic}، من {start} إلى {end} بالتوقيت العالمي، {ratio}× المعتاد.",
    catching_up="جارٍ اللحاق بالبيانات",
    catching_up_detail="فُحصت الموجات حتى {until} بالتوقيت العالمي، وعُدّت المنشورات حتى {now}.",
    stale="غير معلوم",
    stale_detail="لم يصل خبر من أي جامع للمنشورات منذ {age}. العدّ حتى {now} بالتوقيت العالمي، وما حدث بعده غير معلوم.",
    last_hour="منشورات الساعة الأخيرة",
    hour_before="في الساعة التي قبلها",
    in_range="في المدة المعروضة",
    time_range="المدة",
    range_hour="ساعة",
    range_6h="6 ساعات",
    range_day="يوم",
    range_week="أسبوع",
    range_month="شهر",
    range_all="الكل",
    range_incident="حول موجة",
    topic="الموضوع",
    language="اللغة",
    every_topic="كل المنشورات في أي موضوع",
    every_language="كل اللغات",
    which_incident="الموجة",
    by="التقسيم حسب",
    by_total="المجموع",
    by_topic="حسب الموضوع",
    by_language="حسب اللغة",
    chart="المنشورات عبر الزمن",
    posts_per="المنشورات كل {width}",
    time_axis="الوقت، بالتوقيت العالمي",
    posts="المنشورات",
    other="أخرى",
    no_data="لم يُجمع شيء هنا",
    surge="موجة",
    pulse="نبضة",
    topics_overlap="أكبر المواضيع. قد يكون للمنشور أكثر من موضوع، فلا تُجمع الأعداد.",
    marks_explained="المظلَّل: موجة. الخطوط المتقطعة: نبضاتها، مرقَّمة كما في الأسفل.",
    doubts_explained="المؤطَّر: ارتفاع ليس موجة من الناس، وعليه ما هو.",
    mark_concentrated="المتحدثون قلّة",
    mark_collector="من الجمع",
    mark_backfill="منشورات قديمة",
    chart_alt="المنشورات عن {topic} عبر الزمن، من {start} إلى {end} بالتوقيت العالمي",
    nothing_in_range="لا منشور يطابق في هذه المدة. اختر مدة أطول أو مرشِّحًا آخر.",
    incidents="أحدث الموجات",
    no_incidents="لم تُرصد أي موجة حتى الآن.",
    incidents_note="الأوقات بالتوقيت العالمي. «المتوقَّع» هو ما يرجّحه ماضي هذا الموضوع نفسه للمدة ذاتها.",
    state_open="جارية",
    state_closed="انتهت",
    severity_notable="ملحوظة",
    severity_major="كبيرة",
    severity_extreme="بالغة الشدة",
    times_normal="× المعتاد",
    started="البداية",
    peaked="الذروة",
    ended="النهاية",
    still_going="لا تزال جارية",
    observed="المنشورات",
    expected="المتوقَّع",
    languages="اللغات",
    subtopics="المواضيع",
    pulses="النبضات",
    synthetic_badge="مولَّدة",
    show_on_chart="اعرضها على الرسم مع الشرح",
    verdict_organic="عفوية",
    verdict_concentrated="مركَّزة، لم يُبلَّغ عنها",
    verdict_collector="من الجمع، لم يُبلَّغ عنها",
    verdict_backfill="استدراك، لم يُبلَّغ عنها",
    also_doubted="موضع شك أيضًا",
    why="لماذا: {topic}",
    why_note="مقروء من منشورات {start} إلى {end} بالتوقيت العالمي، والعبارات من بدايتها حتى ساعة بعد ذروتها.",
    driving_terms="ما يقوله الناس ولم يكونوا يقولونه",
    term_title="الكتّاب {authors}، وقبلها {before}، z {z}",
    terms_read="{read} من {posts} نصًا، مقابل {before} من الأسبوع السابق",
    no_terms="لا شيء يبرز",
    first_posts="أول المنشورات",
    most_shared="الأكثر مشاركة",
    reposts="إعادات النشر",
    links="الروابط",
    sites="المواقع",
    hashtags="الوسوم",
    sources="المصادر",
    authors="الكتّاب",
    texts="النصوص المختلفة",
    share="الحصة",
    usual_share="المعتاد",
    evidence="ما يستند إليه الحكم",
    decides="يَحسم فوق",
    who_speaks="من يتحدث",
    top_author="لأكثر كاتب نشرًا",
    top_ten_authors="لأكثر عشرة كتّاب نشرًا",
    copies="نسخ من بعضها",
    top_server="أكثر الخوادم",
    sql="استعلام SQL",
    sql_note="اسأل من جديد بالأمر `banwatch sql`.",
    latest_posts="أحدث المنشورات",
    no_posts="لا منشور في هذه المدة له نص يُعرض.",
    posts_note="كما كتبها أصحابها، دون تحقّق، الأحدث أولًا.",
    read_at="اقرأه على {host}",
    freshness="حداثة البيانات",
    counted_until="العدّ حتى {now} بالتوقيت العالمي",
    behind="قبل {age}",
    replay="إعادة عرض لمنشورات ماضية",
    collector_complete="مكتمل",
    collector_listening="يستمع",
    collector_silent="صامت منذ {age}",
    covered="من {start} إلى {end} بالتوقيت العالمي",
    store_away="المخزن لا يجيب الآن. تواصل هذه الصفحة المحاولة وستعود من تلقاء نفسها.",
    store_refused="المخزن يرفض الإجابة (الرمز {code}). يمكن لمن يشغّل banwatch أن يفحص بالأمر `banwatch doctor`.",
    not_ready="لا جداول في المخزن بعد. شغّل العمّال بالأمر `banwatch up`، وستواصل هذه الصفحة النظر.",
    empty="لا منشورات بعد. شاهد العرض بالأمر `banwatch demo`، أو عُدّ منشوراتك بالأمر `banwatch up --archive FILE`.",
)

WORDS = {Interface.ENGLISH: ENGLISH, Interface.ARABIC: ARABIC}


def moment(words: Words, at: datetime) -> str:
    """A date and a clock time in UTC, to the minute."""
    at = at.astimezone(UTC)
    return words.date.format(day=at.day, month=words.months[at.month - 1], year=at.year, time=at.strftime("%H:%M"))


def duration(words: Words, span: timedelta) -> str:
    """A length of time in its two largest units, in abbreviations that need no plural."""
    seconds = max(0, round(span.total_seconds()))
    parts = (
        (words.days, seconds // 86_400),
        (words.hours, seconds // 3600 % 24),
        (words.minutes, seconds // 60 % 60),
        (words.seconds, seconds % 60),
    )
    first = next((index for index, (_, amount) in enumerate(parts) if amount), len(parts) - 1)
    return " ".join(
        unit.format(n=amount)
        for index, (unit, amount) in enumerate(parts)
        if index in {first, first + 1} and (amount or index == first)
    )


def number(value: float) -> str:
    """A whole number with its thousands apart; one decimal below ten, where it matters."""
    if value < 10 and value != int(value):
        return f"{value:.1f}".removesuffix(".0")
    return f"{round(value):,}"
