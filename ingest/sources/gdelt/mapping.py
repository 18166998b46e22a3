"""The mapping of GDELT's Global Knowledge Graph 2.1 to posts: pure functions over one file of fifteen minutes.

The GDELT Global Knowledge Graph Codebook 2.1 (2015) describes the 27 columns, separated by tabs. GDELT added the page's
title and its time of publication later, in the last column.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html import unescape
from typing import IO
from urllib.parse import unquote, urlsplit

from ingest.contract import NotAPost, Post, Rejected, raw_text
from ingest.errors import Permanent
from ingest.transport.mapping import kept_text, mapped

SOURCE = "gdelt"
COLUMNS = 27
MOST_UNPACKED = 512 * 1024 * 1024
"""The largest unpacked file, in bytes: ten times the largest file seen."""

LONGEST_ROW = 4 * 1024 * 1024
LONGEST_TITLE = 4_000
"""The longest title in characters, before unescaping. Python refuses `&#` with more than 4,300 digits."""

MOST_MALFORMED = 100
"""The most malformed rows of a file that are reported one by one."""

BELIEVED = timedelta(hours=1)
"""The most by which a page's time of publication may precede GDELT's. An earlier time often has a wrong zone."""

LABEL = "%Y%m%d%H%M%S"
_TITLE, _END_OF_TITLE = "<PAGE_TITLE>", "</PAGE_TITLE>"
_PUBLISHED = re.compile(r"<PAGE_PRECISEPUBTIMESTAMP>(\d{14})</PAGE_PRECISEPUBTIMESTAMP>")
_LANGUAGE = re.compile(r"\bsrclc:([a-z]{2,3})\b")
_APART = re.compile(r"[\W_]+")
_NAME, _DATE, _DOMAIN, _PAGE, _THEMES, _ENHANCED_THEMES, _PERSONS, _ORGANISATIONS, _ALL_NAMES = (
    0, 1, 3, 4, 7, 8, 11, 13, 23,
)  # fmt: skip
_TRANSLATION, _EXTRAS = 25, 26

_CODES = (
    "afr:af amh:am ara:ar aze:az ben:bn bos:bs bul:bg cat:ca ces:cs cym:cy dan:da deu:de ell:el est:et eus:eu fas:fa "
    "fin:fi fra:fr glg:gl guj:gu heb:he hin:hi hrv:hr hun:hu hye:hy ind:id isl:is ita:it jpn:ja kan:kn kat:ka kaz:kk "
    "kor:ko lav:lv lit:lt mal:ml mar:mr mkd:mk mon:mn msa:ms nep:ne nld:nl nno:nn nob:no nor:no pan:pa pol:pl por:pt "
    "ron:ro rus:ru sin:si slk:sk slv:sl som:so spa:es sqi:sq srp:sr swa:sw swe:sv tam:ta tel:te tgl:tl tha:th tur:tr "
    "ukr:uk urd:ur uzb:uz vie:vi zho:zh"
)
_SHORT = dict(pair.split(":") for pair in _CODES.split())
"""GDELT's language code (ISO 639-3) -> the code in posts (ISO 639-1)."""


class NotAGkgRow(Permanent):
    """The bytes are not a complete file of the graph."""


@dataclass(frozen=True)
class Wanted:
    """The articles to take: those that name a term and, if `themes` is not empty, have one of the themes."""

    terms: tuple[str, ...]
    themes: frozenset[str] = frozenset()

    @cached_property
    def _looked_for(self) -> tuple[str, ...]:
        """The terms in the form of the search.

        Latin and Cyrillic terms match at the beginning of a word, so `tik tok` does not match `politik tokoh`. Other
        terms match anywhere, because Arabic joins words and Chinese does not separate them.
        """
        spaced = [term for term in map(_spaced, self.terms) if term]
        return tuple(f" {term}" if term[0] < "\u0530" else term for term in spaced)

    @cached_property
    def _hints(self) -> frozenset[str]:
        """The first word of each term. A row without any of them is skipped at once, as nearly all rows are."""
        return frozenset(term.split()[0] for term in self._looked_for)

    def takes(self, row: list[str], title: str) -> bool:
        """Return whether a row is wanted, by its title, the words of its address, its names and its organisations."""
        if self.themes and self.themes.isdisjoint(_themes(row)):
            return False
        named = (title, unquote(row[_PAGE]), row[_PERSONS], row[_ORGANISATIONS], row[_ALL_NAMES])
        joined = " ".join(named).lower()
        if not any(hint in joined for hint in self._hints):
            return False
        said = f" {_spaced(joined)}"
        return any(term in said for term in self._looked_for)


