"""Rules that are asked the fast way find what a slow reading of the same rules finds."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from processing.tagging.topics import Taxonomy, Topic
from processing.tagging.topics.context import MOST_PLACES
from processing.tagging.topics.file import Definition, Written
from processing.tagging.topics.rule_tree import BoolOp, Condition, Not, OneOf, Proximity, Rule, Term

_WORDS = st.sampled_from(["a", "ab", "b", "ba", "c"])
_TERMS = st.builds(Term, st.lists(_WORDS, min_size=1, max_size=2).map(" ".join), st.booleans())
_ATOMS = st.one_of(
    _TERMS,
    st.frozensets(_TERMS, max_size=3).map(OneOf),
    st.builds(Condition, st.sampled_from(["lang", "source"]), st.sampled_from(["xx", "yy"])),
)


def _larger(rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.one_of(
        st.builds(Not, rules),
        st.builds(BoolOp, st.sampled_from(["AND", "OR"]), st.lists(rules, min_size=2, max_size=3).map(tuple)),
        st.builds(Proximity, st.sampled_from(["NEAR", "BEFORE", "UNLESS"]), st.integers(0, 4), rules, rules),
    )


_RULES: st.SearchStrategy[Rule] = st.recursive(_ATOMS, _larger, max_leaves=8)
_TEXTS = st.lists(_WORDS, max_size=12)

_Places = list[tuple[int, int]]


def _slowly(rule: Rule, text: list[str]) -> _Places | None:
    """Where a rule holds, from the number of a word to that of another; `None` where it does not."""
    found: _Places | None = None
    match rule:
        case Term():
            found = _places(rule, text) or None
        case OneOf(terms):
            found = sorted(place for term in terms for place in _places(term, text)) or None
        case Condition(_, value):
            found = [] if value == "xx" else None
        case Not(inner):
            found = [] if _slowly(inner, text) is None else None
        case BoolOp(operator, rules):
            parts = [_slowly(inner, text) for inner in rules]
            true = [places for places in parts if places is not None]
            if true and (operator == "OR" or len(true) == len(parts)):
                found = [place for places in true for place in places]
        case Proximity("UNLESS", distance, left, right):
            others = _slowly(right, text) or []
            found = [
                one for one in _slowly(left, text) or [] if all(_apart(one, other) > distance for other in others)
            ] or None
        case Proximity(operator, distance, left, right):
            found = [
                (min(one[0], other[0]), max(one[1], other[1]))
                for one, other in product(_slowly(left, text) or [], _slowly(right, text) or [])
                if _apart(one, other) <= distance and (operator == "NEAR" or one[1] < other[0])
            ] or None
        case _:
            raise AssertionError(rule)
    return None if found is None else found[:MOST_PLACES]


def _places(term: Term, text: list[str]) -> _Places:
    *whole, last = term.words.split()
    size = len(whole) + 1
    return [
        (at, at + size - 1)
        for at in range(len(text) - size + 1)
        if text[at : at + size - 1] == whole
        and (text[at + size - 1].startswith(last) if term.prefix else text[at + size - 1] == last)
    ]


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(other[0] - one[1], one[0] - other[1])


def _taxonomy(rules: list[Rule]) -> Taxonomy:
    ids = [f"t{number}" for number in range(len(rules))]
    topics = tuple(Topic(name, None, {}, implies=True) for name in ids)
    written = tuple(Written(name, "any", name, rule) for name, rule in zip(ids, rules, strict=True))
    return Taxonomy(Definition(topics, written, {}, {}, {}), version="v")


@given(st.lists(_RULES, min_size=1, max_size=4), _TEXTS)
def test_fast_and_slow_agree_on_any_rules_and_text(rules: list[Rule], words: list[str]) -> None:
    slowly = tuple(f"t{number}" for number, rule in enumerate(rules) if _slowly(rule, words) is not None)
    taxonomy, text = _taxonomy(rules), " ".join(words)
    assert taxonomy.tag(text, "xx", "xx") == slowly
    assert taxonomy.tag_many(["", text], ["xx", "xx"], ["xx", "xx"])[1] == slowly
    explained = taxonomy.explain(text, "xx", "xx")
    assert tuple(match.topic for match in explained) == slowly
    assert all(match.branch for match in explained)
