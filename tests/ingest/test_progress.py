from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.contract import LONGEST_SILENCE, CollectorState, Progress, Rejected, encode
from ingest.progress import DETAIL_KEPT, CollectorStats, progress
from ingest.source import Item, PartStatus, Watermark
from tests.conftest import NOON, a_post

MINUTE = timedelta(minutes=1)
POST = Item(a_post(), {})
WORD = Watermark(NOON, NOON + MINUTE, {})


def state_at(tally: CollectorStats, minutes: float) -> CollectorState:
    tally.look(NOON + minutes * MINUTE)
    return tally.state


def test_a_network_that_says_nothing_is_silent_until_it_speaks() -> None:
    tally = CollectorStats(NOON)
    assert [state_at(tally, minutes) for minutes in (0, 1.9, 2)] == ["listening", "listening", "silent"]
    assert "120 s" in tally.detail
    tally.taken(WORD, NOON + 3 * MINUTE)
    assert state_at(tally, 4.9) == "listening"
    assert state_at(tally, 5) == "silent"


def test_one_that_fails_is_reconnecting_and_then_silent_for_the_same_reason() -> None:
    tally = CollectorStats(NOON)
    tally.away("It closed.")
    assert [state_at(tally, minutes) for minutes in (1, 60)] == ["reconnecting", "silent"]
    tally.away("It closed again.")
    assert (tally.state, tally.reconnects, tally.detail) == ("silent", 2, "It closed again.")
    tally.taken(POST, NOON + 60 * MINUTE)
    assert (tally.state, tally.detail) == ("listening", "")


def test_each_source_is_silent_after_its_own_time_and_says_which() -> None:
    tally = CollectorStats(NOON, 45 * MINUTE)
    assert [state_at(tally, minutes) for minutes in (44.9, 45)] == ["listening", "silent"]
    assert progress("example", tally, None).silent_after == 45 * 60
    assert progress("example", CollectorStats(NOON, timedelta.max), None).silent_after == LONGEST_SILENCE


def test_the_word_tells_idle_and_complete_apart() -> None:
    read = progress("feeds", CollectorStats(NOON), Watermark(NOON, NOON + MINUTE, {}, idle=True))
    assert (read.idle, read.complete) == (True, False)
    ended = progress("archive", CollectorStats(NOON), Watermark(NOON, NOON + MINUTE, {}, complete=True))
    assert (ended.idle, ended.complete) == (False, True)


def test_what_is_taken_is_told_apart() -> None:
    tally = CollectorStats(NOON)
    tally.taken(POST, NOON)
    tally.taken(Item(Rejected(source="a", where="b", reason="c", raw=""), {}), NOON + MINUTE)
    tally.taken(WORD, NOON + 2 * MINUTE)
    assert (tally.events, tally.posts, tally.rejected) == (3, 1, 1)
    assert (tally.last_event, tally.last_post) == (NOON + 2 * MINUTE, NOON)


@pytest.mark.parametrize("reached", [None, WORD])
def test_the_word_covers_what_was_reached_and_else_nothing(reached: Watermark | None) -> None:
    tally = CollectorStats(NOON)
    tally.failed("x" * 2_000)
    said = progress("example", tally, reached)
    assert isinstance(said, Progress)
    assert said.until - said.since == (MINUTE if reached else timedelta())
    assert (said.state, len(said.detail)) == ("failed", DETAIL_KEPT)


def test_half_a_character_pair_in_a_fault_does_not_keep_the_word_back() -> None:
    tally = CollectorStats(NOON)
    tally.part(PartStatus("@one", "It said \ud800."))
    assert b"@one: It said ?." in encode(progress("example", tally, None))
    tally.away("\udfff")
    assert tally.word == "?"


def test_a_part_that_fails_is_named_while_the_others_go_on() -> None:
    tally = CollectorStats(NOON)
    tally.part(PartStatus("@one", "It is not public."))
    tally.part(PartStatus("@another", "It answered with status 500."))
    tally.taken(POST, NOON)
    said = progress("example", tally, None)
    assert (said.state, said.detail) == ("listening", "@another: It answered with status 500. @one: It is not public.")
    tally.part(PartStatus("@another"))
    tally.part(PartStatus("@one"))
    assert progress("example", tally, None).detail == ""
