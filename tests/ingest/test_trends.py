"""What networks call trending, read from local servers that speak as the networks do."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from ingest.contract import Trend
from ingest.errors import Permanent, RateLimited
from ingest.settings import IngestSettings
from ingest.trends import MOST_TRENDS, trend_lists
from tests.support.serving import Asked, Says, served

NOW = datetime(2026, 7, 10, 16, tzinfo=UTC)
BLUESKY = {
    "trends": [
        {
            "topic": "a",
            "displayName": "App  ban",
            "link": "/profile/t.bsky.app/feed/1",
            "startedAt": "2026-07-10T15:00:00.000Z",
        },
        {"topic": "only a topic", "link": "https://bsky.app/x", "startedAt": "yesterday", "postCount": 3},
        {"topic": "", "displayName": ""},
    ]
}
TAGS = [{"name": "appban", "url": "https://m.example/tags/appban", "history": []}, {"name": "x" * 900}]
LINKS = [{"title": "The app is banned", "url": "https://news.example/1", "language": "en"}]
WEIBO = {
    "ok": 1,
    "data": {
        "realtime": [
            {"word": "封禁", "onboard_time": 1783695600},
            {"note": "二"},
            {"word": "三", "onboard_time": 10**30},
        ]
    },
}


def answer(asked: Asked) -> Says:
    said: dict[str, object] = {
        "/xrpc/app.bsky.unspecced.getTrends": BLUESKY,
        "/api/v1/trends/tags": TAGS,
        "/api/v1/trends/links": LINKS,
        "/ajax/side/hotSearch": WEIBO,
    }
    return Says(json.dumps(said[asked.path]).encode())


def read(settings: IngestSettings) -> dict[str, list[Trend]]:
    return {each.network: list(each.read(threading.Event())) for each in trend_lists(settings, lambda: NOW)}


def test_each_network_gives_its_trends_and_when_they_began_if_it_says() -> None:
    with served(answer) as server:
        url = server.url
        found = read(IngestSettings(trends_bluesky=url, trends_mastodon=(f"{url}/",), trends_weibo=url))
    assert found["bluesky"] == [
        Trend("App ban", "https://bsky.app/profile/t.bsky.app/feed/1", datetime(2026, 7, 10, 15, tzinfo=UTC)),
        Trend("only a topic", "https://bsky.app/x"),
    ]
    assert found["mastodon"] == [
        Trend("#appban", "https://m.example/tags/appban"),
        Trend("#" + "x" * 199),
        Trend("The app is banned", "https://news.example/1"),
    ]
    assert [(each.name, each.started_at) for each in found["weibo"]] == [
        ("封禁", datetime(2026, 7, 10, 15, tzinfo=UTC)),
        ("二", None),
        ("三", None),
    ]


def test_nothing_is_asked_unless_it_is_set() -> None:
    assert trend_lists(IngestSettings(), lambda: NOW) == ()
    with pytest.raises(ValidationError, match="names a host"):
        IngestSettings(trends_mastodon=("m.example",))


@pytest.mark.parametrize(
    ("says", "failure"),
    [
        (Says(b"<html>"), Permanent),
        (Says(b'{"trends": 7}'), Permanent),
        (Says(b"\xff\xfe"), Permanent),
        (Says(b'{"more": ' + b"[" * 100_000), Permanent),
        (Says(status=403), Permanent),
        (Says(status=429), RateLimited),
        (Says(b'{"trends": []}' + b" " * 3_000_000), Permanent),
    ],
)
def test_what_is_no_list_is_a_failure_that_is_known(says: Says, failure: type[Exception]) -> None:
    with served(lambda _: says) as server, pytest.raises(failure):
        read(IngestSettings(trends_bluesky=server.url))


def test_a_list_is_bounded() -> None:
    many = json.dumps({"trends": [{"topic": f"t{number}"} for number in range(1_000)]}).encode()
    with served(lambda _: Says(many)) as server:
        assert len(read(IngestSettings(trends_bluesky=server.url))["bluesky"]) == MOST_TRENDS
