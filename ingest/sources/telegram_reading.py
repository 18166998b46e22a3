"""What one reading of Telegram's channels knows: how far each is, how each fares, and the cursor made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ingest.contract import Moment
from ingest.source import Cursor
from ingest.sources.telegram_channel import Channel


class Saved(msgspec.Struct, frozen=True):
    """The cursor."""

    since: Moment | None = None
    channels: dict[str, Channel] = {}


@dataclass
class Visit:
    """How a channel has fared in this run."""

    due: datetime
    failures: int = 0
    covered: datetime | None = None
    trouble: str = ""


@dataclass
class Reading:
    """What one reading knows. `since` is where what it covers begins."""

    since: datetime
    channels: dict[str, Channel]
    visits: dict[str, Visit]
    _told: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._told = {name: msgspec.to_builtins(channel) for name, channel in self.channels.items()}

    def put(self, name: str, channel: Channel) -> None:
        """Replace what is known of a channel. Cursors handed out before stay as they were, and share the rest."""
        self.channels[name] = channel
        self._told = self._told | {name: msgspec.to_builtins(channel)}

    def cursor(self) -> Cursor:
        """Everything, as JSON values."""
        return {"since": self.since.isoformat(), "channels": self._told}

    def covered(self) -> datetime | None:
        """Until when all channels that can be read have been read; None before the first round is done."""
        readable = [visit.covered for visit in self.visits.values() if not visit.trouble]
        known = [moment for moment in readable if moment is not None]
        return min(known) if known and len(known) == len(readable) else None
