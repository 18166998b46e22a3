from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path

import pytest
import zstandard

from ingest.contract import Post, Rejected, encode
from ingest.errors import Misconfigured
from ingest.source import Item, Pause, Watermark
from ingest.sources.archive.records import BLOCK
from ingest.sources.archive.source import Archive
from tests.conftest import NOON, a_post


def lines(count: int, *, every: timedelta = timedelta(minutes=1)) -> bytes:
    return b"\n".join(encode(a_post(id=str(n), created_at=NOON + n * every)) for n in range(count))


def found(archive: Archive, cursor: dict[str, object] | None = None) -> list[Post | Rejected]:
    return [step.found for step in archive.read(cursor or {}) if isinstance(step, Item)]


def ids(archive: Archive, cursor: dict[str, object] | None = None) -> list[str]:
    return [post.id for post in found(archive, cursor) if isinstance(post, Post)]


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(lines(5))
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_packing_is_told_by_content_whatever_the_name(tmp_path: Path, pack) -> None:
    path = tmp_path / "posts"
    path.write_bytes(pack(lines(3)))
    assert ids(Archive(path)) == ["0", "1", "2"]


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.ndjson").write_bytes(encode(a_post(id="second")))
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(encode(a_post(id="first"))))
    (tmp_path / "notes.txt").write_text("no archive")
    assert ids(Archive(tmp_path)) == ["first", "second"]


def test_a_bad_line_is_rejected_with_its_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(encode(a_post(id="1")) + b"\n\nnot json\n" + encode(a_post(id="2")))
    first, rejected, last = found(Archive(path))
    assert isinstance(rejected, Rejected)
    assert rejected.where == f"{path} line 3"
    assert rejected.raw == "not json"
    assert [first.id, last.id] == ["1", "2"]  # type: ignore[union-attr]


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b'{"source": "x", "id": "1", "text": "no time"}\n' + encode(a_post()))
    rejected, _ = found(Archive(path))
    assert isinstance(rejected, Rejected)
    assert "created_at" in rejected.reason


def test_a_line_nested_too_deeply_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"[" * 100_000 + b"\n" + b'{"a":' * 100_000 + b"\n" + encode(a_post()))
    first, second, post = found(Archive(path))
    assert isinstance(first, Rejected)
    assert isinstance(second, Rejected)
    assert isinstance(post, Post)


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b'{"source":"x","id":"1","text":"t","created_at":"2020-07-10T12:00:00"}\n' + encode(a_post()))
    rejected, _ = found(Archive(path))
    assert isinstance(rejected, Rejected)


def test_a_file_cut_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(lines(20_000, every=timedelta(seconds=1)), compresslevel=0)
    path = tmp_path / "posts.ndjson.gz"
    path.write_bytes(whole[: len(whole) // 2])
    *posts, last = found(Archive(path))
    assert len(posts) > 100
    assert isinstance(last, Rejected)
    assert "cannot be read on" in last.reason


def test_an_overlong_line_does_not_take_the_next_one_along(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"x" * 9_000_000 + b"\n" + encode(a_post(id="next")))
    rejected, post = found(Archive(path))
    assert isinstance(rejected, Rejected)
    assert "longer than" in rejected.reason
    assert isinstance(post, Post)


def test_it_resumes_behind_its_cursor(plain: Path) -> None:
    steps = [step for step in Archive(plain).read({}) if isinstance(step, Item)]
    assert ids(Archive(plain), steps[2].cursor) == ["3", "4"]


@pytest.mark.parametrize(
    ("line", "read"),
    [(encode(a_post()), 5 * BLOCK), (b"not json", 5 * BLOCK), (b'{"limit":{"track":5}}', 0)],
    ids=["read already", "without a time", "notices"],
)
def test_lines_that_bring_nothing_hold_up_no_stop(tmp_path: Path, line: bytes, read: int) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"\n".join([line] * 5 * BLOCK + [encode(a_post(id="last"))]))
    before = takewhile(lambda step: isinstance(step, Pause), Archive(path).read({"line": read}))
    assert list(before) == [Pause(0)] * 5


def test_a_finished_archive_has_nothing_more_but_its_last_word(plain: Path) -> None:
    *_, last = Archive(plain).read({})
    assert isinstance(last, Watermark)
    again = list(Archive(plain).read(last.cursor))
    assert again == [last]
    assert last.complete


def test_it_never_says_it_is_further_than_a_post_to_come(tmp_path: Path) -> None:
    moments = [NOON + timedelta(minutes=n) for n in range(3 * BLOCK)]
    moments[BLOCK + 7] = NOON - timedelta(days=1)
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"\n".join(encode(a_post(id=str(n), created_at=at)) for n, at in enumerate(moments)))
    reached = datetime.min.replace(tzinfo=UTC)
    for step in Archive(path).read({}):
        match step:
            case Watermark():
                reached = step.until
            case Item(found=Post() as post):
                assert post.created_at >= reached
    assert reached == moments[-1]


def test_gaps_between_posts_are_passed_in_steps(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(lines(2, every=timedelta(hours=10)))
    told = [step.until for step in Archive(path).read({}) if isinstance(step, Watermark)]
    assert told == sorted(told)
    assert max(later - earlier for earlier, later in pairwise(told)) <= timedelta(minutes=11)


def test_shift_moves_all_times_alike_and_a_resumed_run_does_the_same(plain: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    steps = [step for step in Archive(plain, shift_to=now, clock=lambda: now).read({}) if isinstance(step, Item)]
    posts = [step.found for step in steps]
    assert posts[-1].created_at == now  # type: ignore[union-attr]
    later = Archive(plain, shift_to=now + timedelta(days=1), clock=lambda: now)
    assert found(later, steps[1].cursor) == posts[2:]


def test_the_same_content_elsewhere_is_the_same_archive(plain: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.ndjson"
    copy.write_bytes(plain.read_bytes())
    assert Archive(copy).name == Archive(plain).name
    copy.write_bytes(plain.read_bytes() + b"\n" + encode(a_post(id="new")))
    assert Archive(copy).name != Archive(plain).name


def test_no_archive_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no archive at"):
        Archive(tmp_path / "absent.ndjson")
    with pytest.raises(Misconfigured, match="holds no archive"):
        Archive(tmp_path)


def test_an_archive_without_a_single_post_ends_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"one\ntwo\n")
    steps = list(Archive(path).read({}))
    assert [type(step) for step in steps] == [Item, Item]
