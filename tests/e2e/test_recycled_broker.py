"""An embedded broker that begins anew again and again while posts flow: nothing is lost, doubled or missed."""

from __future__ import annotations

import base64
import random
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from processing import queries
from processing.contract import MEGABYTE, BrokerState
from processing.store.client import Store
from tests.e2e.test_live import counted
from tests.support.jetstream import Jetstream
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually

PATIENCE = timedelta(minutes=10)
LIMIT_MB = 32
POSTS_A_SECOND = 30
HEAVY = 60_000
"""Bytes of a post that no compression makes smaller. The broker begins with 16 MB and reaches its limit in seconds."""
PAUSED, GOES_ON = "sources pause until all of it is counted", "The broker has begun anew after"


@contextmanager
def publishing(server: Jetstream, uris: list[str]) -> Iterator[None]:
    """Heavy posts at a steady rate while the context lasts. `uris` names those that were published."""
    over, chance = threading.Event(), random.Random(7)

    def publish() -> None:
        while not over.wait(1 / POSTS_A_SECOND):
            heavy = base64.urlsafe_b64encode(chance.randbytes(HEAVY * 3 // 4)).decode()
            facet = {
                "index": {},
                "features": [{"$type": "app.bsky.richtext.facet#link", "uri": f"https://x.org/{heavy}"}],
            }
            uris.append(server.post(f"TikTok ban {len(uris)}", facets=[facet]))

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def says_again(stack: Running, text: str, times: int) -> bool:
    eventually(lambda: stack.said.count(text) >= times or stack.process.poll() is not None, PATIENCE)
    return stack.said.count(text) >= times


@pytest.mark.long
def test_a_broker_that_begins_anew_loses_doubles_and_misses_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, uris = Jetstream(), list[str]()
    monkeypatch.setenv("BANWATCH_BROKER_MEMORY_MB", str(LIMIT_MB))
    monkeypatch.setenv("BANWATCH_BLUESKY_LOOKBACK", "3600")
    arguments = ("up", "--source", "bluesky", "--no-dashboard")
    with server.served() as url:
        monkeypatch.setenv("BANWATCH_BLUESKY_BASE_URLS", url)
        with publishing(server, uris), closing(installation.start(*arguments)) as first:
            assert says_again(first, GOES_ON, 2), first.said
            assert says_again(first, PAUSED, 3), first.said
            first.kill()
        with closing(installation.start(*arguments)) as second:
            assert says_again(second, GOES_ON, 1), second.said
            eventually(lambda: counted(installation) >= len(uris), PATIENCE)
            assert_nothing_is_missed(installation, uris)
        assert "silent" not in first.said + second.said


def recycled(store: Store) -> queries.BrokerMemory | None:
    """What the store knows of the broker's memory, if that is that the broker has begun anew."""
    broker = queries.broker_memory(store)
    return broker if broker is not None and broker.state is BrokerState.RECYCLED else None


def assert_nothing_is_missed(installation: Installation, uris: list[str]) -> None:
    with Store(installation.store) as store:
        [(rows, distinct, counted_posts)] = store.query(
            "SELECT count(), uniqExact(id), (SELECT sum(posts) FROM counts WHERE topic = '*') FROM posts"
        )
        # One stretch: the collector covers all of the time, also that in which it was ended and the stack was killed.
        # What it covers is stored behind the posts.
        stretches = eventually(lambda: [each for each in queries.coverage(store) if each.source == "bluesky"])
        broker = eventually(lambda: recycled(store))  # it is said before it is noted
    assert rows == distinct == counted_posts == len(uris)
    assert len(stretches) == 1
    assert broker is not None
    assert broker.held > broker.limit == LIMIT_MB * MEGABYTE
