"""Known events that a chart marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboard.i18n import Words
from dashboard.services import Event
from dashboard.window import Window

__all__ = ["Event", "event_name", "letters", "within"]


def within(events: Sequence[Event], window: Window) -> tuple[Event, ...]:
    """Return the events of a window in order of time."""
    return tuple(sorted((each for each in events if window.start <= each.at < window.end), key=lambda each: each.at))


def letters(events: Sequence[Event], words: Words) -> dict[datetime, str]:
    """Return the letters that stand for the events on the chart, by moment. Events of one moment share a place."""
    found: dict[datetime, str] = {}
    for number, event in enumerate(events):
        letter = words.now_page.letters[number % len(words.now_page.letters)]
        found[event.at] = f"{found[event.at]} {letter}" if event.at in found else letter
    return found


def event_name(event: Event, words: Words) -> str:
    """Return the event's name in the page's language, else in English."""
    return event.names.get(words.tag) or event.names["en"]
