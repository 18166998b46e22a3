"""When something is a trouble of banwatch itself, and when it is one no longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from processing.contract import MEGABYTE, BrokerState
from processing.queries import BrokerMemory, ChannelAttempt, Coverage, DiskSpace, Health, RejectedShare
from processing.store.client import Row, StoreRefused
from processing.troubles import (
    Facts,
    Limits,
    Trouble,
    TroubleName,
    TroubleSeverity,
    collects_live,
    own_facts,
    troubles,
)

WALL = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOTICE, WARNING, CRITICAL = TroubleSeverity


def word(source: str = "bluesky", state: str = "listening", **values: object) -> Health:
    said: dict[str, object] = {
        "state": state, "detail": "", "events": 10, "posts": 10, "rejected": 0, "reconnects": 0,
        "last_event": WALL, "last_post": WALL, "heard_at": WALL, "lag": 5.0, "silent_after": 120.0,
    }  # fmt: skip
    return Health(source, **(said | values))  # type: ignore[arg-type]


def covered(until: datetime, source: str = "bluesky", heard_at: datetime = WALL, **values: bool) -> Coverage:
    return Coverage(source, WALL - 10 * DAY, until, values.get("complete", False), heard_at, values.get("idle", False))


WELL = Facts(
    coverage=(covered(WALL - MINUTE),),
    health=(word(),),
    counted_until=WALL - MINUTE,
    scored_until=WALL - 5 * MINUTE,
    watch_heard_at=WALL - MINUTE,
    disks=(DiskSpace("default", 50, 100),),
)


def found(going_on: str = "", **facts: object) -> list[tuple[TroubleName, str, TroubleSeverity]]:
    told = {going_on} if going_on else set[str]()
    seen = troubles(replace(WELL, **facts), Limits(), WALL, told)  # type: ignore[arg-type]
    return [(each.name, each.subject, each.severity) for each in seen]


def test_nothing_is_wrong_where_all_report() -> None:
    assert found() == []


def test_a_collector_is_silent_away_or_stopped() -> None:
    long_ago = WALL - HOUR
    for state, last_event, expected in (
        ("listening", long_ago, (TroubleName.SILENT, "bluesky", WARNING)),
        ("reconnecting", WALL, (TroubleName.AWAY, "bluesky", NOTICE)),
        ("failed", WALL, (TroubleName.FAILED, "bluesky", WARNING)),
    ):
        told = found(health=(word(state=state, last_event=last_event),), coverage=(covered(WALL, heard_at=last_event),))
        assert told == [expected]


@pytest.mark.parametrize(
    ("rejected", "posts", "going_on", "wrong"),
    [
        (20, 380, False, True),
        (19, 100, False, False),
        (20, 381, False, False),
        (20, 381, True, True),
        (16, 300, True, True),
        (15, 100, True, False),
        (20, 481, True, False),
        (40, 0, False, True),
    ],
)
def test_many_rejected_records_are_a_trouble_until_they_are_well_below_the_limit(
    rejected: int, posts: int, *, going_on: bool, wrong: bool
) -> None:
    told = found("rejected:bluesky" if going_on else "", rejected=(RejectedShare("bluesky", rejected, posts),))
    assert told == ([(TroubleName.REJECTS, "bluesky", WARNING)] if wrong else [])


def test_what_a_replay_rejects_has_no_posts_to_compare_with() -> None:
    assert found(rejected=(RejectedShare("archive-x", 400, 0),)) == []


@pytest.mark.parametrize(
    ("behind", "going_on", "wrong"),
    [
        (15 * MINUTE, False, False),
        (15 * MINUTE + SECOND, False, True),
        (13 * MINUTE, True, True),
        (12 * MINUTE, True, False),
        (2 * DAY, False, False),
        (2 * DAY, True, True),
    ],
)
def test_counts_are_behind_the_clock_until_they_are_well_up_to_it(
    behind: timedelta, *, going_on: bool, wrong: bool
) -> None:
    until = WALL - behind
    told = found(
        "lag:banwatch" if going_on else "", coverage=(covered(until),), counted_until=until, scored_until=until
    )
    assert told == ([(TroubleName.LAG, "", WARNING)] if wrong else [])


@pytest.mark.parametrize(
    "facts",
    [
        {"health": (word("archive-x"),), "coverage": (covered(WALL - HOUR, "archive-x"),)},
        {"health": (word(state="ended"),)},
        {"coverage": (covered(WALL - HOUR, idle=True),)},
        {"coverage": (covered(WALL - HOUR), covered(WALL, "rss")), "health": (word(), word("rss"))},
    ],
    ids=["an archive", "ended", "idle", "another one is up to date"],
)
def test_no_lag_is_told_where_nobody_delivers_the_present_or_another_does(facts: dict[str, object]) -> None:
    given = {"coverage": (covered(WALL - HOUR),), "counted_until": WALL - HOUR, "scored_until": WALL - HOUR}
    assert found(**(given | facts)) == []


def test_workers_that_have_died_are_a_lag_although_nothing_is_heard_of_any_collector() -> None:
    stopped = WALL - HOUR
    told = found(
        health=(word(last_event=stopped, heard_at=stopped),),
        coverage=(covered(stopped, heard_at=stopped),),
        counted_until=stopped,
        scored_until=stopped,
    )
    assert told == [(TroubleName.SILENT, "bluesky", WARNING), (TroubleName.LAG, "", WARNING)]


def test_a_watch_that_reports_nothing_is_critical_and_one_that_is_behind_a_warning() -> None:
    assert found(watch_heard_at=WALL - 6 * MINUTE) == [(TroubleName.WATCH_SILENT, "", CRITICAL)]
    assert found(scored_until=WALL - HOUR) == [(TroubleName.SCORES_BEHIND, "", WARNING)]
    assert found(scored_until=WALL - 18 * MINUTE) == []
    assert found("watch:banwatch", scored_until=WALL - 18 * MINUTE) == [(TroubleName.SCORES_BEHIND, "", WARNING)]
    assert found(scored_until=WALL - HOUR, health=(word("archive-x"),)) == [(TroubleName.SCORES_BEHIND, "", NOTICE)]
    # A slow collector holds back what can be scored.
    slow = (covered(WALL - MINUTE), covered(WALL - HOUR, "rss"))
    assert found(coverage=slow, health=(word(), word("rss")), scored_until=WALL - HOUR) == []


@pytest.mark.parametrize(
    ("free", "going_on", "severity"),
    [
        (100, False, None),
        (99, False, WARNING),
        (110, True, WARNING),
        (124, True, WARNING),
        (125, True, None),
        (29, False, CRITICAL),
        (30, False, WARNING),
    ],
)
def test_a_disk_fills_and_has_room_again(free: int, *, going_on: bool, severity: TroubleSeverity | None) -> None:
    told = found("disk:default" if going_on else "", disks=(DiskSpace("default", free, 1000),))
    assert told == ([(TroubleName.DISK, "default", severity)] if severity else [])


def attempts(*outcomes: str) -> tuple[ChannelAttempt, ...]:
    """Attempts at one channel, the oldest first."""
    times = [WALL - (len(outcomes) - number) * MINUTE for number in range(len(outcomes))]
    return tuple(ChannelAttempt("slack", said, at, timedelta(), "") for said, at in zip(outcomes, times, strict=True))


@pytest.mark.parametrize(
    ("outcomes", "severity"),
    [
        (("sent",), None),
        (("retry", "sent"), None),
        (("sent", "retry"), NOTICE),
        (("sent", "refused"), None),
        (("retry", "timeout", "refused"), None),
        (("retry", "refused", "retry"), NOTICE),
        (("sent", "retry", "timeout"), WARNING),
        (("sent", "auth"), WARNING),
    ],
)
def test_a_channel_is_dead_after_two_failures_or_one_refused_login(
    outcomes: tuple[str, ...], severity: TroubleSeverity | None
) -> None:
    assert found(attempts=attempts(*outcomes)) == ([(TroubleName.CHANNEL, "slack", severity)] if severity else [])


def test_a_dead_channel_has_failed_since_its_first_failure_in_a_row() -> None:
    [dead] = troubles(replace(WELL, attempts=attempts("retry", "sent", "retry", "auth")), Limits(), WALL)
    assert (dead.since, dead.count, dead.reason) == (WALL - 2 * MINUTE, 2, "auth")


def test_a_broker_that_cannot_begin_anew_is_a_trouble_while_it_says_so() -> None:
    stuck = BrokerMemory(BrokerState.STREAMED, 90 * MEGABYTE, 64 * MEGABYTE, WALL - MINUTE)
    assert found(broker=stuck) == [(TroubleName.BROKER, "", WARNING)]
    for harmless in (replace(stuck, state=BrokerState.RECYCLED), replace(stuck, at=WALL - HOUR)):
        assert found(broker=harmless) == []


def test_without_the_right_to_see_disks_the_rest_is_known() -> None:
    class Restricted:
        def query(self, sql: str, parameters: object = None, *, patience: timedelta | None = None) -> list[Row]:
            if "disk_space" in sql:
                raise StoreRefused("Not enough privileges.")
            return [(WALL, WALL)] if "watch_progress" in sql else []

    known = own_facts(Restricted(), WALL)
    assert (known.disks, known.scored_until) == ((), WALL)


def test_archives_alone_are_no_collecting() -> None:
    assert collects_live(WELL)
    for health in ((), (word("archive-x"),), (word(state="ended"), word("archive-x"))):
        assert not collects_live(replace(WELL, health=health))


def test_no_id_of_an_incident_looks_like_a_trouble() -> None:
    about = {Trouble(name=name, severity=WARNING, since=WALL, subject="x").about for name in TroubleName}
    assert all(":" in each for each in about)
