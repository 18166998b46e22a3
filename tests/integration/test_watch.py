"""The watch against the real engine: what it finds, what it does not, and what a restart changes."""

from __future__ import annotations

import itertools
import random
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import pytest

from ingest.contract import Progress
from ingest.retry import retry_while_unavailable
from processing import queries
from processing.contract import ClickHouseAddress, Incident, IncidentState, Spike, TaggedPost, VerdictName
from processing.detection.policy import DetectorPolicy
from processing.ports import Observer
from processing.rules_backtest import backtest_rules
from processing.store.client import Store, StoreUnavailable
from processing.store.records import write_spikes
from processing.store.writer import recount, write_posts, write_progress
from processing.watch import REPORTED_EVERY, Watch
from processing.watch_metrics import WatchMetrics
from processing.watching import watch_over
from tests.conftest import NOON, Template, a_post
from tests.support.forks import Forks, forking
from tests.support.metered import metered
from tests.support.telling import BOOK, Heard, alerts_of, wall_clock
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

WIDTH = timedelta(minutes=5)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
START = NOON - timedelta(days=3)
END = NOON + timedelta(hours=8)
WORDS = (
    *("company", "government", "video", "friends", "never", "phone", "summer", "music"),
    *("office", "people", "delete", "teacher", "rumour", "evening"),
)
WRITTEN = ("spike_versions", "incident_versions", "notification_versions", "watch_progress_versions")
"""What a look writes, in this order."""

ROOTS = {"ban": "ban", "employer-ban": "ban"}


def talk(*, authors: int = 10_000, backfill: bool = False) -> Iterator[TaggedPost]:
    """Two posts an hour for three days, and six a minute for the hour from noon on."""
    chance = random.Random(3)
    moments = [START + timedelta(minutes=30 * n + chance.randrange(30)) for n in range(160)]
    surge = [NOON + timedelta(seconds=10 * n) for n in range(360)]
    for number, moment in enumerate([*moments, *surge]):
        raised = number >= len(moments)
        post = a_post(
            id=str(number),
            created_at=moment,
            author=f"author-{number % authors if raised else number}",
            backfill=backfill and raised,
        )
        yield TaggedPost(post, "en", 0.9, ("ban", "employer-ban") if raised else ("ban",), "rules")


def fill(store: Store, posts: Sequence[TaggedPost], until: datetime = END) -> None:
    recount(store, write_posts(store, posts))
    cover(store, START, until)


def cover(store: Store, since: datetime, until: datetime) -> None:
    write_progress(store, [(0, Progress(source="archive-1", since=since, until=until, complete=True))])


def watch(store: Store, observer: Observer | None = None) -> Watch:
    made = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: END, observer=observer)
    made.resume()
    return made


def look_at_all(store: Store, observer: Observer | None = None) -> list[str]:
    """The steps that were told."""
    out = Heard(store)
    looking = watch(store, observer)
    while looking.look():
        pass
    return out.steps


def test_a_surge_is_one_incident_told_once(store: Store) -> None:
    fill(store, list(talk()))
    metrics = WatchMetrics()
    said = look_at_all(store, metrics)
    assert said.count("opened") == 1
    [incident] = queries.incidents(store)
    assert incident.start == NOON
    assert incident.detected_at <= NOON + timedelta(minutes=10)
    assert incident.subtopics == ("employer-ban",)
    assert incident.languages == ("en",)
    assert not incident.synthetic
    assert {(spike.topic, spike.language) for spike in queries.spikes(store, START, END)} == {
        ("ban", "*"),
        ("ban", "en"),
        ("employer-ban", "*"),
        ("employer-ban", "en"),
    }
    counted = metered(metrics)
    assert counted["banwatch_watch_incidents_total"] == 1
    assert sum(value for name, value in counted.items() if name.startswith("banwatch_watch_spikes_total")) == 4
    assert metrics.watermark == END + WIDTH, "the last bin of a whole archive is closed"


