"""The Bluesky source against a local Jetstream: cursors, gaps, dictionaries, refusals, failing over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Transient
from ingest.source import Cursor, Item, Pause, Watermark
from ingest.sources.bluesky import client
from ingest.sources.bluesky.client import LARGEST_DICTIONARY, ConnectionRefused, fetch_dictionary
from ingest.sources.bluesky.frames import Wire, microseconds
from ingest.sources.bluesky.source import Bluesky, BlueskySettings
from ingest.transport.http import certificates
from tests.support.jetstream import Jetstream, Stored, trained_dictionary
from tests.support.serving import Asked, Says, served
from tests.support.waiting import free_port

WIRES: list[Wire] = ["v1", "v2"]
LONG_AGO = timedelta(hours=1)


def source(*base_urls: str, wire: Wire = "v2", v1_dictionary: Path | None = None) -> Bluesky:
    settings = BlueskySettings(
        wire=wire,
        base_urls=base_urls,
        v1_dictionary=v1_dictionary,
        idle=timedelta(seconds=1),
        lookback=timedelta(hours=24),
    )
    return Bluesky(settings, lambda: datetime.now(UTC))


class Reading:
    """Reads a source as a run does, and keeps what it found."""

    def __init__(self, bluesky: Bluesky, cursor: Cursor | None = None) -> None:
        self.source = bluesky
        self.cursor: Cursor = cursor or {}
        self.posts: list[str] = []
        self.rejected: list[Rejected] = []
        self.reached: list[Watermark] = []
        self.failures: list[str] = []

    def until(self, enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not enough():
            assert time.monotonic() < deadline, f"{self.posts} {self.failures}"
            try:
                self._read(enough)
            except Transient as error:
                self.failures.append(str(error))

    def _read(self, enough: Callable[[], bool]) -> None:
        steps = self.source.read(self.cursor)
        deadline = time.monotonic() + 10
        for step in steps:
            if isinstance(step, Pause):
                time.sleep(step.seconds)
            else:
                self._take(step)
            if enough() or time.monotonic() > deadline:
                break
        steps.close()  # type: ignore[attr-defined]

    def _take(self, step: Item | Watermark) -> None:
        self.cursor = step.cursor
        match step:
            case Watermark():
                self.reached.append(step)
            case Item(found=Post() as post):
                self.posts.append(post.text)
            case Item(found=Rejected() as rejected):
                self.rejected.append(rejected)

    def until_posts(self, *texts: str) -> None:
        self.until(lambda: set(self.posts) >= set(texts))


@pytest.fixture
def open_parts() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("wire", WIRES)
def test_it_asks_for_posts_and_accounts_only(open_parts: ExitStack, wire: Wire) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.post("one")
    Reading(source(url, wire=wire)).until_posts("one")
    asked = server.asked[0]
    asked.pop("cursor")
    assert asked == (
        {"wantedCollections": ["app.bsky.feed.post"]}
        if wire == "v1"
        else {"collections": ["app.bsky.feed.post"], "kinds": ["commit", "account"]}
    )


@pytest.mark.parametrize("wire", WIRES)
def test_another_server_goes_on_where_one_failed(open_parts: ExitStack, wire: Wire) -> None:
    first, second = Jetstream(first_seq=5_000), Jetstream(first_seq=10)
    second_url = open_parts.enter_context(second.served())
    with first.served() as first_url:
        reading = Reading(source(first_url, second_url, wire=wire))
        first.post("both")
        second.post("both")
        reading.until_posts("both")
        second.post("only the second has this one")
    second.post("and this one")
    reading.until_posts("both", "only the second has this one", "and this one")
    assert reading.rejected == []
    assert reading.cursor["host"] == second_url


def test_a_sequence_number_is_only_told_to_the_server_it_comes_from(open_parts: ExitStack) -> None:
    server, other = Jetstream(first_seq=77), Jetstream(first_seq=12)
    url, other_url = (open_parts.enter_context(each.served()) for each in (server, other))
    server.post("one")
    other.post("one")
    reading = Reading(source(url))
    reading.until_posts("one")
    assert reading.cursor["seq"] == 77
    Reading(source(url), reading.cursor).until_posts("one")
    Reading(source(other_url), reading.cursor).until_posts("one")
    assert server.asked[-1]["cursor"] == ["77"]
    [by_time] = other.asked[-1]["cursor"]
    assert int(by_time) == int(str(reading.cursor["time_us"])) - 60_000_000


def test_the_same_server_is_asked_a_little_back_another_one_further(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.post("one")
    for host, back in ((url, 5_000_000), ("ws://elsewhere.example", 60_000_000)):
        cursor = cursor_at(datetime.now(UTC), seq=1, host=host)
        Reading(source(url, wire="v1"), cursor).until_posts("one")
        assert server.asked[-1]["cursor"] == [str(int(str(cursor["time_us"])) - back)]


@pytest.mark.parametrize("wire", WIRES)
def test_a_gap_is_said_and_coverage_begins_anew(open_parts: ExitStack, wire: Wire) -> None:
    server = Jetstream(lookback=timedelta(minutes=30))
    url = open_parts.enter_context(server.served())
    now = datetime.now(UTC)
    old = cursor_at(now - LONG_AGO, seq=1, host=url)
    server.post("no longer held", at=now - LONG_AGO)
    server.post("nor this", at=now - timedelta(minutes=45))
    server.post("held", at=now - timedelta(minutes=20))
    for seconds in range(10):
        server.post("since", at=now - timedelta(seconds=10 - seconds))
    reading = Reading(source(url, wire=wire), old)
    reading.until(lambda: bool(reading.posts))
    [missed] = reading.rejected
    assert "0:40:00 are missing" in missed.reason
    assert set(reading.posts) == {"held"}
    reading.until(lambda: "since" in reading.posts)
    assert datetime.fromtimestamp(int(str(reading.cursor["since_us"])) / 1e6, UTC) >= now - timedelta(minutes=21)


def cursor_at(moment: datetime, *, seq: int, host: str) -> Cursor:
    micros = int(moment.timestamp() * 1e6)
    return {"host": host, "seq": seq, "time_us": micros, "since_us": micros}


def test_a_pause_without_a_loss_is_no_gap(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    now = datetime.now(UTC)
    server.post("before", at=now - LONG_AGO)
    server.post("behind", at=now)
    reading = Reading(source(url), cursor_at(now - LONG_AGO, seq=1, host=url))
    reading.until_posts("before", "behind")
    assert reading.rejected == []
    assert server.asked[0]["cursor"] == ["1"]


def test_a_server_set_up_anew_is_asked_by_time(open_parts: ExitStack) -> None:
    server = Jetstream(first_seq=1)
    url = open_parts.enter_context(server.served())
    now = datetime.now(UTC)
    for second in range(10):
        server.post(f"post {second}", at=now - timedelta(seconds=600 - second))
    # Our number 5 comes from a server of the same name that had counted further long before.
    reading = Reading(source(url), cursor_at(now - timedelta(hours=2), seq=5, host=url))
    reading.until_posts(*(f"post {second}" for second in range(10)))
    assert any("numbers its events anew" in failure for failure in reading.failures)
    assert ["missing" in rejected.reason for rejected in reading.rejected] == [True]


@pytest.mark.parametrize("wire", WIRES)
def test_compressed_frames_are_read(open_parts: ExitStack, tmp_path: Path, wire: Wire) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.dictionary = trained_dictionary(samples(seed=1))
    kept = tmp_path / "dictionary"
    kept.write_bytes(server.dictionary.as_bytes())
    server.post("packed")
    Reading(source(url, wire=wire, v1_dictionary=kept)).until_posts("packed")
    asked = server.asked[-1]
    assert asked.get("compress") == (["true"] if wire == "v1" else None)
    assert asked.get("zstdDictionary") == ([str(server.dictionary.dict_id())] if wire == "v2" else None)


def samples(seed: int) -> list[bytes]:
    """Frames that differ, for a dictionary that does."""
    return [
        msgspec.json.encode({"did": f"did:plc:{seed}{n:06d}", "record": {"text": f"{seed} TikTok {n * n}"}})
        for n in range(2_000)
    ]


def test_a_dictionary_without_end_is_done_without() -> None:
    dictionary = trained_dictionary(samples(seed=1)).as_bytes()
    answers = {"short": dictionary, "long": dictionary + bytes(LARGEST_DICTIONARY)}
    for name, within, known in [("short", 10.0, True), ("short", 0.0, False), ("long", 10.0, False)]:
        with served(lambda asked, name=name: Says(answers[name])) as server:  # type: ignore[misc]
            found = fetch_dictionary(server.url.replace("http", "ws"), within)
        assert (found is not None) is known


def test_a_dictionary_of_the_world_is_at_no_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local server is the proxy through which addresses of the world are asked."""
    dictionary = trained_dictionary(samples(seed=1)).as_bytes()

    def answer(asked: Asked) -> Says:
        moved = Says(status=302, headers={"Location": "http://169.254.169.254/dictionary"})
        return Says(dictionary) if asked.path == "/dictionary" else moved

    with served(answer) as server:
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("no_proxy", "")
        assert fetch_dictionary("ws://9.9.9.9") is None
    assert "/dictionary" not in server.paths()


