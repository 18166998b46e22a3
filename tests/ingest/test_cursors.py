from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from ingest.cursors import CursorFile, CursorUnreadable, InFlight


def test_a_cursor_is_read_back_and_empty_before_the_first(tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "cursors" / "source.json")
    assert file.read() == {}
    file.write({"line": 7, "shift": 0.5})
    assert file.read() == {"line": 7, "shift": 0.5}


def test_a_damaged_cursor_is_not_taken_for_the_beginning(tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "source.json")
    file.path.write_text("{half")
    with pytest.raises(CursorUnreadable, match="remove it"):
        file.read()


def test_the_cursor_stays_before_the_oldest_message_under_way() -> None:
    tracker = InFlight()
    first, second, third = (tracker.sent({"line": n}) for n in (1, 2, 3))
    tracker.delivered(second, 0, 10)
    assert tracker.advance() is None
    tracker.delivered(first, 1, 4)
    assert tracker.advance() == {"line": 2}
    assert len(tracker) == 1
    tracker.delivered(third, 0, 11)
    assert tracker.advance() == {"line": 3}


def test_where_memory_is_volatile_only_what_the_group_committed_is_safe() -> None:
    tracker = InFlight()
    for line, partition, offset in ((1, 0, 5), (2, 1, 8), (3, 0, 6)):
        tracker.delivered(tracker.sent({"line": line}), partition, offset)
    assert tracker.advance({}) is None
    assert tracker.advance({0: 6}) == {"line": 1}
    assert tracker.advance({0: 7}) is None
    assert tracker.advance({0: 7, 1: 9}) == {"line": 3}


def test_a_rejection_is_safe_once_acknowledged() -> None:
    tracker = InFlight()
    tracker.delivered(tracker.sent({"line": 1}), 0, -1)
    assert tracker.advance({}) == {"line": 1}


def test_a_source_that_finds_nothing_still_comes_further() -> None:
    tracker = InFlight()
    tracker.reached({"line": 5})
    assert tracker.advance({}) == {"line": 5}
    assert tracker.advance({}) is None
    under_way = tracker.sent({"line": 6})
    tracker.reached({"line": 9})
    assert tracker.advance() is None
    tracker.delivered(under_way, 0, 1)
    assert tracker.advance() == {"line": 9}


@given(any_.data())
def test_whatever_the_order_of_acknowledgements_no_message_under_way_is_skipped(data: any_.DataObject) -> None:
    tracker, under_way, saved = InFlight(), {}, 0
    for number in range(1, 30):
        match data.draw(any_.sampled_from(["send", "reach", "acknowledge", "save"])):
            case "send":
                under_way[number] = tracker.sent({"line": number})
            case "reach":
                tracker.reached({"line": number})
            case "acknowledge" if under_way:
                which = data.draw(any_.sampled_from(sorted(under_way)))
                tracker.delivered(under_way.pop(which), which % 3, which)
            case _:
                cursor = tracker.advance()
                saved = saved if cursor is None else int(str(cursor["line"]))
        assert saved < min(under_way, default=saved + 1)
        assert tracker.unacknowledged == len(under_way)
    acknowledged = tracker.acknowledged
    assert tracker.last_sent - acknowledged >= len(under_way)
