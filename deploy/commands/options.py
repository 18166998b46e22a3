"""What several commands share: the settings, what tags posts by them, and how results are shown."""

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
    """How records are printed."""

    TABLE = "table"
    JSON = "json"


class TextFormat(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"


def enricher(own: Settings) -> tuple[Enricher, Taxonomy]:
    """The tagger that the settings name, and its taxonomy.

    Raises:
        TaxonomyError
    """
    # Most commands tag nothing, and would load every library of languages.
    from processing.tagging.language import DETECTORS  # noqa: PLC0415
    from processing.tagging.tagger import Enricher  # noqa: PLC0415
    from processing.tagging.topics import load_taxonomy  # noqa: PLC0415

    taxonomy = load_taxonomy(own.topics_file)
    return Enricher(DETECTORS[own.processing.language_detector](), taxonomy), taxonomy


def settings() -> Settings:
    """The settings, from the environment."""
    return load(os.environ)


def show(result: Iterable[bytes], *, page: bool) -> None:
    """Write a result in UTF-8: its bytes, or on a terminal a text that cannot steer it, through the PAGER if `page`.

    Raises:
        BrokenPipeError: whoever reads standard output has left.
    """
    if not sys.stdout.isatty():
        sys.stdout.buffer.writelines(result)
    elif page:
        # `less` ends by itself where one screen is enough, cuts wide lines and leaves what it showed on the screen.
        os.environ.setdefault("LESS", "-FSX")
        click.echo_via_pager(_shown(result))
    else:
        sys.stdout.writelines(_shown(result))
    sys.stdout.flush()


def _shown(result: Iterable[bytes]) -> Iterable[str]:
    return map(printable, codecs.iterdecode(result, "utf-8", "replace"))
