"""Social networks from a local server to the counts, as each one's own client reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.sources.mastodon.source import Mastodon, MastodonSettings
from ingest.sources.reddit.source import Reddit, RedditSettings
from ingest.sources.telegram.source import Telegram, TelegramSettings
from ingest.sources.weibo.source import Snscrape, SnscrapeSettings
from processing.store.client import Store
from tests.support.live import Live, collect
from tests.support.networks.mastodon_server import TOKEN, mastodon
from tests.support.networks.reddit_server import Forum, full_name
from tests.support.networks.telegram_server import Site, a_channel, message
from tests.support.networks.weibo_server import USER, Timeline
from tests.support.serving import served


def now() -> datetime:
    return datetime.now(UTC)


def test_mastodon_from_two_instances_and_a_closed_one_to_the_counts(store: Store, tmp_path: Path) -> None:
    with mastodon() as reef, mastodon() as bay, mastodon() as closed:
        closed.access = "disabled"
        statuses = [reef.status(f"TikTok will be banned on wave {number}") for number in range(5)]
        reef.publish(*statuses[:3])
        settings = MastodonSettings(
            instances=(reef.url, bay.url, closed.url),
            hashtags=("tiktok",),
            tokens=f"{reef.url.removeprefix('http://')}={TOKEN},{bay.url.removeprefix('http://')}={TOKEN}",
            pace=timedelta(),
            lag=timedelta(),
        )
        done: list[str] = []

        def until(live: Live) -> bool:
            if not done and len(live.posts()) == 3 and reef.streams and bay.streams:
                done.append("published")
                reef.publish(*statuses[3:])
                bay.publish(*(status | {"id": bay.status("")["id"]} for status in statuses[1:]))
                reef.edit(statuses[1], "TikTok stays after all")
                reef.delete(statuses[2])
            texts = live.posts().values()
            told = any("does not show this timeline" in said.detail for said in live.progress())
            return told and len(texts) == 4 and bool(live.deleted()) and "TikTok stays after all" in texts

        found = collect(Mastodon(settings, now), store, tmp_path, until)
    assert found.counts["*"] == 5
    assert found.deleted == {statuses[2]["uri"]}
    assert found.coverage


def test_reddit_from_its_listings_to_the_counts(store: Store, tmp_path: Path) -> None:
    forum = Forum()
    kept = forum.submission("TikTok will be banned", selftext="in every harbour")
    gone = forum.comment("TikTok banned? I do not believe it")

    def until(live: Live) -> bool:
        if len(live.posts()) == 2:
            gone["data"] |= {"body": "[deleted]", "author": "[deleted]"}
        return bool(live.deleted() and live.coverage())

    with served(forum) as server:
        settings = RedditSettings(
            client_id="id",
            client_secret="secret",  # type: ignore[arg-type]
            user_agent="test:banwatch:1",
            subreddits=("harbour",),
            base_url=server.url,
            token_url=server.url,
            poll_every=timedelta(seconds=1),
            recheck=timedelta(seconds=1),
            lag=timedelta(),
        )
        found = collect(Reddit(settings, now), store, tmp_path, until)
    assert found.counts["*"] == 2
    assert set(found.posts) == {full_name(kept)}
    assert found.deleted == {full_name(gone)}
    assert found.coverage


def test_weibo_from_its_timeline_to_the_counts(store: Store, tmp_path: Path) -> None:
    timeline = Timeline()
    for number in range(3):
        timeline.post(f"TikTok 被禁 {number}")
    with served(timeline) as server:
        settings = SnscrapeSettings(targets=(f"weibo-user:{USER}",), base_url=server.url, pace=timedelta())
        found = collect(Snscrape(settings, now), store, tmp_path, lambda live: len(live.posts()) == 3)
    assert found.counts["*"] == 3
    assert found.counts["tiktok"] == 3


def test_telegram_from_its_pages_to_the_counts(store: Store, tmp_path: Path) -> None:
    site = Site({"harbour_news": a_channel("harbour_news", range(1, 6), "TikTok will be banned in pier {}")})

    def until(live: Live) -> bool:
        posts = live.posts()
        if len(posts) == 5:
            kept = {n: block for n, block in site.channels["harbour_news"].items() if n != 4}
            site.channels["harbour_news"] = kept | {
                5: message("harbour_news", 5, "TikTok will not be banned after all")
            }
        return live.deleted() == {"harbour_news/4"} and "after all" in posts.get("harbour_news/5", "")

    with served(site) as server:
        settings = TelegramSettings(
            channels=("harbour_news",), base_url=server.url, pace=timedelta(), poll_every=timedelta(seconds=1)
        )
        found = collect(Telegram(settings, now), store, tmp_path, until)
    assert found.counts["*"] == 5
    assert found.counts["tiktok"] == 5
    assert set(found.posts) == {f"harbour_news/{number}" for number in (1, 2, 3, 5)}
    assert found.coverage
