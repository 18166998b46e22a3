from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract import Post, Rejected
from ingest.source import Cursor, Item, Permanent, Reached, Transient
from ingest.sources.snscrape import Snscrape, SnscrapeSettings
from ingest.sources.snscrape_scrapers import DEAD
from tests.ingest.sources.weibo_server import USER, Timeline
from tests.serving import Served, served


class Reader:
    def __init__(self, url: str, *users: str, cursor: Cursor | None = None) -> None:
        targets = tuple(f"weibo-user:{user}" for user in users or (USER,))
        settings = SnscrapeSettings(targets=targets, base_url=url, pace=timedelta())
        self.cursor: Cursor = cursor or {}
        self.steps = Snscrape(settings, lambda: datetime.now(UTC)).read(self.cursor)
        self.reached: list[Reached] = []

    def round(self) -> list[Post | Rejected]:
        found: list[Post | Rejected] = []
        for step in self.steps:
            if isinstance(step, Item | Reached):
                self.cursor = json.loads(json.dumps(step.cursor))
            if isinstance(step, Item):
                found.append(step.found)
            elif isinstance(step, Reached):
                self.reached.append(step)
                return found
        raise AssertionError("a source of a network does not end")

    def close(self) -> None:
        self.steps.close()  # type: ignore[attr-defined]


def texts(found: list[Post | Rejected]) -> list[str]:
    return [each.text if isinstance(each, Post) else each.reason for each in found]


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()


@pytest.fixture
def server(timeline: Timeline) -> Iterator[Served]:
    with served(timeline) as running:
        yield running


def test_a_timeline_is_read_oldest_first_and_once_and_gaps_are_filled(timeline: Timeline, server: Served) -> None:
    for number in range(12):
        timeline.post(f"抖音 {number}")
    timeline.pinned = [timeline.posts[0]]
    with closing(Reader(server.url)) as reader:
        assert texts(reader.round()) == ["抖音 0", *(f"抖音 {number}" for number in range(2, 12))]
        assert reader.round() == []
        for number in range(12, 47):
            timeline.post(f"抖音 {number}")
        assert texts(reader.round()) == [f"抖音 {number}" for number in range(12, 47)]
        covered = reader.reached[-1].since
        for number in range(200):
            timeline.post(f"too many {number}")
        reader.round()
        assert reader.reached[-1].since > covered


def test_times_counts_and_reposts(timeline: Timeline, server: Served) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    first = timeline.post("first")
    timeline.post("转发微博", created_at="Fri Jul 10 20:04:05 +0800 2020", retweeted_status=first)
    timeline.post("broken", id="x1")
    with closing(Reader(server.url)) as reader:
        found = reader.round()
        assert [type(each) for each in found] == [Rejected, Post, Post]
        assert reader.round() == []
    _, plain, repost = found
    assert isinstance(plain, Post)
    assert isinstance(repost, Post)
    assert before <= plain.created_at <= datetime.now(UTC)
    assert (plain.author, plain.likes, plain.reposts) == (USER, 3, 1)
    assert repost.created_at == datetime(2020, 7, 10, 12, 4, 5, tzinfo=UTC)
    assert (repost.repost_of, repost.text) == (first["id"], "转发微博\nfirst")


@pytest.mark.parametrize("status", [418, 432, 503, 200])
def test_a_network_that_has_enough_is_left_alone(timeline: Timeline, server: Served, status: int) -> None:
    timeline.status = status
    with closing(Reader(server.url)) as reader, pytest.raises(Transient):
        reader.round()


@pytest.mark.parametrize(("status", "error"), [(200, Transient), (403, Permanent)])
def test_a_timeline_that_cannot_be_read_keeps_none_behind_it_and_is_told_once(
    timeline: Timeline, status: int, error: type[Exception]
) -> None:
    closed = Timeline(status=status)
    with (
        served(lambda asked: (closed if asked.parameters["value"] == "4321" else timeline)(asked)) as server,
        closing(Reader(server.url, "4321", USER)) as reader,
    ):
        timeline.post("抖音 1")
        post, refused = reader.round()
        assert isinstance(refused, Rejected)
        assert refused.where == "https://m.weibo.cn/u/4321"
        assert texts([post]) == ["抖音 1"]
        timeline.post("抖音 2")
        assert texts(reader.round()) == ["抖音 2"]
        closed.status = 200
        closed.post("open again")
        assert texts(reader.round()) == ["open again"]
        timeline.status = closed.status = status
        timeline.posts = closed.posts = []
        with pytest.raises(error):
            reader.round()


@pytest.mark.parametrize("scraper", [*DEAD, "twitter-search", "twitter-user"])
def test_a_scraper_that_is_dead_is_refused_with_the_reason(scraper: str) -> None:
    with pytest.raises(Permanent, match=r"does not work any more: .{20}"):
        Snscrape(SnscrapeSettings(targets=(f"{scraper}:x",)), lambda: datetime.now(UTC))


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("telegram-channel:harbour_news", "BANWATCH_TELEGRAM_CHANNELS"),
        ("weibo-user:harbour", "names no user"),
        ("weibo-user:", "names no user"),
        ("myspace-user:1", "no scraper 'myspace-user'"),
    ],
)
def test_what_cannot_be_read_is_said(target: str, says: str) -> None:
    with pytest.raises(Permanent, match=says):
        Snscrape(SnscrapeSettings(targets=(target,)), lambda: datetime.now(UTC))


def test_without_targets_it_is_off() -> None:
    assert not SnscrapeSettings().starts_with_up
    with pytest.raises(Permanent, match="BANWATCH_SNSCRAPE_TARGETS"):
        Snscrape(SnscrapeSettings(), lambda: datetime.now(UTC))
