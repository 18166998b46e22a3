"""What the watch tells of a bin that is still open, and that it tells nothing which the closed one would not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from ingest.contract import Post, Progress
from processing import queries
from processing.backtest import backtest
from processing.contract import Severity, TaggedPost, VerdictName
from processing.detection.policy import DetectorPolicy
from processing.store.client import Store
from processing.store.deletions import delete_posts
from processing.store.writer import recount, write_posts, write_progress
from processing.watching import watch_over
from tests.conftest import NOON, a_post
from tests.support.rises import END, SOURCE, START, WIDTH, background, own_words, rise, tagged
from tests.support.telling import Heard, alerts_of

pytestmark = pytest.mark.long

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass
class Live:
    """A collector at work, and a watch that looks when it is told to."""

    store: Store
    before: Sequence[TaggedPost]
    roots: dict[str, str] = field(default_factory=lambda: {"ban": "ban"})
    out: Heard = field(init=False)

    def __post_init__(self) -> None:
        self.out = Heard(self.store)
        self.restart()
        self.deliver([post for post in self.before if post.post.created_at < NOON], NOON)

    def restart(self) -> None:
        """Go on with a watch that knows only what was written down."""
        self.watch = watch_over(self.store, lambda: self.roots, WIDTH, alerts_of(self.store), lambda: END)
        self.watch.resume()

    def deliver(self, posts: Sequence[TaggedPost], until: datetime) -> None:
        """Count these, say that they are all up to then, and look."""
        recount(self.store, write_posts(self.store, posts))
        write_progress(self.store, [(0, Progress(source=SOURCE, since=START, until=until))])
        while self.watch.look():
            pass

    @property
    def alerts(self) -> int:
        return self.out.opened


def posts(name: str, count: int, start: datetime, apart: timedelta, *topics: str) -> list[TaggedPost]:
    """Each by a person of their own, in own words."""
    return [
        tagged(
            a_post(
                source=SOURCE,
                id=f"{name}{number}",
                text=own_words(random.Random(f"{name}{number}")),
                created_at=start + apart * number,
                author=f"{name}{number}@server{number % 9}.example",
            ),
            "en",
            *topics,
        )
        for number in range(count)
    ]


def test_all_of_a_source_rising_together_is_not_told_before_it_can_be_known(store: Store) -> None:
    """Six posts a minute on anything else are too few to tell in two minutes, and enough in five."""
    usual = posts("usual", 2 * 24 * 60 * 6, START, 10 * SECOND)
    live = Live(store, [*usual, *background(talk=12)])
    for minute in range(10):
        begin = NOON + minute * MINUTE
        topic = posts(f"topic{minute}-", 3, begin, 20 * SECOND, "ban")
        live.deliver([*topic, *posts(f"rest{minute}-", 120, begin, SECOND / 2)], begin + MINUTE)
    assert {spike.verdict for spike in queries.spikes(store, START, END)} == {VerdictName.COLLECTOR}
    assert live.alerts == 0
    assert {spike.detected_at for spike in queries.spikes(store, START, END)} == {NOON + WIDTH}


@pytest.mark.parametrize(("usual", "found"), [(30, (1, 10)), (5, (4, 10))], ids=["at once", "once all else is known"])
def test_a_surge_and_its_languages_are_found_when_a_backtest_finds_them(
    store: Store, usual: int, found: tuple[int, int]
) -> None:
    """The topic in its first minute, if enough else has come to compare with, and Arabic with its tenth post."""
    live = Live(store, [*posts("usual", 2 * 24 * 60 * usual, START, MINUTE / usual), *background()])
    for minute in range(30):
        begin = NOON + minute * MINUTE
        surge = posts(f"surge{minute}-", 12, begin, 5 * SECOND, "ban")
        few = rise(1, MINUTE, language="ar", id=f"few{minute}", created_at=begin, author=f"few{minute}@home.example")
        live.deliver([*surge, *few, *posts(f"rest{minute}-", usual, begin, MINUTE / usual)], begin + MINUTE)
    spikes = queries.spikes(store, START, END)
    topic, arabic = (NOON + minutes * MINUTE for minutes in found)
    assert {spike.language: spike.detected_at for spike in spikes} == {"*": topic, "en": topic, "ar": arabic}
    policy = DetectorPolicy.for_bins(WIDTH)
    assert backtest(store, policy, live.roots, START, NOON + 30 * MINUTE).incidents == queries.incidents(store)


def test_a_surge_that_waits_for_all_else_is_told_when_that_is_known_though_no_more_of_it_comes(store: Store) -> None:
    live = Live(store, [*posts("usual", 2 * 24 * 60 * 5, START, MINUTE / 5), *background()])
    surge, told = posts("surge", 24, NOON, 2 * SECOND, "ban"), []
    for minute in range(4):
        begin = NOON + minute * MINUTE
        rest = posts(f"rest{minute}-", 5, begin, MINUTE / 5)
        live.deliver([*surge, *rest] if minute == 0 else rest, begin + MINUTE)
        told.append(live.alerts)
    assert told == [0, 0, 0, 1]
    assert {spike.detected_at for spike in queries.spikes(store, START, END)} == {NOON + 4 * MINUTE}


@pytest.mark.parametrize("restarted", [False, True])
def test_late_posts_that_move_a_start_leave_one_spike_under_the_name_it_was_told(
    store: Store, *, restarted: bool
) -> None:
    live = Live(store, list(background()))
    live.deliver(posts("first", 6, NOON, 30 * SECOND, "ban"), NOON + WIDTH)
    surge = posts("surge", 400, NOON + WIDTH, 3 * SECOND, "ban")
    live.deliver(surge[:40], NOON + 7 * MINUTE)
    [told] = queries.incidents(store)
    if restarted:
        live.restart()
    assert {spike.end for spike in queries.spikes(store, START, END)} == {None}
    late = posts("late", 8, NOON + 4 * MINUTE, SECOND, "ban")
    live.deliver([*late, *surge[40:]], NOON + 25 * MINUTE)
    live.deliver([], END)
    assert [spike.start for spike in queries.spikes(store, START, END)] == [told.start] * 2
    assert live.alerts == 1


def test_a_sub_topic_that_grows_in_the_open_bin_is_told_when_it_is_large_enough(store: Store) -> None:
    usual = posts("usual", 2 * 24 * 180, START, 20 * SECOND, "employer-ban")
    live = Live(store, usual, roots={"ban": "ban", "employer-ban": "ban"})
    grown: list[tuple[Severity, int]] = []
    for count in range(20, 320, 12):
        live.deliver(posts("grown", count, NOON, WIDTH / 320, "employer-ban"), NOON + WIDTH * count / 320)
        grown += [(s.severity, live.alerts) for s in queries.spikes(store, START, END) if s.language == "*"]
    assert (Severity.NOTABLE, 0) in grown
    assert grown[-1][0] is not Severity.NOTABLE
    assert live.alerts == 1


def test_a_surge_that_begins_at_the_end_of_a_bin_grows_before_the_next_one_closes(store: Store) -> None:
    """Fifteen posts in a minute are notable. Whoever is told of what is major need not wait five minutes more."""
    live, severities = Live(store, list(background(talk=12))), []
    surge = posts("surge", 45, NOON + 4 * MINUTE, 4 * SECOND, "ban")
    for minute in range(3):
        live.deliver(surge[: 15 * (minute + 1)], NOON + (5 + minute) * MINUTE)
        severities += {spike.severity for spike in queries.spikes(store, START, END)}
    assert severities == [Severity.NOTABLE, Severity.MAJOR, Severity.EXTREME]


def leaves(author: str, at: datetime) -> Post:
    return a_post(source=SOURCE, id="gone", op="delete_author", text="", author=author, created_at=at)


def test_a_flood_whose_account_has_left_is_not_told_for_the_few_who_stay(store: Store) -> None:
    live = Live(store, list(background(talk=10)))
    live.deliver(rise(240, 4 * MINUTE, author="loud@server1.example"), NOON + WIDTH)
    recount(store, delete_posts(store, [leaves("loud@server1.example", NOON + WIDTH)]))
    live.deliver(posts("few", 6, NOON + 6 * MINUTE, 20 * SECOND, "ban"), NOON + 2 * WIDTH)
    [incident] = queries.incidents(store)
    assert incident.verdict is VerdictName.CONCENTRATED
    assert [each.name for each in incident.evidence if each.decisive] == ["gone"]
    assert live.alerts == 0


def _japanese() -> Iterator[TaggedPost]:
    for number in range(480):
        post = a_post(
            source=SOURCE,
            id=f"ja{number}",
            created_at=START + number * timedelta(minutes=6),
            author=f"ja{number}@mstdn.jp",
        )
        yield tagged(post, "ja")


def test_a_language_that_always_was_at_home_on_one_server_is_people(store: Store) -> None:
    live = Live(store, [*background(), *_japanese()])
    at_home = rise(100, 30 * MINUTE, language="ja", author=lambda number: f"someone{number}@mstdn.jp")
    live.deliver([*rise(300, 30 * MINUTE), *at_home], END)
    [incident] = queries.incidents(store)
    assert (incident.languages, incident.doubted) == (("en", "ja"), ())
