"""Both languages of the page are whole."""

from __future__ import annotations

import re
import string
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pycld2
import pytest

from dashboard.i18n import ARABIC, ENGLISH, WORDS, Interface, duration, moment, number
from dashboard.i18n.labels import EVIDENCE, TOPICS, evidence_name, language_name, topic_name
from dashboard.languages import LANGUAGES
from dashboard.settings import DashboardSettings
from deploy.cli import COMMANDS
from processing.tagging.language.features import WordList
from processing.tagging.language.libraries import standard
from processing.tagging.language.model import Model

ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_interface_language_has_the_same_sentences_and_none_is_missing() -> None:
    assert set(WORDS) == set(Interface)
    english, arabic = asdict(ENGLISH), asdict(ARABIC)
    assert english.keys() == arabic.keys()
    for key, sentence in english.items():
        assert sentence, key
        assert arabic[key], key


def test_arabic_fills_the_same_blanks_and_is_in_arabic() -> None:
    english, arabic = asdict(ENGLISH), asdict(ARABIC)
    for key, sentence in english.items():
        if isinstance(sentence, str):
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
    for table in (TOPICS, LANGUAGES, EVIDENCE):
        for key, (english, arabic) in table.items():
            assert english.isascii(), key
            assert ARABIC_LETTER.search(arabic), key


def test_every_language_that_the_model_tells_has_a_name() -> None:
    some = WordList.of(["word"])
    assert not set(Model.shipped(some, some).languages) - set(LANGUAGES)


@pytest.mark.parametrize("interface", Interface)
def test_every_language_that_cld_tells_has_a_name(interface: Interface) -> None:
    tags = dict(pycld2.LANGUAGES)
    told = {standard(tags[name]) for name in pycld2.DETECTED_LANGUAGES if name in tags}
    assert {"ka", "lo", "hy"} <= told
    assert [tag for tag in told if language_name(interface, tag) == tag] == []


def test_a_name_we_do_not_have_is_its_id() -> None:
    assert topic_name(Interface.ARABIC, "my-own-topic") == "my-own-topic"
    assert language_name(Interface.ENGLISH, "xx-Test") == "xx-Test"
    assert evidence_name(Interface.ENGLISH, "newer-figure") == "newer-figure"
    assert language_name(Interface.ARABIC, "ur") == "الأردية"


def test_moments_are_told_in_utc() -> None:
    zone = timedelta(hours=5, minutes=30)
    at = datetime(2020, 7, 10, 16, 35, tzinfo=UTC)
    assert moment(ENGLISH, at) == "10 Jul 2020, 16:35"
    assert moment(ENGLISH, (at + zone).replace(tzinfo=UTC) - zone) == "10 Jul 2020, 16:35"
    assert moment(ARABIC, at) == "10 يوليو 2020، 16:35"


def test_durations_have_two_units_at_most() -> None:
    assert duration(ENGLISH, timedelta(seconds=0)) == "0\u00a0s"
    assert duration(ENGLISH, timedelta(seconds=59.6)) == "1\u00a0min"
    assert duration(ENGLISH, timedelta(hours=4, minutes=20, seconds=3)) == "4\u00a0h 20\u00a0min"
    assert duration(ENGLISH, timedelta(days=2, minutes=5)) == "2\u00a0d"
    assert duration(ARABIC, timedelta(minutes=30)) == "30\u00a0د"
    assert duration(ENGLISH, timedelta(seconds=-5)) == "0\u00a0s"


def test_numbers_keep_a_decimal_only_where_it_matters() -> None:
    assert [number(value) for value in (3, 3.04, 4.25, 9.96, 14.6, 12345)] == ["3", "3", "4.2", "10", "15", "12,345"]
