"""A sum of hours or days counts each hour once, whatever is recounted while it is read."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.rollup import roll_up
from processing.store.writer import recount
from tests.conftest import NOON, a_post
from tests.integration.test_store_rollups import settle
from tests.support.stored import MINUTE, tagged, write

pytestmark = pytest.mark.long

POSTS = 3 * 24 * 60
LOOKS = 80
RECOUNTS_A_PASS = 20

NO_SHARED_SNAPSHOT = "SETTINGS enable_shared_storage_snapshot_in_query = 0"
"""Servers older than our engine look at a table anew for each mention of it in a query."""


def post_a_minute(store: Store) -> None:
    posts = (a_post(id=str(n), author=f"author-{n % 5}", created_at=NOON + n * MINUTE) for n in range(POSTS))
    write(store, [tagged(post, language=("en", "ar")[n % 2]) for n, post in enumerate(posts)])


def recount_on_and_on(store: Store, stop: threading.Event) -> int:
    """Sum up, and make hour by hour stale again, until told to stop; the number of recounts."""
    for number, minute in enumerate(cycle(range(0, POSTS, 97))):
        if stop.is_set():
            return number
        if number % RECOUNTS_A_PASS == 0:
            roll_up(store)
            settle(store)
        recount(store, {NOON + minute * MINUTE})
    raise AssertionError


@pytest.mark.parametrize("view", ["count_hours", "count_days"])
def test_no_hour_is_counted_twice_or_not_at_all(store: Store, address: ClickHouseAddress, view: str) -> None:
    post_a_minute(store)
    stop = threading.Event()
    with Store(address) as other, ThreadPoolExecutor(1) as thread:
        recounts = thread.submit(recount_on_and_on, other, stop)
        try:
            question = f"SELECT sum(posts) FROM {view} WHERE topic = 'ban' {NO_SHARED_SNAPSHOT}"
            seen = {store.query(question)[0][0] for _ in range(LOOKS)}
        finally:
            stop.set()
        assert recounts.result() > RECOUNTS_A_PASS
    assert seen == {POSTS}


def test_which_hours_have_changed_is_asked_once(store: Store) -> None:
    plan = store.query("EXPLAIN SELECT * FROM count_hours")
    assert sum("CreatingSets" in line for (line,) in plan) == 1
