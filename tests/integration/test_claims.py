"""Claims in the store: what the views say of posts that were placed, and of those that are deleted since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import SecretStr

from ingest.contract import Post
from processing.contract import ClickHouseAddress
from processing.store.claims import ClaimRun, Placing, write_claims
from processing.store.client import Store
from processing.store.deletions import delete_posts
from processing.store.versions import take_version
from tests.conftest import NOON, a_post
from tests.support.stored import MINUTE, tagged, write


def placed(store: Store, posts: Sequence[Post], claim: str = "a") -> None:
    """Place posts in one claim, the middle first."""
    run = ClaimRun(incident="ban-1", method="1", until=NOON, posts=len(posts), compared=len(posts), last=True)
    placings = [Placing(each.source, each.id, each.created_at, claim, rank) for rank, each in enumerate(posts)]
    write_claims(store, run, placings, take_version(store))


def said(number: int, at: datetime) -> Post:
    return a_post(id=str(number), author=f"author-{number}", created_at=at, seen_at=at, text=f"text {number}")


def test_a_deleted_post_leaves_its_claim(address: ClickHouseAddress, store: Store) -> None:
    english = [said(number, NOON + number * MINUTE) for number in range(1, 5)]
    arabic = [said(number, NOON + number * MINUTE) for number in range(0, 40, 10) if number != 20]
    alone = said(99, NOON)
    write(store, [*map(tagged, [*english, alone]), *(tagged(each, language="ar") for each in arabic)])
    placed(store, [*english, *arabic])
    placed(store, [alone], "b")
    asked = "SELECT posts, people, languages, title, first_id, first_at, round(share, 3) FROM claims ORDER BY claim"
    with Store(replace(address, user="reader", password=SecretStr(""))) as reader:
        assert reader.query(asked) == [
            (7, 7, ["ar", "en"], "text 1", "0", NOON, 0.875),
            (1, 1, ["en"], "text 99", "99", NOON, 0.125),
        ]
        posts = [a_post(id=each, op="delete", text="") for each in ("0", "99")]
        author = a_post(op="delete_author", author="author-1", text="", created_at=NOON + 60 * MINUTE)
        delete_posts(store, [*posts, author])
        assert reader.query(asked) == [(5, 5, ["en", "ar"], "text 2", "2", NOON + 2 * MINUTE, 1.0)]
        assert reader.query("SELECT id FROM claim_posts WHERE language = 'ar' ORDER BY id") == [("10",), ("30",)]
        placed(store, [english[1]], "")
        assert reader.query("SELECT posts FROM claims") == [(4,)]
