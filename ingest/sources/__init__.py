"""The live sources, by name: what each is set by, and what reads it. A source that is not in here does not exist."""

from __future__ import annotations

from ingest.source import SourceKind
from ingest.sources.mastodon import Mastodon, MastodonSettings
from ingest.sources.reddit import Reddit, RedditSettings
from ingest.sources.telegram import Telegram, TelegramSettings

SOURCES: dict[str, SourceKind] = {
    "mastodon": SourceKind(MastodonSettings, Mastodon),
    "reddit": SourceKind(RedditSettings, Reddit),
    "telegram": SourceKind(TelegramSettings, Telegram),
}
