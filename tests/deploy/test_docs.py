"""The documents say what the code does."""

from __future__ import annotations

import re

import pytest

from deploy.docs.reference import reference
from deploy.settings import STAGES, known_names
from ingest.sources import SOURCES
from processing.store.migrate import shipped
from tests.conftest import ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_reference_is_made_of_the_code() -> None:
    assert text("docs/reference.md") == reference(), "run `python -m deploy.docs.reference > docs/reference.md`"


def test_every_setting_is_described() -> None:
    assert all(field.description for stage in STAGES for field in stage.model_fields.values())
    assert all(name in text("docs/reference.md") for name in known_names())


def test_every_source_has_its_section_and_its_row() -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text("docs/sources.md"), re.MULTILINE | re.DOTALL))
    for name, kind in SOURCES.items():
        assert all(f"**{word}" in sections[name] for word in ("Terms", "Cost", "Deletes", "History")), name
        assert re.search(rf"^\| `{name}` \|", text("README.md"), re.MULTILINE), f"{name} is not in the README's table"
        assert all(field.description for field in kind.settings.model_fields.values()), name
        assert kind.source.about.network, name


def test_every_table_people_read_is_in_the_architecture() -> None:
    views = re.findall(r"CREATE VIEW (\w+)", "".join(migration.text for migration in shipped()))
    assert "counts" in views
    missing = [view for view in views if f"`{view}`" not in text("ARCHITECTURE.md")]
    assert missing == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/spikes.md"])
def test_what_a_document_names_is_there(name: str) -> None:
    paths = re.findall(r"`((?:ingest|processing|dashboard|deploy|tests|docs)/[\w/.-]*)`", text(name))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_a_document_names_exists(name: str) -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)\b", text(name)))
    assert {"test"} <= targets
    assert targets <= set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))


def test_links_between_documents_lead_somewhere() -> None:
    documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        *sorted(f"docs/{each.name}" for each in (ROOT / "docs").glob("*.md")),
    ]
    for name in documents:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text(name)):
            assert ((ROOT / name).parent / target).exists(), f"{name} links to {target}"