def two_surges() -> list[TaggedPost]:
    """Noon's surge, and five hours later another one of the same hour's length."""
    again = (
        TaggedPost(
            a_post(id=f"again{n}", created_at=NOON + 5 * HOUR + 10 * n * SECOND, author=f"b{n}"),
            "en",
            0.9,
            ("ban",),
            "r",
        )
        for n in range(360)
    )
    return [*talk(), *again]


def test_a_replay_tells_of_growth_what_a_live_watch_would_have_told(store: Store) -> None:
    """A day is scored at once; the second surge is told behind the first, and both before the end."""
    over = NOON + 20 * HOUR
    fill(store, two_surges(), until=over)
    out = Heard(store)
    replayed = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), wall_clock)
    replayed.resume()
    looks = 0
    while replayed.look():
        looks += 1
    live = backtest_rules(store, DetectorPolicy.for_bins(WIDTH), ROOTS, book=BOOK, ancestors={}, start=NOON, end=over)
    told = store.query("SELECT step, growth FROM notifications WHERE step != '' ORDER BY number")
    assert looks == 4
    assert out.steps == ["opened", "grew", "resolved"]
    assert told == [("opened", []), ("grew", ["pulse"]), ("resolved", [])]
    assert [(each.step, list(each.growth)) for each in live.messages if each.step != "resolved"] == told[:2]


def test_a_watch_that_was_away_tells_at_once_what_it_finds(store: Store) -> None:
    over = NOON + 20 * HOUR
    fill(store, two_surges(), until=over)
    out = Heard(store)
    late = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store, lambda: over), lambda: over)
    late.resume()
    while late.look():
        pass
    assert out.steps == ["opened", "resolved"]


def test_a_restart_tells_nothing_again(store: Store) -> None:
    fill(store, list(talk()))
    look_at_all(store)
    before = queries.incidents(store)
    assert look_at_all(store) == []
    assert queries.incidents(store) == before


@pytest.mark.parametrize("cut", [NOON - timedelta(hours=5), NOON + timedelta(minutes=20), NOON + timedelta(hours=2)])
def test_a_watch_cut_off_anywhere_finds_what_an_uninterrupted_one_finds(store: Store, cut: datetime) -> None:
    posts = list(talk())
    fill(store, posts, until=cut)
    first = look_at_all(store)
    cover(store, START, END)
    second = look_at_all(store)
    assert (first + second).count("opened") == 1
    [incident] = queries.incidents(store)
    [spike] = [each for each in queries.spikes(store, START, END) if (each.topic, each.language) == ("ban", "*")]
    assert incident.start == spike.start == NOON
    assert spike.observed == 360 + sum(1 for post in posts[:160] if NOON <= post.post.created_at < spike.end)


def test_a_few_authors_make_no_trend_and_are_recorded(store: Store) -> None:
    fill(store, list(talk(authors=3)))
    assert look_at_all(store) == []
    [incident] = queries.incidents(store)
    assert incident.verdict is VerdictName.CONCENTRATED


def test_backfill_is_counted_and_never_alerts(store: Store) -> None:
    fill(store, list(talk(backfill=True)))
    assert look_at_all(store) == []
    [count] = queries.series(store, NOON, NOON + WIDTH, WIDTH, topic="ban", language="en")
    assert count.backfilled >= 30


def test_time_that_nobody_covered_is_passed_over(store: Store) -> None:
    fill(store, list(talk()), until=NOON - timedelta(hours=5))
    look_at_all(store)
    later = NOON + timedelta(days=400)
    recount(store, write_posts(store, [TaggedPost(a_post(id="later", created_at=later), "en", 0.9, ("ban",), "rules")]))
    cover(store, later, later + timedelta(hours=1))
    looking = watch(store)
    looks = 0
    while looking.look():
        looks += 1
    assert looks <= 2
    assert queries.scored_until(store) == later + timedelta(hours=1, minutes=5)


LONG_AGO = datetime(2005, 3, 1, 12, tzinfo=UTC)


