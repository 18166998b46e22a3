"""The file of known events that the page's charts mark."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from dashboard.services import Event
from ingest.errors import Failure
from processing.plain_text import safe_link


class EventsError(Failure):
    """The file of known events cannot be used; the message is one sentence for a person."""


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    names: dict[str, str]
    link: str
    topic: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    events: list[_Event] = []


def load_events(path: Path) -> tuple[Event, ...]:
    """Return the events of a file.

    Raises:
        EventsError: the file cannot be read, or an event lacks a moment with a zone, an English name or a link.
    """
    try:
        file = msgspec.toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise EventsError(f"The file of known events {path} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise EventsError(f"The file of known events {path} cannot be used: {error}.") from error
    for number, event in enumerate(file.events, start=1):
        if "en" not in event.names:
            raise EventsError(f"The file of known events {path} cannot be used: event {number} has no `names.en`.")
        if safe_link(event.link) is None:
            raise EventsError(f"The file of known events {path} cannot be used: the link of event {number} is no link.")
    return tuple(Event(each.at.astimezone(UTC), each.names, each.link, each.topic) for each in file.events)
