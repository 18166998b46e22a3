"""What the page says in each language."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import pycld2
import pytest
from babel import Locale

from dashboard.i18n import ENGLISH, WORDS, Words
from dashboard.i18n.labels import NAMED_AS_COLUMNS, evidence_name, language_name, topic_name
from dashboard.settings import DashboardSettings
from dashboard.watch_list import Topic
from deploy.cli import COMMANDS
from deploy.processes.dashboard import topics_of
from deploy.settings import load
from processing.i18n import LANGUAGES, Language
from processing.tagging.language.features import WordList
from processing.tagging.language.libraries import standard
from processing.tagging.language.model import Model
from processing.tagging.topics import ReloadingTaxonomy

ARABIC, FRENCH = WORDS["ar"], WORDS["fr"]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_what_a_reader_is_told_to_run_or_to_set_exists(interface: str) -> None:
    told = " ".join(each for each in asdict(WORDS[interface]).values() if isinstance(each, str))
    settings = {f"BANWATCH_{name}".upper() for name in DashboardSettings.model_fields}
    run, set_to = set(re.findall(r"`banwatch (\w+)", told)), set(re.findall(r"`(BANWATCH_\w+)`", told))
    assert {"migrate", "up"} <= run <= set(COMMANDS)
    assert set_to, "nothing says which settings let the page read"
    assert set_to <= settings


@pytest.mark.parametrize("words", WORDS.values(), ids=LANGUAGES)
def test_every_language_that_a_detector_tells_has_a_name(words: Words) -> None:
    some = WordList.of(["word"])
    tags = dict(pycld2.LANGUAGES)
    told = {standard(tags[name]) for name in pycld2.DETECTED_LANGUAGES if name in tags}
    told |= {*Model.shipped(some, some).languages, "pcm", "hi-Latn", "ur-Latn", "ar-Latn", "zh-Hant"}
    assert {"ka", "lo", "hy", "zzp"} <= told
    assert [tag for tag in told if language_name(words, tag) == tag] == []


@pytest.mark.parametrize(
    ("tag", "english", "arabic"),
    [
        ("ar", "Arabic", "العربية"),
        ("pcm", "Nigerian Pidgin", "البدجنية النيجيرية"),
        ("ar-Latn", "Arabic in Latin letters", "العربية بالحروف اللاتينية"),
        ("hi-Latn", "Hindi in Latin letters", "الهندية بالحروف اللاتينية"),
        ("zh-Hans", "Simplified Chinese", "الصينية المبسطة"),
        ("und", "Unknown language", "لغة غير معروفة"),
        ("*", "All languages", "كل اللغات"),
        ("xx-Test", "xx-Test", "xx-Test"),
        ("", "", ""),
        ("\u202e<b>-Latn", "\u202e<b>-Latn", "\u202e<b>-Latn"),
    ],
)
def test_a_language_has_the_name_that_the_cldr_gives_it(tag: str, english: str, arabic: str) -> None:
    assert (language_name(ENGLISH, tag), language_name(ARABIC, tag)) == (english, arabic)


def test_a_topic_has_the_name_that_the_taxonomy_gives_it() -> None:
    words = replace(ARABIC, topics={"my-own": "موضوعي"})
    assert [topic_name(words, topic) for topic in ("my-own", "other", "*")] == ["موضوعي", "other", ARABIC.every_topic]
    assert evidence_name(ENGLISH, "newer-figure") == "newer-figure"


@pytest.mark.parametrize("words", WORDS.values(), ids=LANGUAGES)
def test_every_figure_of_a_verdict_has_a_name(words: Words) -> None:
    figures = {*words.figures, *NAMED_AS_COLUMNS}
    names = {evidence_name(words, figure) for figure in figures}
    assert len(names) == len(figures)
    assert names.isdisjoint(figures)


def test_every_topic_that_is_shipped_has_a_name_in_every_language() -> None:
    names = topics_of(ReloadingTaxonomy(*load({}).topics_files))
    assert names
    assert {topic: set(LANGUAGES) - names[topic].names.keys() for topic in names} == {topic: set() for topic in names}


def test_the_page_follows_the_names_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "topics.toml"
    written = '[topics.ban]\nnames.en = "{}"\nnames.ar = "حظر"\nrules.any = "ban"\n'
    file.write_text(written.format("A ban"))
    taxonomy = ReloadingTaxonomy(file)
    assert topics_of(taxonomy)["ban"].names["en"] == "A ban"
    file.write_text(written.format("Another ban"))
    assert topics_of(taxonomy) == {"ban": Topic({"en": "Another ban", "ar": "حظر"}, "ban")}


def test_moments_are_told_in_the_zone_of_the_reader() -> None:
    at = datetime(2020, 7, 10, 16, 35, tzinfo=UTC)
    assert ENGLISH.moment(at) == "10 Jul 2020, 16:35\u00a0UTC"
    assert ENGLISH.moment(at, zoned=False) == "10 Jul 2020, 16:35"
    assert ENGLISH.moment(at.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "10 Jul 2020, 16:35\u00a0UTC"
    assert ARABIC.moment(at) == "\u206710 يوليو 2020، 16:35\u00a0UTC\u2069"
    assert FRENCH.moment(at) == "10 juil. 2020, 16:35\u00a0UTC"
    shown = {
        "Europe/Berlin": "10 Jul 2020, 18:35\u00a0UTC+2",
        "Asia/Kolkata": "10 Jul 2020, 22:05\u00a0UTC+5:30",
        "America/St_Johns": "10 Jul 2020, 14:05\u00a0UTC−2:30",
        "Pacific/Auckland": "11 Jul 2020, 04:35\u00a0UTC+12",
    }
    for zone, expected in shown.items():
        local = replace(ENGLISH, zone=ZoneInfo(zone))
        assert local.moment(at) == expected
        assert local.moment_in_utc(at) == "10 Jul 2020, 16:35\u00a0UTC"
    winter = replace(ENGLISH, zone=ZoneInfo("Europe/Berlin")).moment(datetime(2020, 1, 10, 16, 35, tzinfo=UTC))
    assert winter == "10 Jan 2020, 17:35\u00a0UTC+1"


def test_all_of_a_moment_has_the_digits_of_the_language() -> None:
    persian = replace(
        ENGLISH, language_of_page=Language(Locale("fa"), NullTranslations()), zone=ZoneInfo("Asia/Tehran")
    )
    moment = persian.moment(datetime(2020, 7, 10, 16, 35, tzinfo=UTC))
    assert re.findall(r"[0-9]", moment) == []
    assert moment.endswith("۲۱:۰۵\u00a0UTC+۴:۳۰\u2069")
    assert persian.number(12345) == "۱۲٬۳۴۵"


def test_durations_have_two_units_at_most_and_the_plural_of_their_number() -> None:
    shown = {
        timedelta(seconds=-5): ("0 sec", "0 ث"),
        timedelta(seconds=59.6): ("1 min", "1 د"),
        timedelta(minutes=30): ("30 min", "30 د"),
        timedelta(hours=4, minutes=20, seconds=3): ("4 hr 20 min", "4 س 20 د"),
        timedelta(days=1): ("1 day", "يوم"),
        timedelta(days=2, minutes=5): ("2 days", "يومان"),
        timedelta(days=3, hours=7): ("3 days 7 hr", "3 أيام 7 س"),
        timedelta(days=11): ("11 days", "11 يومًا"),
        timedelta(days=100): ("100 days", "100 يوم"),
    }
    for span, (english, arabic) in shown.items():
        assert ENGLISH.duration(span).replace("\u00a0", " ") == english
        assert ARABIC.duration(span).replace("\u00a0", " ") == arabic
    assert ENGLISH.duration(timedelta(hours=4, minutes=20)) == "4\u00a0hr 20\u00a0min"


def test_numbers_keep_a_decimal_only_where_it_matters() -> None:
    for words, expected in (
        (ENGLISH, ["3", "3", "4.2", "10", "15", "12,345"]),
        (ARABIC, ["3", "3", "4.2", "10", "15", "12,345"]),
        (FRENCH, ["3", "3", "4,2", "10", "15", "12\u202f345"]),
    ):
        assert [words.number(value) for value in (3, 3.04, 4.25, 9.96, 14.6, 12345)] == expected


def test_shares_have_the_percent_sign_of_the_language() -> None:
    for words, expected in (
        (ENGLISH, ["0%", "0.3%", "37%", "99.6%", "37.0%"]),
        (FRENCH, ["0\u00a0%", "0,3\u00a0%", "37\u00a0%", "99,6\u00a0%", "37,0\u00a0%"]),
    ):
        shown = [words.percent(share) for share in (0, 0.003, 0.37, 0.996)]
        assert [*shown, words.percent(0.37, tenths=True)] == expected


def test_a_sentence_that_counts_has_the_form_of_its_number() -> None:
    assert ENGLISH.surging_others(1).startswith("1 other surge is ")
    assert ENGLISH.surging_others(2).startswith("2 other surges are ")
    assert FRENCH.surging_others(1_000).startswith("1\u202f000 autres poussées ")
    assert FRENCH.surging_others(1_000_000).startswith("1\u202f000\u202f000 d’autres poussées ")
    forms = {ARABIC.surging_others(count).replace(str(count), "") for count in (0, 1, 2, 3, 11, 100)}
    assert len(forms) == 5
