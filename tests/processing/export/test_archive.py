"""The zip of an export: the same bytes for the same incident, no text unless asked, and an RO-Crate inside."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from zipfile import ZipFile

import msgspec
import pytest

from processing.contract import Evidence
from processing.export import layout
from tests.support.conversations import an_incident
from tests.support.exported import AT, MADE, TEXTS, exported, files_of, sha256


def test_the_same_incident_at_the_same_moment_gives_the_same_bytes() -> None:
    assert exported() == exported()


def test_the_moment_of_the_export_stands_in_one_place() -> None:
    one, other = files_of(exported()), files_of(exported(at=AT + timedelta(days=1)))
    assert {name for name in one if one[name] != other[name]} == {layout.METADATA, layout.MANIFEST}
    assert one[layout.METADATA].decode().count("2020-07-11T08:00:00Z") == 1


def test_zip_times_and_the_order_of_files_are_fixed() -> None:
    with ZipFile(io.BytesIO(exported())) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[:3] == ["README.txt", "incident.json", "posts.ndjson"]
        assert archive.namelist()[-2:] == [layout.METADATA, layout.MANIFEST]


def test_the_manifest_is_one_that_sha256sum_reads() -> None:
    files = files_of(exported())
    lines = files.pop(layout.MANIFEST).decode().splitlines()
    assert sorted(lines) == sorted(f"{sha256(content)}  {name}" for name, content in files.items())


def test_posts_have_ids_and_hashes_and_a_deleted_one_has_none() -> None:
    posts = [msgspec.json.decode(line) for line in files_of(exported())[layout.POSTS].splitlines()]
    assert [(post["id"], post["deleted"], post["sha256"]) for post in posts] == [
        ("p0", False, sha256(TEXTS[0])),
        ("gone", True, None),
        ("p1", False, sha256(TEXTS[1])),
        ("p2", False, sha256(TEXTS[2])),
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_in_it_unless_asked_for(text: str) -> None:
    without, with_texts = files_of(exported(with_texts=False)), files_of(exported())
    written = msgspec.json.encode(text).strip(b'"')
    assert not any(written in content for content in without.values())
    assert written in with_texts[layout.TEXTS]


def test_counts_are_a_table() -> None:
    rows = list(csv.DictReader(io.StringIO(files_of(exported())[layout.COUNTS].decode())))
    assert [(row["minute"], row["posts"], row["deleted"]) for row in rows][:2] == [
        ("2020-07-10T12:00Z", "1", "0"),
        ("2020-07-10T12:05Z", "1", "1"),
    ]


def test_each_figure_of_the_verdict_leads_to_its_sql() -> None:
    incident = an_incident(
        evidence=(Evidence("repeated", 0.3, 0.9), Evidence("posts", 400)),
        lead_end=an_incident().start + timedelta(hours=2),
    )
    files = files_of(exported(incident=incident))
    figures = msgspec.json.decode(files[layout.INCIDENT])["incident"]["evidence"]
    assert [(each["name"], each["threshold"]) for each in figures] == [("repeated", 0.9), ("posts", None)]
    for each in figures:
        assert b"FROM" in files[each["sql"]]


def test_versions_name_the_software_and_the_rules() -> None:
    versions = msgspec.json.decode(files_of(exported())[layout.VERSIONS])
    assert versions["banwatch"] == MADE.banwatch
    assert versions["topics_sha256"] == MADE.topics_sha256
    assert versions["rules_of_posts"] == {"rules-1": 4}


def test_the_metadata_have_all_that_an_ro_crate_must_have() -> None:
    document = msgspec.json.decode(files_of(exported())[layout.METADATA])
    entities = {entity["@id"]: entity for entity in document["@graph"]}
    assert document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    assert entities["ro-crate-metadata.json"]["@type"] == "CreativeWork"
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = entities["./"]
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license", "hasPart"} <= root.keys()
    for part in root["hasPart"]:
        assert entities[part["@id"]]["@type"] == "File"
    referred = [value["@id"] for entity in entities.values() for value in entity.values() if isinstance(value, dict)]
    assert set(referred) - {"https://w3id.org/ro/crate/1.1"} <= entities.keys(), "a flat graph describes what it names"
