"""Every catalogue is whole, and the command that updates catalogues keeps what is translated."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from babel.messages import Catalog

from dashboard.i18n import update
from processing.i18n import CATALOGUES, LANGUAGES, Message

SHIPPED = sorted(CATALOGUES.glob("*.po"))
SENTENCES = [Message("page.old", "Old {name}"), Message("page.posts", "{count} post", "{count} posts")]


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_a_name_belongs_to_one_sentence() -> None:
    names = [message.name for message in update.all_messages()]
    assert len(names) == len(set(names)) > 150


def test_languages_are_those_of_the_files() -> None:
    assert ["en", *(file.stem for file in SHIPPED)] == list(LANGUAGES)
    assert {"ar", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_catalogue_translates_every_sentence_and_nothing_else(file: Path) -> None:
    catalogue = update.read(file)
    entries = {entry.context: entry for entry in catalogue if entry.id}
    assert {(name, entry.id) for name, entry in entries.items()} == {
        (each.name, (each.english, each.other) if each.other else each.english) for each in update.all_messages()
    }
    assert len(list(catalogue)) == len(entries) + 1
    assert not catalogue.obsolete
    assert [name for name, entry in entries.items() if entry.fuzzy] == []
    for name, entry in entries.items():
        forms = update.forms(entry)
        assert len(forms) == (catalogue.num_plurals if entry.pluralizable else 1), name
        english = blanks(entry.id[1] if entry.pluralizable else entry.id)
        assert all(form.strip() for form in forms) or name == "separator", name
        for form in forms:
            # A language may have a word for one or two, and then needs no number.
            left_out = {"count"} if entry.pluralizable else set()
            assert english - left_out <= blanks(form) <= english, name


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_catalogue_is_as_the_command_writes_it(file: Path) -> None:
    def lines(written: bytes) -> list[bytes]:
        return [line for line in written.splitlines() if not line.startswith(b'"Generated-By')]

    assert lines(update.written(update.updated(update.read(file)))) == lines(file.read_bytes())


@pytest.fixture
def sentences(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Message]:
    present = list(SENTENCES)
    monkeypatch.setattr(update, "all_messages", lambda: iter(present))
    monkeypatch.setattr(update, "CATALOGUES", tmp_path)
    return present


def translate(file: Path) -> None:
    catalogue = update.read(file)
    for entry in catalogue:
        if entry.id:
            entry.string = ("{count} Beitrag", "{count} Beiträge") if entry.pluralizable else "Alt {name}"
    file.write_bytes(update.written(catalogue))


def entries_of(file: Path) -> dict[str, tuple[object, object, bool]]:
    return {entry.context: (entry.id, entry.string, entry.fuzzy) for entry in update.read(file) if entry.id}


def test_a_new_language_is_one_file(sentences: list[Message], tmp_path: Path) -> None:
    assert update.main(["pt-BR"]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["pt_BR.po"]
    assert {english: string for english, string, _ in entries_of(tmp_path / "pt_BR.po").values()} == {
        "Old {name}": "",
        ("{count} post", "{count} posts"): ("", "", ""),
    }


def test_what_is_no_language_is_refused(
    sentences: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update.main(["klingonese"]) == 2
    assert "klingonese" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_update_adds_marks_and_removes(
    sentences: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    update.main(["de"])
    file = tmp_path / "de.po"
    translate(file)
    sentences[:] = [Message("page.old", "Very old {name}"), Message("page.new", "New"), SENTENCES[1]]
    update.main([])
    assert entries_of(file) == {
        "page.old": ("Very old {name}", "Alt {name}", True),
        "page.new": ("New", "", False),
        "page.posts": (("{count} post", "{count} posts"), ("{count} Beitrag", "{count} Beiträge"), False),
    }
    assert '#| msgid "Old {name}"' in file.read_text()
    assert capsys.readouterr().out.endswith("de.po: 3 sentences, 1 without a translation, 1 fuzzy\n")
    del sentences[0]
    update.main([])
    assert list(entries_of(file)) == ["page.new", "page.posts"]
    assert isinstance(update.read(file), Catalog)
