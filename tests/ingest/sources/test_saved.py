from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.source import Cursor, LiveSource, Permanent
from ingest.sources.mastodon import Mastodon, MastodonSettings
from ingest.sources.reddit import Reddit, RedditSettings
from ingest.sources.snscrape import Snscrape, SnscrapeSettings
from ingest.sources.telegram import Telegram, TelegramSettings


def now() -> datetime:
    return datetime.now(UTC)


def sources() -> list[LiveSource]:
    key = {"client_id": "id", "client_secret": "secret", "user_agent": "test:banwatch:1"}
    return [
        Mastodon(MastodonSettings(instances=("reef.example",)), now),
        Reddit(RedditSettings(**key), now),  # type: ignore[arg-type]
        Snscrape(SnscrapeSettings(targets=("weibo-user:1234567890",)), now),
        Telegram(TelegramSettings(channels=("harbour_news",)), now),
    ]


@pytest.mark.parametrize(
    "cursor",
    [{"since": "yesterday"}, {"since": 7}, {"channels": 1, "feeds": 1, "read_to": 1}, {"since": "2026-01-01T00:00:00"}],
)
def test_a_cursor_that_is_none_is_said_to_be(cursor: Cursor) -> None:
    for source in sources():
        with pytest.raises(Permanent, match=f"remove cursors/{source.name}.json"):
            next(source.read(cursor))
