"""An archive that is read on: the same posts as in one reading, and no line is read twice for the outline."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PosixPath
from typing import cast

import pytest

from ingest.contract import encode
from ingest.errors import Transient
from ingest.source import Cursor, Item
from ingest.sources.archive.records import BLOCK
from ingest.sources.archive.source import STANDARD_INPUT, Archive
from ingest.transport.files import FINGERPRINTED, LONGEST_LINE
from tests.conftest import NOON, a_post

COLUMNS = "text=text,created_at=date"
STRANGE = 7
"""The record whose form is another one than that of the first good line."""

CURSORS = (1, 2, 3, STRANGE, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 3, 2 * BLOCK + 500)
SAVED = {
    "lines": BLOCK + 1,
    "version": "0",
    "rules": 0,
    "floors": ["2020-07-10T12:00:00Z"] * 2,
    "first": "2020-07-10T12:00:00",
    "outline": None,
}


def posts(name: str, count: int) -> list[bytes]:
    return [encode(a_post(id=f"{name}{n}", created_at=NOON + timedelta(seconds=n))) for n in range(count)]


def lines(name: str, count: int = BLOCK + 300) -> bytes:
    """Posts among empty and broken lines, and a line that would have another form if it came first."""
    found = [b"{not json", *posts(name, count)]
    found.insert(STRANGE - 1, json.dumps({"created_utc": 1_594_382_400, "id": "a"}).encode())
    found[1:1] = [b"", b"\r"]
    found[BLOCK:BLOCK] = [b"{", b"", b"  "]
    return b"\n".join(found)


def plain(folder: Path) -> None:
    (folder / "a.ndjson").write_bytes(lines("a") + b"\n" + b"x" * (LONGEST_LINE + 1) + b"\n" + lines("b"))


def packed_and_cut_off(folder: Path) -> None:
    """The first file breaks off, and another one follows."""
    whole = gzip.compress(b"\n".join(posts("a", 3 * BLOCK)), compresslevel=0)
    (folder / "a.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "b.ndjson").write_bytes(lines("b"))


def tar(folder: Path) -> None:
    with tarfile.open(folder / "a.tar", "w") as archive:
        for name in "ab":
            entry, body = tarfile.TarInfo(name), gzip.compress(lines(name))
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))


def several_forms(folder: Path) -> None:
    things = [{"id": f"{n}", "created_utc": 1_594_382_400 + n, "author": "ada", "body": "TikTok"} for n in range(900)]
    (folder / "a.ndjson").write_bytes(b"\n".join(json.dumps(each).encode() for each in things))
    (folder / "b.ndjson").write_bytes(lines("b"))
    (folder / "c.csv").write_text("text,date\n" + "one,2020-07-10\nso,\n" * 300)
    (folder / "d.json").write_bytes(b"[" + b",\n".join(posts("d", 20)) + b", {]")


def table(folder: Path) -> None:
    rows = (f"text {n},2020-07-10\n" if n % 7 else "no date,\n" for n in range(2 * BLOCK + 700))
    (folder / "a.csv").write_text("text,date\n" + "".join(rows))


def document(folder: Path) -> None:
    (folder / "a.json").write_bytes(b"[" + b",\n".join(posts("a", 2 * BLOCK + 600)) + b"]")


@pytest.mark.parametrize("fill", [plain, packed_and_cut_off, tar, several_forms, table, document])
def test_it_reads_on_as_it_would_have_without_a_break(tmp_path: Path, fill: Callable[[Path], None]) -> None:
    fill(tmp_path)
    archive = Archive(tmp_path, columns=COLUMNS)

    def items(cursor: Cursor) -> list[Item]:
        return [step for step in archive.read(cursor) if isinstance(step, Item)]

    whole = items({})
    reached = [cast("int", item.cursor["line"]) for item in whole]
    behind = {line: position for position, line in enumerate(reached, start=1)}
    breaks = [line for line, item in zip(reached, whole, strict=True) if "read on" in getattr(item.found, "reason", "")]
    end = list(archive.read({}))[-1]
    for line in (*CURSORS, *(line - 1 for line in breaks), reached[-1]):
        assert items({"line": line}) == whole[behind[line] :], line
        assert list(archive.read({"line": line, "shift": 0.0}))[-1] == end, line


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """An archive whose last post lies behind what its name covers."""
    path = tmp_path / "posts.ndjson"
    blank = b"\n" + b" " * FINGERPRINTED + b"\n"
    path.write_bytes(encode(a_post()) + blank + encode(a_post(created_at=NOON + timedelta(hours=1))))
    return path


def later(path: Path) -> None:
    """Write another time into the archive's last post. Its size and its modification time stay as they are."""
    modified = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().replace(b"T13:00:00Z", b"T14:00:00Z"))
    os.utime(path, ns=(modified, modified))


