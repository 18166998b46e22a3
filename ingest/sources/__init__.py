"""The live sources, by name: what each is set by, and what reads it. A source that is not in here does not exist."""

from __future__ import annotations

from ingest.source import SourceKind
from ingest.sources.bluesky import Bluesky, BlueskySettings
from ingest.sources.gdelt import Gdelt, GdeltSettings
from ingest.sources.hackernews import HackerNews, HackerNewsSettings
from ingest.sources.mastodon import Mastodon, MastodonSettings
from ingest.sources.reddit import Reddit, RedditSettings
from ingest.sources.rss import Rss, RssSettings
from ingest.sources.snscrape import Snscrape, SnscrapeSettings
from ingest.sources.telegram import Telegram, TelegramSettings

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
