"""Golden lines: what other programs and stored archives hold must be read, and be written, as it is here, for good."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from ingest.contract import Post, Progress, Rejected, decode_post, encode, is_silent
from tests.conftest import NOON, a_post

POST = a_post(
    id="42",
    url="https://example.org/42",
    author="someone",
    langs=("en",),
    links=("https://example.org",),
    hashtags=("ban",),
    reply_to="41",
    repost_of="40",
    likes=1,
    replies=2,
    reposts=3,
    seen_at=NOON,
    backfill=True,
    clock_replaced=True,
)
GOLDEN_POST = (
    b'{"source":"example","id":"42","text":"TikTok banned","created_at":"2020-07-10T12:00:00Z",'
    b'"url":"https://example.org/42","author":"someone","langs":["en"],"links":["https://example.org"],'
    b'"hashtags":["ban"],"reply_to":"41","repost_of":"40","likes":1,"replies":2,"reposts":3,'
    b'"seen_at":"2020-07-10T12:00:00Z","backfill":true,"clock_replaced":true}'
)
COVERED = Progress(source="example", since=NOON, until=NOON + timedelta(minutes=1), partitions=4, complete=True)
GOLDEN_COVERED = (
    b'{"source":"example","since":"2020-07-10T12:00:00Z","until":"2020-07-10T12:01:00Z","partitions":4,"complete":true}'
)
IDLE = Progress(source="example", since=NOON, until=NOON + timedelta(minutes=1), idle=True, silent_after=2_700.0)
GOLDEN_IDLE = (
    b'{"source":"example","since":"2020-07-10T12:00:00Z","until":"2020-07-10T12:01:00Z","idle":true,'
    b'"silent_after":2700.0}'
)
UNWELL = Progress(
    source="example",
    since=NOON,
    until=NOON,
    state="reconnecting",
    detail="It closed.",
    events=5,
    posts=3,
    rejected=1,
    reconnects=2,
    last_event=NOON,
    last_post=NOON,
)
GOLDEN_UNWELL = (
    b'{"source":"example","since":"2020-07-10T12:00:00Z","until":"2020-07-10T12:00:00Z","state":"reconnecting",'
    b'"detail":"It closed.","events":5,"posts":3,"rejected":1,"reconnects":2,'
    b'"last_event":"2020-07-10T12:00:00Z","last_post":"2020-07-10T12:00:00Z"}'
)
REJECTED = Rejected(source="example", where="line 7", reason="Not a post.", raw="{", seen_at=NOON)
GOLDEN_REJECTED = (
    b'{"source":"example","where":"line 7","reason":"Not a post.","raw":"{","seen_at":"2020-07-10T12:00:00Z"}'
)


@pytest.mark.parametrize(
    ("message", "golden"),
    [
        (POST, GOLDEN_POST),
        (COVERED, GOLDEN_COVERED),
        (IDLE, GOLDEN_IDLE),
        (UNWELL, GOLDEN_UNWELL),
        (REJECTED, GOLDEN_REJECTED),
    ],
)
def test_a_message_is_written_and_read_as_ever(message: Post | Progress | Rejected, golden: bytes) -> None:
    assert encode(message) == golden
    assert msgspec.json.decode(golden, type=type(message)) == message


def test_what_is_left_out_has_its_default_and_what_is_unknown_is_passed_over() -> None:
    line = b'{"source":"example","id":"1","text":"TikTok banned","created_at":"2020-07-10T12:00:00Z","new":1}'
    assert decode_post(line) == a_post()
    assert decode_post(line).op == "post"


def test_progress_of_an_older_collector_is_silent_after_two_minutes_and_waited_for() -> None:
    older = msgspec.json.decode(GOLDEN_UNWELL, type=Progress)
    assert (older.complete, older.idle, older.silent_after) == (False, False, 120)


def test_silence_begins_where_its_time_is_over() -> None:
    assert not is_silent(NOON, timedelta(minutes=2), NOON + timedelta(seconds=119))
    assert is_silent(NOON, timedelta(minutes=2), NOON + timedelta(minutes=2))
