"""Exports as tests take them apart and put them together again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from processing.contract import Incident
from processing.export import Versions, export, layout
from processing.store.client import Row
from tests.support.conversations import an_incident

AT = datetime(2020, 7, 11, 8, 0, tzinfo=UTC)
MADE = Versions(banwatch="0.1.0", topics_version="0123456789ab", topics_sha256="0" * 64)
TEXTS = ("first <b>words</b>", "كلمات أولى", "the same words again")


def sha256(text: bytes | str) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


class Answers:
    """Answers the queries of an export out of a list of posts: source, id, time, deleted, text."""

    def __init__(self, posts: Iterable[tuple[str, str, datetime, bool, str]]) -> None:
        self.posts = list(posts)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        given = dict(parameters or {})
        told = [each for each in self.posts if not each[3]]
        if "FROM claims(" in sql:
            (source, first, at, *_), *_, last = told
            return [("c1", 3, 3, 1.0, ["en"], at, source, first, last[2], source, first, "en", "1")]
        if "FROM claim_posts(" in sql:
            return [(source, name, at, "en", "c1", 0) for source, name, at, *_ in told]
        inside = [each for each in self.posts if given["start"] <= each[2] < given["end"]]  # type: ignore[operator]
        if "FROM counts" in sql:
            return [(at.replace(second=0), "en", 1, 1, 0, int(deleted)) for _, _, at, deleted, _ in inside]
        if "SELECT source, id, text" in sql:
            return [(source, name, text) for source, name, _, deleted, text in inside if text and not deleted]
        return [
            (source, name, at, "en", ["ban"], "rules-1", deleted, sha256(text) if text else "")
            for source, name, at, deleted, text in inside
        ]


def posts_of(incident: Incident) -> list[tuple[str, str, datetime, bool, str]]:
    """Three posts with texts and, between them, one that was deleted since."""
    kept = [
        ("archive", f"p{number}", incident.start + timedelta(minutes=40 * number), False, text)
        for number, text in enumerate(TEXTS)
    ]
    return sorted(
        [*kept, ("archive", "gone", incident.start + timedelta(minutes=5), True, "")], key=lambda each: each[2]
    )


def exported(*, with_texts: bool = True, at: datetime = AT, incident: Incident | None = None) -> bytes:
    found = incident or an_incident(end=None, lead_end=an_incident().start + timedelta(hours=2))
    target = io.BytesIO()
    export(
        Answers(posts_of(found)),
        found,
        target,
        scored_until=found.start + timedelta(hours=2),
        versions=MADE,
        at=at,
        with_texts=with_texts,
    )
    return target.getvalue()


def files_of(archive: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(files: Mapping[str, bytes], path: Path) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def signed_again(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with sizes, hashes and a manifest that fit: as somebody makes them who knows the form."""
    others = {name: content for name, content in files.items() if name not in {layout.METADATA, layout.MANIFEST}}
    document = msgspec.json.decode(files[layout.METADATA])
    for entity in document["@graph"]:
        if entity["@id"] in others:
            content = others[entity["@id"]]
            entity |= {"contentSize": str(len(content)), "sha256": sha256(content)}
    whole = {**others, layout.METADATA: msgspec.json.encode(document)}
    return {**whole, layout.MANIFEST: layout.manifest({name: sha256(content) for name, content in whole.items()})}
