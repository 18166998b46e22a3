from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Transient
from ingest.source import Cursor, Item, PartStatus, Pause, Watermark
from ingest.sources.weibo.source import Snscrape, SnscrapeSettings
from ingest.transport.snscrape.scrapers import DEAD
from tests.support.networks.weibo_server import USER, Timeline, as_json
from tests.support.serving import Asked, Says, Served, served

ANOTHER = "4321"
COOKIE = "SUB=s3same; SUBP=0033"


class Reader:
    """Reads round after round, with rests that pass at once."""

    def __init__(self, url: str, *users: str, cursor: Cursor | None = None, cookie: str = "") -> None:
        targets = tuple(f"weibo-user:{user}" for user in users or (USER,))
        settings = SnscrapeSettings(targets=targets, base_url=url, pace=timedelta(), cookie=SecretStr(cookie))
        self.ahead = timedelta()
        self.cursor: Cursor = cursor or {}
        self.steps = Snscrape(settings, lambda: datetime.now(UTC) + self.ahead).read(self.cursor)
        self.reached: list[Watermark] = []
        self.told: list[PartStatus] = []

    def round(self) -> list[Post | Rejected]:
        found: list[Post | Rejected] = []
        for step in self.steps:
            if isinstance(step, Pause):
                self.ahead += timedelta(seconds=step.seconds)
            elif isinstance(step, PartStatus):
                self.told.append(step)
            else:
                self.cursor = json.loads(json.dumps(step.cursor))
            if isinstance(step, Item):
                found.append(step.found)
            elif isinstance(step, Watermark):
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
    timeline.pinned = timeline.posts[:2]
    with closing(Reader(server.url)) as reader:
        assert texts(reader.round()) == [f"抖音 {number}" for number in range(12)]
        assert reader.round() == []
        for number in range(12, 47):
            timeline.post(f"抖音 {number}")
        assert texts(reader.round()) == [f"抖音 {number}" for number in range(12, 47)]
        covered = reader.reached[-1].since
        for number in range(200):
            timeline.post(f"too many {number}")
        reader.round()
        assert reader.reached[-1].since > covered


def test_a_new_post_that_is_pinned_is_read(timeline: Timeline, server: Served) -> None:
    timeline.post("抖音 1")
    with closing(Reader(server.url)) as reader:
        reader.round()
        timeline.pinned = [timeline.post("抖音 2")]
        assert texts(reader.round()) == ["抖音 2"]


VIDEO = {"type": "video", "page_url": "https://video.weibo.com/show"}
OLD_VIDEO = {"type": "video", "urls": {"mp4_720p_mp4": "https://f.video.weibocdn.com/a.mp4"}}
PAGE = {"type": "webpage", "page_url": "https://example.org/story"}


@pytest.mark.parametrize(
    "fields",
    [
        {"pics": {"0": {"large": {"url": "https://wx1.sinaimg.cn/a.jpg"}}}},
        {"pics": [{"pid": "a"}, "b"]},
        {"pics": None},
        *({"page_info": page} for page in (VIDEO, VIDEO | {"urls": None}, OLD_VIDEO, {"type": "webpage"}, {}, None)),
        {"user": {"id": int(USER)}},
        {"retweeted_status": None},
        {"retweeted_status": {"id": "1", "user": None, "text": "", "pics": {"0": {}}, "page_info": VIDEO}},
    ],
)
def test_what_nobody_reads_of_a_post_hides_no_timeline(
    timeline: Timeline, server: Served, fields: dict[str, object]
) -> None:
    timeline.post("抖音 1")
    timeline.post("抖音 2", **fields)
    with closing(Reader(server.url)) as reader:
        found = reader.round()
    assert texts(found) == ["抖音 1", "抖音 2"]
    assert {each.author for each in found if isinstance(each, Post)} == {USER}


def test_lines_addresses_and_links_are_kept(timeline: Timeline, server: Served) -> None:
    html = "first<br />second<br>third<br/><a href='/n/a'>@a</a>"
    post = timeline.post(html, bid="", page_info=PAGE)
    timeline.post("no number")["id"] = None
    with closing(Reader(server.url)) as reader:
        rejected, found = reader.round()
    assert isinstance(rejected, Rejected)
    assert isinstance(found, Post)
    assert found.text == "first\nsecond\nthird\n@a"
    assert found.url == f"https://m.weibo.cn/status/{post['id']}"
    assert found.links == ("https://example.org/story",)


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


@pytest.mark.parametrize("status", [403, 418, 429, 503, 200])
def test_a_network_that_shows_no_timeline_at_all_is_left_alone(timeline: Timeline, server: Served, status: int) -> None:
    timeline.status = status
    with closing(Reader(server.url)) as reader, pytest.raises(Transient):
        reader.round()


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_timeline_that_cannot_be_read_keeps_none_behind_it(timeline: Timeline, status: int) -> None:
    closed = Timeline(status=status)
    with (
        served(lambda asked: (closed if asked.parameters["value"] == ANOTHER else timeline)(asked)) as server,
        closing(Reader(server.url, ANOTHER, USER)) as reader,
    ):
        timeline.post("抖音 1")
        assert texts(reader.round()) == ["抖音 1"]
        assert [status.part for status in reader.told] == [f"weibo-user:{ANOTHER}"]
        timeline.post("抖音 2")
        assert texts(reader.round()) == ["抖音 2"]
        closed.status = 200
        closed.post("open again")
        found: list[str] = []
        while not found:
            found = texts(reader.round())
        assert found == ["open again"]
        assert reader.told[1:] == [PartStatus(f"weibo-user:{ANOTHER}")]


