"""Bring the catalogues up to date with the sentences: `python -m dashboard.i18n.update [TAG ...]`.

A new sentence gets an entry without a translation. An entry whose English has changed is marked `fuzzy` and keeps the
English that it translated. An entry without a sentence is removed. Each TAG without a catalogue gets a new one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.pofile import read_po, write_po

from dashboard.i18n.messages import ENGLISH
from processing import i18n
from processing.explanation import sentences
from processing.i18n import CATALOGUES, language_names, messages
from processing.troubles import sentences as troubles

_WIDTH = 120
_HEADER = "# What banwatch says, in one language. The context of an entry is the name of its sentence."


def all_messages() -> Iterator[i18n.Message]:
    """Yield every sentence that catalogues translate."""
    yield from messages(ENGLISH)
    yield from messages(sentences.ENGLISH, sentences.NAME)
    yield from messages(troubles.ENGLISH, troubles.NAME)
    yield from messages(language_names.ENGLISH_NAMES, language_names.NAME)


def read(file: Path) -> Catalog:
    """Return the catalogue in a file. The file's name is the language's locale."""
    with file.open("rb") as stream:
        return read_po(stream, locale=file.stem)


def forms(entry: Message) -> tuple[str, ...]:
    """Return what an entry is translated to: one form, or all plural forms of the language."""
    return (entry.string or "",) if isinstance(entry.string, str | None) else tuple(entry.string)


def updated(old: Catalog) -> Catalog:
    """Return a catalogue with an entry for every sentence, in their order."""
    new = Catalog(old.locale, header_comment=old.header_comment, fuzzy=False)
    new.mime_headers = old.mime_headers
    entries = {entry.context: entry for entry in old if entry.id}
    for message in all_messages():
        english = (message.english, message.other) if message.other else message.english
        entry = entries.get(message.name)
        if entry is None or bool(entry.pluralizable) != bool(message.other):
            new.add(english, context=message.name)
        elif entry.id == english:
            new.add(english, entry.string, flags=entry.flags, user_comments=entry.user_comments, context=message.name)
        else:
            new.add(
                english,
                entry.string,
                flags={*entry.flags, "fuzzy"},
                user_comments=entry.user_comments,
                previous_id=entry.id,
                context=message.name,
            )
    return new


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as a PO file."""
    stream = BytesIO()
    write_po(stream, catalogue, width=_WIDTH, include_previous=True)
    return stream.getvalue()


def main(tags: list[str]) -> int:
    """Update all catalogues, and begin one for each tag that has none. Return the status of the process."""
    try:
        begun = [Locale.parse(tag.replace("-", "_")) for tag in tags]
    except (UnknownLocaleError, ValueError) as error:
        sys.stderr.write(f"{error}. A TAG is a language of the CLDR, for example es or pt-BR.\n")
        return 2
    for locale in begun:
        file = CATALOGUES / f"{locale}.po"
        if not file.exists():
            file.write_bytes(
                written(Catalog(locale, project="banwatch", version="1", header_comment=_HEADER, fuzzy=False))
            )
    for file in sorted(CATALOGUES.glob("*.po")):
        catalogue = updated(read(file))
        file.write_bytes(written(catalogue))
        entries = [entry for entry in catalogue if entry.id]
        missing = sum(not all(forms(entry)) for entry in entries)
        fuzzy = sum(entry.fuzzy for entry in entries)
        sys.stdout.write(f"{file.name}: {len(catalogue)} sentences, {missing} without a translation, {fuzzy} fuzzy\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
