"""Tables that are not as tables should be: each bad row is one sentence, and the rest goes on."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.contract import Post, Rejected, encode
from ingest.source import Item
from ingest.sources.archive.source import Archive
from tests.conftest import a_post

COLUMNS = "text=text,created_at=date"
FOURCAT_HEADER = "id,thread_id,body,timestamp"


@pytest.fixture(autouse=True)
def _csv_as_a_process_begins_with_it() -> Iterator[None]:
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


def read(path: Path, content: str | bytes, columns: str | None = COLUMNS) -> list[Post | Rejected]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [step.found for step in Archive(path, columns=columns).read({}) if isinstance(step, Item)]


def told(found: list[Post | Rejected]) -> list[str]:
    """The text of each post, and the line of each rejection."""
    return [each.text if isinstance(each, Post) else each.where.partition(".csv ")[2] for each in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


@pytest.mark.parametrize("length", [131_073, 300_000, 5_000_000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_first_line_longer_than_csv_takes_is_one_sentence(
    path: Path, length: int, pack: Callable[[bytes], bytes]
) -> None:
    first, post = read(path, pack(b"x" * length + b"\n" + encode(a_post())), None)
    assert isinstance(first, Rejected)
    assert first.where == f"{path} line 1"
    assert post == a_post()


def test_a_long_cell_of_the_first_row_is_read_of_an_export_of_4cat(path: Path) -> None:
    header = f"{FOURCAT_HEADER},{'n' * 140_000}"
    assert told(read(path, f"{header}\n1,1,TikTok,2020-07-10\n", None)) == ["TikTok"]


def test_a_quote_that_is_never_closed_takes_its_own_line_alone(path: Path) -> None:
    rows = "\n".join(f"row {number},2020-07-10" for number in range(5))
    found = read(path, f'text,date\nfirst,2020-07-10\n"never closed,2020-07-10\n{rows}\n')
    assert told(found) == ["first", "line 3", *(f"row {number}" for number in range(5))]
    assert isinstance(found[1], Rejected)
    assert found[1].reason == "The row cannot be read: a quote in it is never closed."


def test_nor_does_it_make_one_post_of_the_rest_of_the_table(path: Path) -> None:
    found = read(path, 'date,text\n2020-07-10,"never closed\n2020-07-10,second\n2020-07-10,"third\nof two lines"\n')
    assert told(found) == ["line 2", "second", "third\nof two lines"]


def test_a_quote_that_runs_over_the_bound_takes_its_own_line_alone(path: Path) -> None:
    rows = "\n".join(f"{'many words ' * 100}{number},2020-07-10" for number in range(8_000))
    first, *rest = told(read(path, f'text,date\n"never closed,2020-07-10\n{rows}\n'))
    assert first == "line 2"
    assert [text.rpartition(" ")[2] for text in rest] == [str(number) for number in range(8_000)]


def test_a_table_of_nothing_but_open_quotes_is_read_to_its_end(path: Path) -> None:
    """Each of its lines alone would have the rest of the table read again."""
    found = read(path, "text,date\n" + ',",x","\n' * 300_000)
    assert all(isinstance(each, Rejected) for each in found)
    assert any("from line" in each.reason for each in found if isinstance(each, Rejected))


def test_what_is_written_loosely_is_read(path: Path) -> None:
    table = '\n\ntext,date\n"quoted" and more,2020-07-10\n\na "b" c,2020-07-10\n'
    assert told(read(path, table)) == ["quoted and more", 'a "b" c']


def test_the_last_row_needs_no_line_break(path: Path) -> None:
    assert told(read(path, 'text,date\none,2020-07-10\n"two",2020-07-10')) == ["one", "two"]
    assert told(read(path, 'text,date\none,2020-07-10\n"two,2020-07-10')) == ["one", "line 3"]


def test_nul_bytes_are_part_of_a_cell(path: Path) -> None:
    assert told(read(path, "text,date\na\0b,2020-07-10\n\0\ntwo,2020-07-10\n")) == ["a\0b", "line 3", "two"]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-8"),
    ],
)
@pytest.mark.parametrize("columns", [COLUMNS, None])
def test_tables_are_read_in_the_encodings_that_programs_write(
    path: Path, mark: bytes, encoding: str, columns: str | None
) -> None:
    if columns is None:
        table = f"{FOURCAT_HEADER}\n1,1,TikTok 禁令,2020-07-10\n"
    else:
        table = "text,date\nTikTok 禁令,2020-07-10\n"
    assert told(read(path, mark + table.encode(encoding), columns)) == ["TikTok 禁令"]
