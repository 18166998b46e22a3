"""A local m.weibo.cn: one user's timeline, ten posts a page, as its own pages ask for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.serving import Asked, Says

USER = "1234567890"
NUMBERS_SINCE = 515_483_463
PAGE = 10
AUTHOR = {
    "screen_name": "harbour",
    "id": int(USER),
    "verified": False,
    "description": "",
    "statuses_count": 1,
    "followers_count": 1,
    "follow_count": 1,
    "avatar_hd": "",
}


@dataclass
class Timeline:
    """Posts, oldest first. The pinned ones stand at the top of the first page and nowhere else."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    pinned: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    says: Callable[[Asked], Says | None] = lambda asked: None
    _last: int = 0

    def post(self, text: str, **fields: Any) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        self._last = max(self._last + 1, (now - NUMBERS_SINCE) << 22)
        post = {
            "id": str(self._last),
            "bid": f"b{self._last}",
            "user": AUTHOR,
            "created_at": "刚刚",
            "text": f"<span>{text}</span>",
            "reposts_count": 1,
            "comments_count": 2,
            "attitudes_count": 3,
            "pic_num": 0,
        } | fields
        self.posts.append(post)
        return post

    def __call__(self, asked: Asked) -> Says:
        if special := self.says(asked):
            return special
        if self.status != 200:
            return Says(status=self.status)
        start = int(asked.parameters.get("since_id", 0))
        newest = [post for post in reversed(self.posts) if post not in self.pinned]
        shown = ([] if start else self.pinned) + newest[start : start + PAGE]
        if not shown:
            return as_json({"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}})
        more = {"since_id": start + PAGE} if start + PAGE < len(newest) else {}
        cards = [{"card_type": 9, "profile_type_id": self._kind(post), "mblog": post} for post in shown]
        return as_json({"ok": 1, "data": {"cards": [{"card_type": 11}, *cards], "cardlistInfo": more}})

    def _kind(self, post: dict[str, Any]) -> str:
        return "proweibotop_" if post in self.pinned else "proweibo_"


def as_json(body: object) -> Says:
    content = json.dumps(body, separators=(",", ":")).encode()
    return Says(content, headers={"Content-Type": "application/json; charset=utf-8"})
