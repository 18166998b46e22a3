"""The skim passes over a text only if no rule could match it."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processing.tagging.text import matchable, words
from processing.tagging.topics.parser import parse_term
from processing.tagging.topics.prefilter import Prefilter
from processing.tagging.topics.skim import Folding, Skim

_TERMS = [
    "tiktok",
    "tik tok",
    "ban*",
    "禁令",
    "字节 跳动",
    "حظر",
    "запрет*",
    "прибытий",
    "प्रतिबंध",
    "prohibición",
    "tiktok's",
]
_PIECES = [
    *_TERMS,
    "TikTok",
    "TIK_TOK",
    "#Tik",
    "_",
    "#",
    "@",
    " ",
    "Tok",
    "ｔｉｋ",
    "\u200b",
    "https://",
    "Ban",
    "’",
    "．",
    "禁",
    "令",
    "か",
    "が",
    "\u3099",
    "\u1100",
    "\u1161",
    "ß",
    "ss",
    "ำ",
    "ﬁ",
    "\n",
]
_TEXTS = st.lists(st.sampled_from(_PIECES) | st.characters(exclude_categories=()), max_size=8).map("".join)


def _points(text: str) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def test_the_table_folds_every_code_point_as_a_word_is_folded() -> None:
    every = [chr(point) for point in range(sys.maxunicode + 1)]
    every = [each for each in every if each not in "_\n" and unicodedata.category(each) not in {"Cn", "Co", "Cs"}]
    codes, _ = Folding().fold(_points(" ".join(every)))
    assert codes.tobytes().decode("utf-32-le", "surrogatepass").split() == words(" ".join(every)).split()


def test_every_character_that_can_unite_with_the_one_before_it_is_told() -> None:
    uniting = {part for point in range(sys.maxunicode + 1) for part in unicodedata.normalize("NFD", chr(point))[1:]}
    text = "".join(sorted(part for part in uniting if words(part) == part))
    _, places = Folding().fold(_points(text))
    assert places.tolist() == list(range(len(text)))


@given(st.lists(_TEXTS, max_size=4))
def test_a_post_is_passed_over_only_if_it_holds_no_term(texts: Sequence[str]) -> None:
    terms = [parse_term(term) for term in _TERMS]
    prefilter = Prefilter(terms)
    found = [number for number, text in enumerate(texts) if prefilter.passes(matchable(text))]
    assert set(found) <= set(Skim(terms).maybes(texts))


def test_a_post_without_a_term_is_passed_over() -> None:
    skim = Skim([parse_term("tik tok"), parse_term("禁令")])
    texts = ["A walk in the park, 公園を散歩した 😂", "Tik_Tok", "", "Straße und Ærø, ½ ﬁn\nتَيْـك", "x" * 20_000] * 5
    assert skim.maybes(texts) == [1, 6, 11, 16, 21]
