"""The demo archive: valid, varied, repeatable, and with its surges where its truth says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import zstandard

from deploy.demo.generate import Labelled, generate, generate_labelled, truth_path, write
from deploy.demo.grammar import load
from deploy.demo.scenario import EVENTS, QUIET
from deploy.demo.situations import BAN_TALK, SUBTOPIC, Situation
from deploy.demo.truth import PlantedSurge, truth
from ingest.contract import SYNTHETIC_PREFIX, Post, decode_post, encode

Series = tuple[str, str]  # topic, language

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PULSE_1 = datetime(2020, 7, 10, 16, 0, tzinfo=UTC)
PULSE_2 = datetime(2020, 7, 10, 21, 0, tzinfo=UTC)
NAME = re.compile(r"tik ?-?tok|تيك ?توك|تيك_توك|टिक ?टॉक|टिकटोक|ٹِ?ک[ _]ٹاک|тик-?ток|ティックトック|틱톡", re.I)


@pytest.fixture(scope="module")
def archive() -> list[Labelled]:
    return list(generate_labelled())


@pytest.fixture(scope="module")
def series(archive: list[Labelled]) -> dict[Series, Counter[datetime]]:
    counts: defaultdict[Series, Counter[datetime]] = defaultdict(Counter)
    for post, situation, language in archive:
        for topic in {"ban", SUBTOPIC.get(situation, "ban")} if situation in BAN_TALK else ():
            for spoken in ("*", language):
                counts[topic, spoken][post.created_at.replace(second=0)] += 1
    return counts


@pytest.fixture(scope="module")
def ban_minutes(series: dict[Series, Counter[datetime]]) -> Counter[datetime]:
    return series["ban", "*"]


def posts_in(minutes: Counter[datetime], start: datetime, span: timedelta) -> int:
    return sum(minutes[start + place * MINUTE] for place in range(int(span / MINUTE)))


def per_minute(minutes: Counter[datetime], start: datetime, span: timedelta = 10 * MINUTE) -> float:
    return posts_in(minutes, start, span) / (span / MINUTE)


def planted(name: str, topic: str = "ban", language: str = "*") -> PlantedSurge:
    return next(one for one in truth() if (one.name, one.topic, one.language) == (name, topic, language))


def test_it_has_the_size_and_the_languages_that_were_asked_for(archive: list[Labelled]) -> None:
    languages = Counter(one.language for one in archive)
    assert 65_000 <= len(archive) <= 80_000
    assert {"en", "ar", "hi", "hi-Latn", "ur", "es", "pt", "id", "tr", "fr", "ja", "ru"} <= set(languages)
    assert min(languages.values()) > 1_000
    assert Counter(one.post.source for one in archive).keys() == {
        "synthetic-microblog",
        "synthetic-forum",
        "synthetic-news",
        "synthetic-channels",
    }


def test_everything_says_that_it_is_invented(archive: list[Labelled]) -> None:
    for post, _, _ in archive:
        assert post.source.startswith(SYNTHETIC_PREFIX)
        assert (post.author or "").startswith("synthetic_")
        for address in (post.url, *post.links, *re.findall(r"https?://\S+", post.text)):
            assert re.match(r"https://([a-z-]+\.)?example\.(com|org)/", address or ""), address


def test_every_post_keeps_the_contract(archive: list[Labelled]) -> None:
    for post, _, _ in archive:
        assert decode_post(encode(post)) == post
        assert post.created_at.utcoffset() == timedelta(0)
        assert datetime(2020, 6, 24, tzinfo=UTC) <= post.created_at < datetime(2020, 7, 14, tzinfo=UTC)
    assert len({(post.source, post.id) for post, _, _ in archive}) == len(archive)


def test_posts_come_in_order_but_for_a_minute(archive: list[Labelled]) -> None:
    latest = archive[0].post.created_at
    late = 0
    for post, _, _ in archive:
        assert latest - post.created_at <= MINUTE
        late += post.created_at < latest
        latest = max(latest, post.created_at)
    assert 0 < late < len(archive) / 10


def test_hashtags_stand_in_the_text(archive: list[Labelled]) -> None:
    tagged = [post for post, _, _ in archive if post.hashtags]
    assert len(tagged) > len(archive) / 10
    for post in tagged:
        assert all(f"#{tag}".lower() in post.text.lower() for tag in post.hashtags), post


def test_reposts_repeat_an_earlier_post_and_replies_answer_one(archive: list[Labelled]) -> None:
    seen: dict[tuple[str, str], Post] = {}
    reposts = 0
    for post, _, _ in archive:
        if post.repost_of is not None:
            original = seen[post.source, post.repost_of]
            assert (post.text, original.repost_of) == (original.text, None)
            assert post.created_at >= original.created_at
            reposts += 1
        if post.reply_to is not None:
            assert (post.source, post.reply_to) in seen
        seen[post.source, post.id] = post
    assert reposts > 2_000


def test_texts_are_varied(archive: list[Labelled]) -> None:
    originals = [one for one in archive if one.post.repost_of is None]
    assert len({one.post.text for one in originals}) > 0.99 * len(originals)


def test_the_authors_of_a_surge_are_mostly_different_people(archive: list[Labelled]) -> None:
    surge = [p.author for p, situation, _ in archive if situation is Situation.EMPLOYER and "user" in (p.author or "")]
    assert len(set(surge)) > 0.9 * len(surge)
    everyday = Counter(post.author for post, situation, _ in archive if situation is Situation.OFF_TOPIC)
    most_active = sum(posts for _, posts in everyday.most_common(len(everyday) // 10))
    assert most_active > 0.3 * everyday.total()


def test_ban_talk_names_tiktok_and_off_topic_talk_does_not(archive: list[Labelled]) -> None:
    for post, situation, _ in archive:
        if situation in BAN_TALK or situation is Situation.OFF_TOPIC:
            assert bool(NAME.search(post.text)) is (situation in BAN_TALK), post.text


def test_nothing_is_told_before_it_happens(archive: list[Labelled]) -> None:
    first: dict[Situation, datetime] = {}
    for post, situation, _ in archive:
        first[situation] = min(first.get(situation, post.created_at), post.created_at)
    starts = {
        Situation.INDIA: datetime(2020, 6, 29, 15, 30, tzinfo=UTC),
        Situation.APP_STORE: datetime(2020, 6, 30, 4, 0, tzinfo=UTC),
        Situation.US: datetime(2020, 7, 7, 2, 0, tzinfo=UTC),
        Situation.HONG_KONG: datetime(2020, 7, 7, 3, 0, tzinfo=UTC),
        Situation.EMPLOYER: PULSE_1,
        Situation.RETRACTION: PULSE_2,
    }
    for situation, start in starts.items():
        assert start <= first[situation] < start + 20 * MINUTE, situation


def test_a_background_of_ban_talk_makes_a_baseline(archive: list[Labelled]) -> None:
    before = datetime(2020, 6, 29, tzinfo=UTC)
    a_day = Counter(one.language for one in archive if one.situation in BAN_TALK and one.post.created_at < before)
    assert a_day["en"] / 5 > 30
    assert a_day["ar"] / 5 > 10
    ban_talk = sum(one.situation in BAN_TALK for one in archive)
    assert ban_talk < len(archive) / 2


def test_july_10_has_two_pulses(ban_minutes: Counter[datetime]) -> None:
    normal = per_minute(ban_minutes, PULSE_1 - 6 * HOUR, 6 * HOUR)
    first = per_minute(ban_minutes, planted("amazon-email").peak - 5 * MINUTE)
    between = per_minute(ban_minutes, PULSE_2 - 30 * MINUTE, 30 * MINUTE)
    second = per_minute(ban_minutes, planted("amazon-retraction").peak - 5 * MINUTE)
    assert 30 <= first <= 60
    assert first > 50 * normal
    assert between < first / 2
    assert second > 3 * between
    assert 20 <= second <= 60


def test_each_pulse_begins_when_it_was_planted(ban_minutes: Counter[datetime]) -> None:
    for start in (PULSE_1, PULSE_2):
        before = per_minute(ban_minutes, start - 10 * MINUTE)
        assert per_minute(ban_minutes, start + 15 * MINUTE) > before + 5


def test_english_leads_and_other_languages_follow_within_the_hour(archive: list[Labelled]) -> None:
    minutes: defaultdict[str, list[float]] = defaultdict(list)
    for post, situation, language in archive:
        if situation is Situation.EMPLOYER and post.created_at < PULSE_1 + HOUR:
            minutes[language].append((post.created_at - PULSE_1) / MINUTE)
    first = {language: min(times) for language, times in minutes.items()}
    assert first.pop("en") < 5
    assert {"ar", "es", "pt", "fr", "tr", "id", "hi", "ja", "ru"} <= first.keys()
    assert min(first.values()) > 10


def test_quiet_days_are_quiet(ban_minutes: Counter[datetime]) -> None:
    for start, end in QUIET:
        hours = [posts_in(ban_minutes, start + place * HOUR, HOUR) for place in range(int((end - start) / HOUR))]
        assert max(hours) <= 25
        assert 5 < sum(hours) / len(hours) < 15


def test_the_days_after_india_and_the_remark_are_raised(ban_minutes: Counter[datetime]) -> None:
    def of_day(month: int, day: int) -> int:
        return posts_in(ban_minutes, datetime(2020, month, day, tzinfo=UTC), 24 * HOUR)

    assert of_day(6, 30) > 5 * of_day(6, 28)
    assert of_day(7, 8) > 1.3 * of_day(7, 5)


def test_the_planted_surges_are_in_the_posts(series: dict[Series, Counter[datetime]]) -> None:
    for surge in truth():
        assert surge.start <= surge.peak < surge.end, surge
        minutes = series[surge.topic, surge.language]
        at_the_peak = per_minute(minutes, surge.peak, 20 * MINUTE)
        assert at_the_peak > 0.4 * surge.per_minute, surge
        assert at_the_peak > 3 * per_minute(minutes, surge.start - 24 * HOUR, 12 * HOUR), surge


def test_truth_is_silent_about_the_quiet_days() -> None:
    for surge in truth():
        assert all(surge.end <= start or surge.start >= end for start, end in QUIET)
    assert {surge.name for surge in truth()} == {event.name for event in EVENTS}


def test_every_language_has_words_for_every_situation() -> None:
    voices = load()
    assert all(set(voice.say) == set(Situation) for voice in voices.values())
    assert {language for event in EVENTS for language in event.languages} == set(voices)


def test_a_seed_and_a_scale_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name / "demo.ndjson.zst" for name in ("a", "b", "c")]
    counts = [write(path, seed, scale=0.02) for path, seed in zip(paths, (7, 7, 8), strict=True)]
    first, again, other = (path.read_bytes() for path in paths)
    assert counts[0] == counts[1]
    assert first == again != other


def test_a_file_holds_the_posts_and_its_truth_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "demo.ndjson.zst"
    path.write_bytes(b"an earlier one")
    count = write(path, scale=0.02)
    with zstandard.open(path, "rb") as lines:
        assert [decode_post(line) for line in lines.read().splitlines()] == list(generate(scale=0.02))
    beside = msgspec.json.decode(truth_path(path).read_bytes())
    assert beside["synthetic"] is True
    assert beside["posts"] == count
    assert msgspec.convert(beside["surges"], tuple[PlantedSurge, ...]) == truth(scale=0.02)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["demo.ndjson.zst", "demo.truth.json"]
