"""The dispatcher against the real store, with local servers as channels."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from processing import queries
from processing.alerts import dispatcher
from processing.alerts.attempts import Attempts
from processing.alerts.channels import Channels
from processing.alerts.dispatcher import Dispatcher
from processing.alerts.notification import Attempt, Notification, Notifier, Outcome
from processing.alerts.queue import Batch
from processing.alerts.schedule import bundle_of_one
from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreUnavailable
from processing.store.records import write_scored_until
from tests.support.channels.kinds import pagerduty
from tests.support.channels.receiver import receiving
from tests.support.channels.servers import PagerDutyServer
from tests.support.http_channel import OK, ChannelServer, channel_server, plain_notification
from tests.support.metered import metered
from tests.support.queued import Decided, decide
from tests.support.serving import Says
from tests.support.waiting import eventually

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DOWN = Says(status=500)


@dataclass
class Clock:
    """A wall clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Rig:
    """A dispatcher whose clock stands, so that a test looks when it likes."""

    store: Store
    notifiers: Sequence[Notifier]
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start, as a process does that knows only what is in the store."""
        attempts = Attempts(self.store, self.compose, self.clock, chance=lambda: 0.5)
        channels = Channels({each.name: each for each in self.notifiers})
        self.dispatcher = Dispatcher(self.store, lambda: channels, attempts)
        self.dispatcher.resume()

    def compose(self, batch: Batch, notifier: Notifier) -> Notification:
        root = queries.root_message(self.store, batch.conversation, notifier.name)
        return plain_notification(batch, notifier, root)

    def work(self, passes: timedelta = timedelta()) -> None:
        """Let time pass, then tell until nothing is left that can be told now."""
        self.clock.now += passes
        with ThreadPoolExecutor(8) as threads:
            while self.dispatcher.look(threads):
                wait(self.dispatcher._busy.values())

    def outcomes(self, channel: str = "slack") -> list[str]:
        rows = self.store.query(
            "SELECT reason FROM deliveries WHERE channel = {channel:String} ORDER BY at, key", {"channel": channel}
        )
        return [reason for (reason,) in rows]


@contextmanager
def rig(store: Store, resend_every: timedelta | None = None) -> Iterator[tuple[Rig, ChannelServer]]:
    with channel_server() as server:
        yield Rig(store, [server.channel(resend_every=resend_every)]), server


def test_what_was_decided_is_told_once_in_its_order_with_proof(store: Store) -> None:
    decide(store, Decided("a", NOW), Decided("b", NOW + SECOND), Decided("a", NOW + 2 * SECOND, number=2))
    with rig(store) as (told, server):
        told.work(MINUTE)
        told.work(MINUTE)
        counted = metered(told.dispatcher.attempts.metrics)
        told.start()
        told.work(MINUTE)

    assert counted["banwatch_alerts_deliveries_total,none,sent"] == 3
    assert counted["banwatch_alerts_waiting_notifications"] == counted["banwatch_alerts_failing_channels"] == 0
    assert server.tried == ["a/slack/1", "b/slack/1", "a/slack/2"]
    assert told.outcomes() == ["sent"] * 3
    [(attempt, latency, message_id)] = store.query(
        "SELECT attempt, latency, message_id FROM deliveries WHERE key = 'b/slack/1'"
    )
    assert (attempt, message_id) == (1, "id of b/slack/1")
    assert latency > 0
    assert [asked.parameters["root"] for asked in server.took] == ["", "", "id of a/slack/1"]


def test_what_is_held_is_told_in_its_time_by_the_wall_clock(store: Store) -> None:
    decide(store, Decided("a", NOW, due=NOW + HOUR))
    with rig(store) as (told, server):
        told.work(59 * MINUTE)
        assert server.tried == []
        told.work(MINUTE)

    assert server.keys == ["a/slack/1"]


def test_what_a_replay_holds_is_told_by_the_time_that_it_replays(store: Store) -> None:
    then = datetime(2020, 7, 10, 22, 30, tzinfo=UTC)
    decide(store, Decided("a", then, due=then + 9 * HOUR))
    with rig(store) as (told, server):
        write_scored_until(store, then)
        told.work()
        assert server.tried == []
        write_scored_until(store, then + 9 * HOUR)
        told.work()

    assert server.keys == ["a/slack/1"]


@pytest.mark.long
def test_hour_of_outage_loses_nothing_doubles_nothing_and_keeps_the_order_of_each_conversation(store: Store) -> None:
    names, numbers = ["a", "b", "c"], [1, 2, 3]
    decide(store, *(Decided(name, NOW + n * SECOND, number=n) for n in numbers for name in names))
    with channel_server(lambda _: DOWN) as server:
        told = Rig(store, [server.channel()])
        for _ in range(60):
            told.work(MINUTE)
        tries = len(server.tried)
        server.answer = lambda _: OK
        for _ in range(11):
            told.work(MINUTE)

    of_each = {name: [key for key in server.keys if key.startswith(name)] for name in names}
    assert of_each == {name: [f"{name}/slack/{n}" for n in numbers] for name in names}
    assert tries < 25, "a channel that is away is not asked the more often the more it is to be told"


def test_channel_that_asks_for_a_day_is_left_alone_for_a_day(store: Store) -> None:
    decide(store, Decided("a", NOW), Decided("b", NOW))
    with channel_server(lambda _: Says(status=429, headers={"Retry-After": "86400"})) as server:
        told = Rig(store, [server.channel()])
        told.work()
        server.answer = lambda _: OK
        told.work(DAY - MINUTE)
        told.start()
        told.work()
        assert server.tried == ["a/slack/1"]
        told.work(2 * MINUTE)

    assert server.keys == ["a/slack/1", "b/slack/1"]
    assert told.outcomes()[-2:] == ["sent", "sent"]


def test_restart_in_the_middle_of_a_pause_keeps_the_pause(store: Store) -> None:
    decide(store, Decided("a", NOW))
    with channel_server(lambda _: DOWN) as server:
        told = Rig(store, [server.channel()])
        told.work()
        told.start()
        told.work(4 * SECOND)
        assert len(server.tried) == 1
        told.work(2 * SECOND)

    assert len(server.tried) == 2


def test_clock_that_is_set_back_loses_nothing(store: Store) -> None:
    decide(store, Decided("a", NOW), Decided("b", NOW))
    with channel_server(lambda _: DOWN) as server:
        told = Rig(store, [server.channel()])
        told.work()
        server.answer = lambda _: OK
        told.work(-HOUR)

    assert server.keys == ["a/slack/1", "b/slack/1"]
    assert told.outcomes() == ["sent", "sent", "retry"]


def test_clock_that_is_set_back_during_an_attempt_leaves_its_outcome(store: Store) -> None:
    decide(store, Decided("a", NOW))
    with channel_server() as server:
        told = Rig(store, [server.channel()])

        def answer(_: str) -> Says:
            told.clock.now -= HOUR
            return OK

        server.answer = answer
        told.work()

    assert told.outcomes() == ["sent"]


def test_root_is_the_first_message_though_the_clock_was_set_back(store: Store) -> None:
    decide(store, Decided("a", NOW))
    with rig(store) as (told, server):
        told.work()
        for number in (2, 3):
            decide(store, Decided("a", NOW - HOUR, number=number, step="grew"))
            told.work(-HOUR)

    assert [asked.parameters["root"] for asked in server.took] == ["", "id of a/slack/1", "id of a/slack/1"]


class Counting(Store):
    """A store that counts how often the whole queue is read."""

    reads = 0

    def query(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, patience: timedelta | None = None
    ) -> list[tuple[object, ...]]:
        self.reads += "FROM notifications\n    LEFT JOIN" in sql
        return super().query(sql, parameters, patience=patience)


def test_queue_is_read_when_something_was_decided_and_not_for_each_message(
    store: Store, address: ClickHouseAddress
) -> None:
    decide(store, *(Decided(f"a{number}", NOW) for number in range(20)))
    with channel_server(lambda key: DOWN if key.startswith("a7") else OK) as server, Counting(address) as asked:
        told = Rig(asked, [server.channel()])
        for _ in range(10):
            told.work(SECOND)
        assert asked.reads == 1
        decide(store, Decided("b", NOW))
        told.work(MINUTE)
        told.work(MINUTE)
        assert asked.reads == 2

    assert len(server.keys) == 20
    assert server.tried.count("a7/slack/1") > 1


def test_attempt_that_could_not_be_written_down_is_read_again(store: Store, address: ClickHouseAddress) -> None:
    decide(store, Decided("a", NOW))
    with channel_server() as server, Forgetful(address) as forgetful:
        told = Rig(forgetful, [server.channel()])
        with pytest.raises(StoreUnavailable):
            told.work()
        told.work()

    assert server.keys == ["a/slack/1"]
    assert told.outcomes() == ["sent"]


class Forgetful(Store):
    """A store that does not take the first row."""

    refuses = True

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        if self.refuses:
            self.refuses = False
            raise StoreUnavailable("It is away.")
        super().insert(table, columns, data)


def test_refusal_is_final_and_stops_no_other_message(store: Store) -> None:
    decide(store, Decided("a", NOW), Decided("b", NOW))
    with channel_server(lambda key: Says(status=404) if key.startswith("a") else OK) as server:
        told = Rig(store, [server.channel()])
        told.work()
        told.work(DAY)

    assert server.tried == ["a/slack/1", "b/slack/1"]
    assert sorted(told.outcomes()) == ["refused", "sent"]


def test_message_that_a_channel_cannot_take_does_not_stop_the_others(store: Store) -> None:
    decide(store, Decided("a", NOW), *(Decided(f"b{n}", NOW + SECOND) for n in range(5)))
    with channel_server(lambda key: DOWN if key.startswith("a") else OK) as server:
        told = Rig(store, [server.channel()])
        for _ in range(6):
            told.work(MINUTE)

    assert len(server.keys) == 5


@pytest.mark.long
def test_message_is_given_up_after_more_than_a_day(store: Store) -> None:
    decide(store, Decided("a", NOW))
    with channel_server(lambda _: DOWN) as server:
        told = Rig(store, [server.channel()])
        for _ in range(60):
            told.work(HOUR)

    assert told.outcomes()[-1] == "gave_up"
    assert told.clock.now - NOW > DAY
    assert len(server.tried) < 60


def test_digest_gathers_what_is_due_under_one_name(store: Store) -> None:
    night = [Decided(name, NOW, due=NOW + HOUR, bundle="night") for name in ("a", "b", "c")]
    decide(store, *night, Decided("d", NOW, due=NOW + HOUR))
    with rig(store) as (told, server):
        told.work(HOUR)

    assert server.keys == ["digest:a/slack/1", "d/slack/1"]
    assert server.took[0].parameters["step"] == "digest"
    rows = store.query("SELECT key, message FROM deliveries WHERE reason = 'sent' ORDER BY key")
    assert rows[:3] == [(f"{name}/slack/1", "digest:a/slack/1") for name in ("a", "b", "c")]


def test_digest_keeps_its_key_and_its_parts_over_a_restart(store: Store) -> None:
    decide(store, *(Decided(name, NOW, due=NOW + HOUR, bundle="night") for name in ("a", "b")))
    with channel_server(lambda _: DOWN) as server:
        told = Rig(store, [server.channel()])
        told.work(HOUR)
        decide(store, Decided("0", NOW - HOUR, due=NOW + HOUR, bundle="night"))
        server.answer = lambda _: OK
        told.start()
        told.work(MINUTE)

    assert server.tried[0] == "digest:a/slack/1"
    assert sorted(server.keys) == ["0/slack/1", "digest:a/slack/1"]


def test_root_of_a_conversation_is_no_digest(store: Store) -> None:
    decide(store, *(Decided(name, NOW, due=NOW + HOUR, bundle="night") for name in ("a", "b")))
    decide(store, Decided("a", NOW + HOUR, number=2), Decided("a", NOW + HOUR, number=3))
    with rig(store) as (told, server):
        told.work(HOUR)

    assert [asked.parameters["root"] for asked in server.took] == ["", "", "id of a/slack/2"]


def test_receiver_that_keeps_alerts_has_each_conversation_alone_and_closed(store: Store) -> None:
    """`told` was opened before the quiet hours, `untold` in them; both are over when they end, and `new` goes on."""

    def night(conversation: str, number: int, step: str) -> Decided:
        at, bundle = NOW + number * MINUTE, bundle_of_one("night", conversation)
        return Decided(conversation, at, NOW + HOUR, "pager", number, step, bundle)

    decide(store, Decided("told", NOW, channel="pager"), night("told", 2, "grew"), night("told", 3, "resolved"))
    decide(store, night("untold", 1, "opened"), night("untold", 2, "resolved"))
    decide(store, night("new", 1, "opened"), night("new", 2, "grew"))
    with receiving(held := PagerDutyServer()) as server:
        pager = Rig(store, [replace(pagerduty(server.url), name="pager")])  # type: ignore[type-var]
        pager.work()
        pager.work(HOUR)
        pager.start()
        pager.work(HOUR)

    events = [
        (each["dedup_key"], each["event_action"], each["payload"]["class"]) for each in held.events if "payload" in each
    ]
    assert events == [("told", "trigger", "opened"), ("new", "trigger", "opened")]
    assert [each["dedup_key"] for each in held.events if each["event_action"] == "resolve"] == ["told"]
    rows = store.query("SELECT key, attempt FROM deliveries WHERE reason = 'over_untold' ORDER BY key")
    assert rows == [("untold/pager/1", 0), ("untold/pager/2", 0)]
    assert queries.undelivered(store) == ()
    assert [(each.waiting, each.fails) for each in queries.channel_records(store, NOW)] == [(0, False)]


def test_trouble_that_was_over_and_came_and_went_in_the_hold_is_not_told_again(store: Store) -> None:
    again = [
        Decided("disk:a", NOW + MINUTE, NOW + HOUR, number=number, step=step, bundle=bundle_of_one("night", "disk:a"))
        for number, step in ((3, "opened"), (4, "resolved"))
    ]
    decide(store, Decided("disk:a", NOW), Decided("disk:a", NOW, number=2, step="resolved"), *again)
    with rig(store) as (told, server):
        told.work(2 * HOUR)

    assert server.keys == ["disk:a/slack/1", "disk:a/slack/2"]


def test_end_is_told_where_the_beginning_may_have_arrived(store: Store) -> None:
    held = [
        Decided("a", NOW, NOW + HOUR, number=number, step=step, bundle=bundle_of_one("night", "a"))
        for number, step in ((2, "grew"), (3, "resolved"))
    ]
    decide(store, Decided("a", NOW), *held)
    store.insert(
        "delivery_versions",
        ["key", "conversation", "channel", "attempt", "reason", "at"],
        [["a/slack/1"] * 2, ["a"] * 2, ["slack"] * 2, [1, 2], ["timeout", "gave_up"], [NOW, NOW]],
    )
    with rig(store) as (told, server):
        told.work(2 * HOUR)

    assert server.keys == ["a/slack/3"]


def test_slow_channel_delays_no_other(store: Store) -> None:
    free = threading.Event()

    def wait_until_free(_: str) -> Says:
        free.wait()
        return OK

    decide(store, Decided("a", NOW, channel="slow"))
    decide(store, *(Decided(f"a{n}", NOW, channel="fast") for n in range(10)))
    with channel_server(wait_until_free) as slow, channel_server() as fast, ThreadPoolExecutor(8) as threads:
        told = Rig(store, [replace(slow.channel("slow"), limit=HOUR), fast.channel("fast")])
        try:
            eventually(lambda: (told.dispatcher.look(threads), len(fast.keys) == 10)[1])
            assert slow.tried == ["a/slow/1"]
            assert told.outcomes("slow") == ["trying"]
        finally:
            free.set()


def test_channel_that_takes_a_message_and_says_nothing_is_asked_before_it_is_told_again(store: Store) -> None:
    decide(store, Decided("a", NOW))
    with channel_server(lambda _: None) as server:
        told = Rig(store, [replace(server.channel(), can_tell=True, limit=SECOND)])
        told.work()
        assert told.outcomes() == ["retry"]
        assert server.keys == ["a/slack/1"]


@dataclass(frozen=True)
class Defective:
    """A notifier with a defect."""

    name: str = "defective"
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        raise KeyError(notification.key)


def test_defect_of_one_notifier_stops_no_other(store: Store) -> None:
    decide(store, Decided("a", NOW, channel="defective"), Decided("a", NOW))
    with channel_server() as server:
        told = Rig(store, [Defective(), server.channel()])
        told.work()

    assert server.keys == ["a/slack/1"]
    assert told.outcomes("defective") == ["retry"]
    assert store.query("SELECT detail FROM deliveries WHERE channel = 'defective'") == [("KeyError",)]


def test_row_that_cannot_be_read_is_ended_and_stops_no_other(store: Store) -> None:
    decide(store, Decided("a", NOW, step="sung"), Decided("b", NOW))
    with rig(store) as (told, server):
        told.work()
        told.work()

    assert server.keys == ["b/slack/1"]
    assert sorted(told.outcomes()) == ["refused", "sent"]


def test_channel_that_forgets_is_told_again_while_it_goes_on(store: Store) -> None:
    decide(store, Decided("a", NOW), Decided("b", NOW), Decided("b", NOW + SECOND, number=2, step="resolved"))
    with rig(store, resend_every=MINUTE) as (told, server):
        told.work(SECOND)
        first = len(server.tried)
        for _ in range(3):
            told.work(MINUTE)
        again = server.tried[first:]
        assert again == ["a/slack/1"] * 3
        assert len(told.outcomes()) == 3, "written down only where the outcome changes"
        server.answer = lambda _: DOWN
        told.work(MINUTE)
        server.answer = lambda _: OK
        told.work(MINUTE)
        told.work(MINUTE)

    assert told.outcomes()[3:] == ["retry", "sent"]


class Away(Store):
    """A store that does not answer the first questions."""

    failures = 3

    def query(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, patience: timedelta | None = None
    ) -> list[tuple[object, ...]]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("It is away.")
        return super().query(sql, parameters, patience=patience)


@contextmanager
def running(store: Store, notifiers: Sequence[Notifier]) -> Iterator[threading.Event]:
    stop = threading.Event()
    channels = Channels({each.name: each for each in notifiers})
    attempts = Attempts(store, plain_notification, lambda: datetime.now(UTC))
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(Dispatcher(store, lambda: channels, attempts).run, stop)
        try:
            yield stop
        finally:
            stop.set()
            run.result()


def test_store_that_is_away_is_waited_for(store: Store, address: ClickHouseAddress) -> None:
    decide(store, Decided("a", NOW))
    with channel_server() as server, Away(address) as away, running(away, [server.channel()]):
        eventually(lambda: server.keys)

    assert server.keys == ["a/slack/1"]


def test_what_is_due_is_told_before_the_dispatcher_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine needs more time than the supervisor leaves.
    monkeypatch.setattr(dispatcher, "DRAINED_WITHIN", timedelta(minutes=1))
    decide(store, *(Decided(f"a{n}", NOW) for n in range(20)))
    with channel_server() as server, running(store, [server.channel()]) as stop:
        stop.set()

    assert len(server.keys) == 20
    assert Outcome.TRYING.value not in {reason for (reason,) in store.query("SELECT reason FROM deliveries")}
