"""What the page says is worked out from what the store says, without either of them here."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dashboard.charts import SURGE as SURGE_COLOUR
from dashboard.charts import timeline
from dashboard.filters import Filters, Range
from dashboard.i18n import ARABIC, ENGLISH, WORDS, Interface, Words
from dashboard.i18n.labels import language_name, mark_name
from dashboard.snapshot import (
    OTHERS,
    CollectorState,
    HeadlineState,
    Point,
    Snapshot,
    collectors,
    is_live,
    lines_of,
    marks_of,
    mood_of,
    newest_stretches,
    silences,
    state_of,
    strongest,
)
from dashboard.views.headline import headline
from dashboard.views.incidents import card
from dashboard.window import WIDTHS, Window, end_of_time, floor, width_for, window_of
from processing.contract import Doubt, IncidentState, Severity, VerdictName
from processing.explanation.sentences import doubt_sentence
from processing.queries import Coverage, Health
from tests.support.stock import END, START, SURGE, SURGE_END, incident, spike

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WALL = datetime(2026, 1, 1, tzinfo=UTC)
ALL_OF_IT = Coverage("archive", START, END, complete=True, heard_at=WALL)
FEEDS = Coverage("rss", START, END, complete=False, heard_at=WALL, idle=True, silent_after=30 * MINUTE)


def window(view: Filters, now: datetime = END, *, finished: bool = False) -> Window:
    return window_of(view, now, START - 60 * DAY, [incident()], finished=finished)


def snapshot(**changes: object) -> Snapshot:
    base = Snapshot(
        now=END,
        window=Window(START, END, HOUR, END),
        coverage=(ALL_OF_IT,),
        watched_until=END,
        incidents=(incident(),),
        lines=(),
        marks=(),
        posts=(),
        topics=(),
        languages=(),
        total=0,
        last_hour=0,
        hour_before=0,
        generated=(),
        collected=(),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("each", [Range.HOUR, Range.SIX_HOURS, Range.DAY, Range.WEEK, Range.MONTH])
def test_a_range_is_counted_back_from_the_data_s_own_now(each: Range) -> None:
    now = END + timedelta(minutes=7, seconds=3)
    shown = window(Filters(range=each), now)
    assert shown.until == now
    assert now - shown.width < shown.end <= now
    assert len(list(shown.bins())) <= 341
    assert all(start == floor(start, shown.width) for start in shown.bins())


def test_a_growing_bin_is_left_out_and_a_finished_one_is_not() -> None:
    now = END + timedelta(minutes=7)
    assert window(Filters(range=Range.WEEK), now).end == END
    assert window(Filters(range=Range.WEEK), now, finished=True).end == END + timedelta(minutes=30)
    assert window(Filters(range=Range.WEEK), END, finished=True).end == END


def test_a_window_does_not_begin_before_the_data() -> None:
    shown = window_of(Filters(range=Range.MONTH), END, START + timedelta(minutes=50), [], finished=False)
    assert START - timedelta(hours=3) < shown.start <= START + timedelta(minutes=50)


def test_a_first_minute_is_already_a_window() -> None:
    shown = window_of(Filters(range=Range.ALL), START + MINUTE, START, [], finished=False)
    assert list(shown.bins()) == [START]


def test_around_an_incident_there_is_something_before_and_after() -> None:
    view = Filters(range=Range.INCIDENT, incident=incident().id)
    shown = window(view, END + 3 * DAY)
    assert shown.start <= SURGE - 3 * HOUR
    assert shown.end >= SURGE_END + 3 * HOUR - shown.width
    assert window(view, END).until == END


def test_bins_are_the_narrowest_that_can_be_read() -> None:
    assert width_for(HOUR) == MINUTE
    assert width_for(DAY) == timedelta(minutes=5)
    assert width_for(7 * DAY) == timedelta(minutes=30)
    assert width_for(4000 * DAY) == WIDTHS[-1]


def test_now_is_the_newest_covered_moment_not_the_newest_post() -> None:
    behind = Coverage("slow", START, END - HOUR, complete=False, heard_at=WALL)
    ahead = Coverage("fast", START, END - MINUTE, complete=False, heard_at=WALL)
    assert end_of_time([behind, ahead], END) == END - MINUTE
    assert end_of_time([behind], END) == END - HOUR


def test_now_is_past_every_post_of_an_archive_that_is_complete() -> None:
    assert end_of_time([ALL_OF_IT], END - HOUR) == END
    assert end_of_time([ALL_OF_IT], END) == END + MINUTE
    assert end_of_time([replace(ALL_OF_IT, until=END + timedelta(seconds=1))], END - HOUR) == END + MINUTE
    assert end_of_time([], END) == END + MINUTE


def test_a_bin_without_posts_is_zero_where_somebody_listened_and_unknown_elsewhere() -> None:
    shown = Window(START, START + 4 * HOUR, HOUR, START + 4 * HOUR)
    heard = [
        Coverage("a", START, START + HOUR, complete=False, heard_at=WALL),
        Coverage("b", START + 3 * HOUR, END, complete=True, heard_at=WALL),
    ]
    lines = lines_of([(START, "en", 5)], shown, heard, others=False)
    assert [point.posts for point in lines] == [5, None, None, 0]
    assert silences(lines, HOUR) == ((START + HOUR, START + 3 * HOUR),)


def test_small_lines_are_added_up_where_they_may_be() -> None:
    shown = Window(START, START + HOUR, HOUR, START + HOUR)
    rows = [(START, name, posts) for name, posts in (("a", 1), ("b", 9), ("c", 5), ("d", 2))]
    added = lines_of(rows, shown, [ALL_OF_IT], others=True, most=2)
    assert added == (Point(START, "b", 9), Point(START, "c", 5), Point(START, OTHERS, 3))
    assert lines_of(rows, shown, [ALL_OF_IT], others=False, most=2) == added[:2]
    assert lines_of([], shown, [ALL_OF_IT], others=True) == ()


def test_incidents_mark_a_topic_and_spikes_mark_a_series() -> None:
    shown = Window(START, END, HOUR, END)
    [whole] = marks_of(Filters(), shown, END, [incident()], [spike()])
    [arabic] = marks_of(Filters(language="ar"), shown, END, [incident()], [spike()])
    assert (whole.start, whole.ratio) == (SURGE, incident().ratio)
    assert (arabic.start, arabic.ratio) == (spike().start, spike().ratio)
    assert marks_of(Filters(language="ja"), shown, END, [incident()], [spike()]) == ()
    assert marks_of(Filters(topic="court"), shown, END, [incident()], [spike()]) == ()
    assert len(marks_of(Filters(topic="*"), shown, END, [incident()], [])) == 1


@pytest.mark.parametrize(
    "view",
    [Filters(), Filters(language="ar"), Filters(topic="employer-ban"), Filters(topic="employer-ban", language="ar")],
)
@pytest.mark.parametrize("words", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_only_what_people_make_is_shaded_and_the_rest_says_in_words_what_it_is(view: Filters, words: Words) -> None:
    shown = Window(START, END, HOUR, END)

    def drawn(verdict: VerdictName) -> str:
        whole = msgspec.structs.replace(incident(), verdict=verdict)
        series = msgspec.structs.replace(spike(), topic=view.topic, language=view.language, verdict=verdict)
        marks = marks_of(view, shown, END, [whole], [series])
        assert [mark.verdict for mark in marks] == [verdict]
        chart = timeline(
            [Point(START, "ban", 3)],
            marks,
            shown,
            stacked=False,
            interface=Interface.ENGLISH,
            words=words,
            name=str,
            description="",
        )
        return json.dumps(chart.to_dict(), ensure_ascii=False)

    organic, few = drawn(VerdictName.ORGANIC), drawn(VerdictName.CONCENTRATED)
    assert f'"{SURGE_COLOUR}"' in organic
    assert f'"{SURGE_COLOUR}"' not in few
    assert words.mark_concentrated in few
    assert words.mark_concentrated not in organic
    assert len({mark_name(verdict, words) for verdict in VerdictName}) == len(VerdictName)


@pytest.mark.parametrize("interface", Interface)
def test_a_card_names_a_language_in_doubt_apart(interface: Interface) -> None:
    doubt = Doubt("tr", VerdictName.CONCENTRATED, "repeated", 0.98)
    shown = card(msgspec.structs.replace(incident(), doubted=(doubt,)), Filters(ui=interface), WORDS[interface])
    assert doubt_sentence(doubt, language_name(interface, "tr"), interface.value) in shown
    alone = msgspec.structs.replace(incident(), lead_language="ar")
    assert f" · {language_name(interface, 'ar')}" in card(alone, Filters(ui=interface), WORDS[interface])


def test_a_mark_is_cut_to_the_window_and_lasts_until_now() -> None:
    shown = Window(SURGE + HOUR, SURGE + 2 * HOUR, MINUTE, SURGE + 2 * HOUR)
    [mark] = marks_of(Filters(), shown, SURGE + 2 * HOUR, [incident(going_on=True)], [])
    assert (mark.start, mark.end) == (shown.start, shown.end)
    later = Window(SURGE_END + HOUR, END, MINUTE, END)
    assert marks_of(Filters(), later, END, [incident()], []) == ()


def test_the_headline_is_calm_only_where_somebody_looked_and_listens() -> None:
    listens = Coverage("live", START, END, complete=False, heard_at=WALL)
    assert mood_of(snapshot(), WALL) is HeadlineState.CALM
    assert mood_of(snapshot(incidents=(incident(going_on=True),), watched_until=None), WALL) is HeadlineState.SURGING
    assert mood_of(snapshot(watched_until=None), WALL) is HeadlineState.CATCHING_UP
    assert mood_of(snapshot(watched_until=END - HOUR), WALL) is HeadlineState.CATCHING_UP
    assert mood_of(snapshot(coverage=(listens,)), WALL + HOUR) is HeadlineState.STALE
    assert mood_of(snapshot(coverage=(listens, ALL_OF_IT)), WALL + HOUR) is HeadlineState.CALM


def test_a_surge_that_has_ended_goes_on_no_more_though_others_may_join_it() -> None:
    joinable = msgspec.structs.replace(incident(), state=IncidentState.OPEN)
    ended = snapshot(incidents=(joinable,))
    assert mood_of(ended, WALL) is HeadlineState.CALM
    assert ENGLISH.state_closed in card(joinable, Filters(), ENGLISH)
    assert ENGLISH.state_open not in card(joinable, Filters(), ENGLISH)
    going_on = msgspec.structs.replace(incident(going_on=True), ratio=3.0)
    both = headline(snapshot(incidents=(joinable, going_on)), Filters(), ENGLISH, WALL)
    assert both[1].startswith("3×")
    assert len(both) == 3, "one that has ended is counted among those that go on"


def test_a_surge_is_not_claimed_to_go_on_where_nobody_listens_any_more() -> None:
    listens = Coverage("live", START, END, complete=False, heard_at=WALL)
    surging = snapshot(incidents=(incident(going_on=True),), coverage=(listens,))
    assert mood_of(surging, WALL + MINUTE) is HeadlineState.SURGING
    assert mood_of(surging, WALL + HOUR) is HeadlineState.STALE


def test_the_strongest_of_several_leads() -> None:
    weak = msgspec.structs.replace(incident(), severity=Severity.NOTABLE, ratio=99.0)
    assert strongest([weak, incident()]) == incident()


def test_a_collector_is_told_by_its_newest_stretch() -> None:
    old = Coverage("a", START, START + HOUR, complete=False, heard_at=WALL)
    new = Coverage("a", START + 2 * HOUR, END, complete=False, heard_at=WALL)
    assert newest_stretches([new, old]) == (new,)


def test_a_collector_is_silent_when_its_word_is_old() -> None:
    stretch = Coverage("a", START, END, complete=False, heard_at=WALL)
    assert state_of(stretch, WALL + MINUTE) is CollectorState.LISTENING
    assert state_of(stretch, WALL + HOUR) is CollectorState.SILENT
    assert state_of(ALL_OF_IT, WALL + HOUR) is CollectorState.COMPLETE
    assert state_of(FEEDS, WALL + 29 * MINUTE) is CollectorState.IDLE
    assert state_of(FEEDS, WALL + 30 * MINUTE) is CollectorState.SILENT


def test_nothing_of_the_present_is_claimed_of_feeds_that_have_died() -> None:
    feeds = snapshot(coverage=(FEEDS,))
    assert mood_of(feeds, WALL) is HeadlineState.CALM
    assert mood_of(feeds, WALL + HOUR) is HeadlineState.STALE


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
