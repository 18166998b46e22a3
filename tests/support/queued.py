"""Decisions as the watch writes them, for tests of what comes behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from processing.store.client import Store


@dataclass(frozen=True)
class Decided:
    """A decision to tell a channel of a conversation."""

    conversation: str
    at: datetime
    due: datetime | None = None
    channel: str = "slack"
    number: int = 1
    step: str = "opened"
    bundle: str = ""
    incident: str = ""
    severity: str = ""
    trouble: str = ""

    @property
    def key(self) -> str:
        return f"{self.conversation}/{self.channel}/{self.number}"


def decide(store: Store, *decisions: Decided) -> None:
    """Write decisions into the queue."""
    columns = [
        "key",
        "conversation",
        "channel",
        "number",
        "rule",
        "state",
        "step",
        "reason",
        "due",
        "bundle",
        "incident",
        "severity",
        "trouble",
        "at",
    ]
    rows = [
        (
            each.key,
            each.conversation,
            each.channel,
            each.number,
            "all",
            "resolved" if each.step == "resolved" else "firing",
            each.step,
            each.step,
            each.due or each.at,
            each.bundle,
            each.incident,
            each.severity,
            each.trouble,
            each.at,
        )
        for each in decisions
    ]
    store.insert("notification_versions", columns, list(zip(*rows, strict=True)))