GATES = [
    Says(status=432),
    Says(status=302, headers={"Location": "https://visitor.passport.weibo.cn/visitor/visitor?entry=miniblog"}),
    Says(status=302, headers={"Location": "https://passport.weibo.com/sso/signin"}),
    as_json({"ok": -100, "url": "https://passport.weibo.com/sso/signin"}),
    Says(b"<!doctype html><script>window.wbBotDetector</script>"),
]


@pytest.mark.parametrize("gate", GATES)
def test_without_a_cookie_it_says_that_one_is_needed(timeline: Timeline, server: Served, gate: Says) -> None:
    timeline.says = lambda asked: gate
    with closing(Reader(server.url)) as reader, pytest.raises(Misconfigured, match="BANWATCH_SNSCRAPE_COOKIE"):
        reader.round()


@pytest.mark.parametrize("gate", GATES)
def test_a_cookie_opens_the_gate_and_one_that_has_expired_is_a_fault(
    timeline: Timeline, server: Served, gate: Says
) -> None:
    timeline.post("抖音 1")
    taken = COOKIE
    timeline.says = lambda asked: gate if asked.headers.get("cookie") != taken else None
    with closing(Reader(server.url, cookie=COOKIE)) as reader:
        assert texts(reader.round()) == ["抖音 1"]
        taken = "SUB=another"
        with pytest.raises(Transient, match="does not take the cookie") as caught:
            reader.round()
    assert [status.part for status in reader.told] == [f"weibo-user:{USER}"]
    assert "s3same" not in f"{caught.value} {reader.told}"


def test_one_timeline_behind_the_gate_belongs_to_itself(timeline: Timeline, server: Served) -> None:
    timeline.post("抖音 1")
    with closing(Reader(server.url, USER, ANOTHER)) as reader:
        timeline.says = lambda asked: Says(status=432) if asked.parameters["value"] == ANOTHER else None
        assert texts(reader.round()) == ["抖音 1"]
        assert "BANWATCH_SNSCRAPE_COOKIE" in reader.told[0].fault


def test_a_cookie_is_shown_to_nobody_and_not_sent_to_another_host(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANWATCH_SNSCRAPE_COOKIE", COOKIE)
    children: list[bytes] = []

    def look(asked: Asked) -> None:
        for each in subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, check=False).stdout.split():
            with suppress(OSError):
                children.append(
                    b"".join(Path(f"/proc/{int(each)}/{file}").read_bytes() for file in ("cmdline", "environ"))
                )

    timeline.says = look
    with served(lambda asked: None) as elsewhere, served(timeline) as server:
        timeline.post("抖音 1")
        with closing(Reader(server.url, cookie=COOKIE)) as reader:
            assert texts(reader.round()) == ["抖音 1"]
            away = Says(status=302, headers={"Location": f"{elsewhere.url}/api/container/getIndex"})
            timeline.says = lambda asked: away
            with pytest.raises(Transient, match="sends whoever asks on to 127"):
                reader.round()
        assert server.asked[-1].headers["cookie"] == COOKIE
        assert elsewhere.asked == []
    assert any(b"snscrape/program.py" in child for child in children)
    assert not any(b"s3same" in child for child in children)


@pytest.mark.parametrize(
    ("cookie", "base_url", "says"),
    [
        ("SUB=1\r\nHost: x", "https://m.weibo.cn", "plain ASCII on one line"),
        ("SUB=ы", "https://m.weibo.cn", "plain ASCII on one line"),
        (COOKIE, "https://mirror.example", "names mirror.example"),
        (COOKIE, "https://weibo.cn.example", "names weibo.cn.example"),
        (COOKIE, "https://notweibo.cn", "names notweibo.cn"),
        (COOKIE, "http://m.weibo.cn", "begin with https"),
        (COOKIE, "https://[m.weibo.cn", "is no address"),
    ],
)
def test_a_cookie_that_would_go_elsewhere_is_refused(cookie: str, base_url: str, says: str) -> None:
    settings = SnscrapeSettings(targets=(f"weibo-user:{USER}",), base_url=base_url, cookie=SecretStr(cookie))
    with pytest.raises(Misconfigured, match=says) as caught:
        Snscrape(settings, lambda: datetime.now(UTC))
    assert "s3same" not in f"{caught.value} {settings}"


@pytest.mark.parametrize("number", [str(10**30), str((2_000_000_000 << 22) * 8)])
def test_a_number_of_a_time_to_come_hides_nothing(timeline: Timeline, server: Served, number: str) -> None:
    timeline.post("of the future", id=number, created_at="Fri Jul 10 20:04:05 +0800 2020")
    with closing(Reader(server.url)) as reader:
        assert texts(reader.round())[0].startswith("Not a post: ")
        timeline.post("抖音 1")
        assert texts(reader.round()) == ["抖音 1"]


@pytest.mark.parametrize("scraper", [f"{network}-user" for network in DEAD])
def test_a_scraper_that_is_dead_is_refused_with_the_reason(scraper: str) -> None:
    with pytest.raises(Misconfigured, match=r"does not work any more: .{20}"):
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
    with pytest.raises(Misconfigured, match=says):
        Snscrape(SnscrapeSettings(targets=(target,)), lambda: datetime.now(UTC))


def test_without_targets_it_is_off() -> None:
    assert not SnscrapeSettings().starts_with_up
    with pytest.raises(Misconfigured, match="BANWATCH_SNSCRAPE_TARGETS"):
        Snscrape(SnscrapeSettings(), lambda: datetime.now(UTC))
