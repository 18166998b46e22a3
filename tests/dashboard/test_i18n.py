"""Both languages of the page are whole."""

from __future__ import annotations

import re
import string
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pycld2
import pytest

from dashboard.i18n import ARABIC, ENGLISH, WORDS, Interface, Words
from dashboard.i18n.labels import EVIDENCE, NAMED_AS_COLUMNS, evidence_name, language_name, topic_name
from dashboard.settings import DashboardSettings
from deploy.cli import COMMANDS
from deploy.processes.dashboard import names_of
from processing.explanation.notation import UNNAMED_IN_CLDR
from processing.tagging.language.features import WordList
from processing.tagging.language.libraries import standard
from processing.tagging.language.model import Model
from processing.tagging.topics import ReloadingTaxonomy

ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_said_in_arabic_too() -> None:
    assert set(WORDS) == set(Interface)
    for each in fields(Words):
        english, arabic = getattr(ENGLISH, each.name), getattr(ARABIC, each.name)
        if each.name not in {"colon", "topics"}:
            assert english, each.name
            assert arabic, each.name
            assert english != arabic, each.name


def test_arabic_fills_the_same_blanks_and_is_in_arabic() -> None:
    english, arabic = asdict(ENGLISH), asdict(ARABIC)
    for key, sentence in english.items():
        if isinstance(sentence, str) and key != "date":  # a pattern, and no sentence
            assert blanks(sentence) == blanks(arabic[key]), key
            letters = re.sub(r"\{.*?\}|\W", "", sentence)
            assert not letters or ARABIC_LETTER.search(arabic[key]), key


@pytest.mark.parametrize("interface", Interface)
def test_what_a_reader_is_told_to_run_or_to_set_exists(interface: Interface) -> None:
    told = " ".join(each for each in asdict(WORDS[interface]).values() if isinstance(each, str))
    settings = {f"BANWATCH_{name}".upper() for name in DashboardSettings.model_fields}
    run, set_to = set(re.findall(r"`banwatch (\w+)", told)), set(re.findall(r"`(BANWATCH_\w+)`", told))
    assert {"migrate", "up"} <= run <= set(COMMANDS)
    assert set_to, "nothing says which settings let the page read"
    assert set_to <= settings


def test_names_exist_in_both_languages() -> None:
    for table in (UNNAMED_IN_CLDR, EVIDENCE):
        for key, (english, arabic) in table.items():
            assert english.isascii(), key
            assert ARABIC_LETTER.search(arabic), key


@pytest.mark.parametrize("words", WORDS.values(), ids=list(Interface))
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


@pytest.mark.parametrize("words", WORDS.values(), ids=list(Interface))
def test_every_figure_of_a_verdict_has_a_name(words: Words) -> None:
    names = {evidence_name(words, figure) for figure in (*EVIDENCE, *NAMED_AS_COLUMNS)}
    assert len(names) == len(EVIDENCE) + len(NAMED_AS_COLUMNS)
    assert names.isdisjoint({*EVIDENCE, *NAMED_AS_COLUMNS})


def test_the_page_follows_the_names_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "topics.toml"
    written = '[topics.ban]\nnames.en = "{}"\nnames.ar = "حظر"\nrules.any = "ban"\n'
    file.write_text(written.format("A ban"))
    taxonomy = ReloadingTaxonomy(file)
    assert names_of(taxonomy)["ban"]["en"] == "A ban"
    file.write_text(written.format("Another ban"))
    assert names_of(taxonomy) == {"ban": {"en": "Another ban", "ar": "حظر"}}


def test_moments_are_told_in_utc() -> None:
    zone = timedelta(hours=5, minutes=30)
    at = datetime(2020, 7, 10, 16, 35, tzinfo=UTC)
    assert ENGLISH.moment(at) == "10 Jul 2020, 16:35"
    assert ENGLISH.moment(at.astimezone(timezone(zone))) == "10 Jul 2020, 16:35"
    assert ARABIC.moment(at) == "10 يوليو 2020، 16:35"


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


@pytest.mark.parametrize("words", WORDS.values(), ids=list(Interface))
def test_numbers_keep_a_decimal_only_where_it_matters_and_have_western_digits(words: Words) -> None:
    shown = [words.number(value) for value in (3, 3.04, 4.25, 9.96, 14.6, 12345)]
    assert shown == ["3", "3", "4.2", "10", "15", "12,345"]
