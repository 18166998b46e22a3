from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.transport.sse import LONGEST_EVENT, Event, EventReader, TooLong

STREAM = ':)\nevent: update\ndata: {"text":"تيك توك"}\n\n:thump\n\nevent: delete\r\ndata: 7\r\n\r\ndata:a\ndata: b\n\n'


def events(*pieces: bytes) -> list[Event]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)]


def test_events_comments_and_lines_of_data() -> None:
    assert events(STREAM.encode()) == [
        Event(),
        Event("update", '{"text":"تيك توك"}'.encode()),
        Event(),
        Event("delete", b"7"),
        Event("", b"a\nb"),
    ]


@given(st.sets(st.integers(0, len(STREAM.encode()))))
def test_it_does_not_matter_where_a_stream_is_cut(cuts: set[int]) -> None:
    whole = STREAM.encode()
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[start:end] for start, end in pairwise(edges)]
    assert events(*pieces) == events(whole)


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_left_out(noise: bytes) -> None:
    assert events(noise, b"\n\nevent: update\ndata: 1\n\n")[-1] == Event("update", b"1")


@pytest.mark.parametrize("line", [b"data: " + b"x" * 600_000, b"x" * LONGEST_EVENT])
def test_an_event_without_end_is_given_up(line: bytes) -> None:
    with pytest.raises(TooLong):
        events(line + b"\n", line + b"\n", line)


def test_an_event_of_countless_names_without_values_is_given_up() -> None:
    with pytest.raises(TooLong):
        events(b"".join(b"%07x:\n" % number for number in range(LONGEST_EVENT // 8)))


def test_heartbeats_without_an_event_never_add_up() -> None:
    reader = EventReader()
    for _ in range(LONGEST_EVENT // 7_000 + 1):
        assert list(reader.feed(b":thump\n" * 1_000)) == [Event()] * 1_000
