"""The shipped watch lists beside the bans, on invented sentences, and several lists beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.shipped_topics import FIRST, shipped
from processing.i18n import LANGUAGES
from processing.reload import ReloadOutcome
from processing.tagging.topics import ReloadingTaxonomy, Taxonomy, TaxonomyError, load_taxonomy
from tests.support.watch_list_sentences import Said, judged

STRIKE = """
[sets.subject]
any = ["{word}"]

[topics.{name}]
names.en = "Strikes"
names.ar = "الإضرابات"
rules.any = "@subject"
"""


@pytest.fixture(scope="module")
def every() -> Taxonomy:
    return load_taxonomy(*shipped().values())


@pytest.fixture(scope="module")
def said(every: Taxonomy) -> tuple[Said, ...]:
    return judged(every)


@pytest.mark.parametrize("root", ["outage", "epidemic"])
def test_sentences_on_and_off_the_subject_are_told_apart(said: tuple[Said, ...], root: str) -> None:
    own = [each for each in said if each.root == root]
    assert len({each.language for each in own}) >= 7
    assert [each.text for each in own if each.found and not each.on] == []
    for part, recall in {"tuned": 0.9, "held": 0.9, "fresh": 0.5, "oblique_seen": 0.4}.items():
        on = [each for each in own if each.part == part and each.on]
        assert len(on) >= 21
        assert sum(each.found for each in on) / len(on) >= recall


def test_every_shipped_list_has_a_title_in_every_language_of_the_page(every: Taxonomy) -> None:
    assert {topic.id for topic in every.topics if topic.parent is None} == {"ban", "outage", "epidemic"}
    assert {topic.id: set(LANGUAGES) - topic.names.keys() for topic in every.topics} == {
        topic.id: set() for topic in every.topics
    }


def test_beside_other_lists_a_list_finds_what_it_finds_alone(every: Taxonomy) -> None:
    alone = load_taxonomy(shipped()[FIRST])
    text = "Instagram is down worldwide, and the senate votes to ban TikTok"
    assert alone.tag(text, "en", "here") == tuple(
        topic for topic in every.tag(text, "en", "here") if every.root_of(topic) == "ban"
    )
    assert {"ban", "outage", "outage-social"} <= {*every.tag(text, "en", "here")}
    assert {match.topic for match in every.explain(text, "en", "here")} >= {"ban", "outage"}
    apart = [text, "Instagram is down worldwide", "measles outbreak in two schools", "a quiet day"]
    assert every.tag_many(apart, ["en"] * 4, ["here"] * 4) == [every.tag(each, "en", "here") for each in apart]
    assert [bool(found) for found in every.tag_many(apart, ["en"] * 4, ["here"] * 4)] == [True, True, True, False]


def test_files_have_sets_of_their_own_and_share_no_topic(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(STRIKE.format(word="walkout", name="strike"))
    second.write_text(STRIKE.format(word="lockout", name="closure"))
    both = load_taxonomy(first, second)
    assert both.tag("a walkout", "en", "here") == ("strike",)
    assert both.tag("a lockout after a walkout", "en", "here") == ("closure", "strike")
    assert both.roots == {"strike": "strike", "closure": "closure"}
    assert load_taxonomy(first).version not in {both.version, load_taxonomy(second).version}
    second.write_text(STRIKE.format(word="lockout", name="strike"))
    with pytest.raises(TaxonomyError, match=rf"^{second}, line 5: topic strike: {first} has it already\.$"):
        load_taxonomy(first, second)


def test_a_change_of_any_file_is_noticed(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(STRIKE.format(word="walkout", name="strike"))
    second.write_text(STRIKE.format(word="lockout", name="closure"))
    held = ReloadingTaxonomy(first, second)
    second.write_text(STRIKE.format(word="shutdown", name="closure"))
    assert held.refresh().outcome is ReloadOutcome.REPLACED
    assert held.taxonomy.tag("a shutdown", "en", "here") == ("closure",)
    first.write_text("[topics]")
    outcome, sentence = held.refresh()
    assert outcome is ReloadOutcome.KEPT
    assert str(first) in sentence
    assert held.taxonomy.tag("a walkout", "en", "here") == ("strike",)
