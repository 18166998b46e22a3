from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.tagging.topics.parser import RuleError, parse_rule
from processing.tagging.topics.rule_tree import BoolOp, Condition, Not, Pattern, Proximity, SetOf, Term, TopicOf


def test_or_binds_weaker_than_and_and_and_weaker_than_near() -> None:
    a, b, c, d = (Term(word, prefix=False) for word in "abcd")
    assert parse_rule("a OR b AND c NEAR/5 d") == BoolOp("OR", (a, BoolOp("AND", (b, Proximity("NEAR", 5, c, d)))))


def test_phrases_prefixes_sets_brackets_and_not() -> None:
    rule = parse_rule('("my account" OR ban*) AND NOT @tiktok')
    assert rule == BoolOp(
        "AND",
        (BoolOp("OR", (Term("my account", prefix=False), Term("ban", prefix=True))), Not(SetOf("tiktok", 31))),
    )


def test_conditions_topics_and_regular_expressions() -> None:
    rule = parse_rule(r"lang:pt-BR OR source:test OR topic:ban-us OR /t[i1]k ?t[o0]k\/x/")
    assert rule == BoolOp(
        "OR",
        (
            Condition("lang", "pt-BR"),
            Condition("source", "test"),
            TopicOf("ban-us", 29),
            Pattern(r"t[i1]k ?t[o0]k\/x"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, 'Expected a word, a "phrase", /regex/, @set, NOT or (, found the end of the rule.'),
        ("(a OR b", 7, "Expected AND, OR, NEAR/5 or ), found the end of the rule."),
        ("a b", 2, "Expected AND, OR, NEAR/5 or the end of the rule, found b."),
        ("a and b", 2, "found and. Operators are written in capitals."),
        ("a AND OR b", 6, 'Expected a word, a "phrase", /regex/, @set, NOT or (, found OR.'),
        ("a NEAR b", 2, "Expected AND, OR, NEAR/5 or the end of the rule, found NEAR."),
        ('a OR "b', 5, 'Expected a closed "phrase", found \'"b\'.'),
        ("a OR /b", 5, "Expected a closed /regex/, found '/b'."),
        ("a OR @", 5, "Expected the name of a set behind @, found '@'."),
        ("a OR topics:b", 11, "Expected lang:, source: or topic: before a value"),
        ("a )", 2, "Expected AND, OR, NEAR/5 or the end of the rule, found )."),
        ('a OR "!"', 5, "Expected a word, found '!', which has no letter or digit."),
        ("a OR /(b/", 5, "Expected a regular expression that can be used; this one is missing ): (b."),
        ("a OR /b*/", 5, "true of any text"),
        (r"a OR /\bb/", 5, "which is not needed"),
        ("a OR /((b{1,900}){1,900}){1,900}/", 5, "Expected a regular expression that can be used"),
    ],
)
def test_an_error_says_what_was_expected_and_where(text: str, offset: int, expected: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    assert caught.value.offset == offset
    assert expected in str(caught.value)


@given(st.one_of(st.text(), st.text(alphabet='abANDORNOTNEAR/5 ()"*@:\\[]+\n', max_size=80)))
def test_any_text_is_a_rule_or_an_error_with_a_place_and_a_sentence(text: str) -> None:
    offset, sentence = 0, "Expected nothing."
    try:
        parse_rule(text)
    except RuleError as error:
        offset, sentence = error.offset, str(error)
    assert 0 <= offset <= len(text)
    assert sentence.startswith("Expected ")
    assert sentence.endswith(".")


@pytest.mark.parametrize("text", ["(" * 100_000, "NOT " * 100_000, "a" + " NEAR/1 a" * 100_000])
def test_rules_without_end_are_an_error_and_not_a_crash(text: str) -> None:
    with pytest.raises(RuleError, match=r"Expected .* 40"):
        parse_rule(text)
