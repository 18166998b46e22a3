"""The addresses of the public pages, in every language and of every watch list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.i18n import Words
from dashboard.i18n.labels import topic_name
from dashboard.watch_list import WatchList
from processing.i18n import LANGUAGES, language


@dataclass(frozen=True)
class Site:
    """Where the pages are: the address of the site, empty if it is not known, and the address of this page in it.

    `path` is that of the page within its language, such as `incident/ID`. `stamp` names the style sheet's version.
    `watch` is the watch list that the page is about, and `lists` are all of them.
    """

    address: str
    ui: str
    path: str
    stamp: str
    watch: WatchList
    lists: tuple[WatchList, ...]

    @property
    def root(self) -> str:
        """The path of the pages of this language."""
        return _root_of(self.ui)

    @property
    def home(self) -> str:
        """The path of the page of the watch list."""
        return self.root + list_path(self.watch, self.lists)

    @property
    def feed(self) -> str:
        """The path of the feed of the watch list."""
        return f"{self.home}{'' if self.home == self.root else '/'}feed.atom"

    def others(self, words: Words) -> list[dict[str, Any]]:
        """Return the name and the path of each watch list, if there are several, and whether the page is about it."""
        if len(self.lists) == 1:
            return []
        return [
            {
                "name": topic_name(words, each.root),
                "path": self.root + list_path(each, self.lists),
                "current": each == self.watch,
            }
            for each in self.lists
        ]

    def languages(self) -> list[dict[str, str]]:
        """Return each language of the pages: its tag, its name in itself, and the address of this page in it."""
        return [
            {"tag": tag, "name": language(tag).native_name, "path": f"{_root_of(tag)}{self.path}"} for tag in LANGUAGES
        ]


def _root_of(ui: str) -> str:
    """Return the path of the pages of a language. Those of the first language stand at the root."""
    return "/" if ui == LANGUAGES[0] else f"/{ui}/"


def list_path(watch: WatchList, lists: Sequence[WatchList]) -> str:
    """Return the path of the page of a watch list, within the pages of a language. The first is their first page."""
    return "" if watch == lists[0] else f"watch/{watch.root}"
