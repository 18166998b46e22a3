"""Sources that are asked over HTTP: each from its local server to `counts`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from processing.store.client import Store
from tests.contracts.sources.gdelt import gdelt_network
from tests.contracts.sources.hackernews import hackernews_network
from tests.contracts.sources.rss import rss_network
from tests.support.live import Live, collect
from tests.support.networks.feed_publisher import an_item


def test_hacker_news_is_counted(store: Store, tmp_path: Path) -> None:
    with hackernews_network() as network:
        network.publish(["TikTok is banned in the office", "lunch"])
        network.site.add(
            3, datetime.now(UTC), type="story", title="Senate votes on TikTok ban", text="", url="https://e.org/1"
        )
        network.publish(["soon gone"])
        network.site.items[4]["deleted"] = True

        def enough(live: Live) -> bool:
            return live.counts().get("*", 0) >= 3

        found = collect(network.source(), store, tmp_path, enough)
    assert found.counts["*"] == 3
    assert found.counts["ban"] == 2
    assert found.posts["3"] == "Senate votes on TikTok ban"
    assert found.deleted <= {"4"}


def test_news_feeds_are_counted(store: Store, tmp_path: Path) -> None:
    with rss_network() as network:
        network.items.append(an_item("ar", "حظر تيك توك في المدارس", datetime.now(UTC)))
        network.publish(["Congress votes to ban TikTok", "Weather"])
        found = collect(network.source(), store, tmp_path, lambda live: live.counts().get("*", 0) == 3)
    assert found.counts["ban"] == 2
    assert found.posts["https://news.example/ar"] == "حظر تيك توك في المدارس"
    assert found.rejected == []


def test_articles_of_gdelt_are_counted(store: Store, tmp_path: Path) -> None:
    with gdelt_network() as network:
        network.publish(["TikTok faces ban in Senate vote", "TikTok star opens a bakery"])
        found = collect(network.source(), store, tmp_path, lambda live: live.counts().get("*", 0) == 2)
    assert found.counts["ban"] == 1
