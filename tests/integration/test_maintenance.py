"""The store's chores: when, and what ends them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreRefused, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.maintenance import Job, Upkeep, chores, due
from processing.store.writer import recount
from tests.conftest import a_post
from tests.support.stored import MINUTE, tagged, write
from tests.support.waiting import eventually


def test_a_chore_is_due_at_first_and_then_every_so_often() -> None:
    often, seldom = (Job(name, every * MINUTE, lambda _: None) for name, every in (("often", 1), ("seldom", 9)))
    assert due([often, seldom], {}, MINUTE) == [often, seldom]
    done = {"often": MINUTE, "seldom": MINUTE}
    assert due([often, seldom], done, 1.9 * MINUTE) == []
    assert due([often, seldom], done, 2 * MINUTE) == [often]
    assert due([often, seldom], done, 10 * MINUTE) == [often, seldom]


class Ticking:
    """A clock that moves a minute at each look."""

    def __init__(self) -> None:
        self.now = timedelta()

    def __call__(self) -> timedelta:
        self.now += MINUTE
        return self.now


def test_deleted_text_is_purged_while_it_runs(store: Store, address: ClickHouseAddress) -> None:
    write(store, [tagged(a_post())])
    recount(store, delete_posts(store, [a_post(op="delete", text="")]))
    stop = threading.Event()
    with Store(address) as own:
        upkeep = Upkeep(own, chores(timedelta(milliseconds=20), timedelta(milliseconds=20)), clock=Ticking())
        thread = threading.Thread(target=upkeep.run, args=(stop,))
        thread.start()
        try:
            assert eventually(lambda: store.query("SELECT month, posts FROM purges")) == [(202007, 1)]
        finally:
            stop.set()
            thread.join()


def test_a_store_that_is_away_is_tried_again_and_one_that_refuses_ends_it(store: Store) -> None:
    tried: list[str] = []

    def work(_: Store) -> str:
        tried.append("again")
        raise StoreUnavailable("away") if len(tried) < 3 else StoreRefused("no")

    upkeep = Upkeep(store, [Job("work", timedelta(milliseconds=1), work)], clock=Ticking())
    with pytest.raises(StoreRefused):
        upkeep.run(threading.Event())
    assert len(tried) == 3
