from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Transient
from ingest.source import Cursor, Item, PartStatus, Pause, Watermark
from ingest.sources.telegram.mapping import Channel, Trouble, missing, view
from ingest.sources.telegram.source import ASKED_AGAIN, Telegram, TelegramSettings, channel_name
from ingest.transport.snscrape.process import SnscrapeProcess
from tests.support.networks.telegram_server import START, Site, a_channel, html, message, page, service
from tests.support.serving import Asked, Says, Served, served
from tests.support.waiting import free_port

Step = Item | Watermark | Pause


class Clock:
    """Time that passes only in the source's pauses."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def settings(url: str, *channels: str, **given: object) -> TelegramSettings:
    return TelegramSettings(channels=channels, base_url=url, **given)  # type: ignore[arg-type]


class Reader:
    """Reads a source as the run loop does, with time that flies."""

    def __init__(self, url: str, *channels: str, now: datetime = START + timedelta(days=1), **given: object) -> None:
        self.clock = Clock(now)
        self.source = Telegram(settings(url, *channels, **given), self.clock)
        self.cursor: Cursor = {}
        self.reached: list[Watermark] = []
        self.told: list[PartStatus] = []
        self._steps: Iterator[Step] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the source run on from one call of `rounds` to the next. Otherwise each call is a run of its own."""
        with closing(self.source.read(self.cursor)) as self._steps:  # type: ignore[type-var]
            yield
        self._steps = None

    @property
    def faults(self) -> dict[str, str]:
        """What was said last of each channel of which anything was said."""
        return {status.part: status.fault for status in self.told}

    def rounds(self, count: int = 1) -> list[Post | Rejected]:
        """What is found until so many visits have ended."""
        found: list[Post | Rejected] = []
        run = nullcontext(self._steps) if self._steps else closing(self.source.read(self.cursor))  # type: ignore[type-var]
        with run as steps:
            for step in steps:
                match step:
                    case Pause(seconds):
                        self.clock.now += timedelta(seconds=seconds)
                    case Item():
                        self.cursor = json.loads(json.dumps(step.cursor))
                        found.append(step.found)
                    case PartStatus():
                        self.told.append(step)
                    case Watermark():
                        self.cursor = json.loads(json.dumps(step.cursor))
                        self.reached.append(step)
                        count -= 1
                        if not count:
                            return found
        raise AssertionError("a source of a network does not end")


def names(found: list[Post | Rejected]) -> list[str]:
    return [f"{each.op} {each.id}" if isinstance(each, Post) else each.reason for each in found]


@pytest.fixture
def site() -> Site:
    return Site({"harbour_news": a_channel("harbour_news", range(1, 31))})


@pytest.fixture
def server(site: Site) -> Iterator[Served]:
    with served(site) as running:
        yield running


def test_the_newest_page_comes_first_to_last_and_then_only_what_is_new(site: Site, server: Served) -> None:
    reader = Reader(server.url, "harbour_news")
    assert names(reader.rounds()) == [f"post harbour_news/{number}" for number in range(11, 31)]
    site.channels["harbour_news"] |= a_channel("harbour_news", range(31, 33))
    assert names(reader.rounds()) == ["post harbour_news/31", "post harbour_news/32"]
    assert names(reader.rounds()) == []


def test_a_gap_longer_than_pages_is_filled_in_order(site: Site, server: Served) -> None:
    reader = Reader(server.url, "harbour_news")
    reader.rounds()
    site.channels["harbour_news"] |= a_channel("harbour_news", range(31, 300))
    for gone in range(60, 90):
        del site.channels["harbour_news"][gone]
    assert names(reader.rounds()) == [f"post harbour_news/{n}" for n in [*range(31, 60), *range(90, 300)]]


@pytest.mark.parametrize("instead", [html("<h1>One moment, please</h1>"), Says(status=302, headers={"Location": "/x"})])
def test_a_page_of_a_gap_that_is_something_else_skips_nothing(site: Site, server: Served, instead: Says) -> None:
    site.channels["quiet_pier"] = {}
    reader = Reader(server.url, "harbour_news", "quiet_pier")
    reader.rounds(2)
    site.channels["harbour_news"] |= a_channel("harbour_news", range(31, 300))
    answers = iter([instead])
    site.says = lambda asked: next(answers, None) if asked.parameters.get("before") == "91" else None
    assert names(reader.rounds(40)) == [f"post harbour_news/{number}" for number in range(31, 300)]
    fault, mended = reader.told
    assert fault.fault.startswith(("The page is none that snscrape knows", Trouble.NO_CHANNEL))
    assert mended == PartStatus("@harbour_news")


