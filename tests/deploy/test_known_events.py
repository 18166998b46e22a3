"""The file of known events: the shipped one is whole, and a wrong one is refused in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.known_events import EventsError, load_events
from deploy.settings import load
from processing.i18n import LANGUAGES

GOOD = 'at = 2020-07-10T18:00:00+02:00\nlink = "https://example.org"\nnames.en = "It"\n'


def test_the_shipped_events_are_named_in_every_language_and_have_a_source() -> None:
    events = load_events(load({}).events_file)
    assert len(events) == len({event.at for event in events}) >= 8
    assert all(set(LANGUAGES) <= set(event.names) for event in events)
    assert all(event.link.startswith("https://") for event in events)


def test_times_are_in_utc(tmp_path: Path) -> None:
    file = tmp_path / "events.toml"
    file.write_text(f"[[events]]\n{GOOD}")
    [event] = load_events(file)
    assert event.at == datetime(2020, 7, 10, 16, tzinfo=UTC)
    file.write_text("")
    assert load_events(file) == ()


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("[[events]\n", "cannot be used"),
        (f"[[events]]\n{GOOD.replace('+02:00', '')}", "timezone"),
        (f"[[events]]\n{GOOD.replace('names.en', 'names.ar')}", "event 1 has no `names.en`"),
        (f"[[events]]\n{GOOD.replace('https://example.org', 'javascript:alert(1)')}", "the link of event 1"),
        (f"[[events]]\n{GOOD}colour = 'red'\n", "colour"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(tmp_path: Path, written: str, fault: str) -> None:
    file = tmp_path / "events.toml"
    file.write_text(written)
    with pytest.raises(EventsError, match=fault) as refused:
        load_events(file)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EventsError, match="cannot be read"):
        load_events(tmp_path / "none.toml")
