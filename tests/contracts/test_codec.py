"""What a record is taken for, whatever stands in it: no broker needed."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as any_

from ingest.contract import Post, Progress, encode
from ingest.kafka.codec import HEADER, POST_HEADERS, PROGRESS_HEADERS, REJECTED_HEADERS, UnreadableRecord, read

NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)
POST = Post(source="test", id="1", text="ban", created_at=NOON)
PROGRESS = Progress(source="test", since=NOON, until=NOON)


def test_what_was_written_is_read() -> None:
    assert read(POST_HEADERS, encode(POST)) == POST
    assert read(PROGRESS_HEADERS, encode(PROGRESS)) == PROGRESS


@pytest.mark.parametrize(
    ("headers", "value", "sentence"),
    [
        (REJECTED_HEADERS, b"{}", "only posts and progress"),
        ([(HEADER, b"post")], b"{}", "as in post/1"),
        ([(HEADER, b"post/" + b"9" * 10_000)], b"{}", "as in post/1"),
        ([(HEADER, b"post/99")], b"{}", "upgrade the readers"),
        (PROGRESS_HEADERS, b"{}", "Not progress"),
        (POST_HEADERS, b'{"deep":' + b"[" * 100_000, "nested too deeply"),
        (POST_HEADERS, b"\xff", "Not a post"),
        ([], None, "empty"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_short_sentence(
    headers: list[tuple[str, bytes]], value: bytes | None, sentence: str
) -> None:
    with pytest.raises(UnreadableRecord, match=sentence) as caught:
        read(headers, value)
    assert len(str(caught.value)) < 300


@given(header=any_.none() | any_.binary(max_size=20), value=any_.none() | any_.binary(max_size=200))
def test_no_record_raises_anything_else(header: bytes | None, value: bytes | None) -> None:
    try:
        message = read([] if header is None else [(HEADER, header)], value)
    except UnreadableRecord:
        return
    assert isinstance(msgspec.to_builtins(message), dict)
