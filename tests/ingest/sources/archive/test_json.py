"""JSON that does not stand one value to a line plays as an archive, element by element."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import Post, Rejected, encode
from ingest.source import Item, Watermark
from ingest.sources.archive.json import LISTS, is_document, values_of
from ingest.sources.archive.json_window import JsonWindow
from ingest.sources.archive.source import STANDARD_INPUT, Archive
from ingest.transport.files import LONGEST_LINE, BrokenLine
from tests.conftest import NOON, a_post


def some(count: int = 3, **fields: object) -> list[dict[str, object]]:
    return [json.loads(encode(a_post(id=str(number)))) | fields for number in range(count)]


def found(path: Path, cursor: dict[str, object] | None = None) -> list[Post | Rejected]:
    return [step.found for step in Archive(path).read(cursor or {}) if isinstance(step, Item)]


def told(path: Path) -> list[str]:
    """The id of each post, and where each rejection stands."""
    return [each.id if isinstance(each, Post) else each.where.removeprefix(f"{path} ") for each in found(path)]


def written(folder: Path, content: str | bytes, name: str = "posts.json") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Dribble(io.RawIOBase):
    """A content that comes in small pieces."""

    def __init__(self, content: bytes, at_once: int) -> None:
        self._rest = io.BytesIO(content)
        self._at_once = at_once

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._rest.read(min(self._at_once, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("indent", [None, 0, 2, 4, "\t"])
def test_an_array_plays_however_it_is_printed(tmp_path: Path, indent: int | None) -> None:
    assert told(written(tmp_path, json.dumps(some(), indent=indent))) == ["0", "1", "2"]


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_inside_an_answer_plays(tmp_path: Path, name: str, indent: int | None) -> None:
    answer = {"cursor": "2020::x", "@context": ["a", {"b": "c"}], name: some(), "hitsTotal": 3, "tail": {"x": [1]}}
    pages = [answer, answer | {name: some(1)}]
    whole = "\n".join(json.dumps(page, indent=indent) for page in pages)
    assert told(written(tmp_path, whole)) == ["0", "1", "2", "0"]


def test_values_one_behind_the_other_play(tmp_path: Path) -> None:
    printed = "\n".join(json.dumps(post, indent=2) for post in some())
    assert told(written(tmp_path, printed)) == ["0", "1", "2"]
    arrays = "\n".join(json.dumps(some(2)) for _ in range(2))
    assert told(written(tmp_path, arrays)) == ["0", "1", "0", "1"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress, bz2.compress])
def test_packed_arrays_play(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert told(written(tmp_path, pack(json.dumps(some()).encode()), "posts")) == ["0", "1", "2"]


def test_standard_input_may_be_an_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with written(tmp_path, json.dumps(some())).open() as given:
        monkeypatch.setattr(sys, "stdin", given)
        assert len(found(Path(STANDARD_INPUT))) == 3


def test_the_cursor_resumes_inside_an_array(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(some(5), indent=1))
    steps = [step for step in Archive(path).read({}) if isinstance(step, Item)]
    assert [each.id for each in found(path, steps[2].cursor) if isinstance(each, Post)] == ["3", "4"]
    *_, last = Archive(path).read({})
    assert isinstance(last, Watermark)
    assert last.complete
    assert last.until == NOON


BROKEN = {
    "no value": '{"source": tru}',
    "no brace": '{"source": "x"',
    "no quote": '{"source": "x, "id": "1"}',
    "no bracket": '{"source": "x", "links": ["a"}',
    "a brace too many": '{"source": "x"}}',
    "no colon": '{"source" "x"}',
    "a bare word": "nonsense",
    "nested too deeply": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "no text": '"a string"',
    "not of a post": '{"source": "x", "id": 7}',
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_element_is_rejected_by_its_place_and_stops_nothing(
    tmp_path: Path, broken: str, indent: int | None
) -> None:
    first, second, third = (json.dumps(post, indent=indent) for post in some())
    path = written(tmp_path, "[" + ",\n".join([first, broken, second, third]) + "]")
    assert told(path) == ["0", "element 2", "1", "2"]


def test_a_broken_element_of_a_list_inside_an_answer_costs_itself_alone(tmp_path: Path) -> None:
    first, second = map(json.dumps, some(2))
    path = written(tmp_path, f'{{"cursor": "c", "posts": [{first}, {{"source": "x, {second}], "hitsTotal": 2}}')
    assert told(path) == ["0", "element 2", "1"]


@pytest.mark.parametrize("cut", [1, 2, 30])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_that_is_cut_short_says_so(tmp_path: Path, cut: int, indent: int | None) -> None:
    path = written(tmp_path, json.dumps(some(), indent=indent)[:-cut])
    *posts, last = found(path)
    assert isinstance(last, Rejected)
    assert "end" in last.reason
    assert all(isinstance(each, Post) for each in posts)
    assert len(posts) == (2 if cut == 30 or (cut == 2 and indent is None) else 3)


def test_a_packed_array_that_is_cut_short_says_so_by_element(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(some(20_000)).encode(), compresslevel=0)
    *posts, last = found(written(tmp_path, whole[: len(whole) // 2]))
    assert isinstance(last, Rejected)
    assert "cannot be read on" in last.reason
    assert last.where.endswith(f" after element {len(posts)}")


def test_an_element_over_the_bound_does_not_take_the_next_one_along(tmp_path: Path) -> None:
    first, second = some(2)
    path = written(tmp_path, json.dumps([first, first | {"text": "x" * (LONGEST_LINE + 1)}, second]))
    _, rejected, last = found(path)
    assert isinstance(rejected, Rejected)
    assert "longer than" in rejected.reason
    assert isinstance(last, Post)
    assert last.id == "1"


def test_lines_stay_lines(tmp_path: Path) -> None:
    line = json.dumps(some(1)[0])
    assert told(written(tmp_path, f"{line}\n{line[:-9]}\n{line}")) == ["0", "line 2", "0"]
    assert told(written(tmp_path, f"{line[:-9]}\n{line}")) == ["line 1", "0"]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE], ids=["8", "16le", "16be"])
@pytest.mark.parametrize("array", [True, False])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, mark: bytes, array: bool) -> None:
    encoding = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}[mark]
    posts = some(3, text="TikTok 禁令 🙂")
    content = json.dumps(posts, ensure_ascii=False) if array else "\n".join(map(json.dumps, posts))
    read = found(written(tmp_path, mark + content.encode(encoding)))
    assert [each.text for each in read if isinstance(each, Post)] == ["TikTok 禁令 🙂"] * 3


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = written(tmp_path, json.dumps({"orderedItems": some(count, text="x" * 2_000)}))
        tracemalloc.start()
        with path.open("rb") as stream:
            assert sum(1 for _ in values_of("", stream, bool)) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(8_000) < 2 * peak(1_000)


NAMES = st.sampled_from(["id", "text", *LISTS])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_what_stands_behind_something_broken_is_looked_at_a_few_times_only() -> None:
    content = b'{"k":[\n' * 20 + b"1," * (LONGEST_LINE // 2)
    window = JsonWindow(io.BufferedReader(io.BytesIO(content)))
    window.find(bool)
    assert window.sign() == ""
    assert window.looked_at < 8 * len(content)


@given(
    elements=st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=4), max_size=6),
    indent=st.sampled_from([None, 2]),
    at_once=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_every_element_comes_out_wherever_the_pieces_end(
    elements: list[object], indent: int | None, at_once: int, ascii_only: bool
) -> None:
    content = json.dumps(elements, indent=indent, ensure_ascii=ascii_only).encode(errors="replace")
    stream = io.BufferedReader(Dribble(content, at_once))
    read = [line.content for line in values_of("", stream, bool)]
    assert [msgspec.json.decode(each) for each in read if isinstance(each, bytes)] == json.loads(content)
    assert len(read) == len(elements)


@given(
    content=st.binary(max_size=60)
    | st.text(st.sampled_from('[]{}",:1 \nposts\\'), max_size=60).map(str.encode)
    | st.builds(lambda value, cut: json.dumps(value).encode()[:cut], JSON, st.integers(0, 60)),
    at_once=st.integers(1, 40),
)
def test_nothing_does_harm(content: bytes, at_once: int) -> None:
    is_document(content)
    stream = io.BufferedReader(Dribble(content, at_once))
    for line in values_of("", stream, lambda value: len(value) > 5):
        assert isinstance(line.content, bytes | BrokenLine)