def dated(moment: datetime, name: str, *topics: str) -> TaggedPost:
    return TaggedPost(a_post(id=name, created_at=moment, author=name), "en", 0.9, topics, "rules")


def looks_at(store: Store) -> int:
    looking = watch(store)
    looks = 0
    while looks < 50 and looking.look():
        looks += 1
    return looks


@pytest.mark.parametrize(
    "since", [datetime(1970, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)], ids=["epoch", "year one"]
)
def test_a_stretch_from_before_anything_was_counted_is_passed_over_in_one_look(store: Store, since: datetime) -> None:
    """As of an archive one of whose posts has an impossible time: it is rejected, and its time is covered."""
    recount(store, write_posts(store, list(talk())))
    cover(store, since, END)
    out = Heard(store)
    assert looks_at(store) <= 5
    assert out.opened == 1
    assert queries.scored_until(store) == END + WIDTH


def test_an_old_post_among_others_costs_no_look_at_the_empty_years_behind_it(store: Store) -> None:
    recount(store, write_posts(store, [dated(LONG_AGO, "old", "ban"), *talk()]))
    cover(store, LONG_AGO, END)
    out = Heard(store)
    assert looks_at(store) <= 6
    assert out.opened == 1


def test_an_old_surge_ends_before_the_empty_years_behind_it(store: Store) -> None:
    old = [dated(LONG_AGO + timedelta(seconds=10 * number), f"old-{number}", "ban") for number in range(360)]
    recount(store, write_posts(store, [dated(LONG_AGO - timedelta(days=3), "first", "ban"), *old, *talk()]))
    cover(store, LONG_AGO - timedelta(days=3), END)
    out = Heard(store)
    assert looks_at(store) <= 20
    assert out.opened == 2
    [later, first] = queries.incidents(store)
    assert (first.start, later.start) == (LONG_AGO, NOON)
    assert first.state is IncidentState.CLOSED
    assert first.end is not None
    assert first.end - LONG_AGO <= timedelta(hours=2)


def test_years_between_posts_of_nothing_that_is_watched_are_passed_over(store: Store) -> None:
    others = [dated(LONG_AGO + timedelta(days=300 * n), f"other-{n}") for n in range(10)]
    recount(store, write_posts(store, [*others, *talk()]))
    cover(store, LONG_AGO, END)
    out = Heard(store)
    assert looks_at(store) <= 25
    assert out.opened == 1


def second_surge(begin: datetime) -> list[TaggedPost]:
    """Six posts a minute for an hour."""
    return [
        TaggedPost(
            a_post(id=f"{begin}-{n}", created_at=begin + timedelta(seconds=10 * n), author=f"later-{n}"),
            "en",
            0.9,
            ("ban",),
            "rules",
        )
        for n in range(360)
    ]


@pytest.mark.parametrize("away", [timedelta(days=3), timedelta(days=60), timedelta(days=400)], ids=str)
def test_a_surge_that_was_cut_off_ends_there_and_a_later_one_is_told_for_itself(store: Store, away: timedelta) -> None:
    cut = NOON + timedelta(minutes=30)
    fill(store, list(talk()), until=cut)
    assert look_at_all(store).count("opened") == 1
    begin = NOON + away
    surge = second_surge(begin + timedelta(hours=8))
    quiet = [
        TaggedPost(a_post(id=f"quiet-{n}", created_at=begin + timedelta(minutes=30 * n)), "en", 0.9, ("ban",), "rules")
        for n in range(16)
    ]
    recount(store, write_posts(store, [*quiet, *surge]))
    cover(store, begin, begin + timedelta(hours=10))
    assert look_at_all(store).count("opened") == 1
    [later, first] = queries.incidents(store)
    assert first.start == NOON
    assert first.end is not None
    assert first.end <= cut + timedelta(minutes=5)
    assert first.state is IncidentState.CLOSED
    assert later.start == begin + timedelta(hours=8)
    assert all(
        spike.end is not None and spike.end <= cut + timedelta(minutes=5) for spike in queries.spikes(store, START, END)
    )


