"""Who posted alike, on the page of an incident and as a graph."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
import streamlit as st

from dashboard.charts import Edge
from dashboard.charts.graph import places
from dashboard.i18n import WORDS
from processing import queries
from processing.contract import ClickHouseAddress, TaggedPost
from processing.store.client import Store, StoreUnavailable
from processing.store.writer import recount, write_posts
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import html, page
from tests.support import stock

PAGE = WORDS["en"].incident_page
HOSTILE = "**bold** <script>alert(1)</script>"
TEXT = "They want the app off every phone in the house and in the school by tonight"


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def alike() -> Iterator[TaggedPost]:
    """Two accounts that say the same four times, a few seconds apart."""
    for number in range(8):
        turn, second = divmod(number, 2)
        at = stock.SURGE + turn * timedelta(hours=1) + second * timedelta(seconds=7)
        one = stock.tagged(f"alike-{number}", f"{TEXT} {'abcd'[turn] * 9}", at, "en", topics=("ban",))
        yield msgspec.structs.replace(one, post=msgspec.structs.replace(one.post, author=(HOSTILE, "other")[second]))


def test_pairs_are_shown_with_their_posts_and_as_text(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    none = PAGE.alike_none.format(seconds="10")
    assert none in html(page(settings_for(address), "incident", ui="en", id=stock.incident().id))
    recount(store, write_posts(store, list(alike())))
    shown = page(settings_for(address), "incident", ui="en", id=stock.incident().id)
    written = html(shown)
    some = PAGE.alike_some.format(seconds="10", pairs="1")
    assert some in written
    assert none not in written
    assert f"**bold** &lt;script&gt;alert(1)&lt;/script&gt; ({stock.SOURCE})" in written
    assert "<script>alert" not in written
    posts = written.partition(some)[2]
    assert all(posts.count(f"{TEXT} {letter * 9}</p>") == 2 for letter in "abcd")
    named = [each.value for each in shown.markdown if "bold" in each.value]
    assert named
    assert all("**bold**" not in each for each in named)


def test_a_comparison_that_takes_too_long_is_said_and_not_asked_again(
    address: ClickHouseAddress, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock.fill(store)
    asked: list[str] = []

    def too_long(_: object, incident: str) -> None:
        asked.append(incident)
        raise StoreUnavailable("too slow", 159)

    monkeypatch.setattr(queries, "alike", too_long)
    shown = page(settings_for(address), "incident", ui="en", id=stock.incident().id)
    for each in (shown, shown.run()):
        assert PAGE.alike_too_large in html(each)
    assert len(asked) == 1


def test_joined_names_are_a_ring_and_no_two_names_lie_in_one_place() -> None:
    found = places([Edge("a", "b", 2, ""), Edge("c", "d", 2, ""), Edge("b", "e", 3, ""), Edge("x", "y", 2, "")])
    assert found.keys() == set("abcdexy")
    assert len({(round(x, 6), round(y, 6)) for x, y in found.values()}) == len(found)
    rings = {name: (round(x), round(y)) for name, (x, y) in found.items()}
    assert rings["a"] == rings["b"] == rings["e"]
    assert len({rings["a"], rings["c"], rings["x"]}) == 3
    assert places([Edge("x", "y", 2, ""), Edge("c", "d", 2, ""), Edge("b", "a", 2, ""), Edge("e", "b", 3, "")]) == found
