"""The registry of live sources: each name with its settings and its class. Only the sources in this registry exist."""

from __future__ import annotations

from ingest.source import SourceKind
from ingest.sources.bluesky.source import Bluesky, BlueskySettings
from ingest.sources.gdelt.source import Gdelt, GdeltSettings
from ingest.sources.hackernews.source import HackerNews, HackerNewsSettings
from ingest.sources.mastodon.source import Mastodon, MastodonSettings
from ingest.sources.reddit.source import Reddit, RedditSettings
from ingest.sources.rss.source import Rss, RssSettings
from ingest.sources.telegram.source import Telegram, TelegramSettings
from ingest.sources.weibo.source import Snscrape, SnscrapeSettings

SOURCES: dict[str, SourceKind] = {
    "bluesky": SourceKind(BlueskySettings, Bluesky),
    "gdelt": SourceKind(GdeltSettings, Gdelt),
    "hackernews": SourceKind(HackerNewsSettings, HackerNews),
    "mastodon": SourceKind(MastodonSettings, Mastodon),
    "reddit": SourceKind(RedditSettings, Reddit),
    "rss": SourceKind(RssSettings, Rss),
    "snscrape": SourceKind(SnscrapeSettings, Snscrape),
    "telegram": SourceKind(TelegramSettings, Telegram),
}