def test_an_unreadable_message_that_stands_alone_on_a_page_of_history_keeps_nothing_back(
    site: Site, server: Served
) -> None:
    broken = message("harbour_news", 1, "no time").replace("<time", "<i").replace("</time>", "</i>")
    site.channels["harbour_news"] = {1: broken, **a_channel("harbour_news", range(2, 42))}
    found = names(Reader(server.url, "harbour_news", since=START).rounds())
    assert found[0] == "the message shows no time that can be read"
    assert found[1:] == [f"post harbour_news/{number}" for number in range(2, 42)]


def test_it_resumes_in_the_middle_of_a_gap_and_skips_nothing(site: Site, server: Served) -> None:
    site.channels["harbour_news"] |= a_channel("harbour_news", range(31, 300))
    history = {"since": START}
    whole = names(Reader(server.url, "harbour_news", **history).rounds())
    assert len(whole) == 299
    reader = Reader(server.url, "harbour_news", **history)
    steps = reader.source.read({})
    first: list[Item] = []
    while len(first) < 150:
        if isinstance(step := next(steps), Item):
            first.append(step)
    steps.close()  # type: ignore[attr-defined]
    reader.cursor = first[-1].cursor
    assert names([item.found for item in first]) + names(reader.rounds()) == whole


def test_history_begins_at_its_date_without_reading_what_is_before(site: Site, server: Served) -> None:
    site.channels["harbour_news"] = a_channel("harbour_news", range(1, 3001))
    since = START + timedelta(minutes=2901)
    reader = Reader(server.url, "harbour_news", since=since, now=START + timedelta(minutes=3000))
    found = reader.rounds()
    assert names(found) == [f"post harbour_news/{number}" for number in range(2901, 3001)]
    assert len(server.asked) < 20
    assert [post.backfill for post in found if isinstance(post, Post)] == [True] * 40 + [False] * 60
    assert reader.reached[-1].since == since


@pytest.mark.parametrize("times", [1, 2])
def test_a_page_that_shows_nothing_is_asked_for_again_before_it_is_believed(
    site: Site, server: Served, times: int
) -> None:
    site.channels["harbour_news"] = a_channel("harbour_news", range(1, 3001))
    site.busy = ["2981", "1491"] * times
    since = START + timedelta(minutes=1001)
    reader = Reader(server.url, "harbour_news", since=since)
    assert names(reader.rounds()) == [f"post harbour_news/{number}" for number in range(1001, 3001)]
    assert site.busy == []
    site.channels["harbour_news"] |= a_channel("harbour_news", range(3001, 3300))
    site.busy = ["3101", "3041", "3280"] * times
    assert names(reader.rounds()) == [f"post harbour_news/{number}" for number in range(3001, 3300)]
    assert site.busy == []


def test_a_first_look_that_shows_nothing_does_not_count_as_read(site: Site, server: Served) -> None:
    site.busy = [None, None]
    reader = Reader(server.url, "harbour_news")
    assert names(reader.rounds()) == [f"post harbour_news/{number}" for number in range(11, 31)]


def test_a_gap_before_which_nothing_is_left_is_passed_in_the_end(site: Site, server: Served) -> None:
    reader = Reader(server.url, "harbour_news")
    reader.rounds()
    site.channels["harbour_news"] = a_channel("harbour_news", range(400, 420))
    assert names(reader.rounds()) == [f"post harbour_news/{number}" for number in range(400, 420)]


def test_a_line_break_a_reply_a_forward_a_hashtag_and_a_preview_are_read(site: Site, server: Served) -> None:
    quoted = (
        '<a class="tgme_widget_message_reply" href="https://t.me/harbour_news/7">'
        '<div class="tgme_widget_message_text js-message_reply_text">what was said before</div></a>'
    )
    forwarded = (
        '<div class="tgme_widget_message_forwarded_from">Forwarded from '
        '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/other_shore/5">Other</a></div>'
    )
    text = (
        'Ban of TikTok<br/>second line<br><b>third</b> 🚢 &amp; more <a href="?q=%23TikTok">#TikTok</a> '
        '<a href="https://example.org/story?a=1&amp;amp;b=2" onclick="return confirm(this.href);">story</a> '
        '<a href="https://example.org/?a=1&amp;b=2">https://example.org/?a=1&amp;b=2</a>'
    )
    card = '<a class="tgme_widget_message_link_preview" href="https://example.org/card"></a>'
    site.channels["harbour_news"] = {8: message("harbour_news", 8, text, more=quoted + forwarded + card)}
    (post,) = Reader(server.url, "harbour_news").rounds()
    assert isinstance(post, Post)
    assert post.text == "Ban of TikTok\nsecond line\nthird 🚢 & more #TikTok story https://example.org/?a=1&b=2"
    assert (post.reply_to, post.repost_of) == ("harbour_news/7", "other_shore/5")
    assert (post.hashtags, post.url) == (("TikTok",), "https://t.me/harbour_news/8")
    addresses = ("story?a=1&b=2", "?a=1&b=2", "card")
    assert set(post.links) == {f"https://example.org/{each}" for each in addresses}
    assert post.created_at == START + timedelta(minutes=8)


