from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.rules import Apart, Joined, Not, RuleError, SetOf, Term, parse_rule


def test_or_binds_weaker_than_and_and_and_weaker_than_near() -> None:
    a, b, c, d = (Term(word, prefix=False) for word in "abcd")
    assert parse_rule("a OR b AND c NEAR/5 d") == Joined("OR", (a, Joined("AND", (b, Apart("NEAR", 5, c, d)))))


def test_phrases_prefixes_sets_brackets_and_not() -> None:
    rule = parse_rule('("my account" OR ban*) AND NOT @tiktok')
    assert rule == Joined(
        "AND",
        (Joined("OR", (Term("my account", prefix=False), Term("ban", prefix=True))), Not(SetOf("tiktok", 32))),
    )


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, 'Expected a word, a "phrase", @set, NOT or (, found the end of the rule.'),
        ("(a OR b", 7, "Expected ), found the end of the rule."),
        ("a b", 2, "Expected AND, OR, NEAR/5 or the end of the rule, found b."),
        ("a AND OR b", 6, 'Expected a word, a "phrase", @set, NOT or (, found OR.'),
        ('a OR "b', 5, 'Expected a word or a closed "phrase", found \'"\'.'),
        ("a )", 2, "Expected AND, OR, NEAR/5 or the end of the rule, found )."),
    ],
)
def test_an_error_says_what_was_expected_and_where(text: str, offset: int, expected: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    assert (caught.value.offset, str(caught.value)) == (offset, expected)


@given(st.one_of(st.text(), st.text(alphabet='abANDORNOTNEAR/5 ()"*@:\n', max_size=80)))
def test_any_text_is_a_rule_or_an_error_with_a_place(text: str) -> None:
    offset = 0
    try:
        parse_rule(text)
    except RuleError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)


def test_brackets_without_end_are_an_error_and_not_a_crash() -> None:
    with pytest.raises(RuleError, match="deeper than"):
        parse_rule("(" * 100_000)
    with pytest.raises(RuleError, match="deeper than"):
        parse_rule("NOT " * 100_000)