def test_a_dictionary_that_changed_is_fetched_again(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.dictionary = trained_dictionary(samples(seed=1))
    server.post("one")
    reading = Reading(source(url))
    reading.until_posts("one")
    server.dictionary = trained_dictionary(samples(seed=2))
    server.cut()
    server.post("two")
    reading.until_posts("one", "two")
    assert any("new zstd dictionary" in failure for failure in reading.failures)
    assert server.asked[-1]["zstdDictionary"] == [str(server.dictionary.dict_id())]


def test_a_dictionary_that_is_served_and_refused_is_done_without(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.dictionary = trained_dictionary(samples(seed=1))
    server.stale_dictionary = trained_dictionary(samples(seed=2))
    server.post("one")
    reading = Reading(source(url))
    reading.until_posts("one")
    assert ["zstdDictionary" in asked for asked in server.asked] == [True, False]


def test_the_first_coverage_begins_where_events_were_asked_for(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    imported = Stored(1, datetime(2016, 7, 1, tzinfo=UTC), "account", body={"active": True})
    server.raw(imported.frame("v2"))
    reading = Reading(source(url))

    def more() -> bool:
        server.post("one")
        return bool(reading.reached)

    reading.until(more)
    assert datetime.now(UTC) - reading.reached[0].since < timedelta(hours=25)


def test_the_first_event_of_a_connection_says_what_is_covered(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.post("one")
    cursor = cursor_at(datetime.now(UTC), seq=1, host=url)
    began = int(str(cursor["since_us"])) - 60_000_000
    reading = Reading(source(url), {**cursor, "since_us": began})
    reading.until(lambda: bool(reading.reached))
    assert microseconds(reading.reached[0].since) == began
    assert len(server.asked) == 1


def test_many_advisories_hold_up_no_stop(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    for _ in range(30):
        server.raw(b'{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info"}}')
    server.post("behind")
    pauses = 0
    for step in source(url).read({}):
        if isinstance(step, Item):
            break
        pauses += step == Pause(0)
    assert pauses >= 30


def test_an_error_frame_ends_the_stream_and_it_is_taken_up_again(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.post("before")
    reading = Reading(source(url))
    reading.until_posts("before")
    server.raw(b'{"$type":"error","error":"ConsumerTooSlow","message":"read faster"}')
    reading.until(lambda: bool(reading.failures))
    server.events.pop()
    server.post("behind")
    reading.until_posts("before", "behind")
    assert "ConsumerTooSlow: read faster" in reading.failures[0]


def test_what_a_busy_server_asks_for_is_handed_on(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.refuse(HTTPStatus.TOO_MANY_REQUESTS, Retry_After="17")
    with pytest.raises(Transient) as caught:
        list(source(url).read({}))
    assert caught.value.retry_after == timedelta(seconds=17)


def test_servers_that_do_not_know_the_wire_are_a_matter_for_a_person(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    bluesky = source(url)
    server.refuse(HTTPStatus.NOT_FOUND, b"404 page not found")
    with pytest.raises(Misconfigured, match="BANWATCH_BLUESKY_WIRE"):
        list(bluesky.read({}))


def test_the_network_s_own_servers_may_refuse_for_a_while() -> None:
    bluesky = Bluesky(BlueskySettings(), lambda: datetime.now(UTC))
    refused = ConnectionRefused(404, "", "404 page not found", {})
    for host in 2 * bluesky._hosts:
        assert isinstance(bluesky._refusal(host, refused, asked_seq=False), Transient)


def test_a_cursor_that_a_server_does_not_take_is_asked_by_time(open_parts: ExitStack) -> None:
    server = Jetstream(first_seq=77)
    url = open_parts.enter_context(server.served())
    server.post("one")
    reading = Reading(source(url))
    reading.until_posts("one")
    server.refuse(HTTPStatus.BAD_REQUEST, b'{"error":"FutureCursor","message":"no such event"}')
    server.cut()
    server.post("two")
    reading.until_posts("one", "two")
    assert any("does not take the cursor" in failure for failure in reading.failures)
    assert server.asked[-1]["cursor"] != ["77"]


@pytest.mark.parametrize("wire", WIRES)
def test_one_event_of_the_year_9999_ends_nothing(open_parts: ExitStack, wire: Wire) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.post("of the end", at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC), rkey="self")
    reading = Reading(source(url, wire=wire))
    reading.until_posts("of the end")

    def more() -> bool:
        server.post("more")
        return len(reading.reached) > 1

    reading.until(more)
    assert reading.failures == []
    assert reading.reached[-1].since <= datetime.now(UTC)


@pytest.mark.parametrize("location", ["https://status.example/", "ws://169.254.169.254/", "{}/subscribe", "//"])
def test_a_redirect_is_not_followed_and_ends_nothing(open_parts: ExitStack, location: str) -> None:
    server, elsewhere = Jetstream(), Jetstream()
    url, other = (open_parts.enter_context(each.served()) for each in (server, elsewhere))
    server.refuse(HTTPStatus.FOUND, Location=location.format(other))
    server.post("one")
    reading = Reading(source(url))
    reading.until_posts("one")
    assert "302" in reading.failures[0]
    assert elsewhere.asked == []


def test_a_dictionary_is_not_fetched_from_where_a_server_points(open_parts: ExitStack) -> None:
    dictionary = trained_dictionary(samples(seed=1)).as_bytes()
    elsewhere = open_parts.enter_context(served(lambda asked: Says(dictionary)))
    away = Says(status=302, headers={"Location": f"{elsewhere.url}/dictionary"})
    server = open_parts.enter_context(served(lambda asked: away))
    assert fetch_dictionary(server.url.replace("http", "ws")) is None
    assert elsewhere.asked == []


def test_nobody_there_is_said_in_a_sentence() -> None:
    with pytest.raises(Transient, match="cannot be reached"):
        list(source(f"ws://127.0.0.1:{free_port()}").read({}))


@pytest.mark.parametrize("proxy", ["socks5://user:s3cret@127.0.0.1:9", "gopher://user:s3cret@127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Misconfigured, match="HTTP_PROXY") as raised:
        list(source("ws://9.9.9.9").read({}))
    assert "s3cret" not in str(raised.value)


def test_a_proxy_without_a_scheme_speaks_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda _: Says(status=502)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(Transient):
            client.connect("ws://9.9.9.9", "v1", None, client.Dictionaries("v1", None, ask=False))


def test_the_authorities_of_the_other_networks_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    class Opening:
        def __init__(self, url: str, **options: object) -> None:
            opened.append((url, options["ssl"]))

        def __enter__(self) -> object:
            return self

    monkeypatch.setattr(client, "_Opening", Opening)
    for url in ("wss://example.org", "ws://127.0.0.1"):
        client._open(url)
    assert opened == [("wss://example.org", certificates()), ("ws://127.0.0.1", None)]


@pytest.mark.parametrize(
    "address", ["https://jetstream.example", "jetstream.example", "wss://", "wss://[::1", "wss://here:x"]
)
def test_an_address_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(Misconfigured, match="BANWATCH_BLUESKY_BASE_URLS"):
        source(address)


def test_a_dictionary_file_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="BANWATCH_BLUESKY_V1_DICTIONARY"):
        source("wss://example.org", wire="v1", v1_dictionary=tmp_path / "absent")


def test_a_server_whose_clock_runs_ahead_does_not_take_coverage_into_the_future(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    server.post("from tomorrow", at=datetime.now(UTC) + timedelta(days=1))
    reading = Reading(source(url))
    reading.until_posts("from tomorrow")
    assert int(str(reading.cursor["time_us"])) <= datetime.now(UTC).timestamp() * 1e6


def test_coverage_stays_a_little_behind_the_newest_event(open_parts: ExitStack) -> None:
    server = Jetstream()
    url = open_parts.enter_context(server.served())
    reading = Reading(source(url))

    def more() -> bool:
        server.post("more")
        return len(reading.reached) > 1

    reading.until(more)
    newest = datetime.fromtimestamp(int(str(reading.cursor["time_us"])) / 1e6, UTC)
    assert all(told.since < told.until < newest - timedelta(seconds=2) for told in reading.reached)
    assert len({told.since for told in reading.reached}) == 1