def test_an_edit_comes_again_and_a_deletion_is_looked_at_twice(site: Site, server: Served) -> None:
    reader = Reader(server.url, "Harbour_News")
    reader.rounds()
    site.channels["harbour_news"][25] = message("harbour_news", 25, "said otherwise")
    del site.channels["harbour_news"][28]
    del site.channels["harbour_news"][30]
    assert names(reader.rounds()) == ["post harbour_news/25", "delete harbour_news/28", "delete harbour_news/30"]
    assert names(reader.rounds()) == []


def test_a_post_that_one_page_leaves_out_and_the_next_one_shows_is_not_deleted(site: Site, server: Served) -> None:
    reader = Reader(server.url, "harbour_news")
    reader.rounds()
    cut = {n: block for n, block in site.channels["harbour_news"].items() if n != 28}
    site.says = lambda asked: (
        None if "before" in asked.parameters else page(*(cut[n] for n in range(12, 31) if n in cut))
    )
    assert names(reader.rounds()) == []


def test_media_without_text_service_messages_and_a_message_without_time(site: Site, server: Served) -> None:
    broken = message("harbour_news", 3, "no time").replace("<time", "<i").replace("</time>", "</i>")
    site.channels["harbour_news"] = {
        1: service("harbour_news", 1),
        2: message("harbour_news", 2, None),
        3: broken,
        4: message("harbour_news", 4, "whole <a name='here'>anchor</a>"),
    }
    reader = Reader(server.url, "harbour_news")
    reason = "the message shows no time that can be read"
    assert names(reader.rounds()) == ["post harbour_news/2", reason, "post harbour_news/4"]
    assert names(reader.rounds()) == []


def test_an_empty_channel_is_told_from_one_that_cannot_be_read(site: Site, server: Served) -> None:
    site.channels["quiet_pier"] = {}
    site.closed = {"shut_gate": "1 204 subscribers", "tea_circle": "88 members, 3 online"}
    site.says = lambda asked: html("<h1>A new Telegram</h1>") if asked.path == "/s/new_layout" else None
    reader = Reader(server.url, "quiet_pier", "shut_gate", "tea_circle", "nobody_here", "new_layout")
    assert reader.rounds(2) == []
    assert reader.faults == {
        "@shut_gate": Trouble.NO_PREVIEW,
        "@tea_circle": Trouble.A_GROUP,
        "@nobody_here": Trouble.NO_CHANNEL,
        "@new_layout": Trouble.LAYOUT,
    }


LOGIN = html('<div class="tgme_page"><h1>Log in to Telegram</h1><form action="/auth"><input name="phone"></form></div>')
ANOTHER = page(*(message("far_isle", number, "not from here") for number in range(900, 905)))
BROKEN = Says(b"<section class='tgme_channel_history'><div class='tgme_widget_message' data-post='\xff\x00<<</")
TOO_FAR = page(message("harbour_news", 10**12, "of the far future", at=START))
UNNUMBERED = page(message("harbour_news", 10**30, "beyond all numbers", at=START))


