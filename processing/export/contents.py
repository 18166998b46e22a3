"""The parts of an export, read from the store. The same store gives the same bytes, whenever they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from processing.contract import Incident
from processing.explanation import queries_of_figures
from processing.export import layout
from processing.queries import NO_SUCH_VIEW, Reader, StoreRefused, StoreUnavailable
from processing.queries.claims import (
    CLAIM_COLUMNS,
    CLAIM_POST_COLUMNS,
    claim_posts_query,
    claim_rows_query,
)
from processing.queries.course import minutes_query, posts_query, texts_query
from processing.queries.scopes import Scope, leading_series
from processing.queries.statement import Statement
from processing.store.client import Row

Query = Callable[[Scope], Statement]

AT_ONCE = timedelta(hours=1)
"""The event time of one query for posts. It bounds the memory, and keeps the result within a reader's limit of rows."""

READS = 5
"""How often the claims and their posts are read until both agree."""

_CLAIM_OF_POST = CLAIM_POST_COLUMNS.index("claim")

JSON, JSON_LINES, SQL = "application/json", "application/x-ndjson", "application/sql"
CSV, PLAIN = "text/csv", "text/plain"

_README = """\
This file holds what banwatch knows of one incident, so that others can check it later.

incident.json           the incident, its verdict, and each figure of the verdict with its limit and its SQL
posts.ndjson            every post of the leading series: source, id, time, language, topics, SHA-256 of its text
counts.csv              its posts per minute and language, deleted ones among them
claims.ndjson           what is said in the incident, if that was looked for: each claim with its posts and languages
claim_posts.ndjson      each post that makes a claim: source, id, time, language, the claim
sql/                    the queries, with every value written out
versions.json           the version of banwatch, and of the rules that gave the posts their topics
texts.ndjson            the texts, if they were asked for; never of a deleted post
ro-crate-metadata.json  what each file is, as an RO-Crate 1.1, and the moment of the export
manifest-sha256.txt     the SHA-256 of every other file

To check it, run `banwatch verify FILE`. Without banwatch, unpack it and run `sha256sum --check manifest-sha256.txt`.
A text has the SHA-256 of its UTF-8 bytes. A post without a SHA-256 is deleted, or its text is not kept any more.
"""


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of what made the figures: banwatch, and the file of topics with the SHA-256 of its bytes."""

    banwatch: str
    topics_version: str
    topics_sha256: str


@dataclass(frozen=True)
class Part:
    """One file of an export: its path in the zip, what it is, its media type and its bytes, piece by piece."""

    path: str
    name: str
    media_type: str
    pieces: Iterable[bytes]


@dataclass
class Contents:
    """The parts of one incident's export.

    `scored_until` is the event time up to which the incident is judged. `posts` and `texts` are counted while the
    parts are read.
    """

    reader: Reader
    incident: Incident
    scored_until: datetime
    versions: Versions
    with_texts: bool
    posts: int = 0
    texts: int = 0
    _rules: Counter[str] = field(default_factory=Counter)

    def parts(self) -> Iterator[Part]:
        """Yield the parts in their order. The bytes of each are to be read before the next part."""
        series = leading_series(self.incident, self.scored_until)
        queries = {layout.SQL_POSTS: posts_query(series), layout.SQL_COUNTS: minutes_query(series)}
        if self.with_texts:
            queries[layout.SQL_TEXTS] = texts_query(series)
        claims, claim_posts = self._claims()
        if claims:
            queries[layout.SQL_CLAIMS] = claim_rows_query(self.incident.id)
            queries[layout.SQL_CLAIM_POSTS] = claim_posts_query(self.incident.id)
        figures = _figure_files(self.incident, self.scored_until)
        queries |= dict(figures.values())
        yield Part(layout.README, "What is in this export, and how to check it", PLAIN, [_README.encode()])
        yield Part(layout.INCIDENT, "The incident with its verdict", JSON, [self._incident(series, figures)])
        yield Part(layout.POSTS, "The posts, by id and by the hash of the text", JSON_LINES, self._posts(series))
        if self.with_texts:
            yield Part(layout.TEXTS, "The texts of the posts that are not deleted", JSON_LINES, self._texts(series))
        yield Part(layout.COUNTS, "Posts per minute and language", CSV, self._counts(queries[layout.SQL_COUNTS]))
        if claims:
            yield Part(layout.CLAIMS, "The claims of the incident", JSON_LINES, claims)
            yield Part(layout.CLAIM_POSTS, "The posts that make the claims", JSON_LINES, claim_posts)
        for path, query in sorted(queries.items()):
            yield Part(path, _named(path), SQL, [f"{query.paste}\n".encode()])
        yield Part(layout.VERSIONS, "The versions of the software and of the rules", JSON, [self._versions()])

    def _incident(self, series: Scope, figures: dict[str, tuple[str, Statement]]) -> bytes:
        incident = msgspec.to_builtins(self.incident)
        for each in incident["evidence"]:
            each["sql"] = figures[each["name"]][0] if each["name"] in figures else None
        return _json({"scored_until": self.scored_until, "series": series, "incident": incident})

    def _versions(self) -> bytes:
        return _json({**msgspec.to_builtins(self.versions), "rules_of_posts": dict(sorted(self._rules.items()))})

    def _posts(self, series: Scope) -> Iterator[bytes]:
        for source, name, created_at, language, topics, rules, deleted, sha256 in self._by_hours(series, posts_query):
            self.posts += 1
            self._rules[rules] += 1
            post = {
                "source": source,
                "id": name,
                "created_at": _moment(created_at),
                "language": language,
                "topics": list(topics),
                "deleted": bool(deleted),
                "sha256": sha256 or None,
            }
            yield _line(post)

    def _texts(self, series: Scope) -> Iterator[bytes]:
        for source, name, text in self._by_hours(series, texts_query):
            self.texts += 1
            yield _line({"source": source, "id": name, "text": text})

    def _claims(self) -> tuple[list[bytes], list[bytes]]:
        """Return a line for each claim, and one for each of their posts.

        There is none if no claim was found, or if the store is older than claims are.
        """
        try:
            claims, posts = self._agreeing()
        except StoreRefused as refusal:
            if refusal.code in NO_SUCH_VIEW:
                return [], []
            raise
        return [_row(CLAIM_COLUMNS, row) for row in claims], [_row(CLAIM_POST_COLUMNS, row) for row in posts]

    def _agreeing(self) -> tuple[list[Row], list[Row]]:
        """Return the claims and their posts, read again where a search or a deletion came between the two reads.

        Raises:
            StoreUnavailable: that happens each time.
        """
        for _ in range(READS):
            claims = claim_rows_query(self.incident.id).rows(self.reader)
            posts = claim_posts_query(self.incident.id).rows(self.reader)
            if {name: count for name, count, *_ in claims} == Counter(row[_CLAIM_OF_POST] for row in posts):
                return claims, posts
        raise StoreUnavailable("The claims of the incident change while they are read: export it again.")

    def _by_hours(self, series: Scope, query: Query) -> Iterator[Row]:
        start = series.start
        while start < series.end:
            end = min(start + AT_ONCE, series.end)
            yield from query(msgspec.structs.replace(series, start=start, end=end)).rows(self.reader)
            start = end

    def _counts(self, query: Statement) -> Iterator[bytes]:
        yield f"{layout.HEADER_OF_COUNTS}\n".encode()
        for minute, *rest in query.rows(self.reader):
            yield ",".join([f"{minute.astimezone(UTC):%Y-%m-%dT%H:%MZ}", *map(str, rest)]).encode() + b"\n"


def _figure_files(incident: Incident, now: datetime) -> dict[str, tuple[str, Statement]]:
    """Return the path and the query of each figure of the verdict. Figures of one query share its file."""
    files: dict[str, str] = {}
    found: dict[str, tuple[str, Statement]] = {}
    for name, query in sorted(queries_of_figures(incident, now).items()):
        path = files.setdefault(query.paste, f"sql/verdict-{name}.sql")
        found[name] = path, query
    return found


def _named(path: str) -> str:
    named = {
        layout.SQL_POSTS: "The query for the posts",
        layout.SQL_COUNTS: "The query for the counts",
        layout.SQL_TEXTS: "The query for the texts",
        layout.SQL_CLAIMS: "The query for the claims",
        layout.SQL_CLAIM_POSTS: "The query for the posts of the claims",
    }
    return named.get(path, "The query for figures of the verdict")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(columns: Sequence[str], row: Row) -> bytes:
    """Return a line with the values of a row under the names of its columns."""
    values = (_moment(value) if isinstance(value, datetime) else value for value in row)
    return _line(dict(zip(columns, values, strict=True)))


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
