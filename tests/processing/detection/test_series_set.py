"""The book: posts that arrive late, and a restart that changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.detection.previous.checkpoint import COVER, restore, save
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState, step
from processing.detection.previous.episodes import Episode, EpisodeEvent, EpisodeKind, EpisodePolicy
from processing.detection.previous.series_set import Book, Counted, Key, Observation

START = datetime(2020, 7, 1, tzinfo=UTC)
WIDTH = timedelta(minutes=15)
POLICY = DetectorPolicy.for_bins(WIDTH)
EPISODES = EpisodePolicy.matching(POLICY)
BAN, OTHER, SMALL = Key("ban", "en"), Key("ban", "*"), Key("ban", "zh")
DAYS = 3


def at(number: int) -> datetime:
    return START + number * WIDTH


def observation(posts: int, *, authors: int = 9, backfilled: int = 0) -> Observation:
    return Observation(posts, backfilled, frozenset(range(min(posts, authors))))


def counted(posts: int, other: int = 0) -> Counted:
    return {key: observation(many) for key, many in ((BAN, posts), (OTHER, other)) if many}


def go(book: Book, bins: Iterable[tuple[int, Counted | None]]) -> list[tuple[Key, EpisodeEvent]]:
    """As the watch does it; newcomers come from silence."""
    events: list[tuple[Key, EpisodeEvent]] = []
    for number, seen in bins:
        events += book.step(at(number), seen, lambda _, end=number: [(at(past), Observation()) for past in range(end)])
    return events


def a_book(quiet: int = DAYS * 96, posts: int = 6) -> Book:
    """Some days of ordinary talk behind it."""
    book = Book(POLICY, EPISODES)
    book.take_in(BAN, [(at(number), observation(posts + number % 3)) for number in range(quiet)])
    return book


def detector_of(book: Book) -> bytes:
    return book.series[BAN].live.detector.to_json()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=40))
def test_late_posts_are_judged_as_if_they_had_come_in_time(arrivals: list[tuple[int, int]]) -> None:
    """Of each bin some posts come in time and the rest before the half hour behind it is over."""
    first = DAYS * 96
    late, in_time = a_book(), a_book()
    for number, (prompt, tardy) in enumerate(arrivals, first):
        again = {at(past): counted(sum(arrivals[past - first])) for past in range(max(first, number - 2), number)}
        list(late.rescore(again))
        go(late, [(number, counted(prompt))])
        go(in_time, [(number, counted(prompt + tardy))])
    list(late.rescore({at(first + len(arrivals) - 1): counted(sum(arrivals[-1]))}))
    list(late.rescore({at(first + len(arrivals) - 2): counted(sum(arrivals[-2]))} if len(arrivals) > 1 else {}))
    assert detector_of(late) == detector_of(in_time)


@settings(max_examples=40)
@given(
    counts=st.lists(st.integers(0, 60), min_size=2, max_size=2),
    more=st.lists(st.integers(0, 60), min_size=2, max_size=2),
)
def test_late_posts_never_lower_a_score(counts: list[int], more: list[int]) -> None:
    rows = []
    for added in ([0, 0], more):
        state = DetectorState.begin(POLICY)
        for number in range(DAYS * 96):
            step(POLICY, state, Bin(at(number), 6 + number % 3))
        bins = [Bin(at(DAYS * 96 + number), counts[number] + added[number]) for number in range(2)]
        rows.append([step(POLICY, state, each)[1].score for each in bins])
    assert all(after >= before for before, after in zip(*rows, strict=True))


def test_a_surge_whose_posts_come_late_is_found_when_they_are_there() -> None:
    book = a_book()
    now = DAYS * 96
    assert go(book, [(now, counted(7)), (now + 1, counted(8))]) == []
    [(key, event)] = book.rescore({at(now): counted(70), at(now + 1): counted(90)})
    assert key == BAN
    assert event.episode.start == at(now)
    assert event.episode.detected_at == at(now + 2)
    assert event.episode.observed == 160


def test_a_spike_keeps_its_name_when_late_posts_show_that_it_began_earlier() -> None:
    book = a_book()
    now = DAYS * 96
    [(_, told)] = go(book, [(now, counted(7)), (now + 1, counted(90))])
    [(_, later)] = book.rescore({at(now): counted(60)})
    events = go(book, [(now + number, counted(80)) for number in range(2, 8)])
    starts = {event.episode.start for _, event in [(BAN, later), *events]}
    assert starts == {told.episode.start} == {at(now + 1)}
    assert {event.episode.detected_at for _, event in events} == {told.episode.detected_at}
    assert later.episode.observed == 150


def test_a_comeback_keeps_its_name_when_late_posts_show_that_it_began_earlier() -> None:
    """In doubt it stands beside its spike, and is known by its start as well."""
    book, now = a_book(), DAYS * 96
    surge = [counted(90)] * 4 + [counted(7)] * 9 + [counted(90)]
    told = go(book, [(now + number, seen) for number, seen in enumerate(surge)])[-1][1]
    [(_, later)] = book.rescore({at(now + 12): counted(60)})
    assert [each.start for each in told.episode.comebacks] == [at(now + 13)]
    [before], [after] = told.episode.comebacks, later.episode.comebacks
    assert (after.start, after.detected_at) == (before.start, before.detected_at)
    assert after.observed == 150


def test_a_comeback_that_only_late_posts_have_shown_was_found_with_them() -> None:
    book, now = a_book(), DAYS * 96
    surge = [counted(90)] * 4 + [counted(7)] * 10
    go(book, [(now + number, seen) for number, seen in enumerate(surge)])
    [(_, later)] = book.rescore({at(now + 12): counted(90)})
    assert [(each.start, each.detected_at) for each in later.episode.comebacks] == [(at(now + 12), at(now + 14))]


def test_a_spike_that_fewer_posts_take_back_stays_told() -> None:
    book = a_book()
    now = DAYS * 96
    [(_, told)] = go(book, [(now, counted(90))])
    list(book.rescore({at(now): counted(7)}))
    events = go(book, [(now + number, counted(7)) for number in range(1, 8)])
    assert [(event.kind, event.episode.start) for _, event in events] == [("ended", told.episode.start)]


def test_posts_later_than_half_an_hour_change_no_score() -> None:
    book, other = a_book(), a_book()
    now = DAYS * 96
    bins = [(now + number, counted(7)) for number in range(4)]
    go(book, bins)
    go(other, bins)
    assert list(book.rescore({at(now): counted(400), at(now + 1): counted(400)})) == []
    assert detector_of(book) == detector_of(other)


def test_an_unknown_bin_stays_unknown() -> None:
    book = a_book()
    now = DAYS * 96
    go(book, [(now, None)])
    assert list(book.rescore({at(now): counted(400)})) == []


def test_a_series_comes_under_watch_when_late_posts_make_it_large_enough() -> None:
    book = Book(POLICY, EPISODES)
    go(book, [(0, counted(4))])
    list(book.rescore({at(0): counted(9)}))
    go(book, [(1, counted(2))])
    assert BAN in book.series


@settings(max_examples=60)
@given(
    before=st.lists(st.integers(0, 60), max_size=6),
    sooner=st.integers(0, 90),
    later=st.integers(0, 90),
)
def test_what_an_open_bin_begins_has_begun_when_it_closes(before: list[int], sooner: int, later: int) -> None:
    book, now = a_book(), DAYS * 96 + len(before)
    go(book, [(number, counted(posts)) for number, posts in enumerate(before, DAYS * 96)])
    untouched = save(book)
    begun = {(key, event.episode.start) for key, event in book.peek(at(now), counted(sooner), lambda _: ())}
    assert save(book) == untouched
    closed = {(key, event.episode.start) for key, event in go(book, [(now, counted(sooner + later))])}
    assert begun <= closed


def test_an_open_bin_begins_a_spike_before_it_closes_also_of_a_series_that_is_new() -> None:
    book = a_book()
    silence = [(at(number), Observation()) for number in range(DAYS * 96)]
    begun = book.peek(at(DAYS * 96), counted(90, 100), lambda _: silence)
    assert {(key, event.kind) for key, event in begun} == {(BAN, "opened"), (OTHER, "opened")}


def test_a_language_joins_in_an_open_bin_by_what_has_come_of_the_surge() -> None:
    """Three posts of ninety are seldom a mistake, three of nine hundred may well be."""
    book, now = a_book(), DAYS * 96
    go(book, [(now, {OTHER: observation(90)})])
    silence = [(at(past), Observation()) for past in range(now)]
    for surge, joins in ((90, True), (900, False)):
        so_far = {SMALL: observation(3), OTHER: observation(surge)}
        assert (SMALL in {key for key, _ in book.peek(at(now + 1), so_far, lambda _: silence)}) is joins


@settings(max_examples=40)
@given(minutes=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 12)), min_size=15, max_size=15))
def test_a_spike_is_found_at_the_end_of_the_first_minute_that_was_enough(minutes: list[tuple[int, int, int]]) -> None:
    """As one would have found it who looked into the open bin at the end of each minute."""
    now = DAYS * 96
    parts = [{BAN: many, SMALL: few, OTHER: many + few + rest} for many, few, rest in minutes]
    so_far = [{key: observation(sum(part[key] for part in parts[: end + 1])) for key in parts[0]} for end in range(15)]
    silence = [(at(past), Observation()) for past in range(now)]
    first: dict[Key, datetime] = {}
    book = a_book()
    for minute, seen in enumerate(so_far, 1):
        for key, _ in book.peek(at(now), seen, lambda _: silence):
            first.setdefault(key, at(now) + minute * timedelta(minutes=1))
    events = book.step(at(now), so_far[-1], lambda _: silence, lambda: so_far[:-1])
    found = {key: event.episode.detected_at for key, event in events}
    assert found == {key: first[key] for key in found}
    assert first.keys() - found.keys() <= {BAN, SMALL}  # a language's bar rises with the surge
    going = (book.series[key].live.episode.episode for key in found)
    assert [episode.detected_at for episode in going if episode] == list(found.values())


def restored(book: Book) -> Book:
    return restore(POLICY, EPISODES, save(book))


def talk(chance: np.random.Generator, bins: int) -> Sequence[Counted | None]:
    counts = chance.poisson(5, bins) + chance.poisson(60, bins) * (chance.random(bins) < 0.06)
    unknown = chance.random(bins) < 0.03
    rest = chance.poisson(60, bins) * (chance.random(bins) < 0.1)
    return [
        None if gap else {**counted(int(posts), int(posts + more)), SMALL: observation(int(posts) // 6)}
        for posts, more, gap in zip(counts, rest, unknown, strict=True)
    ]


def live(bins: Sequence[Counted | None], *, cut: int | None = None) -> tuple[list[tuple[Key, EpisodeEvent]], Book]:
    """Every bin with half of its posts late; stopped and restored once."""
    book, events = Book(POLICY, EPISODES), []
    for number, seen in enumerate(bins):
        if number == cut:
            book = restored(book)
        past = number - 1
        if past >= 0 and bins[past] is not None:
            events += book.rescore({at(past): bins[past] or {}})
        halved = {key: msgspec.structs.replace(of, posts=of.posts // 2) for key, of in (seen or {}).items()}
        events += go(book, [(number, None if seen is None else halved)])
    return events, book


@pytest.mark.parametrize("seed", range(3))
def test_a_watch_cut_anywhere_goes_on_as_if_never_stopped(seed: int) -> None:
    chance = np.random.default_rng(seed)
    bins = talk(chance, 500)
    events, book = live(bins)
    assert events
    for cut in sorted(chance.integers(1, 500, 12).tolist()):
        again, cut_book = live(bins, cut=cut)
        assert again == events
        assert save(cut_book) == save(book)


def beside_the_whole(small: Sequence[int], whole: Sequence[int]) -> list[tuple[Key, EpisodeEvent]]:
    """Three silent days, then these posts of one language and of all."""
    first = DAYS * 96
    bins = [
        (first + number, {SMALL: observation(few), OTHER: observation(many)})
        for number, (few, many) in enumerate(zip(small, whole, strict=True))
    ]
    return go(Book(POLICY, EPISODES), bins)


def test_a_language_joins_a_surge_of_its_topic_with_three_posts() -> None:
    events = beside_the_whole([0, 3, 0], [40, 80, 90])
    assert [(key, event.episode.detected_at) for key, event in events if event.kind == "opened"] == [
        (OTHER, at(DAYS * 96 + 1)),
        (SMALL, at(DAYS * 96 + 2)),
    ]


def test_the_same_three_posts_are_nothing_while_the_topic_is_quiet() -> None:
    assert beside_the_whole([0, 3, 0], [3, 4, 2]) == []


def test_three_posts_of_a_thousand_are_a_mistaken_language() -> None:
    assert {key for key, _ in beside_the_whole([0, 3, 0], [400, 800, 900])} == {OTHER}


def test_a_language_that_joined_is_known_again_when_its_counts_are_all_there_is() -> None:
    """The state of the watch is lost: the topic's history says while it surged, the language's what it had."""
    silence = [(at(number), Observation()) for number in range(DAYS * 96)]
    behind = [at(DAYS * 96 + number) for number in range(8)]
    book = Book(POLICY, EPISODES)
    book.take_in(OTHER, [*silence, *((start, observation(60)) for start in behind)])
    book.take_in(SMALL, [*silence, *((start, observation(3)) for start in behind)])
    episode = book.series[SMALL].live.episode.episode
    assert episode is not None
    assert (episode.start, episode.end) == (behind[0], None)


def test_a_book_with_a_piece_missing_or_of_another_width_is_refused() -> None:
    pieces = save(a_book())
    with pytest.raises(ValueError, match="Of 1 series 0 are there"):
        restore(POLICY, EPISODES, {COVER: pieces[COVER]})
    with pytest.raises(ValueError, match="Not the state of a watch"):
        restore(POLICY, EPISODES, {BAN: pieces[BAN]})
    hours = DetectorPolicy.for_bins(timedelta(hours=1))
    with pytest.raises(ValueError, match="saved for bins of 0:15:00"):
        restore(hours, EpisodePolicy.matching(hours), pieces)


def test_a_spike_that_its_series_does_not_know_is_over_with_its_highest_bin() -> None:
    first = DAYS * 96
    book = a_book()
    (_, opened), *_ = go(book, [(number, counted(60)) for number in range(first, first + 3)])
    going = opened.episode.snapshot(*BAN)
    assert book.ended(going) == going
    for lost in (msgspec.structs.replace(going, start=at(first - 90)), msgspec.structs.replace(going, language="ar")):
        assert book.ended(lost) == msgspec.structs.replace(lost, end=lost.peak + WIDTH)
    go(book, [(number, counted(6)) for number in range(first + 3, first + 12)])
    assert book.ended(going) == msgspec.structs.replace(going, end=at(first + 3))


Sparse = list[tuple[int, int]]
"""Runs of known bins: how many bins nobody counted before each, and the posts of each."""
SPARSE = st.lists(st.tuples(st.sampled_from([0, 0, 0, 0, 1, 2, 5, 49, 50, 400]), st.integers(0, 60)), max_size=20)


def what(events: Iterable[tuple[Key, EpisodeEvent]]) -> dict[Key, tuple[EpisodeKind, Episode]]:
    """What was told of each series, at whatever moment."""
    return {key: (event.kind, event.episode) for key, event in events}


@settings(max_examples=15)
@given(SPARSE)
def test_time_passed_over_leaves_what_stepping_through_it_leaves(sparse: Sparse) -> None:
    """Unknown time, while series are under watch."""
    skipped, stepped = a_book(), a_book()
    now = DAYS * 96
    for gap, posts in sparse:
        passed = list(skipped.pass_over(at(now), at(now + gap)))
        each = go(stepped, [(number, None) for number in range(now, now + gap)])
        assert what(passed) == what(each)
        now += gap
        seen = [(now, counted(posts, other=posts // 2))]
        assert go(skipped, seen) == go(stepped, seen)
        now += 1
    assert save(skipped) == save(stepped)


@settings(max_examples=15)
@given(SPARSE)
def test_empty_time_passed_over_while_nothing_is_under_watch_changes_nothing(sparse: Sparse) -> None:
    """As the watch goes on: empty bins are stepped through once there is a series."""
    skipped, stepped = Book(POLICY, EPISODES), Book(POLICY, EPISODES)
    now = 0
    for gap, posts in sparse:
        empty: list[tuple[int, Counted | None]] = [(number, {}) for number in range(now, now + gap)]
        told = go(skipped, empty) if skipped.series else list(skipped.pass_over(at(now), at(now + gap)))
        assert told == go(stepped, empty)
        now += gap
        seen = [(now, counted(posts))]
        assert go(skipped, seen) == go(stepped, seen)
        now += 1
    assert skipped.series.keys() == stepped.series.keys()
    assert all(save(skipped)[key] == save(stepped)[key] for key in skipped.series)
