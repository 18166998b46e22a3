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
from dashboard.headline import incident_name
from dashboard.i18n import ENGLISH, WORDS, Words
from dashboard.i18n.labels import language_name, mark_name
from dashboard.parts.verdict import doubts
from dashboard.snapshot import (
    OTHERS,
    Point,
    lines_of,
    marks_of,
    silences,
)
from dashboard.window import MOST_BINS, WIDTHS, Window, end_of_time, floor, width_for, window_of
from processing.contract import Doubt, VerdictName
from processing.explanation.sentences import doubt_sentence
from processing.i18n import LANGUAGES
from processing.queries import Coverage
from tests.support.stock import END, START, SURGE, SURGE_END, incident, spike
from tests.support.watched import of_bans

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WALL = datetime(2026, 1, 1, tzinfo=UTC)
ALL_OF_IT = Coverage("archive", START, END, complete=True, heard_at=WALL)
FEEDS = Coverage("rss", START, END, complete=False, heard_at=WALL, idle=True, silent_after=30 * MINUTE)


def window(view: Filters, now: datetime = END, *, finished: bool = False) -> Window:
    return window_of(view, now, START - 60 * DAY, finished=finished)


@pytest.mark.parametrize("each", [Range.HOUR, Range.SIX_HOURS, Range.DAY, Range.WEEK, Range.MONTH])
def test_a_range_is_counted_back_from_the_data_s_own_now(each: Range) -> None:
    now = END + timedelta(minutes=7, seconds=3)
    shown = window(of_bans(range=each), now)
    assert shown.until == now
    assert now - shown.width < shown.end <= now
    assert len(list(shown.bins())) <= 341
    assert all(start == floor(start, shown.width) for start in shown.bins())


def test_a_growing_bin_is_left_out_and_a_finished_one_is_not() -> None:
    now = END + timedelta(minutes=7)
    assert window(of_bans(range=Range.WEEK), now).end == END
    assert window(of_bans(range=Range.WEEK), now, finished=True).end == END + timedelta(minutes=30)
    assert window(of_bans(range=Range.WEEK), END, finished=True).end == END


def test_a_window_does_not_begin_before_the_data() -> None:
    shown = window_of(of_bans(range=Range.MONTH), END, START + timedelta(minutes=50), finished=False)
    assert START - timedelta(hours=3) < shown.start <= START + timedelta(minutes=50)


def test_a_first_minute_is_already_a_window() -> None:
    shown = window_of(of_bans(range=Range.ALL), START + MINUTE, START, finished=False)
    assert list(shown.bins()) == [START]


def test_a_chosen_time_is_cut_to_the_data() -> None:
    first = START - 60 * DAY

    def cut(start: datetime, end: datetime) -> Window:
        return window_of(of_bans(range=Range.CHOSEN, start=start, end=end), END, first, finished=False)

    assert cut(SURGE, SURGE_END) == Window(SURGE - MINUTE, SURGE_END, 2 * MINUTE, SURGE_END)
    assert cut(SURGE, END + DAY).until == END
    assert cut(START - 300 * DAY, START).start == first
    outside = cut(END + DAY, END + 3000 * DAY)
    assert outside.start == END + DAY
    assert len(list(outside.bins())) <= MOST_BINS


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
    [whole] = marks_of(of_bans(), shown, END, [incident()], [spike()])
    [arabic] = marks_of(of_bans(language="ar"), shown, END, [incident()], [spike()])
    assert (whole.start, whole.ratio) == (SURGE, incident().ratio)
    assert (arabic.start, arabic.ratio) == (spike().start, spike().ratio)
    assert marks_of(of_bans(language="ja"), shown, END, [incident()], [spike()]) == ()
    assert marks_of(of_bans(topic="court"), shown, END, [incident()], [spike()]) == ()
    assert len(marks_of(of_bans(topic="*"), shown, END, [incident()], [])) == 1


@pytest.mark.parametrize(
    "view",
    [of_bans(), of_bans(language="ar"), of_bans(topic="employer-ban"), of_bans(topic="employer-ban", language="ar")],
)
@pytest.mark.parametrize("words", [ENGLISH, WORDS["ar"]], ids=["en", "ar"])
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


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_card_names_a_language_in_doubt_apart(interface: str) -> None:
    words = WORDS[interface]
    doubt = Doubt("tr", VerdictName.CONCENTRATED, "repeated", 0.98)
    shown = "".join(doubts(msgspec.structs.replace(incident(), doubted=(doubt,)), words))
    assert doubt_sentence(doubt, language_name(words, "tr"), interface) in shown
    alone = msgspec.structs.replace(incident(), lead_language="ar")
    assert f" · {language_name(words, 'ar')}" in incident_name(alone, words)


def test_a_mark_is_cut_to_the_window_and_lasts_until_now() -> None:
    shown = Window(SURGE + HOUR, SURGE + 2 * HOUR, MINUTE, SURGE + 2 * HOUR)
    [mark] = marks_of(of_bans(), shown, SURGE + 2 * HOUR, [incident(going_on=True)], [])
    assert (mark.start, mark.end) == (shown.start, shown.end)
    later = Window(SURGE_END + HOUR, END, MINUTE, END)
    assert marks_of(of_bans(), later, END, [incident()], []) == ()
