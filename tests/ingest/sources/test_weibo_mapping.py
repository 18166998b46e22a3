"""A post of Weibo as its author wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ingest.sources.weibo.mapping import ScrapedPost, read_found, to_post

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_text_says_what_its_author_wrote() -> None:
    """snscrape takes the tags out of Weibo's HTML, and leaves its entities."""
    quoted = {"id": "1", "text": "TikTok &lt;3"}
    given = {"id": "5000000000000000", "url": "https://m.weibo.cn/1", "createdAt": "soon", "repostedPost": quoted}
    found = read_found(json.dumps(given | {"text": "抖音 &amp; &quot;TikTok&quot;&nbsp;&amp;amp;"}).encode(), NOW)
    assert isinstance(found, ScrapedPost)
    assert to_post(found, NOW).text == '抖音 & "TikTok"\xa0&amp;\nTikTok <3'
