"""What every source does with a file that holds no cursor of its own: one sentence, and it does not begin again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.contract import KafkaAddress
from ingest.cursors import CursorFile, CursorUnreadable
from ingest.errors import Transient
from ingest.source import Cursor, Item, NotACursor, Source, Watermark
from ingest.sources.archive.source import Archive
from tests.contracts.sources.network import Network
from tests.contracts.sources.paper import Paper
from tests.support.live import run_source
from tests.support.waiting import eventually

HUGE = int("9" * 400)
WRONG: tuple[object, ...] = (
    *(HUGE, -HUGE, -1, 1.5, 1e300, float("nan"), float("inf"), True, None, "", "x", [], [[1]], {}, {"a": {"b": [1]}}),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2020-07-10T12:00:00"),
)


def replaced(value: object) -> Iterator[object]:
    """A JSON value with each part of it replaced by each wrong thing that is not of its type."""
    if isinstance(value, dict):
        yield from ({**value, key: new} for key, each in value.items() for new in replaced(each))
    elif isinstance(value, list):
        yield from ([*value[:at], new, *value[at + 1 :]] for at, each in enumerate(value) for new in replaced(each))
    yield from (wrong for wrong in WRONG if not same_kind(value, wrong))


def same_kind(value: object, wrong: object) -> bool:
    """Whether a source cannot tell: any text may be one that it wrote, and so may another number or truth value."""
    if isinstance(value, bool) and isinstance(wrong, bool):
        return True
    if isinstance(value, bool) or value is None or isinstance(wrong, bool) or wrong is None:
        return wrong is None
    number = isinstance(value, int | float) and isinstance(wrong, int | float)
    text = isinstance(value, str) and isinstance(wrong, str) and not is_time(value)
    empty = isinstance(value, dict | list) and type(value) is type(wrong) and not wrong
    return (number and abs(wrong) < 1e18) or text or empty  # type: ignore[arg-type]


def is_time(text: str) -> bool:
    return text[:2] == "20" and "T" in text


def first_step(source: Source, cursor: Cursor) -> None:
    """Read until the source has something, or its network fails."""
    steps = source.read(cursor)
    with suppress(Transient):
        next((step for step in steps if isinstance(step, Item | Watermark)), None)
    getattr(steps, "close", lambda: None)()


@pytest.fixture
def cursor(network: Network, address: KafkaAddress, cursor_file: CursorFile) -> Cursor:
    """One that the source has written."""
    network.publish(["TikTok one", "TikTok two"])
    with run_source(network.source(), address, cursor_file):
        eventually(cursor_file.path.exists)
    return cursor_file.read()


def test_each_part_of_a_cursor_that_is_of_another_type_is_refused(network: Network, cursor: Cursor) -> None:
    wrong = [each for each in replaced(cursor) if isinstance(each, dict) and each]
    assert len(wrong) >= 5
    assert [each for each in wrong if not is_refused(network.source(), each)] == []


def is_refused(source: Source, cursor: Cursor) -> bool:
    try:
        first_step(source, cursor)
    except NotACursor:
        return True
    return False


def test_another_source_s_cursor_is_refused(network: Network, cursor: Cursor) -> None:
    for other in ({"of": "another source"}, {**cursor, "lines": 3}, {"": 1}):
        with pytest.raises(NotACursor):
            first_step(network.source(), other)
    first_step(network.source(), cursor)


def folder(path: Path) -> None:
    path.mkdir()


def larger_than_any(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)


def holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


DAMAGED: dict[str, Callable[[Path], object]] = {
    "folder": folder,
    "large": larger_than_any,
    "empty": holding(b""),
    "number": holding(b"7"),
    "null": holding(b"null"),
    "list": holding(b"[1, 2]"),
    "text": holding(b'"x"'),
    "NaN": holding(b'{"since": NaN}'),
    "half": holding(b'{"since": "2020-07-10T12:0'),
    "no text": holding(b'{"\xff": 1}'),
    "nested": holding(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "large number": holding(b'{"since": ' + b"9" * 400 + b"}"),
    "fields of nobody": holding(b'{"answer": 42}'),
}


def is_one_sentence(refusal: CursorUnreadable, path: Path) -> bool:
    return (
        str(path) in refusal.sentence
        and refusal.sentence.endswith(": put back a copy of it, or remove it to read the source from its beginning.")
        and "\n" not in refusal.sentence
        and refusal.exit_status == 2
    )


def refused_by_run(source: Source, address: KafkaAddress, cursor_file: CursorFile) -> CursorUnreadable:
    """What a run of the source ends with, which it also leaves word of."""
    with pytest.raises(CursorUnreadable) as refused, run_source(source, address, cursor_file) as running:
        eventually(lambda: running.over)
    assert (running.tally.state, running.tally.detail) == ("failed", refused.value.sentence)
    return refused.value


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_file_without_a_cursor_ends_a_source_for_good_in_one_sentence(
    address: KafkaAddress, cursor_file: CursorFile, damage: Callable[[Path], object]
) -> None:
    damage(cursor_file.path)
    before = cursor_file.path.stat()
    assert is_one_sentence(refused_by_run(Paper().source(), address, cursor_file), cursor_file.path)
    after = cursor_file.path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_a_file_of_another_source_ends_every_source_so(
    network: Network, address: KafkaAddress, cursor_file: CursorFile
) -> None:
    cursor_file.write({"of": "another source"})
    assert is_one_sentence(refused_by_run(network.source(), address, cursor_file), cursor_file.path)
    assert cursor_file.read() == {"of": "another source"}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"line": "7"}', b'{"line": -1}', b'{"shift": 1e300}', b'{"seq": 1}'])
def test_an_archive_refuses_what_is_no_cursor_of_one(
    address: KafkaAddress, cursor_file: CursorFile, tmp_path: Path, content: bytes
) -> None:
    archive = tmp_path / "posts.ndjson"
    archive.write_bytes(b'{"source": "s", "id": "1", "text": "t", "created_at": "2020-07-10T12:00:00Z"}\n')
    cursor_file.path.write_bytes(content)
    assert is_one_sentence(refused_by_run(Archive(archive), address, cursor_file), cursor_file.path)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("line", wrong) for wrong in WRONG] + [("shift", wrong) for wrong in WRONG if wrong not in (None, -1, 1.5)],
)
def test_an_archive_refuses_fields_of_another_type(tmp_path: Path, field: str, wrong: object) -> None:
    archive = tmp_path / "posts.ndjson"
    archive.write_bytes(b'{"source": "s", "id": "1", "text": "t", "created_at": "2020-07-10T12:00:00Z"}\n')
    with pytest.raises(NotACursor):
        first_step(Archive(archive), {"line": 0, field: wrong})