@pytest.mark.parametrize(
    ("instead", "says"),
    [
        (LOGIN, Trouble.LAYOUT),
        (html("<title>Before you continue</title>"), Trouble.LAYOUT),
        (Says(), Trouble.LAYOUT),
        (Says(b" \n "), Trouble.LAYOUT),
        (page(), Trouble.EMPTY),
        (ANOTHER, Trouble.ANOTHER),
        (BROKEN, Trouble.EMPTY),
        (TOO_FAR, Trouble.TOO_FAR),
        (UNNUMBERED, Trouble.TOO_FAR),
        (Says(status=302, headers={"Location": "https://consent.example/?continue=t.me"}), "consent.example"),
        (Says(status=302, headers={"Location": "http://169.254.169.254/"}), "169.254.169.254"),
        (Says(status=302, headers={"Location": "/harbour_news"}), Trouble.NO_CHANNEL),
        (Says(status=403), "answered 403"),
        (Says(status=404), "answered 404"),
        (Says(status=500), "answered 500"),
        (None, "does not answer"),
    ],
)
def test_one_page_of_something_else_belongs_to_its_channel_and_passes(instead: Says | None, says: str) -> None:
    site = Site({name: a_channel(name, range(1, 31)) for name in ("harbour_news", "quiet_pier")})
    bad = False
    with served(lambda asked: instead if bad and asked.path == "/s/harbour_news" else site(asked)) as server:
        reader = Reader(server.url, "harbour_news", "quiet_pier")
        with reader.running():
            reader.rounds(2)
            bad = True
            site.channels["quiet_pier"] |= a_channel("quiet_pier", range(31, 33))
            assert names(reader.rounds(3)) == ["post quiet_pier/31", "post quiet_pier/32"]
            (told,) = reader.told
            assert told.part == "@harbour_news"
            assert says in told.fault
            bad = False
            site.channels["harbour_news"] |= a_channel("harbour_news", range(31, 33))
            assert names(reader.rounds(20)) == ["post harbour_news/31", "post harbour_news/32"]
            assert reader.told[1:] == [PartStatus("@harbour_news")]


def test_a_channel_that_fails_is_asked_ever_more_rarely(site: Site, server: Served) -> None:
    site.channels["quiet_pier"] = {}
    reader = Reader(server.url, "nobody_here", "quiet_pier")
    reader.rounds(300)
    assert 10 <= server.paths().count("/s/nobody_here") <= 60
    assert server.paths().count("/s/quiet_pier") == 300 + len(ASKED_AGAIN)


def test_a_channel_that_fails_is_not_covered_and_holds_the_others_back_for_half_an_hour(
    site: Site, server: Served
) -> None:
    site.channels["quiet_pier"] = {}
    reader = Reader(server.url, "harbour_news", "quiet_pier")
    reader.rounds(4)
    read, begun = reader.reached[-1].until, reader.reached[-1].since
    site.says = lambda asked: LOGIN if asked.path == "/s/harbour_news" else None
    failing, reader.reached = reader.clock.now, []
    reader.rounds(100)
    held = [step for step in reader.reached if step.since == begun]
    assert max(step.until for step in held) - read < timedelta(minutes=5)
    after = [step for step in reader.reached if step.since > begun]
    assert {step.since for step in after} == {held[-1].until}
    assert len(held) * timedelta(minutes=2) >= timedelta(minutes=28)
    assert reader.clock.now - after[-1].until < timedelta(minutes=5)
    assert after[0].until - failing < timedelta(minutes=40)
    site.says = lambda asked: None
    reader.rounds(60)
    assert reader.reached[-1].since == after[-1].since


def test_a_channel_that_never_answered_takes_nothing_from_what_is_covered(site: Site, server: Served) -> None:
    reader = Reader(server.url, "nobody_here", "harbour_news", since=START)
    reader.rounds(30)
    assert {step.since for step in reader.reached} == {START}
    assert reader.clock.now - reader.reached[-1].until < timedelta(minutes=5)


def test_when_no_channel_can_be_read_it_says_why_and_tries_again(site: Site, server: Served) -> None:
    reader = Reader(server.url, "nobody_here")
    with pytest.raises(Transient, match="@nobody_here: There is no public channel of this name") as caught:
        reader.rounds()
    assert caught.value.retry_after is not None
    assert timedelta(minutes=2) <= caught.value.retry_after <= timedelta(minutes=4)
    reader.clock.now += caught.value.retry_after
    site.channels["nobody_here"] = a_channel("nobody_here", range(1, 3))
    assert names(reader.rounds()) == ["post nobody_here/1", "post nobody_here/2"]


