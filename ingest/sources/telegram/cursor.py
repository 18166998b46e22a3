"""The positions in Telegram's channels, and the cursor made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ingest.contract import Moment
from ingest.source import Cursor
from ingest.sources.telegram.mapping import Channel


class TelegramCursor(msgspec.Struct, frozen=True):
    """The cursor."""

    since: Moment | None = None
    channels: dict[str, Channel] = {}


@dataclass
class ChannelPositions:
    """The positions of one reading. `since` is the beginning of its coverage."""

    since: datetime
    channels: dict[str, Channel]
    _told: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._told = {name: msgspec.to_builtins(channel) for name, channel in self.channels.items()}

    def put(self, name: str, channel: Channel) -> None:
        """Replace the position of a channel.

        Earlier cursors keep their values and share the other channels' positions.
        """
        self.channels[name] = channel
        self._told = self._told | {name: msgspec.to_builtins(channel)}

    def cursor(self) -> Cursor:
        """Return the cursor, as JSON values."""
        return {"since": self.since.isoformat(), "channels": self._told}