def _spaced(text: str) -> str:
    return _APART.sub(" ", text.lower()).strip()


def _themes(row: list[str]) -> Iterator[str]:
    for entry in f"{row[_THEMES]};{row[_ENHANCED_THEMES]}".split(";"):
        yield entry.partition(",")[0]


def read_file(
    packed: bytes, where: str, wanted: Wanted, *, backfill: bool, most_unpacked: int = MOST_UNPACKED
) -> list[tuple[int, Post | Rejected]]:
    """Return the wanted articles and the unreadable rows of a zipped file, each with its row number from 1.

    Raises:
        NotAGkgRow: the bytes are not a complete file of the graph.
    """
    found: list[tuple[int, Post | Rejected]] = []
    malformed = 0
    for number, line in enumerate(_rows(packed, most_unpacked), start=1):
        post = row_to_post(line, f"{where} row {number}", wanted, backfill=backfill)
        malformed += isinstance(post, Rejected)
        if isinstance(post, Post) or (post is not None and malformed <= MOST_MALFORMED):
            found.append((number, post))
    return found


def _rows(packed: bytes, most_unpacked: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(_only_entry(archive)) as content:
            yield from _bounded(content, most_unpacked)
    except NotAGkgRow:
        raise
    except Exception as error:  # a damaged zip leads to errors of any kind
        raise NotAGkgRow(f"The zip cannot be read: {error}.") from error


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) != 1:
        raise NotAGkgRow(f"The zip holds {len(entries)} files instead of one.")
    return entries[0]


def _bounded(content: IO[bytes], most_unpacked: int) -> Iterator[bytes]:
    read = 0
    while line := content.readline(LONGEST_ROW):
        read += len(line)
        if read > most_unpacked or (len(line) == LONGEST_ROW and not line.endswith(b"\n")):
            raise NotAGkgRow(f"The file is larger than {most_unpacked:,} bytes, or a row than {LONGEST_ROW:,}.")
        if line := line.rstrip(b"\r\n"):
            yield line


def row_to_post(line: bytes, where: str, wanted: Wanted, *, backfill: bool) -> Post | Rejected | None:
    """Return one row as a post, or None if its article is not wanted.

    The text is the article's title and the author its domain. A malformed row is returned as a rejected record.
    """
    row = line.decode(errors="replace").split("\t")
    if len(row) != COLUMNS:
        reason = f"The row has {len(row)} columns instead of {COLUMNS}."
        return Rejected(source=SOURCE, where=where, reason=reason, raw=raw_text(line))
    title = _title(row)
    if not wanted.takes(row, title):
        return None
    return mapped(lambda: _post(row, title, backfill=backfill), source=SOURCE, where=where, raw=line)


def _post(row: list[str], title: str, *, backfill: bool) -> Post:
    seen_at = datetime.strptime(row[_DATE], LABEL).replace(tzinfo=UTC)
    text = kept_text(title or _words_of(row[_PAGE]))
    if not text:
        raise NotAPost("Not a post: the article has no title, and its address no words.")
    published = _published(row[_EXTRAS], seen_at)
    page = row[_PAGE] if row[_PAGE].startswith(("http://", "https://")) else None
    return Post(
        source=SOURCE,
        id=row[_NAME],
        text=text,
        created_at=published or seen_at,
        url=page,
        author=row[_DOMAIN] or None,
        langs=(_language(row[_TRANSLATION]),),
        links=(page,) if page else (),
        seen_at=seen_at,
        backfill=backfill,
        clock_replaced=published is None,
    )


def _title(row: list[str]) -> str:
    # A lazy pattern would search for an end after each of the hundred thousand beginnings in a hostile row.
    title, end, _ = row[_EXTRAS].partition(_TITLE)[2].partition(_END_OF_TITLE)
    return " ".join(unescape(title[:LONGEST_TITLE]).split()) if end else ""


def _words_of(page: str) -> str:
    """Return the words of an address, for an article without a title. Most articles before 2019 have none."""
    try:
        steps = [step for step in unquote(urlsplit(page).path).split("/") if step]
    except ValueError:
        return ""
    words = max(steps, key=len, default="").rsplit(".", 1)[0]
    return " ".join(word for word in _APART.split(words) if not word.isdecimal()).strip()


def _published(extras: str, seen_at: datetime) -> datetime | None:
    found = _PUBLISHED.search(extras)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1], LABEL).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if seen_at - BELIEVED <= moment <= seen_at else None


def _language(translation: str) -> str:
    """Return the language of an article. GDELT names no language for an article that was written in English."""
    found = _LANGUAGE.search(translation)
    return _SHORT.get(found[1], found[1]) if found else "en"
