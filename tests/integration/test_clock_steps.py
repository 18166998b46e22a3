"""Clocks are set back, forward, and both: counts stay exact, and the newest row is the newest."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from ingest.contract import Progress
from ingest.kafka import PostProducer
from processing.contract import BrokerState, ClaimRun, ClickHouseAddress, TaggedPost, VerdictName
from processing.store.annotations import save_query
from processing.store.broker import write_broker_memory
from processing.store.claims import Placing, write_claims
from processing.store.client import Store
from processing.store.deletions import BLANK, delete_posts
from processing.store.lock import schema_lock
from processing.store.purge import Purged, purge
from processing.store.records import write_incidents, write_scored_until, write_spikes
from processing.store.retention import Retention, apply_retention
from processing.store.rollup import roll_up
from processing.store.versions import take_version
from processing.store.writer import RECOUNT, recount, write_posts, write_progress
from processing.worker import Pipeline
from tests.conftest import NOON, a_post
from tests.integration.test_questions import a_spike, an_incident
from tests.integration.test_store_rollups import agrees, settle
from tests.integration.test_worker import producer, send, taxonomy_file, worker
from tests.support.clocks import SetStore, as_if_ahead, versioned
from tests.support.stored import MINUTE, counted, recounted, tagged, write
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

__all__ = ["producer", "taxonomy_file", "worker"]

HOUR = timedelta(hours=1)
STEPS = {
    "back": (0, -2),
    "forward": (0, 2),
    "forward, then back": (0, 2, 0),
    "back, then forward": (0, -2, 0),
    "back and back": (0, -2, -26, -1),
}


def batch(of: int) -> list[TaggedPost]:
    """Some posts of the same few minutes, and edits of those of the batch before, which move them to another topic."""
    at = {number: NOON + (number % 4) * MINUTE for number in range(10)}
    fresh = [tagged(a_post(id=f"{of}-{n}", created_at=at[n], seen_at=at[n])) for n in at]
    edits = [
        tagged(a_post(id=f"{of - 1}-{n}", created_at=at[n], seen_at=at[n] + MINUTE), topics=("employer-ban",))
        for n in range(0, 10, 3)
    ]
    return [*fresh, *edits] if of else fresh


@pytest.mark.parametrize("steps", STEPS)
def test_counts_are_exact_however_the_clock_is_set(address: ClickHouseAddress, store: Store, steps: str) -> None:
    everything: list[TaggedPost] = []
    with SetStore(address) as moved:
        for number, hours in enumerate(STEPS[steps]):
            moved.ahead = hours * HOUR
            everything += batch(number)
            write(moved, batch(number))
            assert counted(store) == recounted(everything)
            roll_up(moved)
            assert agrees(store)
            recount(moved, delete_posts(moved, [a_post(id=f"{number}-5", op="delete", text="")]))
            assert store.query("SELECT sum(deleted) FROM counts WHERE topic = '*'") == [(number + 1,)]
            roll_up(moved)
            settle(store)
            assert agrees(store)


def test_counts_are_exact_behind_a_process_whose_clock_ran_ahead(store: Store) -> None:
    write(store, batch(0))
    roll_up(store)
    as_if_ahead(store, 2 * HOUR)
    write(store, batch(1))
    assert counted(store) == recounted([*batch(0), *batch(1)])
    assert agrees(store)


def test_so_they_are_where_no_version_was_ever_taken(store: Store) -> None:
    """As an earlier banwatch has left it, or a restore."""
    write(store, batch(0))
    as_if_ahead(store, 2 * HOUR)
    store.command("TRUNCATE TABLE version_marks")
    write(store, batch(1))
    assert counted(store) == recounted([*batch(0), *batch(1)])


def write_by_a_wild_clock(address: ClickHouseAddress, seed: int, posts: list[TaggedPost]) -> None:
    chance = random.Random(seed)
    with SetStore(address) as own:
        for start in range(0, len(posts), 5):
            own.ahead = chance.uniform(-2, 2) * HOUR
            minutes = write_posts(own, posts[start : start + 5])
            own.ahead = chance.choice([own.ahead, chance.uniform(-2, 2) * HOUR])
            recount(own, minutes)


def test_two_workers_are_exact_while_the_clock_is_set_all_the_time(address: ClickHouseAddress, store: Store) -> None:
    at = [NOON, NOON + MINUTE]
    shares = [[tagged(a_post(id=f"{mine}-{n}", created_at=at[n % 2])) for n in range(200)] for mine in "ab"]
    with ThreadPoolExecutor(2) as workers:
        running = [workers.submit(write_by_a_wild_clock, address, seed, share) for seed, share in enumerate(shares)]
        for each in running:
            each.result()
    assert counted(store) == recounted([*shares[0], *shares[1]])


class Interrupted(Store):
    """The real store, where something else happens ahead of a statement, once."""

    def __init__(self, address: ClickHouseAddress, before: str, happens: Callable[[], object]) -> None:
        super().__init__(address)
        self._before, self._happens = before, happens
        self.happened = False

    def command(self, sql: str, parameters: object = None) -> None:
        if sql == self._before and not self.happened:
            self.happened = True
            self._happens()
        super().command(sql, parameters)  # type: ignore[arg-type]


def test_hours_hold_a_recount_during_which_the_clock_leapt_forward(address: ClickHouseAddress, store: Store) -> None:
    """The pass that comes in between has a version of two hours later, and has not seen the recount."""
    write(store, batch(0))
    with SetStore(address, 2 * HOUR) as later, Interrupted(address, RECOUNT, lambda: roll_up(later)) as own:
        write(own, batch(1))
        assert own.happened
        assert agrees(store)
        roll_up(later)
    settle(store)
    assert agrees(store)


def test_a_deletion_is_purged_during_which_the_clock_leapt_forward(address: ClickHouseAddress, store: Store) -> None:
    write(store, [tagged(a_post(id=str(n))) for n in range(2)])
    recount(store, delete_posts(store, [a_post(id="0", op="delete", text="")]))
    with SetStore(address, 2 * HOUR) as later, Interrupted(address, BLANK, lambda: purge(later)) as own:
        delete_posts(own, [a_post(op="delete", text="")])
        assert own.happened
        assert purge(later) == (Purged(202007, 1),)


def test_a_deletion_behind_the_last_purge_is_purged(address: ClickHouseAddress, store: Store) -> None:
    write(store, [tagged(a_post(id=str(n))) for n in range(2)])
    with SetStore(address) as moved:
        for number, hours in enumerate((1, -1)):
            delete_posts(moved, [a_post(id=str(number), op="delete", text="")])
            moved.ahead = hours * HOUR
            assert purge(moved) == (Purged(202007, 1),)
            moved.ahead = timedelta()


def test_a_tombstone_holds_for_what_was_stored_before_the_clock_was_set_back(
    address: ClickHouseAddress, store: Store
) -> None:
    created = datetime.now(NOON.tzinfo).replace(microsecond=0)
    write(store, [tagged(a_post(id="another", created_at=created))])
    with SetStore(address, timedelta(days=-9)) as moved:
        delete_posts(moved, [a_post(op="delete", text="")])
    write(store, [tagged(a_post(created_at=created))])
    assert store.query("SELECT text, deleted FROM posts WHERE id = '1'") == [("", True)]


def two_spikes(store: Store, second: bool) -> None:
    spike = a_spike("en", VerdictName.ORGANIC, 0.8)
    write_spikes(store, [msgspec.structs.replace(spike, observed=spike.observed + second)])


def two_incidents(store: Store, second: bool) -> None:
    incident = an_incident()
    write_incidents(store, [msgspec.structs.replace(incident, observed=incident.observed + second)])


def two_searches(store: Store, second: bool) -> None:
    write(store, [tagged(a_post())])
    run = ClaimRun(incident="i", method="1", until=NOON, posts=1, compared=1 + second, waiting=0, last=False)
    write_claims(store, run, [Placing("example", "1", NOON, ("first", "second")[second], 0)], take_version(store))


def two_looks(store: Store, second: bool) -> None:
    write_scored_until(store, NOON + second * MINUTE)


def two_reports(store: Store, second: bool) -> None:
    write_progress(store, [(0, Progress(source="example", since=NOON, until=NOON + second * MINUTE))])


def two_retentions(store: Store, second: bool) -> None:
    apply_retention(store, Retention(30 + second))


def two_queries(store: Store, second: bool) -> None:
    save_query(store, "languages", f"SELECT {int(second)}", "Nora")


def two_starts(store: Store, second: bool) -> None:
    write_broker_memory(store, BrokerState.STARTED, held=int(second), limit=2)


NEWEST = {
    "spikes": (two_spikes, "SELECT observed FROM spikes"),
    "incidents": (two_incidents, "SELECT observed FROM incidents"),
    "claims": (two_searches, "SELECT claim, posts, title FROM claims(incident = '')"),
    "claim_runs": (two_searches, "SELECT compared FROM claim_runs"),
    "watch_progress": (two_looks, "SELECT scored_until FROM watch_progress"),
    "source_health": (two_reports, "SELECT until FROM source_health"),
    "saved_queries": (two_queries, "SELECT sql FROM saved_queries"),
    "retention": (two_retentions, "SELECT policy FROM retention"),
    "broker_memory": (two_starts, "SELECT held_bytes FROM broker_memory"),
}


@pytest.mark.parametrize("view", NEWEST)
def test_what_is_written_last_is_what_is_shown(address: ClickHouseAddress, store: Store, view: str) -> None:
    write_it, question = NEWEST[view]
    write_it(store, False)
    first = store.query(question)
    as_if_ahead(store, 2 * HOUR)
    write_it(store, True)
    assert store.query(question) != first


def test_a_schema_lock_of_before_the_clock_was_set_back_is_superseded(store: Store) -> None:
    [(later,)] = store.query("SELECT toFloat64(now64(3)) + 7200")
    store.command(f"CREATE TABLE schema_lock_1 (nothing UInt8) ENGINE = MergeTree ORDER BY () COMMENT '{later}'")
    with schema_lock(store, patience=timedelta(0)):
        pass


def test_a_worker_says_once_that_the_clock_is_behind(worker: Pipeline, producer: PostProducer, store: Store) -> None:
    def stored(number: int) -> None:
        send(producer, a_post(id=str(number)))
        eventually(lambda: (NOON, "*", "en", "example") in counted(store))
        eventually(lambda: store.query("SELECT posts FROM counts WHERE topic = '*'") == [(number + 1,)])

    with capture_logs() as logs:
        stored(0)
        as_if_ahead(store, 2 * HOUR)
        for number in range(1, 4):
            stored(number)
    [told] = [each for each in logs if each["event"] == "clock behind"]
    assert 7_000 < told["seconds"] <= 7_200


def test_versions_only_rise(store: Store) -> None:
    taken = [take_version(store)]
    for _ in range(3):
        as_if_ahead(store, 2 * HOUR)
        [(ahead,)] = store.query("SELECT max(version) FROM version_marks")
        taken += [ahead, take_version(store), take_version(store)]
    assert taken == sorted(set(taken))


def test_every_table_that_keeps_versions_is_known_here(store: Store) -> None:
    """One that joins them takes its version from `processing.store.versions`, and its case above.

    What was decided and what was tried have the time of the watch and of the dispatcher: see `test_dispatcher`.
    """
    assert versioned(store).keys() == {
        "acknowledgement_versions",
        "annotation_versions",
        "broker_memory_versions",
        "claim_post_versions",
        "claim_run_versions",
        "count_day_versions",
        "count_hour_versions",
        "count_versions",
        "delivery_versions",
        "erasures",
        "incident_versions",
        "notification_versions",
        "purge_versions",
        "retention_versions",
        "roll_up_versions",
        "saved_query_versions",
        "silence_versions",
        "source_health_versions",
        "spike_versions",
        "tombstone_versions",
        "version_marks",
        "watch_progress_versions",
    }
