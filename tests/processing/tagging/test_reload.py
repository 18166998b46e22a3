from __future__ import annotations

from pathlib import Path

import pytest

from processing.tagging.topics import Refreshed, ReloadingTaxonomy, ReloadOutcome, TaxonomyError

FIRST = '[topics.a]\nnames = {en = "A", ar = "أ"}\nrules.any = "apple"\n'
SECOND = FIRST.replace("apple", "pear")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "topics.toml"
    path.write_text(FIRST, encoding="utf-8")
    return path


def test_a_changed_file_replaces_the_taxonomy(path: Path) -> None:
    held = ReloadingTaxonomy(path)
    first = held.taxonomy
    assert held.refresh() == Refreshed(ReloadOutcome.UNCHANGED)
    path.write_text(SECOND + "# longer", encoding="utf-8")
    refreshed = held.refresh()
    assert refreshed.outcome is ReloadOutcome.REPLACED
    assert refreshed.sentence == f"The taxonomy {held.taxonomy.version}, with 1 topics, replaces {first.version}."
    assert held.taxonomy.tag("a pear", "en", "here") == ("a",)
    assert held.refresh() == Refreshed(ReloadOutcome.UNCHANGED)


def test_a_file_without_a_topic_that_was_there_says_whose_texts_will_not_be_kept(path: Path) -> None:
    held = ReloadingTaxonomy(path)
    path.write_text(SECOND.replace("topics.a", "topics.b"), encoding="utf-8")
    assert held.refresh().sentence.endswith(" It has no a: new posts of nothing else are stored without their text.")


@pytest.mark.parametrize("written", ["[topics]\n", '[topics.a]\nnames = {en = "A", ar = "أ"}\n'])
def test_a_file_by_which_every_post_would_lose_its_text_is_refused(path: Path, written: str) -> None:
    held = ReloadingTaxonomy(path)
    path.write_text(written, encoding="utf-8")
    refreshed = held.refresh()
    assert refreshed.outcome is ReloadOutcome.KEPT
    assert refreshed.sentence.startswith(f"{path}: no topic has a rule, so that no post would be on the subject")
    with pytest.raises(TaxonomyError, match="no topic has a rule"):
        ReloadingTaxonomy(path)


def test_a_file_with_an_error_is_told_of_once_and_the_old_taxonomy_stays(path: Path) -> None:
    held = ReloadingTaxonomy(path)
    first = held.taxonomy
    path.write_text(FIRST.replace("apple", "apple AND"), encoding="utf-8")
    refreshed = held.refresh()
    assert refreshed.outcome is ReloadOutcome.KEPT
    assert refreshed.sentence.startswith(f"{path}, line 3, column 23: topic a, rules.any: Expected a word")
    assert refreshed.sentence.endswith(f"The taxonomy {first.version} stays in use.")
    assert held.refresh() == Refreshed(ReloadOutcome.UNCHANGED)
    assert held.taxonomy is first


def test_a_file_that_goes_away_and_comes_back_is_read_again(path: Path) -> None:
    held = ReloadingTaxonomy(path)
    path.unlink()
    assert held.refresh().outcome is ReloadOutcome.KEPT
    assert held.refresh().outcome is ReloadOutcome.UNCHANGED
    path.write_text(SECOND, encoding="utf-8")
    assert held.refresh().outcome is ReloadOutcome.REPLACED


def test_a_file_that_is_only_touched_changes_nothing(path: Path) -> None:
    held = ReloadingTaxonomy(path)
    first = held.taxonomy
    path.unlink()
    path.write_text(FIRST, encoding="utf-8")
    assert held.refresh() == Refreshed(ReloadOutcome.UNCHANGED)
    assert held.taxonomy is first


def test_there_has_to_be_a_first_one(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="cannot be read"):
        ReloadingTaxonomy(tmp_path / "topics.toml")
