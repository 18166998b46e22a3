from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from queue import Queue

import pytest

from ingest.errors import Misconfigured, Permanent, Transient
from ingest.sources.mastodon.attempt import Attempt, Ended, News, StreamedEvent
from ingest.sources.mastodon.client import Allowance, Instance, InstanceInfo
from ingest.sources.mastodon.feed_state import HOLD, LEAST
from ingest.sources.mastodon.source import Mastodon
from ingest.sources.mastodon.timelines import Timeline
from tests.support.networks import mastodon_server
from tests.support.networks.mastodon_reader import Clock, Reader, names, now, part, settings
from tests.support.networks.mastodon_server import TOKEN, mastodon
from tests.support.serving import Asked, Says, served
from tests.support.waiting import eventually, free_port

PACKED = {"Content-Encoding": "gzip"}


@pytest.fixture
def reef() -> Iterator[mastodon_server.Instance]:
    with mastodon() as instance:
        yield instance


@pytest.fixture
def bay() -> Iterator[mastodon_server.Instance]:
    with mastodon() as instance:
        yield instance


def at(url: str) -> mastodon_server.Instance:
    """An instance that somebody else plays, or nobody."""
    return mastodon_server.Instance(url=url)


def goes_on(broken: mastodon_server.Instance, reef: mastodon_server.Instance) -> str:
    """Read both until one's fault is told and the other's statuses come behind that; the fault."""
    with closing(Reader(Mastodon(settings(broken, reef, streamed=False), now))) as reader:
        reader.until(lambda: reader.faults.get(part(broken)))
        reef.publish(reef.status("here all the same"))
        assert names(reader.until(lambda: reader.found)) == ["post here all the same"]
        assert reader.faults[part(reef)] == ""
        return reader.faults[part(broken)]


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "localhost"])
def test_an_instance_of_the_world_cannot_send_us_to_a_private_address(
    monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """The local server is the proxy through which addresses of the world are asked."""

    def answer(asked: Asked) -> Says:
        return Says(status=302, headers={"Location": f"http://{inside}/latest/meta-data"})

    with served(answer) as server:
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("no_proxy", "")
        reader = Reader(Mastodon(settings(at("http://9.9.9.9"), streamed=False), now))
        with closing(reader), pytest.raises(Transient, match="private address"):
            reader.until(lambda: False)
    assert "/latest/meta-data" not in server.paths()


@pytest.mark.parametrize(
    ("says", "fault"),
    [
        (Says(b'{"error":"no"}', 401), "answered 401.*BANWATCH_MASTODON_TOKENS"),
        (Says(b'{"error":"no"}', 403), "answered 403.*BANWATCH_MASTODON_TOKENS"),
        (Says(b'{"error":"no"}', 404), "answered 404"),
        (Says(b'{"error":"no"}', 410), "answered 410"),
        (Says(b'{"error":"no"}', 422), "answered 422.*BANWATCH_MASTODON_TOKENS"),
        (Says(b"", 500), "answered 500"),
        (Says(b""), "no JSON"),
        (Says(b"<!doctype html><title>Soon back</title>"), "no JSON"),
        (Says(b"[" * 100_000), "no JSON"),
        (Says(b'{"error":"no"}'), "no list of statuses"),
        (Says(gzip.compress(b"[" + b" " * 50_000_000 + b"]"), headers=PACKED), "more than 8,388,608 bytes"),
        (Says(b"[]", declared=9), "does not answer"),
        (Says(status=302, headers={"Location": "/"}), "redirect|sends whoever asks on more than"),
    ],
)
def test_an_instance_that_answers_with_anything_else_is_a_fault_of_its_own(
    reef: mastodon_server.Instance, says: Says, fault: str
) -> None:
    with served(lambda asked: says) as broken:
        told = goes_on(at(broken.url), reef)
    assert re.search(fault, told), told


def test_an_instance_that_is_not_reached_is_a_fault_of_its_own(reef: mastodon_server.Instance) -> None:
    assert "does not answer" in goes_on(at(f"http://127.0.0.1:{free_port()}"), reef)
    assert "does not answer" in goes_on(at("http://nowhere.invalid"), reef)


def test_an_instance_whose_encryption_fails_is_a_fault_of_its_own(reef: mastodon_server.Instance) -> None:
    with mastodon() as plain:
        assert "SSL" in goes_on(at(plain.url.replace("http:", "https:")), reef)


@pytest.mark.parametrize("access", ["authenticated", "disabled"])
def test_a_timeline_that_an_instance_has_closed_is_a_fault_of_its_own(
    reef: mastodon_server.Instance, bay: mastodon_server.Instance, access: str
) -> None:
    bay.access = access
    assert "does not show this timeline" in goes_on(bay, reef)


@pytest.mark.parametrize(("shown", "hidden"), [("local", "remote"), ("remote", "local")])
def test_an_instance_that_shows_strangers_one_half_says_so_and_is_read_so(
    reef: mastodon_server.Instance, shown: str, hidden: str
) -> None:
    reef.access, reef.remote_access = ("authenticated" if hidden == each else "public" for each in ("local", "remote"))
    with pytest.raises(Transient, match=f"only {shown} statuses.*or set BANWATCH_MASTODON_PUBLIC to {shown}"):
        Reader(Mastodon(settings(reef, public="all", hashtags=(), streamed=False), now)).until(lambda: False)
    with pytest.raises(Transient, match="does not show this timeline"):
        Reader(Mastodon(settings(reef, public=hidden, hashtags=(), streamed=False), now)).until(lambda: False)
    assert not any("/timelines/" in path for path, _ in reef.asked)
    reef.publish(reef.status("one"))
    with closing(Reader(Mastodon(settings(reef, public=shown, hashtags=(), streamed=False), now))) as reader:
        assert names(reader.until(lambda: reader.found)) == ["post one"]


def test_a_hashtag_of_which_strangers_see_one_half_wants_a_token(reef: mastodon_server.Instance) -> None:
    reef.remote_access = "authenticated"
    with pytest.raises(Transient, match=r"does not show this timeline.*BANWATCH_MASTODON_TOKENS"):
        Reader(Mastodon(settings(reef, streamed=False), now)).until(lambda: False)
    reef.publish(reef.status("one"))
    with closing(Reader(Mastodon(settings(reef), now))) as reader:
        assert names(reader.until(lambda: reader.found)) == ["post one"]


def test_a_token_that_is_not_taken_is_told_and_is_not_in_what_is_told(
    reef: mastodon_server.Instance, bay: mastodon_server.Instance
) -> None:
    tokens = f"{bay.url.removeprefix('http://')}=worthless"
    with closing(Reader(Mastodon(settings(bay, reef, streamed=False, tokens=tokens), now))) as reader:
        reader.until(lambda: reader.faults.get(part(bay)))
        reef.publish(reef.status("here"))
        reader.until(lambda: reader.found)
    assert "answered 401" in reader.faults[part(bay)]
    assert "make a new token" in reader.faults[part(bay)]
    assert "worthless" not in reader.faults[part(bay)]


def test_where_no_instance_answers_the_reading_ends_and_is_begun_again_later(
    reef: mastodon_server.Instance, bay: mastodon_server.Instance
) -> None:
    reef.access = bay.access = "disabled"
    reader = Reader(Mastodon(settings(reef, bay, streamed=False), now))
    with pytest.raises(Transient, match="does not show this timeline") as caught:
        reader.until(lambda: False)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > LEAST - timedelta(minutes=1)
    assert set(reader.faults) == {part(reef), part(bay)}


def test_what_was_refused_is_asked_again_rarely_and_said_to_work_when_it_does(
    reef: mastodon_server.Instance, bay: mastodon_server.Instance
) -> None:
    clock = Clock()
    bay.answers = lambda path: (403, {}) if path.startswith("/api/v1/timelines") else None
    with closing(Reader(Mastodon(settings(reef, bay, streamed=False), clock))) as reader:
        reader.until(lambda: reader.faults.get(part(bay)))
        asked, looks = len(bay.asked), len(reef.asked)
        reader.until(lambda: clock.goes_on(timedelta(seconds=1)) or len(reef.asked) > looks + 4)
        assert len(bay.asked) == asked
        bay.answers = lambda path: None
        bay.publish(bay.status("from before"))
        clock.passed += timedelta(hours=3)
        assert names(reader.until(lambda: reader.found)) == ["post from before"]
    assert reader.faults == {part(reef): "", part(bay): ""}


def test_what_is_covered_waits_for_an_instance_that_fails_and_not_for_ever(
    reef: mastodon_server.Instance, bay: mastodon_server.Instance
) -> None:
    clock = Clock()
    with closing(Reader(Mastodon(settings(reef, bay, streamed=False), clock))) as reader:
        reader.until(lambda: reader.reached)
        bay.answers = lambda path: (500, {})
        reader.until(lambda: reader.faults.get(part(bay)))
        failed_at = clock()
        looks = len(reef.asked)
        reader.until(lambda: clock.goes_on(timedelta(seconds=1)) or len(reef.asked) > looks + 8)
        assert all(reached.until < failed_at for reached in reader.reached)
        clock.passed += HOLD + timedelta(seconds=1)
        reader.until(lambda: reader.reached[-1].until > failed_at + HOLD)
        whole = [reached for reached in reader.reached if reached.until <= failed_at]
        assert reader.reached[-1].since >= whole[-1].until
        bay.answers = lambda path: None
        bay.publish(bay.status("meanwhile"))
        reader.until(lambda: clock.goes_on(timedelta(seconds=5)) or reader.found)
        assert names(reader.found) == ["post meanwhile"]
        back_at = clock()
        reader.until(lambda: clock.goes_on(timedelta(seconds=1)) or reader.reached[-1].until > back_at)


def test_what_an_instance_refuses_is_left_out_of_what_is_covered_at_once(
    reef: mastodon_server.Instance, bay: mastodon_server.Instance
) -> None:
    bay.access = "disabled"
    with closing(Reader(Mastodon(settings(reef, bay, streamed=False), now))) as reader:
        reader.until(lambda: reader.reached)


def test_a_token_goes_over_an_encrypted_connection_only() -> None:
    with pytest.raises(Misconfigured, match="for everybody to read") as caught:
        Mastodon(settings(at("http://reef.example"), tokens=TOKEN), now)
    assert TOKEN not in str(caught.value)
    Mastodon(settings(at("https://reef.example"), tokens=TOKEN), now)


def instance(url: str) -> Instance:
    return Instance(url, TOKEN, "", now, Allowance(timedelta(), now))


@pytest.mark.parametrize(
    "named", ["ws://reef.example", "http://reef.example", "file:///etc", "wss://", "wss://[", "wss://a@b"]
)
def test_a_token_goes_to_no_stream_that_is_not_encrypted(named: str) -> None:
    word = InstanceInfo.of(json.dumps({"urls": {"streaming_api": named}}).encode())
    reef = instance("https://reef.example")
    with (
        reef.open() as client,
        pytest.raises(Permanent, match="no token can go"),
        reef.stream(client, Timeline(reef.base_url, "tiktok", token=TOKEN), word),
    ):
        pass


def test_a_stream_that_the_world_names_is_at_no_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with mastodon() as inner:
        word = InstanceInfo.of(json.dumps({"urls": {"streaming_api": inner.streaming_url}}).encode())
        world = instance("http://9.9.9.9")
        with (
            world.open() as client,
            pytest.raises(Permanent, match="private address"),
            world.stream(client, Timeline(world.base_url, "tiktok", token=TOKEN), word),
        ):
            pass
    assert not inner.asked


def test_another_host_does_not_say_where_the_token_of_an_instance_goes(bay: mastodon_server.Instance) -> None:
    """The first redirects to the second, which names the third."""
    with served(lambda asked: Says(b"[]")) as third:
        bay.streaming_url = third.url

        def moved(asked: Asked) -> Says:
            return Says(status=301, headers={"Location": f"{bay.url}{asked.path}"})

        with served(moved) as first:
            reader = Reader(Mastodon(settings(at(first.url)), now))
            with closing(reader), pytest.raises(Transient, match="answered 401"):
                reader.until(lambda: False)
    assert not third.asked
    assert first.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_the_timelines_of_an_instance_take_turns() -> None:
    moment = now()
    allowance = Allowance(timedelta(seconds=3), lambda: moment)
    assert [allowance.turn().total_seconds() for _ in range(3)] == [0, 3, 6]
    allowance.heed(timedelta(minutes=5))
    assert allowance.turn() == timedelta(minutes=5)
    allowance.heed(timedelta(seconds=1))
    assert allowance.turn() == timedelta(minutes=5, seconds=3)


def test_a_clock_that_is_set_back_keeps_no_timeline_waiting() -> None:
    moment = [now()]
    allowance = Allowance(timedelta(seconds=3), lambda: moment[0])
    allowance.heed(timedelta(minutes=5))
    moment[0] -= timedelta(hours=2)
    assert [allowance.turn().total_seconds() for _ in range(2)] == [300, 303]


def test_a_clock_that_is_set_back_delays_no_poll(reef: mastodon_server.Instance) -> None:
    clock = Clock()
    with closing(Reader(Mastodon(settings(reef, streamed=False), clock))) as reader:
        reader.until(lambda: reef.asked)
        clock.goes_on(-timedelta(hours=2))
        before = len(reef.asked)
        reader.until(lambda: len(reef.asked) > before)


def test_a_stream_that_brings_no_whole_event_is_given_up(reef: mastodon_server.Instance) -> None:
    clock = Clock()
    reef.heartbeat = b"x"
    with closing(Reader(Mastodon(settings(reef), clock))) as reader:
        reader.until(lambda: reef.streams)
        with pytest.raises(Transient, match="no whole event"):
            reader.until(lambda: clock.goes_on(timedelta(seconds=5)))


def test_who_reads_slowly_does_not_take_the_stream_for_dead(reef: mastodon_server.Instance) -> None:
    clock, events = Clock(), Queue[tuple[Attempt, News]](1)
    feed = Timeline(reef.url, "tiktok", token=TOKEN, streamed=True)
    attempt = Attempt(feed, instance(reef.url), events, clock)
    attempt.begin(None)
    try:
        eventually(lambda: reef.streams)
        reef.publish(reef.status("one"))
        heard: list[News] = []
        while not any(isinstance(each, StreamedEvent) for each in heard):
            eventually(events.full)
            clock.passed += timedelta(minutes=5)
            heard.append(events.get(timeout=30)[1])
        reef.publish(reef.status("two"))
        while sum(isinstance(each, StreamedEvent) for each in heard) < 2:
            heard.append(events.get(timeout=30)[1])
    finally:
        attempt.stop()
    assert not any(isinstance(each, Ended) for each in heard)
