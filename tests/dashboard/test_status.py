"""What the headline and each collector claim follows from the store and the wall's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dashboard.headline import headline
from dashboard.i18n import ENGLISH, WORDS, Words
from dashboard.parts.badges import badges
from dashboard.snapshot import Snapshot
from dashboard.status import HeadlineState, headline_state, is_live, strongest
from dashboard.window import Window
from processing.contract import IncidentState, Severity
from processing.i18n import LANGUAGES
from processing.queries import Coverage, Health
from processing.troubles import CollectorState, collectors, missing, newest_stretches, state_of
from tests.support.stock import END, START, incident

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WALL = datetime(2026, 1, 1, tzinfo=UTC)
ALL_OF_IT = Coverage("archive", START, END, complete=True, heard_at=WALL)
FEEDS = Coverage("rss", START, END, complete=False, heard_at=WALL, idle=True, silent_after=30 * MINUTE)


def snapshot(**changes: object) -> Snapshot:
    base = Snapshot(
        first=START,
        newest=END,
        now=END,
        window=Window(START, END, HOUR, END),
        coverage=(ALL_OF_IT,),
        watched_until=END,
        incidents=(incident(),),
        lines=(),
        marks=(),
        topics=(),
        languages=(),
        total=0,
        last_hour=0,
        hour_before=0,
        counted_back_from=END,
        generated=(),
        collected=(),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_the_headline_is_calm_only_where_somebody_looked_and_listens() -> None:
    listens = Coverage("live", START, END, complete=False, heard_at=WALL)
    assert headline_state(snapshot(), WALL) is HeadlineState.CALM
    assert headline_state(snapshot(incidents=(incident(going_on=True),)), WALL) is HeadlineState.SURGING
    assert headline_state(snapshot(watched_until=None), WALL) is HeadlineState.CATCHING_UP
    assert headline_state(snapshot(watched_until=END - HOUR), WALL) is HeadlineState.CATCHING_UP
    assert headline_state(snapshot(watched_until=END - 15 * MINUTE), WALL) is HeadlineState.CALM
    assert headline_state(snapshot(coverage=(listens,)), WALL + HOUR) is HeadlineState.STALE
    assert headline_state(snapshot(coverage=(listens, ALL_OF_IT)), WALL + HOUR) is HeadlineState.CALM


def test_a_surge_that_has_ended_goes_on_no_more_though_others_may_join_it() -> None:
    joinable = msgspec.structs.replace(incident(), state=IncidentState.OPEN)
    ended = snapshot(incidents=(joinable,))
    assert headline_state(ended, WALL) is HeadlineState.CALM
    shown = "".join(badges(joinable, ENGLISH))
    assert ENGLISH.state_closed in shown
    assert ENGLISH.state_open not in shown
    going_on = msgspec.structs.replace(incident(going_on=True), ratio=3.0)
    both = headline(snapshot(incidents=(joinable, going_on)), ENGLISH, WALL)
    assert both[1].startswith("3×")
    assert len(both) == 3, "one that has ended is counted among those that go on"


def test_a_surge_is_not_claimed_to_go_on_where_nobody_listens_any_more() -> None:
    listens = Coverage("live", START, END, complete=False, heard_at=WALL)
    surging = snapshot(incidents=(incident(going_on=True),), coverage=(listens,))
    assert headline_state(surging, WALL + MINUTE) is HeadlineState.SURGING
    assert headline_state(surging, WALL + HOUR) is HeadlineState.STALE


@pytest.mark.parametrize("behind", [HOUR, 5 * HOUR])
@pytest.mark.parametrize("words", WORDS.values(), ids=LANGUAGES)
def test_a_surge_lasts_up_to_what_was_scored_however_far_the_counts_are(words: Words, behind: timedelta) -> None:
    scored = END - behind
    known = snapshot(incidents=(incident(going_on=True),), watched_until=scored)
    title, *details = headline(known, words, WALL)
    assert headline_state(known, WALL) is HeadlineState.CATCHING_UP
    assert words.moment(scored) in title
    assert any(words.duration(scored - incident().start) in detail for detail in details)
    assert any(words.moment(END) in detail and words.duration(behind) in detail for detail in details)
    assert not any(words.duration(END - incident().start) in detail for detail in details)


def test_a_watch_that_is_ahead_of_the_counts_is_as_of_the_counts() -> None:
    assert snapshot(watched_until=END + HOUR).scored_until == END


def test_a_surge_of_an_open_bin_has_lasted_since_it_was_found() -> None:
    early = msgspec.structs.replace(
        incident(going_on=True), start=END, detected_at=END + 2 * MINUTE, lead_start=END, languages=()
    )
    known = snapshot(incidents=(early,), now=END + 3 * MINUTE)
    assert ENGLISH.duration(2 * MINUTE) in headline(known, ENGLISH, WALL)[1]


def test_collectors_are_missing_that_neither_listen_nor_have_finished() -> None:
    dead = replace(FEEDS, source="dead", heard_at=WALL - HOUR)
    found = collectors([ALL_OF_IT, FEEDS, dead], [said("failed")], WALL)
    assert [each.source for each in missing(found)] == ["a", "dead"]


def test_the_strongest_of_several_leads() -> None:
    weak = msgspec.structs.replace(incident(), severity=Severity.NOTABLE, ratio=99.0)
    assert strongest([weak, incident()]) == incident()


def test_a_collector_is_told_by_its_newest_stretch() -> None:
    old = Coverage("a", START, START + HOUR, complete=False, heard_at=WALL)
    new = Coverage("a", START + 2 * HOUR, END, complete=False, heard_at=WALL)
    assert newest_stretches([new, old]) == (new,)
    # A collector that has gone back works there now.
    back = replace(old, heard_at=WALL + MINUTE)
    assert newest_stretches([back, new]) == (back,)


def test_a_collector_is_silent_when_its_word_is_old() -> None:
    stretch = Coverage("a", START, END, complete=False, heard_at=WALL)
    assert state_of(stretch, WALL + MINUTE) is CollectorState.LISTENING
    assert state_of(stretch, WALL + HOUR) is CollectorState.SILENT
    assert state_of(ALL_OF_IT, WALL + HOUR) is CollectorState.COMPLETE
    assert state_of(FEEDS, WALL + 29 * MINUTE) is CollectorState.IDLE
    assert state_of(FEEDS, WALL + 30 * MINUTE) is CollectorState.SILENT


def test_nothing_of_the_present_is_claimed_of_feeds_that_have_died() -> None:
    feeds = snapshot(coverage=(FEEDS,))
    assert headline_state(feeds, WALL) is HeadlineState.CALM
    assert headline_state(feeds, WALL + HOUR) is HeadlineState.STALE


def said(state: str, detail: str = "", at: datetime = WALL) -> Health:
    return Health("a", state, detail, 1, 1, 0, 0, at, None, at, 0.0, silent_after=120)


@pytest.mark.parametrize(
    ("word", "stretch", "shown"),
    [
        (said("listening"), ALL_OF_IT, CollectorState.LISTENING),
        (said("reconnecting"), ALL_OF_IT, CollectorState.AWAY),
        (said("silent"), None, CollectorState.SILENT),
        (said("failed"), ALL_OF_IT, CollectorState.FAILED),
        (said("failed", at=WALL - DAY), None, CollectorState.FAILED),
        (said("ended"), ALL_OF_IT, CollectorState.COMPLETE),
        (said("listening", at=WALL - DAY), None, CollectorState.SILENT),
        (said("listening", at=WALL - DAY), ALL_OF_IT, CollectorState.COMPLETE),
        (None, ALL_OF_IT, CollectorState.COMPLETE),
        (said("listening"), FEEDS, CollectorState.IDLE),
        (said("listening", at=WALL - DAY), FEEDS, CollectorState.SILENT),
        (said("silent"), FEEDS, CollectorState.SILENT),
        (said("reconnecting", at=WALL - DAY), FEEDS, CollectorState.SILENT),
        (said("listening", at=WALL - DAY), replace(ALL_OF_IT, complete=False, heard_at=WALL), CollectorState.SILENT),
    ],
)
def test_a_collector_is_as_it_says_while_it_speaks(
    word: Health | None, stretch: Coverage | None, shown: CollectorState
) -> None:
    coverage = [] if stretch is None else [replace(stretch, source="a")]
    (collector,) = collectors(coverage, [] if word is None else [word], WALL)
    assert (collector.source, collector.state) == ("a", shown)


def test_a_collector_that_covers_nothing_is_shown_with_its_word() -> None:
    found = collectors([ALL_OF_IT], [said("reconnecting", "No feed can be read.")], WALL)
    assert [(each.source, each.detail, each.stretch) for each in found] == [
        ("a", "No feed can be read.", None),
        ("archive", "", ALL_OF_IT),
    ]


def test_a_replay_is_not_live() -> None:
    assert is_live(WALL - MINUTE, WALL)
    assert not is_live(END, WALL)
