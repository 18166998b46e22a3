"""A local Reddit: a token, listings of a hundred entries, and what became of a thing.

The ids of comments are numbers of 64 bits without an order, as Reddit gives them since 2026. A search ends after 245
results. A listing ends after a thousand, and what is hidden is then taken out of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.serving import Asked, Says

MOST_SHOWN = 1_000
MOST_FOUND = 245
FIRST = int("1a2b3c", 36)


@dataclass
class Forum:
    """Things in the order in which they were posted, as the API shows them."""

    things: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    says: Callable[[Asked], Says | None] = lambda asked: None

    def submission(self, title: str, **data: Any) -> dict[str, Any]:
        return self._post("t3", {"title": title, "selftext": "", "is_self": True} | data)

    def comment(self, body: str, **data: Any) -> dict[str, Any]:
        return self._post("t1", {"body": body, "parent_id": "t3_1a2b00"} | data)

    def _post(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        count = FIRST + len(self.things)
        number = base36(count if kind == "t3" else count * 0x9E3779B97F4A7C15 % 2**64)
        known = {"id": number, "created_utc": time.time(), "author": "pelican", "subreddit": "harbour", "edited": False}
        place = {"permalink": f"/r/harbour/comments/{number}/"}
        thing = {"kind": kind, "data": known | place | data}
        self.things.append(thing)
        return thing

    def __call__(self, asked: Asked) -> Says:
        if special := self.says(asked):
            return special
        if asked.path == "/api/v1/access_token":
            return as_json({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"})
        if asked.headers.get("authorization") != "bearer t":
            return Says(status=401)
        if asked.path == "/api/info":
            names = asked.parameters["id"].split(",")
            return listing([thing for thing in self.things if full_name(thing) in names])
        kind = "t1" if asked.path.endswith("/comments") else "t3"
        most = MOST_FOUND if asked.path == "/search" else MOST_SHOWN
        newest = [thing for thing in reversed(self.things) if thing.get("kind") in {kind, "t5"}][:most]
        shown = [thing for thing in newest if full_name(thing) not in self.hidden]
        after = asked.parameters.get("after")
        start = 1 + [full_name(thing) for thing in shown].index(after) if after else 0
        end = start + int(asked.parameters["limit"])
        return listing(shown[start:end], full_name(shown[end - 1]) if end < len(shown) else None)


def full_name(thing: dict[str, Any]) -> str:
    return f"{thing['kind']}_{thing['data'].get('id')}"


def listing(children: list[Any], after: str | None = None) -> Says:
    return as_json({"kind": "Listing", "data": {"after": after, "children": children}})


def as_json(body: object) -> Says:
    return Says(json.dumps(body).encode(), headers={"Content-Type": "application/json; charset=UTF-8"})


def base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (base36(number // 36) if number >= 36 else "") + digits[number % 36]