def test_a_surge_that_goes_on_behind_an_outage_of_days_is_told_again(store: Store) -> None:
    cut = NOON + timedelta(minutes=30)
    fill(store, list(talk()), until=cut)
    assert look_at_all(store).count("opened") == 1
    begin = NOON + timedelta(days=3)
    recount(store, write_posts(store, second_surge(begin)))
    cover(store, begin, begin + timedelta(hours=3))
    look_at_all(store)
    assert [incident.start for incident in queries.incidents(store)] == [begin, NOON]


def test_an_open_spike_that_a_restarted_watch_does_not_know_is_ended(store: Store) -> None:
    """As after a state that could not be used, or counts that were made anew."""
    fill(store, list(talk()))
    look_at_all(store)
    [known] = [each for each in queries.spikes(store, START, END) if (each.topic, each.language) == ("ban", "*")]
    peak = START + timedelta(hours=3)
    lost = msgspec.structs.replace(known, start=peak - WIDTH, detected_at=peak + WIDTH, peak=peak, end=None)
    write_spikes(store, [msgspec.structs.replace(known, end=None), lost])
    watch(store)
    stored = {each.start: each.end for each in queries.spikes(store, START, END) if each.topic == "ban"}
    assert stored == {lost.start: peak + WIDTH, known.start: known.end}
    assert [(each.start, each.state) for each in queries.incidents(store)] == [
        (NOON, IncidentState.OPEN),
        (lost.start, IncidentState.CLOSED),
    ]


class FailingStore(Store):
    """Fails the first time that anything is written to one table."""

    fails_at: str | None = None

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        if table == self.fails_at:
            self.fails_at = None
            raise StoreUnavailable("away")
        super().insert(table, columns, data)


@pytest.mark.parametrize("table", WRITTEN)
def test_a_store_that_fails_in_the_middle_of_a_look_is_waited_for(
    store: Store, address: ClickHouseAddress, table: str
) -> None:
    fill(store, list(talk()))
    out, stop = Heard(store), threading.Event()
    with FailingStore(address) as failing, ThreadPoolExecutor(1) as threads:
        failing.fails_at = table
        looking = watch_over(failing, lambda: ROOTS, WIDTH, alerts_of(failing), lambda: END)
        pause = timedelta(milliseconds=10)
        running = threads.submit(retry_while_unavailable, lambda: looking.run(stop, pause), stop)
        try:
            eventually(lambda: running.done() or (queries.scored_until(store) or START) >= END)
        finally:
            stop.set()
        running.result()
    assert failing.fails_at is None
    [incident] = queries.incidents(store)
    assert (incident.start, incident.verdict) == (NOON, VerdictName.ORGANIC)
    assert incident.end is not None
    assert out.opened == 1


def test_a_watch_without_work_says_that_it_lives(store: Store) -> None:
    fill(store, list(talk()))
    look_at_all(store)
    worked, ticks = queries.watch_report(store), itertools.count()
    idle = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: END + next(ticks) * REPORTED_EVERY)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(idle.run, stop, timedelta(milliseconds=10))
        try:
            eventually(lambda: running.done() or queries.watch_report(store) != worked)
        finally:
            stop.set()
        running.result()
    reported = queries.watch_report(store)
    assert worked is not None
    assert reported is not None
    assert reported.scored_until == worked.scored_until
    assert reported.heard_at > worked.heard_at


def test_bins_of_another_width_begin_at_a_boundary_of_their_own(store: Store) -> None:
    fill(store, list(talk()), until=NOON + timedelta(minutes=22))
    look_at_all(store)
    assert (queries.scored_until(store) or START).minute % 60
    cover(store, START, END)
    hourly = watch_over(store, lambda: ROOTS, timedelta(hours=1), alerts_of(store), lambda: END)
    hourly.resume()
    while hourly.look():
        pass
    assert queries.scored_until(store) == END + timedelta(hours=1)
    assert all(each.end is not None for each in queries.spikes(store, START, END))
    [incident] = queries.incidents(store)
    assert incident.end == NOON + timedelta(hours=1)


