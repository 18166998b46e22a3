"""A site that speaks both interfaces of Hacker News, with items made up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.serving import Asked, Says, Served, served


@dataclass
class Site:
    """What the site holds: items by number, those that it does not show yet, and its bounds."""

    items: dict[int, dict[str, object]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    changed: list[int] = field(default_factory=list)
    most_hits: int = 1000
    broken: Says | None = None
    instead: dict[str, Says] = field(default_factory=dict)
    """Other answers, by path."""

    def add(self, number: int, at: datetime, **fields: object) -> None:
        """An item; a comment unless it is said to be something else."""
        self.items[number] = {
            "id": number,
            "type": "comment",
            "by": "ada",
            "time": int(at.timestamp()),
            "text": f"number {number}",
        } | fields

    def answer(self, asked: Asked) -> Says:
        if self.broken is not None:
            return self.broken
        if asked.path in self.instead:
            return self.instead[asked.path]
        if asked.path == "/v0/maxitem.json":
            return _json(max(self.items, default=1))
        if asked.path == "/v0/updates.json":
            return _json({"items": self.changed, "profiles": ["ada"]})
        if match := re.fullmatch(r"/v0/item/(\d+)\.json", asked.path):
            number = int(match[1])
            return _json(None if number in self.hidden else self.items.get(number))
        if asked.path == "/api/v1/search_by_date":
            return _json(self._search(asked))
        return Says(status=404)

    def _search(self, asked: Asked) -> dict[str, object]:
        bounds = dict.fromkeys(("low", "high"))
        for condition in asked.parameters["numericFilters"].split(","):
            match = re.fullmatch(r"created_at_i(>=|<)(\d+)", condition)
            assert match is not None
            bounds["low" if match[1] == ">=" else "high"] = match[2]
        low, high = int(bounds["low"] or 0), int(bounds["high"] or 10**10)
        word = asked.parameters["query"].lower()
        found = [
            item
            for item in self.items.values()
            if low <= item["time"] < high and word in json.dumps(item).lower() and not item.get("dead")  # type: ignore[operator]
        ]
        found.sort(key=lambda item: (item["time"], item["id"]), reverse=True)
        shown = found[: min(int(asked.parameters["hitsPerPage"]), self.most_hits)]
        return {"hits": [_hit(item) for item in shown], "nbHits": len(found), "page": 0, "hitsPerPage": len(shown)}


def _hit(item: dict[str, object]) -> dict[str, object]:
    is_comment = item["type"] == "comment"
    return {
        "objectID": str(item["id"]),
        "created_at_i": item["time"],
        "author": item["by"],
        "title": item.get("title"),
        "url": item.get("url"),
        "comment_text" if is_comment else "story_text": item.get("text"),
        "points": item.get("score"),
        "num_comments": item.get("descendants"),
        "parent_id": item.get("parent"),
        "_tags": [item["type"], f"author_{item['by']}"],
        "_highlightResult": {},
    }


def _json(value: object) -> Says:
    return Says(json.dumps(value).encode(), headers={"Content-Type": "application/json"})


@contextmanager
def serving(site: Site) -> Iterator[Served]:
    """Both interfaces on one port: Firebase under /v0/, Algolia under /api/v1/."""
    with served(site.answer) as server:
        yield server
