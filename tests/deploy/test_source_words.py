"""What sources ask their networks for: the words of the taxonomy, where no setting of the source says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.doctor.sources import check_sources
from deploy.shipped_topics import shipped
from deploy.source_options import check_words, source_settings
from ingest.sources.gdelt.source import GdeltSettings
from processing.tagging.topics import TaxonomyError, load_taxonomy, parse_taxonomy
from tests.conftest import ROOT

OUTAGE = """
[topics.outage]
names.en = "Outages"
names.ar = "الأعطال"
rules.any = "outage"

[sources.gdelt]
terms = ["outage", "عطل"]
"""
SUBJECT = "tiktok"
MAY_NAME_IT = ("deploy/config/", "deploy/demo/", "processing/tagging/language/word_lists.py")
"""The shipped taxonomy and its events, the demo, and the proper names that say nothing about a text's language."""


def terms(taxonomy: str, **given: str) -> tuple[str, ...]:
    settings = source_settings("gdelt", given, parse_taxonomy(taxonomy, "topics.toml").sources)
    assert isinstance(settings, GdeltSettings)
    return settings.terms


def test_a_source_takes_its_words_from_the_taxonomy_unless_a_setting_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert terms(OUTAGE) == ("outage", "عطل")
    assert terms(OUTAGE, terms="strike") == ("strike",)
    monkeypatch.setenv("BANWATCH_GDELT_TERMS", "blackout")
    assert terms(OUTAGE) == ("blackout",)


def test_words_of_the_taxonomy_do_not_start_a_source() -> None:
    assert not source_settings("gdelt").starts_with_up
    assert source_settings("gdelt").model_fields_set == set()


def test_the_shipped_words_fit_the_sources() -> None:
    check_words(load_taxonomy(*shipped().values()).sources)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("[sources.gdlt]\nterms = []", r"^topics.toml, line 11: sources.gdlt.terms: there is no source 'gdlt'"),
        ("[sources.rss]\nterms = []", r"^topics.toml, line 11: sources.rss.terms: no taxonomy can set this; .*: none"),
        ("[sources.rss]\nfeeds = []", r"^topics.toml, line 11: sources.rss.feeds: no taxonomy can set this"),
        ("[sources.mastodon]\ninstances = []", r"line 11: sources.mastodon.instances: no taxonomy .*: hashtags\.$"),
        ("[sources.bluesky]\nbase_urls = []", r"line 11: sources.bluesky.base_urls: no taxonomy"),
        ("[sources.rss]\ncontact = []", r"^topics.toml, line 11: sources.rss.contact: no taxonomy"),
        ("[sources.rss]\nfeeds = 'one'", r"^topics.toml, line 10, column 1: sources.rss: Expected `array`"),
    ],
)
def test_words_that_fit_no_source_are_told_with_their_place(wrong: str, sentence: str) -> None:
    with pytest.raises(TaxonomyError, match=sentence):
        check_words(parse_taxonomy(f"{OUTAGE}\n{wrong}", "topics.toml").sources)


def test_a_wrong_table_ends_only_its_own_source() -> None:
    wrong = parse_taxonomy(f"{OUTAGE}\n[sources.mastodon]\nhashtag = []").sources
    assert source_settings("bluesky", taxonomy=wrong).starts_with_up
    with pytest.raises(TaxonomyError, match="hashtag"):
        source_settings("mastodon", taxonomy=wrong)


def test_with_a_broken_taxonomy_doctor_does_not_look_for_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_GDELT_SILENT_AFTER", "7200")
    broken = tmp_path / "topics.toml"
    broken.write_text("[topics", encoding="utf-8")
    told = {each.what: each.said for each in check_sources((broken,))}
    assert told["gdelt"] == told["bluesky"] == "It is not checked, because the taxonomy is broken."


def test_nothing_but_the_taxonomy_names_the_subject() -> None:
    files = [file for stage in ("ingest", "processing", "dashboard", "deploy") for file in (ROOT / stage).rglob("*")]
    read = {
        str(file.relative_to(ROOT)): file.read_text("utf-8", "replace").casefold().replace("tiktok-bans", "")
        for file in files
        if file.suffix in {".py", ".toml", ".po", ".html", ".js", ".json", ".sql", ".yml", ".yaml", ".css"}
        and file.is_file()
    }
    named = [name for name, text in read.items() if SUBJECT in text and not name.startswith(MAY_NAME_IT)]
    assert len(read) > 400
    assert named == []
