"""Reading Mastodon in a test, and waiting for what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ingest.contract import Post, Rejected
from ingest.source import Cursor, Item, PartStatus, Pause, Watermark
from ingest.sources.mastodon.source import Mastodon, MastodonSettings
from tests.support.networks.mastodon_server import TOKEN, Instance


def now() -> datetime:
    return datetime.now(UTC)


def settings(*instances: Instance, streamed: bool = True, **given: object) -> MastodonSettings:
    tokens = ",".join(f"{each.url.removeprefix('http://')}={TOKEN}" for each in instances) if streamed else ""
    fields: dict[str, object] = {
        "instances": tuple(each.url for each in instances),
        "tokens": tokens,
        "hashtags": ("tiktok",),
        "poll_every": timedelta(seconds=1),
        "pace": timedelta(),
        "lag": timedelta(),
    }
    return MastodonSettings(**fields | given)  # type: ignore[arg-type]


class Clock:
    """The wall clock, and what a test has let pass besides."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return now() + self.passed

    def goes_on(self, by: timedelta) -> bool:
        """Let time pass at each look at what is waited for."""
        self.passed += by
        return False


def part(instance: Instance, tag: str = "tiktok") -> str:
    return f"#{tag} on {instance.url.partition('//')[2]}"


class Reader:
    """Reads until what it waits for has come; the time only bounds a failure."""

    def __init__(self, source: Mastodon, cursor: Cursor | None = None) -> None:
        self.steps = source.read(cursor or {})
        self.cursor: Cursor = cursor or {}
        self.found: list[Post | Rejected] = []
        self.reached: list[Watermark] = []
        self.faults: dict[str, str] = {}
        """What was last said of each part; nothing of one that works."""

    def until(self, content: Callable[[], object]) -> list[Post | Rejected]:
        deadline = time.monotonic() + 30
        while not content():
            assert time.monotonic() < deadline, names(self.found)
            match next(self.steps):
                case Item(found, cursor):
                    self.found.append(found)
                    self.cursor = json.loads(json.dumps(cursor))
                case Watermark() as reached:
                    self.reached.append(reached)
                    self.cursor = json.loads(json.dumps(reached.cursor))
                case PartStatus(part, fault):
                    self.faults[part] = fault
                case Pause():
                    pass
        return self.found

    def close(self) -> None:
        self.steps.close()  # type: ignore[attr-defined]


def names(found: list[Post | Rejected]) -> list[str]:
    return [f"{each.op} {each.text}".strip() if isinstance(each, Post) else each.reason for each in found]