@pytest.mark.parametrize(
    ("instead", "says"),
    [
        (message("harbour_news", 1, "x").replace("<a class=", "<a data-class="), "has changed its layout"),
        (
            message(
                "harbour_news",
                1,
                "x",
                more='<a class="tgme_widget_message_link_preview" href="https://example.org">'
                '<i class="link_preview_image"></i></a>',
            ),
            "KeyError",
        ),
    ],
)
def test_a_page_on_which_snscrape_breaks_is_a_change_of_layout(
    site: Site, server: Served, instead: str, says: str
) -> None:
    site.says = lambda asked: page(instead)
    with pytest.raises(Transient, match=says):
        Reader(server.url, "harbour_news").rounds()


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "37"}, timedelta(seconds=37)),
        (503, {}, None),
        (500, {"Retry-After": "5"}, timedelta(seconds=5)),
    ],
)
def test_a_busy_network_is_left_alone_for_as_long_as_it_asks(
    site: Site, server: Served, status: int, headers: dict[str, str], wait: timedelta | None
) -> None:
    site.says = lambda asked: Says(status=status, headers=headers)
    with pytest.raises(Transient, match=str(status)) as caught:
        Reader(server.url, "harbour_news").rounds()
    assert caught.value.retry_after == wait
    assert len(server.asked) == 1


def test_a_network_that_is_not_there_is_transient() -> None:
    with pytest.raises(Transient, match="does not answer"):
        Reader(f"http://127.0.0.1:{free_port()}", "harbour_news").rounds()


def test_one_channel_that_fails_does_not_keep_the_others(site: Site, server: Served) -> None:
    site.channels["far_isle"] = a_channel("far_isle", range(1, 3))
    site.says = lambda asked: Says(status=500) if asked.path == "/s/harbour_news" else None
    reader = Reader(server.url, "harbour_news", "far_isle")
    assert names(reader.rounds()) == ["post far_isle/1", "post far_isle/2"]


def test_a_page_that_never_ends_ends_the_program_and_another_is_started(site: Site, server: Served) -> None:
    answers = threading.Event()

    def hang(asked: Asked) -> None:
        answers.wait(30)

    site.says = hang
    process = SnscrapeProcess("telegram-channel", server.url, lambda: START, patience=timedelta(seconds=0.2))
    with closing(process), pytest.raises(Transient, match="was ended"):
        finish(process, "harbour_news")
    answers.set()
    with closing(SnscrapeProcess("telegram-channel", server.url, lambda: START)) as process:
        assert len(view(finish(process, "harbour_news"), "harbour_news").posts) == 20
        child = process._process
        assert child is not None
        child.kill()
        child.wait(10)
        assert len(view(finish(process, "harbour_news"), "harbour_news").posts) == 20


def finish(process: SnscrapeProcess, name: str):
    asking = process.page(name)
    while True:
        try:
            next(asking)
        except StopIteration as end:
            return end.value


def test_closing_the_reading_ends_the_program(server: Served) -> None:
    steps = Reader(server.url, "harbour_news").source.read({})
    while not isinstance(next(steps), Item):
        pass
    children = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "snscrape/program.py"], capture_output=True, check=False
    )
    steps.close()  # type: ignore[attr-defined]
    (child,) = children.stdout.split()
    assert not Path(f"/proc/{int(child)}").exists()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("harbour_news", "harbour_news"),
        ("@Harbour", "Harbour"),
        ("https://t.me/s/harbour/", "harbour"),
        ("t.me/ab_c", "ab_c"),
    ],
)
def test_a_channel_is_known_by_name_or_address(given: str, name: str) -> None:
    assert channel_name(given) == name


@pytest.mark.parametrize("given", ["", "a b", "https://example.org/x", "+secret", "x?before=3", "../etc", "имя_канала"])
def test_what_is_no_channel_is_refused(given: str) -> None:
    with pytest.raises(Misconfigured, match="no public Telegram channel"):
        channel_name(given)


def test_without_channels_it_is_off() -> None:
    assert not TelegramSettings().starts_with_up
    with pytest.raises(Misconfigured, match="BANWATCH_TELEGRAM_CHANNELS"):
        Telegram(TelegramSettings(), lambda: START)


def test_real_pages(real_data: Path, site: Site, server: Served) -> None:
    blocks = [path.read_text() for path in sorted((real_data / "payloads/telegram").glob("test_parse_*_0.html"))]
    blocks = [block for block in blocks if "data-post=" in block]
    site.says = lambda asked: page(*blocks)
    with closing(SnscrapeProcess("telegram-channel", server.url, lambda: START)) as process:
        seen = view(finish(process, "tchantest"), "tchantest")
    posts = {found.id: found for found in seen.posts}
    assert len(posts) + len(seen.others) == len(blocks)
    assert posts[62].content is not None
    assert posts[62].content.split("\n")[:4] == ["Bigger", "text", "message", "number"]
    assert posts[20].reply_to == "tchantest/19"
    assert {1, 92} <= seen.others
    assert missing(Channel(90, "tchantest", {"62": ("", ""), "63": ("", "")}), seen) == [63]