def test_a_later_run_does_not_read_all_lines_for_the_outline(long: Path, tmp_path: Path) -> None:
    first = Archive(long, outlines=tmp_path / "outlines").outline
    later(long)
    assert Archive(long, outlines=tmp_path / "outlines").outline == first
    os.utime(long)
    assert Archive(long, outlines=tmp_path / "outlines").outline == Archive(long).outline != first


@pytest.mark.parametrize("field", SAVED)
def test_an_outline_that_is_damaged_or_old_is_made_anew(long: Path, tmp_path: Path, field: str) -> None:
    archive = Archive(long, outlines=tmp_path / "outlines")
    [file] = (tmp_path / "outlines").iterdir()
    saved = json.loads(file.read_bytes())
    later(long)
    at = saved if field in saved else saved["outline"]
    at[field] = SAVED[field]
    file.write_text(json.dumps(saved))
    assert Archive(long, outlines=tmp_path / "outlines").outline == Archive(long).outline != archive.outline
    file.write_bytes(b"{half")
    assert Archive(long, outlines=tmp_path / "outlines").outline == Archive(long).outline


def test_what_depends_on_the_clock_or_cannot_be_read_again_is_not_kept(long: Path, tmp_path: Path) -> None:
    folder = tmp_path / "outlines"
    Archive(long, outlines=folder, clock=lambda: NOON)
    Archive(Path(STANDARD_INPUT), outlines=folder)
    assert not folder.exists()
    made = Archive(long, outlines=folder)
    assert made.outline == Archive(long, outlines=folder).outline != Archive(long, clock=lambda: NOON).outline
    assert Archive(long, outlines=folder, clock=lambda: NOON).outline == Archive(long, clock=lambda: NOON).outline


class FailingDisk(io.BytesIO):
    def readinto(self, buffer: object) -> int:
        if self.tell() > FINGERPRINTED:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().readinto(buffer)  # type: ignore[arg-type]


class OnFailingDisk(PosixPath):
    def open(self, *_: object, **__: object) -> io.BufferedReader:  # type: ignore[override]
        return io.BufferedReader(FailingDisk(Path(str(self)).read_bytes()))


def test_an_outline_without_what_a_disk_could_not_read_is_not_kept(long: Path, tmp_path: Path) -> None:
    failed = Archive(OnFailingDisk(long), outlines=tmp_path / "outlines").outline
    assert failed != Archive(long, outlines=tmp_path / "outlines").outline == Archive(long).outline


def test_a_file_that_is_gone_is_waited_for_and_hides_no_line_behind_it(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.ndjson").write_bytes(lines(name))
    archive = Archive(tmp_path)
    first, _ = archive.files
    steps = [step for step in archive.read({}) if isinstance(step, Item)]
    cursor = steps[-3].cursor
    away = first.rename(tmp_path / "away")
    with pytest.raises(Transient, match=first.name):
        list(archive.read(cursor))
    away.rename(first)
    assert [step for step in archive.read(cursor) if isinstance(step, Item)] == steps[-2:]
