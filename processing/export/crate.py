"""The description of an export as an RO-Crate 1.1, and what is wrong with such a description.

The rules are those of https://www.researchobject.org/ro-crate/1.1/root-data-entity.html and data-entities.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from processing.contract import Incident
from processing.export import layout

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CONFORMS_TO = "https://w3id.org/ro/crate/1.1"
# The context of RO-Crate 1.1 is older than the term of schema.org.
SHA256 = {"sha256": "http://schema.org/sha256"}
ROOT = "./"
_USE = "#use"
_SOFTWARE = "#banwatch"

Entity = Mapping[str, Any]


@dataclass(frozen=True)
class Described:
    """One file as it was written."""

    path: str
    name: str
    media_type: str
    size: int
    sha256: str


def metadata(incident: Incident, files: Sequence[Described], software: str, at: datetime) -> bytes:
    """Return the metadata file. `at` is the moment of the export, which stands nowhere else."""
    paths = [*(file.path for file in files), layout.MANIFEST]
    root = {
        "@id": ROOT,
        "@type": "Dataset",
        "name": f"Incident {incident.id}",
        "description": (
            f"What banwatch knows of the incident {incident.id}: a rise of posts about the topic {incident.topic}, "
            f"from {incident.start:%Y-%m-%d %H:%M} UTC on, with the verdict {incident.verdict.value}. Posts are named "
            "by their ids and by the SHA-256 of their texts."
        ),
        "datePublished": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "license": {"@id": _USE},
        "identifier": incident.id,
        "hasPart": [{"@id": path} for path in paths],
    }
    graph: list[Entity] = [
        {
            "@id": layout.METADATA,
            "@type": "CreativeWork",
            "about": {"@id": ROOT},
            "conformsTo": {"@id": CONFORMS_TO},
        },
        root,
        *map(_file, files),
        {
            "@id": layout.MANIFEST,
            "@type": "File",
            "name": "The SHA-256 of every other file",
            "encodingFormat": "text/plain",
        },
        {
            "@id": _USE,
            "@type": "CreativeWork",
            "name": "No licence to the posts",
            "description": (
                "The posts belong to those who wrote them, and the rules of their networks hold. Ids, hashes and "
                "counts are here so that others can check what was found."
            ),
        },
        {"@id": _SOFTWARE, "@type": "SoftwareApplication", "name": "banwatch", "version": software},
        {
            "@id": "#export",
            "@type": "CreateAction",
            "name": "Export of the incident",
            "instrument": {"@id": _SOFTWARE},
            "result": {"@id": ROOT},
        },
    ]
    return msgspec.json.format(msgspec.json.encode({"@context": [CONTEXT, SHA256], "@graph": graph}), indent=2) + b"\n"


def _file(file: Described) -> Entity:
    return {
        "@id": file.path,
        "@type": "File",
        "name": file.name,
        "encodingFormat": file.media_type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }


def faults(written: bytes, files: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    """Yield what is wrong with a metadata file, a sentence each. `files` are size and SHA-256 of the others by path."""
    try:
        document = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError):
        yield "it is not JSON."
        return
    entities = _entities(document)
    if entities is None:
        yield "it is no RO-Crate: it needs an @context and, in @graph, a list of entities that each have an @id once."
        return
    context = document["@context"]
    if CONTEXT not in (context if isinstance(context, list) else [context]):
        yield f"its @context is not {CONTEXT}."
    descriptor = entities.get(layout.METADATA, {})
    if not _is(descriptor, "CreativeWork") or _reference(descriptor, "about") != ROOT:
        yield f"it does not describe itself: {layout.METADATA} must be a CreativeWork about {ROOT}."
    if _reference(descriptor, "conformsTo") != CONFORMS_TO:
        yield f"it does not say that it conforms to {CONFORMS_TO}."
    yield from _faults_of_root(entities)
    yield from _faults_of_files(entities, files)


def _entities(document: object) -> dict[str, Entity] | None:
    if not isinstance(document, dict) or "@context" not in document or not isinstance(document.get("@graph"), list):
        return None
    found: dict[str, Entity] = {}
    for entity in document["@graph"]:
        if not isinstance(entity, dict) or not isinstance(entity.get("@id"), str) or entity["@id"] in found:
            return None
        found[entity["@id"]] = entity
    return found


def _faults_of_root(entities: Mapping[str, Entity]) -> Iterator[str]:
    root = entities.get(ROOT, {})
    if not _is(root, "Dataset"):
        yield f"{ROOT} must be a Dataset."
    for name in ("name", "description"):
        if not isinstance(root.get(name), str) or not root[name]:
            yield f"{ROOT} has no {name}."
    if not _is_date(root.get("datePublished")):
        yield f"the datePublished of {ROOT} is no date in ISO 8601."
    if not (isinstance(root.get("license"), str) or _reference(root, "license") in entities):
        yield f"{ROOT} has no license that is described."


def _faults_of_files(entities: Mapping[str, Entity], files: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    parts = entities.get(ROOT, {}).get("hasPart", [])
    named = {_identifier(each) for each in (parts if isinstance(parts, list) else [parts])}
    described = {name for name, entity in entities.items() if _is(entity, "File")}
    for path in sorted({*named, *described} - {*files, layout.MANIFEST}):
        yield f"it describes {path!r}, which is not there."
    for path, (size, sha256) in sorted(files.items()):
        if path not in named or path not in described:
            yield f"it does not describe {path}."
        elif (entities[path].get("contentSize"), entities[path].get("sha256")) != (str(size), sha256):
            yield f"its size or SHA-256 of {path} is not that of the file."


def _is(entity: Entity, kind: str) -> bool:
    kinds = entity.get("@type")
    return kind in kinds if isinstance(kinds, list) else kinds == kind


def _reference(entity: Entity, name: str) -> str:
    return _identifier(entity.get(name))


def _identifier(value: object) -> str:
    """Return the @id of a reference; an empty text if it is none."""
    return value["@id"] if isinstance(value, dict) and isinstance(value.get("@id"), str) else ""


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False
