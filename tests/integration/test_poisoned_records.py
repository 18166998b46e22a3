"""A wide corpus of poisoned records beside a thousand good posts: those are counted, each of the others is rejected or
stored, and the worker lives.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kafka import KafkaProducer

from ingest.contract import KafkaAddress, Post
from ingest.kafka import ConsumerGroup, PostProducer
from ingest.kafka.codec import HEADER, Headers, UnreadableRecord, read
from processing.store.client import Store
from processing.worker import Pipeline
from tests.integration.test_refusals import foreign, posts_of_noon, rejected
from tests.integration.test_worker import producer, send, taxonomy_file, worker
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

__all__ = ["foreign", "producer", "taxonomy_file", "worker"]

GOOD = 1_000
POISONED = 300
NOON = "2020-07-10T12:00:00Z"
A_POST = {"source": "poison", "id": "1", "text": "The government will ban TikTok", "created_at": NOON}
A_PROGRESS = {"source": "poison", "since": NOON, "until": NOON}

odd_text = st.one_of(
    st.sampled_from(
        ["", "\0", "\0" * 600, "'; DROP TABLE posts; --", "{x:String}", "\\", "\u202e", "\ufeff", "\ufffe"]
    ),
    st.text(max_size=50),
    st.integers(500, 150_000).map(lambda size: "x" * size),
    st.integers(1, 60_000).map(lambda size: "\N{GRINNING FACE}" * size),
)
odd_time = st.one_of(
    st.sampled_from(
        [
            "0000-00-00T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "1899-12-31T23:59:59Z",
            "1969-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00Z",
            "2004-12-31T23:59:59Z",
            "2106-02-07T06:28:16Z",
            "2262-04-12T00:00:00Z",
            "2299-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999999-14:00",
            "2020-07-10T12:00:00",
            "2020-02-30T12:00:00Z",
            "yesterday",
        ]
    ),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
)
odd_number = st.one_of(
    st.sampled_from([-1, 0, 65_535, 65_536, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, 10**400, 1.5, 1e308]), st.integers()
)
odd_list = st.one_of(
    st.lists(odd_text, max_size=5),
    st.integers(1_000, 60_000).map(lambda size: [f"{number:x}" for number in range(size)]),
    st.integers(100, 5_000).map(lambda size: [""] * size),
)
anything = st.one_of(st.none(), st.booleans(), odd_text, odd_number, odd_list, st.just({"a": [{}]}))

of_a_post = {
    "source": st.one_of(st.sampled_from(["poison", "Poison", "", "a" * 65, "poison'"]), odd_text),
    "id": odd_text,
    "text": odd_text,
    "created_at": odd_time,
    "seen_at": odd_time,
    "op": st.sampled_from(["post", "delete", "delete_author", "drop"]),
    "url": odd_text,
    "author": odd_text,
    "langs": odd_list,
    "links": odd_list,
    "hashtags": odd_list,
    "reply_to": odd_text,
    "repost_of": odd_text,
    "likes": odd_number,
    "replies": odd_number,
    "reposts": odd_number,
    "backfill": anything,
}
of_progress = {
    "since": odd_time,
    "until": odd_time,
    "partitions": odd_number,
    "complete": anything,
    "idle": anything,
    "silent_after": odd_number,
    "state": st.sampled_from(["listening", "ended", "dead"]),
    "detail": odd_text,
    "events": odd_number,
    "posts": odd_number,
    "last_event": odd_time,
    "last_post": odd_time,
}


def altered(whole: dict[str, str], fields: dict[str, st.SearchStrategy[object]]) -> st.SearchStrategy[bytes]:
    """A record that is right but for one to three fields, each odd or of another type."""
    one = st.sampled_from(sorted(fields)).flatmap(
        lambda name: st.tuples(st.just(name), st.one_of(fields[name], fields[name], anything))
    )
    changes = st.lists(one, min_size=1, max_size=3).map(dict)
    return changes.map(lambda change: _json(whole | change))


def _json(record: dict[str, object]) -> bytes:
    return json.dumps(record).encode("utf-8", "surrogatepass")


no_json = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'{"source":"poison","id":"1","text":"\xed\xa0\x80","created_at":"2020-07-10T12:00:00Z"}',
            b'{"source":"poison","id":"1","text":"\\ud800","created_at":"2020-07-10T12:00:00Z"}',
        ]
    ),
    # Made of a number: hypothesis writes out the values that it chooses from when another thread draws at random.
    st.just(100_000).map(lambda depth: b"[" * depth),
    st.just(3_000_000).map(lambda size: b'{"source":"poison","id":"1","text":"' + b"x" * size),
)
kinds = st.one_of(
    st.sampled_from([b"post/1", b"post/1", b"progress/1", b"progress/1", b"post/2", b"rejected/1", b"", b"\xff", b"/"]),
    st.none(),
    st.binary(max_size=8),
)
records = st.one_of(
    st.tuples(st.just(b"post/1"), altered(A_POST, of_a_post)),
    st.tuples(st.just(b"progress/1"), altered(A_PROGRESS, of_progress)),
    st.tuples(kinds, st.one_of(altered(A_POST, of_a_post), no_json)),
)


@pytest.fixture
def poisoned() -> list[tuple[Headers, bytes]]:
    """The same ones each time, made before a worker runs: Hypothesis takes what its threads draw for the strategy's."""
    made: list[tuple[Headers, bytes]] = []

    @settings(
        max_examples=POISONED,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(records)
    def make(record: tuple[bytes | None, bytes]) -> None:
        kind, value = record
        made.append(([] if kind is None else [(HEADER, kind)], value))

    make()
    return made


def expected(headers: Headers, value: bytes, where: str) -> set[str]:
    """Where a record is to be found afterwards: by its post, its collector, or its place in the log as rejected.

    A deletion leaves no row: what it names was never there.
    """
    try:
        message = read(headers, value)
    except UnreadableRecord:
        return {where}
    if isinstance(message, Post):
        return {f"{message.source}:{message.id}"} if message.op == "post" else set()
    return {message.source}


def test_poisoned_records_stop_nothing(  # noqa: PLR0917 - each is a fixture
    poisoned: list[tuple[Headers, bytes]],
    worker: Pipeline,
    producer: PostProducer,
    foreign: KafkaProducer,
    store: Store,
    log_address: KafkaAddress,
) -> None:
    good = posts_of_noon(GOOD)
    send(producer, *good[: GOOD // 2])
    sent = [(headers, value, foreign.send("posts", value, headers=headers)) for headers, value in poisoned]
    places = [(headers, value, future.get(timeout=30)) for headers, value, future in sent]
    send(producer, *good[GOOD // 2 :])
    with ConsumerGroup(log_address, "workers") as group:
        eventually(lambda: group.lag() == 0, within=timedelta(minutes=2))
    assert store.query("SELECT sum(posts) FROM counts WHERE topic = '*' AND source = 'example'") == [(GOOD,)]

    refused = rejected(log_address, POISONED // 2)
    assert all(each.reason for each in refused)
    stored = {f"{source}:{name}" for source, name in store.query("SELECT source, id FROM posts")}
    collectors = {source for (source,) in store.query("SELECT source FROM source_health")}
    for headers, value, at in places:
        wanted = expected(headers, value, f"posts[{at.partition}]@{at.offset}")
        assert wanted <= stored | collectors | {each.where for each in refused}, value[:500]
    assert len(refused) > POISONED // 2
    assert collectors
