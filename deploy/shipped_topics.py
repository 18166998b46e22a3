"""The taxonomies that banwatch ships, by the names under which BANWATCH_TOPICS_FILE takes them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

FIRST = "tiktok-bans"
"""The one that is used if no other is set."""


def shipped() -> dict[str, Path]:
    """Return the file of each shipped taxonomy, by its name."""
    folder = Path(str(resources.files("deploy").joinpath("config")))
    others = sorted((folder / "watch_lists").glob("*.toml"))
    return {FIRST: folder / "topics.toml", **{file.stem: file for file in others}}


def topics_files(named: Iterable[str]) -> tuple[Path, ...]:
    """Return the files of a setting, which names files and shipped taxonomies; without any, the first of the latter."""
    known = shipped()
    return tuple(dict.fromkeys(known.get(each) or Path(each) for each in named)) or (known[FIRST],)
