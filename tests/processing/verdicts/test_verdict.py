from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.contract import Doubt, Evidence, VerdictName
from processing.explanation.sentences import doubt_sentence, figure, limit, verdict_sentence
from processing.i18n import LANGUAGES
from processing.verdicts.verdict import Concentration, Facts, VerdictPolicy, verdict

POLICY = VerdictPolicy()


def who(**fields: object) -> Concentration:
    usual = Concentration(
        posts=400,
        authors=350,
        texts=320,
        top_author=0.01,
        top_ten_authors=0.06,
        reposts=0.2,
        compared=400,
        voices=0.8,
        copies=0.1,
        domain="",
        domain_share=0.0,
        domain_before=0.0,
    )
    return msgspec.structs.replace(usual, **fields)


def facts(**fields: object) -> Facts:
    usual = Facts(observed=400, expected=10.0, concentration=who(), rest=1.1)
    return msgspec.structs.replace(usual, **fields)


def found(**fields: object) -> tuple[VerdictName, list[str]]:
    said = verdict(POLICY, facts(**fields))
    return said.name, [each.name for each in said.evidence if each.decisive]


def test_what_people_do_is_organic() -> None:
    assert found() == (VerdictName.ORGANIC, [])


@pytest.mark.parametrize(
    ("doubt", "name"),
    [
        ("backfilled", VerdictName.BACKFILL),
        ("late", VerdictName.COLLECTOR),
        ("clock_replaced", VerdictName.COLLECTOR),
        ("newly_covered", VerdictName.COLLECTOR),
    ],
)
def test_it_decides_when_no_surge_remains_without_the_posts_in_doubt(doubt: str, name: VerdictName) -> None:
    assert found(**{doubt: 0.96}) == (name, [doubt])
    # Nine tenths in doubt, and forty posts remain where ten are expected: that is a surge without them.
    assert found(**{doubt: 0.9}) == (VerdictName.ORGANIC, [])


def test_a_flood_hides_no_more_people_in_a_day_of_a_sparse_topic_than_it_must() -> None:
    def beside(people: int, *, in_a_day: bool) -> tuple[VerdictName, list[str]]:
        posts = 15 + people
        said = who(posts=posts, compared=posts, voices=people / posts)
        return found(observed=posts, expected=0.5, rest=None, concentration=said, in_a_day=in_a_day)

    assert beside(8, in_a_day=True) == (VerdictName.ORGANIC, [])
    assert beside(8, in_a_day=False) == (VerdictName.CONCENTRATED, ["repeated"])
    assert beside(5, in_a_day=True) == beside(0, in_a_day=True) == (VerdictName.CONCENTRATED, ["repeated"])


def test_a_source_whose_posts_are_always_late_is_late_as_usual() -> None:
    assert found(late=1.0, late_before=0.9)[0] is VerdictName.ORGANIC
    assert found(late=1.0, late_before=None)[0] is VerdictName.ORGANIC


def test_all_topics_of_a_source_moving_together_is_the_collector() -> None:
    assert found(observed=60, expected=20.0, rest=2.9) == (VerdictName.COLLECTOR, ["everything_rose"])
    assert found(observed=60, expected=20.0, rest=1.3)[0] is VerdictName.ORGANIC
    assert found(observed=600, expected=20.0, rest=2.9)[0] is VerdictName.ORGANIC


def test_where_nothing_else_is_collected_nobody_can_tell_whether_all_rose() -> None:
    said = verdict(POLICY, facts(rest=None))
    assert "everything_rose" not in {each.name for each in said.evidence}


def test_few_who_speak_are_concentrated_unless_a_surge_remains_without_them() -> None:
    assert found(concentration=who(voices=0.02)) == (VerdictName.CONCENTRATED, ["repeated"])
    assert found(observed=40_000, concentration=who(voices=0.02))[0] is VerdictName.ORGANIC
    # Of a flood so large, so many may be copies that were not found out.
    assert found(observed=40_000, concentration=who(voices=0.01)) == (VerdictName.CONCENTRATED, ["repeated"])


def test_beside_hardly_any_expected_posts_fewer_than_ten_are_no_surge() -> None:
    assert found(observed=80, expected=0.1, concentration=who(voices=0.11)) == (VerdictName.CONCENTRATED, ["repeated"])
    assert found(observed=80, expected=0.1, concentration=who(voices=0.15))[0] is VerdictName.ORGANIC


def test_one_server_is_concentrated_unless_it_always_was() -> None:
    one = {"domain": "bots.example", "domain_share": 1.0}
    assert found(concentration=who(**one)) == (VerdictName.CONCENTRATED, ["one_domain"])
    assert found(concentration=who(**one, domain_before=0.9))[0] is VerdictName.ORGANIC


def test_the_first_doubt_names_it_and_all_are_in_the_evidence() -> None:
    name, decisive = found(backfilled=1.0, clock_replaced=1.0, concentration=who(voices=0.01))
    assert name is VerdictName.BACKFILL
    assert decisive == ["backfilled", "clock_replaced", "repeated"]


shares = st.floats(0, 1)


@given(
    observed=st.integers(1, 10**6),
    expected=st.floats(0.02, 10**5),
    late=shares,
    voices=shares,
    rest=st.none() | st.floats(0, 100),
)
def test_half_in_doubt_never_decides_and_every_verdict_has_its_reason(
    observed: int, expected: float, late: float, voices: float, rest: float | None
) -> None:
    given_facts = facts(observed=observed, expected=expected, late=late, rest=rest, concentration=who(voices=voices))
    said = verdict(POLICY, given_facts)
    decisive = [each for each in said.evidence if each.decisive]
    assert (said.name is VerdictName.ORGANIC) == (not decisive)
    for each in decisive:
        assert each.threshold is not None
        assert each.value > max(each.threshold, 0.5)


@pytest.mark.parametrize("name", VerdictName)
def test_a_verdict_has_a_sentence_with_its_figures_in_english_and_arabic(name: VerdictName) -> None:
    evidence = [Evidence("repeated", 0.97, 0.9, True), Evidence("compared", 500), Evidence("voices", 0.03)]
    english, arabic = (verdict_sentence(name, evidence, language) for language in ("en", "ar"))
    assert "3%" in english or "97%" in english
    assert "3%" in arabic or "97%" in arabic
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic)
    assert verdict_sentence(name, ()).endswith(".")


@pytest.mark.parametrize("name", [name for name in VerdictName if name is not VerdictName.ORGANIC])
def test_a_language_in_doubt_has_a_sentence_in_english_and_arabic(name: VerdictName) -> None:
    english, arabic = (doubt_sentence(Doubt("tr", name, "late", 0.97), "Türkçe", each) for each in ("en", "ar"))
    assert english.startswith("Türkçe: ")
    assert arabic.startswith("Türkçe: ")
    assert "97%" in english
    assert "97%" in arabic
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic)


def test_every_doubt_has_words_in_every_language() -> None:
    doubtful = facts(
        backfilled=1.0,
        late=1.0,
        clock_replaced=1.0,
        newly_covered=1.0,
        rest=90.0,
        concentration=who(voices=0.0, domain="bots.example", domain_share=1.0),
    )
    said = verdict(POLICY, doubtful)
    assert len([each for each in said.evidence if each.decisive]) == 7
    for language in LANGUAGES:
        assert len(re.findall(r"100\s?%", verdict_sentence(said.name, said.evidence, language))) == 6
    assert figure(Evidence("everything_rose", 2.94)) == "2.9"
    assert limit(Evidence("repeated", 0.9, 0.9975)) == "99.8%"
    assert limit(Evidence("posts", 12)) == ""
