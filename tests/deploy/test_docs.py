"""The documents say what the code does."""

from __future__ import annotations

import os
import re
import tomllib
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from deploy.cli import COMMANDS, app
from deploy.docs.data_dictionary import STABLE
from deploy.docs.reference import reference
from deploy.settings import STAGES, known_names
from ingest.sources import SOURCES
from processing.store.migrate import shipped
from tests.conftest import ROOT

NOT_OURS = {".venv", ".git", "node_modules", ".pytest_cache"}
WRITTEN = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts)
)
"""Every document of the project, by its place in it."""

DECISIONS = [name for name in WRITTEN if re.fullmatch(r"docs/adr/\d{4}-[a-z0-9-]+\.md", name)]
PACKAGES = "ingest|processing|dashboard|deploy|tests|docs"
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def code(name: str) -> list[str]:
    """What a document shows as code: each line of a fenced block that is no picture, each span; without comments."""
    found = text(name)
    blocks = [block for block in FENCE.findall(found) if not block.startswith("```mermaid")]
    lines = [line for block in blocks for line in block.splitlines()[1:-1]]
    spans = re.findall(r"`([^`]*)`", FENCE.sub("", found))
    return [re.split(r"\s#\s", " ".join(each.split()))[0] for each in (*lines, *spans)]


def anchors(name: str) -> set[str]:
    """The places that a link can name, as GitHub makes them of the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text(name)), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def options(command: Any, words: list[str]) -> set[str]:
    """The options that may follow the words; those of all subcommands where the words leave open which is meant."""
    own = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    if not isinstance(command, TyperGroup):
        return own
    context = typer.Context(command)
    found = words and command.get_command(context, words[0])
    below = [found] if found else [command.get_command(context, name) for name in command.list_commands(context)]
    return own.union(*(options(each, words[1:]) for each in below))


def test_the_reference_is_made_of_the_code() -> None:
    assert text("docs/reference.md") == reference(), "run `python -m deploy.docs.reference > docs/reference.md`"


def test_every_setting_is_described() -> None:
    assert all(field.description for stage in STAGES for field in stage.model_fields.values())
    assert all(name in text("docs/reference.md") for name in known_names())


def test_every_source_has_its_section_and_its_row() -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text("docs/sources.md"), re.MULTILINE | re.DOTALL))
    for name, kind in SOURCES.items():
        assert all(f"**{word}" in sections[name] for word in ("Terms", "Cost", "Deletes", "History")), name
        assert re.search(rf"^\| `{name}` \|", text("docs/sources.md"), re.MULTILINE), f"{name} is not in the table"
        assert all(field.description for field in kind.settings.model_fields.values()), name
        assert kind.source.about.network, name


def test_every_view_is_in_the_data_dictionary_and_the_readme_names_the_stable_ones() -> None:
    views: set[str] = set()
    for done, view in re.findall(r"(CREATE|DROP) VIEW (\w+)", "".join(migration.text for migration in shipped())):
        views = views | {view} if done == "CREATE" else views - {view}
    assert set(STABLE) <= views
    assert [view for view in views if f"### `{view}`" not in text("docs/data-dictionary.md")] == []
    assert [view for view in STABLE if f"`{view}`" not in text("docs/usage.md")] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_document_names_is_there(name: str) -> None:
    shown = "\n".join([*code(name), *FENCE.findall(text(name))])
    paths = re.findall(rf"(?<![\w/.-])((?:{PACKAGES})/[\w/.-]*)", shown)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    modules = re.findall(rf"(?<![\w.-])((?:{PACKAGES})(?:\.\w+)+)(?![\w/])", shown)
    assert [module for module in modules if find_spec(module) is None] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_every_make_target_that_a_document_names_exists(name: str) -> None:
    targets = {target for line in code(name) for target in re.findall(r"^make ([a-z-]+)$", line.strip())}
    rules = re.findall(r"^([a-z -]+):(?!=)", text("Makefile"), re.MULTILINE)
    assert targets <= {target for rule in rules for target in rule.split()}


def test_the_targets_that_people_begin_with_are_named() -> None:
    assert {"make demo", "make test", "make test-all"} <= {line.strip() for line in code("README.md")}
    assert {"make check", "make test", "make test-all"} <= {line.strip() for line in code("CONTRIBUTING.md")}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_command_that_a_document_names_exists_with_its_options(name: str) -> None:
    banwatch = typer.main.get_command(app)
    for call in re.findall(r"\bbanwatch ([a-z][^|<>\n]*)", "\n".join(code(name))):
        words = call.split()
        assert words[0] in COMMANDS, f"there is no `banwatch {words[0]}`"
        named = {word for word in words if re.fullmatch(r"--[a-z][a-z-]*", word)}
        assert named <= options(banwatch, words), call


@pytest.mark.parametrize("name", WRITTEN)
def test_every_setting_that_a_document_names_exists(name: str) -> None:
    named = {each for each in re.findall(r"\bBANWATCH_[A-Z_]+\b", text(name)) if not each.endswith("_")}
    assert named <= {*known_names(), "BANWATCH_TEST_DATA"}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text(name)):
        path, _, anchor = target.partition("#")
        place = Path(os.path.normpath((ROOT / name).parent / path)) if path else ROOT / name
        assert place.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in anchors(str(place.relative_to(ROOT))), f"{name} links to {target}"


def test_a_newcomer_reads_the_architecture_in_one_sitting() -> None:
    assert len(text("ARCHITECTURE.md").split()) <= 1_500
    assert text("ARCHITECTURE.md").count("```mermaid") == 1


def test_every_decision_is_in_the_index_by_its_title() -> None:
    index = re.findall(r"^- \[(.+)\]\((\d{4}-[a-z0-9-]+\.md)\)$", text("docs/adr/README.md"), re.MULTILINE)
    titles = {f"docs/adr/{file}": title for title, file in index}
    assert len(index) == len(titles)
    assert titles == {name: text(name).splitlines()[0].removeprefix("# ") for name in DECISIONS}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_gives_its_reason_in_a_page(name: str) -> None:
    number = int(Path(name).name[:4])
    headings = re.findall(r"^## (.+)$", text(name), re.MULTILINE)
    assert text(name).startswith(f"# {number}. ")
    assert headings[:2] == ["Context", "Decision"]
    assert set(headings) <= {"Context", "Decision", "Figures", "Consequences", "Refused"}
    assert len(text(name).split()) <= 500


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(Path(name).name[:4]) for name in DECISIONS]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))


def test_the_changelog_groups_by_version_down_to_the_present_one() -> None:
    versions = re.findall(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)
    present = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert versions[:2] == ["Unreleased", present]
    groups = set(re.findall(r"^### (.+)$", text("CHANGELOG.md"), re.MULTILINE))
    assert groups <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