def test_nothing_is_scored_before_a_collector_has_said_how_far_it_is(store: Store) -> None:
    recount(store, write_posts(store, list(talk())))
    assert look_at_all(store) == []
    assert queries.scored_until(store) is None


def at_work(store: Store, until: datetime, since: datetime = START) -> None:
    write_progress(store, [(0, Progress(source="live-1", since=since, until=until))])


def up_to_noon(store: Store) -> Watch:
    """A collector at work, and a watch that has seen the quiet days."""
    recount(store, write_posts(store, [each for each in talk() if each.post.created_at < NOON]))
    at_work(store, NOON)
    looking = watch(store)
    while looking.look():
        pass
    return looking


def minute_by_minute(store: Store, looking: Watch, minutes: range) -> None:
    """The surge as it comes in, with a look every minute, or whenever so many have passed as the range steps."""
    posts = list(talk())
    for minute in minutes:
        begin, end = NOON + timedelta(minutes=minute), NOON + timedelta(minutes=minute + minutes.step)
        recount(store, write_posts(store, [each for each in posts if begin <= each.post.created_at < end]))
        at_work(store, end)
        looking.look()


def test_a_large_surge_is_told_before_its_first_bin_has_closed(
    store: Store, address: ClickHouseAddress, template: Template
) -> None:
    out = Heard(store)
    looking = up_to_noon(store)
    minute_by_minute(store, looking, range(4))
    assert out.opened == 1
    [told] = queries.incidents(store)
    assert told.start == NOON
    assert NOON < told.detected_at < NOON + WIDTH
    minute_by_minute(store, looking, range(4, 10))
    minute_by_minute(store, looking, range(10, 70, 5))
    assert out.opened == 1
    [incident] = queries.incidents(store)
    assert (incident.id, incident.detected_at) == (told.id, told.detected_at)
    early = queries.spikes(store, START, END)
    with Store(template.copied(f"{address.database}_late")) as other:
        recount(other, write_posts(other, list(talk())))
        at_work(other, NOON + timedelta(minutes=70))
        look_at_all(other)
        late = queries.spikes(other, START, END)
    # Each was judged when it last changed, by the posts up to then.
    assert [msgspec.structs.replace(each, detected_at=NOON, evidence=()) for each in early] == [
        msgspec.structs.replace(each, detected_at=NOON, evidence=()) for each in late
    ]
    assert all(one.detected_at <= other.detected_at for one, other in zip(early, late, strict=True))


def posts_from_noon(count: int, *, seconds: float, author: str) -> list[TaggedPost]:
    """Texts of their own, by one author unless the name takes a number."""
    return [
        TaggedPost(
            a_post(
                id=f"{author}-{n}",
                text=" ".join(random.Random(n).sample(WORDS, 8)),
                created_at=NOON + timedelta(seconds=seconds * n),
                author=author.format(n),
            ),
            "en",
            0.9,
            ("ban",),
            "rules",
        )
        for n in range(count)
    ]


def test_posts_are_judged_that_are_counted_before_their_progress_is_known(store: Store) -> None:
    out = Heard(store)
    looking = up_to_noon(store)
    recount(store, write_posts(store, posts_from_noon(40, seconds=1.0, author="someone-{}")))
    at_work(store, NOON + timedelta(seconds=5))
    looking.look()
    assert out.opened == 1
    [incident] = queries.incidents(store)
    assert incident.verdict is VerdictName.ORGANIC
    assert NOON < incident.detected_at <= NOON + timedelta(minutes=1)


def test_a_rise_that_one_account_began_is_told_when_people_join_it_in_the_same_bin(store: Store) -> None:
    out = Heard(store)
    looking = up_to_noon(store)
    recount(store, write_posts(store, posts_from_noon(15, seconds=1.0, author="one-account")))
    at_work(store, NOON + timedelta(seconds=20))
    looking.look()
    assert {each.verdict for each in queries.incidents(store)} == {VerdictName.CONCENTRATED}
    assert out.steps == []
    recount(store, write_posts(store, posts_from_noon(120, seconds=1.0, author="someone-{}")))
    looking.look()
    assert out.opened == 1


