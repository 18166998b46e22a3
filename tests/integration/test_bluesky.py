"""Bluesky from a local Jetstream to the counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.sources.bluesky.frames import Wire
from ingest.sources.bluesky.source import Bluesky, BlueskySettings
from processing import queries
from processing.store.client import Store
from tests.support.jetstream import Jetstream
from tests.support.live import collect, running
from tests.support.replay import replay
from tests.support.waiting import eventually

HOUR = timedelta(hours=1)


def bluesky(url: str, wire: Wire = "v2") -> Bluesky:
    settings = BlueskySettings(wire=wire, base_urls=(url,), lookback=HOUR)
    return Bluesky(settings, lambda: datetime.now(UTC))


@pytest.mark.parametrize("wire", ["v1", "v2"])
def test_posts_edits_and_deletions_reach_the_counts(store: Store, tmp_path: Path, wire: Wire) -> None:
    server = Jetstream()
    with server.served() as url:
        kept = server.post("Congress votes to ban TikTok next week", langs=["en"])
        edited = server.post("The government will bann TikTok", rkey="3kedited22222")
        deleted = server.post("TikTok is banned, I hear")
        withdrawn = server.post("They ban TikTok in my country", did="did:plc:withdrawn")
        server.post("A lovely morning by the river")
        server.post("The government will ban TikTok", operation="update", rkey="3kedited22222")
        server.delete(deleted)
        server.add("account", {"active": False, "status": "takendown"}, did="did:plc:withdrawn")
        server.raw(b"{}")
        server.post("Another post on the TikTok ban")
        with running(bluesky(url, wire), store, tmp_path) as live:
            eventually(lambda: live.counts().get("*") == 6)
            eventually(lambda: live.deleted() >= {deleted, withdrawn})
            assert live.posts()[edited] == "The government will ban TikTok"
            assert kept in live.posts()
            counts = live.counts()
            assert counts["tiktok"] == counts["*"] - 1
            assert len(eventually(live.rejected)) == 1


def test_an_account_taken_down_loses_what_it_wrote_and_keeps_its_count(store: Store, tmp_path: Path) -> None:
    server = Jetstream()
    with server.served() as url, running(bluesky(url), store, tmp_path) as live:
        theirs = {server.post(f"They ban TikTok {n}", did="did:plc:withdrawn") for n in range(3)}
        others = {server.post(f"They ban TikTok {n}", did="did:plc:other") for n in range(3)}
        eventually(lambda: set(live.posts()) == theirs | others)
        server.add("account", {"active": False, "status": "takendown"}, did="did:plc:withdrawn")
        eventually(lambda: live.deleted() == theirs)
        assert set(live.posts()) == others
        assert live.counts()["*"] == 6


def test_production_lines_come_to_seventeen_posts(store: Store, tmp_path: Path, real_data: Path) -> None:
    server = Jetstream()
    lines = (real_data / "payloads/bluesky/expected_v1.jsonl").read_bytes().splitlines()
    for line in lines:
        if line.strip():
            server.raw(line)
    with server.served() as url:
        found = collect(bluesky(url, "v1"), store, tmp_path, until=lambda live: live.counts().get("*") == 17)
    assert found.tally.posts == 18
    assert found.rejected == []
    assert len(found.posts) == 17
    assert found.deleted == set()


def test_what_the_collector_says_of_itself_is_in_the_store(store: Store, tmp_path: Path) -> None:
    server = Jetstream()
    with server.served() as url, running(bluesky(url), store, tmp_path) as live:

        def told() -> bool:
            server.post("TikTok ban")
            return bool(live.coverage())

        eventually(told)
        server.raw(b"{}")
        eventually(lambda: live.source.tally.rejected == 1)
        server.cut()
        server.post("TikTok ban")
        eventually(lambda: [(each.reconnects, each.state) for each in queries.health(store)] == [(1, "listening")])
        [health] = queries.health(store)
        assert health.source == "bluesky"
        assert health.posts > 3
        # Behind the cut it may have been read once more: it has no place of its own in the stream.
        assert health.rejected >= 1
        assert health.last_event is not None
        assert health.last_post is not None
        assert 0 <= health.lag < 60


@pytest.mark.long
@pytest.mark.parametrize("wire", ["v1", "v2"])
def test_a_stream_cut_closed_and_frozen_at_random_loses_and_doubles_nothing(
    store: Store, tmp_path: Path, wire: Wire
) -> None:
    found = replay(store, tmp_path, wire=wire, seconds=6, rate=200, seed=7)
    assert found.stored == found.counted == found.published
    assert found.published > 500
    assert found.reconnects >= 3
