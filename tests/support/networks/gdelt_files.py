"""A server of GDELT's files, with rows made up."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.serving import Asked, Says, Served, served

LABEL = "%Y%m%d%H%M%S"


def a_row(
    file: datetime,
    number: int,
    title: str = "",
    *,
    page: str = "https://news.example/world/a-story",
    themes: str = "",
    names: str = "",
    organisations: str = "",
    language: str = "",
    published: datetime | None = None,
) -> str:
    """One row of a file."""
    row = [""] * 27
    row[0] = f"{file.strftime(LABEL)}-{'T' if language else ''}{number}"
    row[1] = file.strftime(LABEL)
    row[2:5] = ["1", "news.example", page]
    row[8] = themes
    row[13] = organisations
    row[17] = "wc:120,c1.4:2"
    row[23] = names
    row[25] = f"srclc:{language};eng:Moses 2.1.1" if language else ""
    row[26] = f"<PAGE_TITLE>{title}</PAGE_TITLE>" if title else ""
    if published:
        row[26] = f"<PAGE_PRECISEPUBTIMESTAMP>{published.strftime(LABEL)}</PAGE_PRECISEPUBTIMESTAMP>" + row[26]
    return "\t".join(row)


def a_file(rows: Sequence[str], name: str = "rows.gkg.csv") -> bytes:
    """Rows, zipped."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "".join(row + "\n" for row in rows))
    return packed.getvalue()


@dataclass
class Files:
    """Files by name, and the newest of each series."""

    files: dict[str, bytes | Says] = field(default_factory=dict)
    newest: dict[str, datetime] = field(default_factory=dict)

    def add(self, file: datetime, rows: Sequence[str], series: str = "") -> None:
        self.put(file, a_file(rows), series)

    def put(self, file: datetime, packed: bytes | Says, series: str = "") -> None:
        self.files[f"{file.strftime(LABEL)}{series}.gkg.csv.zip"] = packed
        self.newest[series] = max(file, self.newest.get(series, file))

    def fill(self, since: datetime, until: datetime) -> None:
        """Empty files of both series where there are none, up to a time."""
        while since <= until:
            for series in ("", ".translation"):
                if f"{since.strftime(LABEL)}{series}.gkg.csv.zip" not in self.files:
                    self.add(since, [], series)
            since += timedelta(minutes=15)

    def answer(self, asked: Asked) -> Says:
        name = asked.path.removeprefix("/gdeltv2/")
        if name.startswith("lastupdate"):
            series = ".translation" if "translation" in name else ""
            stem = f"http://elsewhere.example/gdeltv2/{self.newest[series].strftime(LABEL)}{series}"
            lines = [f"1 0f {stem}.{kind}.zip" for kind in ("export.CSV", "mentions.CSV", "gkg.csv")]
            return Says("\n".join(lines).encode())
        content = self.files.get(name, Says(status=404))
        return content if isinstance(content, Says) else Says(content)


@contextmanager
def filing(files: Files) -> Iterator[Served]:
    """The server until the block ends."""
    with served(files.answer) as server:
        yield server
