"""A stocked store for the page: three generated days with one surge of two pulses, and some hostile posts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ingest.contract import Post, Progress
from processing.contract import (
    ClickHouseAddress,
    DrivingTerm,
    Evidence,
    Incident,
    IncidentState,
    Pulse,
    Severity,
    Spike,
    TaggedPost,
)
from processing.store import records, writer
from processing.store.client import Store

START = datetime(2020, 7, 8, tzinfo=UTC)
END = datetime(2020, 7, 11, tzinfo=UTC)
SURGE = datetime(2020, 7, 10, 16, 5, tzinfo=UTC)
PEAKS = (datetime(2020, 7, 10, 16, 40, tzinfo=UTC), datetime(2020, 7, 10, 21, 20, tzinfo=UTC))
SURGE_END = datetime(2020, 7, 10, 23, 0, tzinfo=UTC)
SOURCE = "synthetic-microblog"

KEPT = "stock"
WRITTEN = ("post_versions", "count_versions", "version_marks")
"""What a write of posts fills."""

TEXTS = {
    "en": "They want TikTok off every work phone by tonight",
    "ar": "شركة كبيرة تطلب من موظفيها حذف تيك توك من هواتفهم",
    "es": "Piden borrar TikTok del móvil del trabajo",
    "hi": "टिकटॉक पर रोक की बात फिर चल रही है",
    "pt": "Agora querem proibir o TikTok no trabalho",
    "ja": "仕事の電話からティックトックを消せという話",
    "ur": "ٹک ٹاک پر پابندی کی خبر پھر گرم ہے",
    "id": "TikTok katanya dilarang di ponsel kantor",
    "ru": "Опять говорят о запрете тиктока",
}
WEIGHTS = dict(zip(TEXTS, (10, 6, 4, 4, 3, 2, 2, 2, 1), strict=True))

HOSTILE = {
    "script": "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title='taken over'\">",
    "markdown": "**[read this](javascript:alert(1))** :red[alarm] $x^2$",
    "override": "safe \u202egnp.exe\u2066 and on \u2067it goes",
    "marks": "Z" + "\u0336\u0321\u0489" * 40 + "algo",
    "long": "word " * 18_000,
    "persian": "\u200f<b>فیلتر تیک‌تاک</b> & «خبر»",
}


def rate(language: str, at: datetime) -> float:
    """Posts a minute: a daily rhythm, and two decaying pulses on the last day."""
    base = 0.05 * WEIGHTS[language] * (1 + 0.4 * ((at.hour % 24) / 24))
    pulses: float = sum(
        height * 2.0 ** ((peak - at) / timedelta(minutes=40))
        for peak, height in zip(PEAKS, (14, 8), strict=True)
        if peak <= at < peak + timedelta(hours=3)
    )
    rising = 6.0 if PEAKS[0] > at >= SURGE else 0.0
    return base * (1 + pulses + rising)


def generated(seed: int = 7, *, start: datetime = START, end: datetime = END) -> Iterator[TaggedPost]:
    """Posts in order of time."""
    chance = random.Random(seed)
    at, number = start, 0
    while at < end:
        for language, text in TEXTS.items():
            mean = rate(language, at)
            for _ in range(int(mean) + (chance.random() < mean % 1)):
                number += 1
                topics = ("ban", "employer-ban") if SURGE <= at < SURGE_END else ("ban", "government-ban")
                yield tagged(f"g{number}", text, at + timedelta(seconds=chance.randrange(60)), language, topics=topics)
        at += timedelta(minutes=1)


def tagged(
    name: str, text: str, at: datetime, language: str, *, topics: tuple[str, ...] = ("ban",), url: str | None = None
) -> TaggedPost:
    """A post as the workers hand it on."""
    post = Post(source=SOURCE, id=name, text=text, created_at=at, author=f"author-{name}", url=url)
    return TaggedPost(post=post, language=language, confidence=0.9, topics=topics, rules="test")


def hostile() -> Iterator[TaggedPost]:
    """The newest posts of all, so that the page shows them first."""
    for index, (name, text) in enumerate(HOSTILE.items()):
        at = END - timedelta(seconds=20 - index)
        language = "fa" if name == "persian" else "en"
        url = "javascript:alert(1)" if name == "markdown" else f"https://example.org/posts/{name}"
        yield tagged(name, text, at, language, url=url)


def incident(*, going_on: bool = False) -> Incident:
    """The surge of 10 July."""
    return Incident(
        id="ban:2020-07-10T16:05",
        topic="ban",
        state=IncidentState.OPEN if going_on else IncidentState.CLOSED,
        start=SURGE,
        detected_at=SURGE + timedelta(minutes=5),
        peak=PEAKS[0],
        end=None if going_on else SURGE_END,
        observed=9120,
        expected=412.5,
        ratio=14.6,
        score=4.2,
        severity=Severity.EXTREME,
        languages=("en", "es", "ar"),
        subtopics=("employer-ban", "retraction"),
        pulses=tuple(Pulse(peak - timedelta(minutes=20), peak, 640, 44.1) for peak in PEAKS),
        synthetic=True,
        lead_start=SURGE,
        lead_end=None if going_on else SURGE_END,
        evidence=(Evidence("repeated", 0.34, 0.97), Evidence("compared", 2_000), Evidence("voices", 0.66)),
        terms=(DrivingTerm("en", "work phone"), DrivingTerm("ar", "هواتفهم")),
    )


def spike() -> Spike:
    """The same surge in Arabic alone."""
    whole = incident()
    return Spike(
        topic="ban",
        language="ar",
        start=SURGE + timedelta(minutes=30),
        detected_at=SURGE + timedelta(minutes=40),
        peak=PEAKS[0],
        end=SURGE_END,
        observed=900,
        expected=61.0,
        ratio=11.2,
        score=3.1,
        severity=Severity.MAJOR,
        provisional=False,
        pulses=whole.pulses,
        window="30 min",
    )


def fill(
    store: Store, *, going_on: bool = False, complete: bool = True, archive: bool = True, scored: datetime = END
) -> None:
    """Write everything, by the writer that the workers use; without `archive`, no collector reports."""
    write_posts(store)
    records.write_spikes(store, [spike()])
    records.write_incidents(store, [incident(going_on=going_on)])
    records.write_scored_until(store, scored)
    state = "ended" if complete else "listening"
    report = Progress(source="archive", since=START, until=END, complete=complete, state=state)
    writer.write_progress(store, [(0, report)] if archive else [])


def write_posts(store: Store) -> None:
    """Write and count the posts. The engine keeps what an empty store holds then, and copies it to the next."""
    own, empty = store.address.database, not store.query("SELECT 1 FROM post_versions LIMIT 1")
    kept = store.query("SELECT 1 FROM system.databases WHERE name = {name:String}", {"name": KEPT})
    if empty and kept:
        _copy(store, KEPT, own)
        return
    writer.recount(store, writer.write_posts(store, [*generated(), *hostile()]))
    if empty:
        begun = f"{KEPT}_begun"
        store.command(f"DROP DATABASE IF EXISTS {begun} SYNC")
        store.command(f"CREATE DATABASE {begun}")
        for table in WRITTEN:
            store.command(f"CREATE TABLE {begun}.{table} AS {own}.{table}")
        _copy(store, own, begun)
        store.command(f"RENAME DATABASE {begun} TO {KEPT}")


def _copy(store: Store, database: str, to: str) -> None:
    for table in WRITTEN:
        store.command(f"ALTER TABLE {to}.{table} ATTACH PARTITION ALL FROM {database}.{table}")


def filled(address: ClickHouseAddress) -> ClickHouseAddress:
    """Write all posts of this module, with their incident, into a database."""
    with Store(address) as store:
        fill(store)
    return address


def add(address: ClickHouseAddress, name: str, text: str) -> None:
    """One more post, newer than all others."""
    with Store(address) as store:
        writer.recount(store, writer.write_posts(store, [tagged(name, text, END - timedelta(seconds=1), "en")]))
