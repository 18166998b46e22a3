"""The parts that several commands share: the settings, the tagger, the output formats and the output itself."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from deploy.settings import Settings, load
from deploy.terminal.progress import printable

if TYPE_CHECKING:
    from processing.tagging.tagger import Enricher
    from processing.tagging.topics import Taxonomy


class TableFormat(StrEnum):
    """The format in which a command prints records."""

    TABLE = "table"
    JSON = "json"


class TextFormat(StrEnum):
    """The format in which a command prints a report."""

    TEXT = "text"
    JSON = "json"


def enricher(own: Settings) -> tuple[Enricher, Taxonomy]:
    """Return the tagger that the settings choose, and its taxonomy.

    Raises:
        TaxonomyError: the taxonomy file is invalid.
    """
    # The imports stand here because most commands tag nothing and need no language library.
    from processing.tagging.language import DETECTORS  # noqa: PLC0415
    from processing.tagging.tagger import Enricher  # noqa: PLC0415
    from processing.tagging.topics import load_taxonomy  # noqa: PLC0415

    taxonomy = load_taxonomy(*own.topics_files)
    return Enricher(DETECTORS[own.processing.language_detector](), taxonomy), taxonomy


def settings() -> Settings:
    """Return the settings from the environment.

    Raises:
        SettingsError: a setting is unknown or invalid.
    """
    return load(os.environ)


def show(result: Iterable[bytes], *, page: bool) -> None:
    """Write a result to standard output in UTF-8.

    A terminal gets printable text without control sequences, through the user's pager if `page` is true. A file or a
    pipe gets the bytes unchanged.

    Raises:
        BrokenPipeError: the reader of standard output has closed the pipe.
    """
    if not sys.stdout.isatty():
        for piece in result:
            sys.stdout.buffer.write(piece)
    elif page:
        # With these flags `less` quits after a single screen, cuts wide lines and leaves its output on the screen.
        os.environ.setdefault("LESS", "-FSX")
        click.echo_via_pager(_shown(result))
    else:
        sys.stdout.writelines(_shown(result))
    sys.stdout.flush()


def _shown(result: Iterable[bytes]) -> Iterable[str]:
    return map(printable, codecs.iterdecode(result, "utf-8", "replace"))
