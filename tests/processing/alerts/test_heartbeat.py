"""When a heartbeat is sent, and what it says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from ingest.contract import Progress
from processing.alerts.heartbeat import Heartbeat, Ping, Pinged, next_ping
from processing.store.client import Store
from processing.store.records import write_scored_until
from processing.store.writer import write_progress
from tests.conftest import NOON
from tests.support.serving import Asked, Says, served

MINUTE = timedelta(minutes=1)
LAST = Pinged(NOON, NOON - 5 * MINUTE)


@pytest.mark.parametrize(
    ("now", "scored_until", "silent", "ping"),
    [
        (NOON + 5 * MINUTE, NOON, (), Ping()),
        (NOON + 5 * MINUTE, NOON - 5 * MINUTE, (), None),  # no bin was scored since
        (NOON + 16 * MINUTE, NOON, (), None),  # the bin is no fresh one
        (NOON + MINUTE / 2, NOON, (), None),  # the last ping is too near
        (NOON + 5 * MINUTE, None, (), None),
        (NOON + 5 * MINUTE, NOON, ("bluesky",), Ping("/fail", "No data from bluesky.")),
        (NOON - 60 * MINUTE, NOON - 65 * MINUTE, (), Ping()),  # the clock was set back
    ],
)
def test_ping_says_how_it_is(
    now: datetime, scored_until: datetime | None, silent: tuple[str, ...], ping: Ping | None
) -> None:
    assert next_ping(LAST, now, scored_until, silent) == ping


def test_silence_is_said_once_and_its_end_by_the_next_bin() -> None:
    silent = Pinged(NOON, NOON, ("bluesky",))

    assert next_ping(silent, NOON + 5 * MINUTE, NOON + 5 * MINUTE, ("bluesky",)) is None
    assert next_ping(silent, NOON + 5 * MINUTE, NOON + 5 * MINUTE, ()) == Ping()


def test_address_is_pinged_for_bins_and_for_silence(store: Store) -> None:
    now = [NOON + MINUTE]
    with served(lambda _: Says()) as server:
        heartbeat = Heartbeat(store, SecretStr(f"{server.url}/secret"), lambda: now[0])
        write_scored_until(store, NOON)
        heartbeat.look()
        write_scored_until(store, NOON + 5 * MINUTE)
        write_progress(
            store, [(0, Progress(source="bluesky", since=NOON, until=NOON + MINUTE, last_event=NOON + MINUTE))]
        )
        now[0] += 20 * MINUTE
        heartbeat.look()

    assert server.paths() == ["/secret", "/secret/fail"]


def test_ping_that_does_not_arrive_is_repeated_and_its_address_is_not_logged(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(_: Asked) -> Says:
        return Says(status=500 if len(server.asked) == 1 else 200)

    with served(answer) as server:
        heartbeat = Heartbeat(store, SecretStr(f"{server.url}/secret"), lambda: NOON + MINUTE)
        write_scored_until(store, NOON)
        heartbeat.look()
        heartbeat.look()
        heartbeat.look()
    away = Heartbeat(store, SecretStr(f"{server.url}/secret"), lambda: NOON + MINUTE)
    away.look()

    assert server.paths() == ["/secret", "/secret"]
    said = capfd.readouterr()
    assert "heartbeat" in said.out + said.err
    assert "secret" not in said.out + said.err