def test_what_an_open_bin_began_ends_with_it_when_its_collector_dies(store: Store) -> None:
    minute_by_minute(store, up_to_noon(store), range(4))
    assert {spike.end for spike in queries.spikes(store, START, END)} == {None}
    later = NOON + timedelta(hours=2)
    at_work(store, later + timedelta(hours=1), since=later)
    silent = datetime.now(UTC) + timedelta(hours=1)  # by then nobody has been heard of for long
    looking = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: silent)
    looking.resume()
    while looking.look():
        pass
    assert {spike.end for spike in queries.spikes(store, START, END)} == {NOON + WIDTH}


def later_posts(store: Store, number: int) -> None:
    """Fifty more posts in the quarter of an hour before a moment at which the watch has been."""
    posts = [
        TaggedPost(
            a_post(id=f"late-{number}-{n}", created_at=NOON + timedelta(minutes=20, seconds=n), author=f"late-{n}"),
            "en",
            0.9,
            ("ban",),
            "rules",
        )
        for n in range(50)
    ]
    recount(store, write_posts(store, posts))


def test_posts_that_come_late_are_judged_again(store: Store) -> None:
    fill(store, list(talk()), until=NOON + timedelta(minutes=25))
    looking = watch(store)
    while looking.look():
        pass
    [before] = [spike for spike in queries.spikes(store, START, END) if (spike.topic, spike.language) == ("ban", "*")]
    later_posts(store, 1)
    cover(store, START, NOON + timedelta(minutes=30))
    while looking.look():
        pass
    [after] = [spike for spike in queries.spikes(store, START, END) if (spike.topic, spike.language) == ("ban", "*")]
    assert (after.start, after.detected_at) == (before.start, before.detected_at)
    assert after.observed == before.observed + 50 + 30
    assert after.score > before.score


class Found(NamedTuple):
    """What a watch has written, and up to which moment it has looked."""

    spikes: Sequence[Spike]
    incidents: Sequence[Incident]
    scored_until: datetime | None


def found(store: Store) -> Found:
    return Found(queries.spikes(store, START, END), queries.incidents(store), queries.scored_until(store))


@pytest.fixture(scope="module")
def uninterrupted(template: Template) -> Found:
    """What a watch finds that nothing kills."""
    with Store(template.copied("uninterrupted")) as store:
        fill(store, list(talk()))
        look_at_all(store)
        return found(store)


@pytest.fixture(scope="module")
def watches() -> Iterator[Forks]:
    with forking("tests.support.killed_watch:main") as forks:
        yield forks


def test_a_watch_killed_again_and_again_writes_what_an_uninterrupted_one_writes(
    store: Store, address: ClickHouseAddress, watches: Forks, uninterrupted: Found
) -> None:
    fill(store, list(talk()))
    kills = 0
    while (reached := queries.scored_until(store)) is None or reached < END:
        killed = watches.start(address.url, address.password.get_secret_value(), address.database)
        try:
            eventually(lambda: queries.scored_until(store) != reached)
        finally:
            killed.kill()
            assert killed.wait() == -signal.SIGKILL
        kills += 1
    assert kills > 1
    assert found(store)._replace(scored_until=None) == uninterrupted._replace(scored_until=None)


@pytest.mark.parametrize("table", WRITTEN)
def test_a_watch_killed_between_any_two_writes_leaves_what_an_uninterrupted_one_leaves(
    store: Store, address: ClickHouseAddress, watches: Forks, uninterrupted: Found, table: str
) -> None:
    fill(store, list(talk()))
    killed = watches.start(address.url, address.password.get_secret_value(), address.database, table)
    assert killed.wait() == -signal.SIGKILL
    look_at_all(store)
    assert found(store) == uninterrupted
