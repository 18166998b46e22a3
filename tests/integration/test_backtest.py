"""A backtest of stored counts: what the watch told, and nothing written."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from processing import queries
from processing.backtest import Backtest, backtest
from processing.contract import ClickHouseAddress, IncidentState, VerdictName
from processing.detection.policy import DetectorPolicy
from processing.store.client import Store
from processing.store.records import write_scored_until
from processing.store.writer import recount, write_posts
from processing.watching import watch_over
from tests.conftest import NOON
from tests.integration.test_watch import END, LONG_AGO, ROOTS, START, WIDTH, cover, dated, fill, look_at_all, talk
from tests.support.telling import alerts_of

pytestmark = pytest.mark.long

POLICY = DetectorPolicy.for_bins(WIDTH)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def run(store: Store, policy: DetectorPolicy = POLICY) -> Backtest:
    return backtest(store, policy, ROOTS, START, END)


def inserts(store: Store) -> list[tuple[object, ...]]:
    """By table and partition, the number of the last insert, which no merge in the background changes."""
    return store.query(
        "SELECT table, partition, max(max_block_number) FROM system.parts WHERE database = currentDatabase() AND active"
        " GROUP BY table, partition ORDER BY table, partition"
    )


def test_a_backtest_finds_what_the_watch_told(store: Store) -> None:
    fill(store, list(talk()))
    look_at_all(store)
    before = inserts(store)
    found = run(store)
    assert found.incidents == queries.incidents(store)
    assert found.series == 4
    assert found.alerts_a_week == pytest.approx(1 / ((END - START) / timedelta(weeks=1)))
    assert inserts(store) == before


def test_it_judges_by_the_thresholds_it_is_given(store: Store) -> None:
    fill(store, list(talk()))
    assert len(run(store, msgspec.structs.replace(POLICY, enter=99.0, first_day=99.0)).incidents) == 0
    assert len(run(store, DetectorPolicy.for_bins(timedelta(hours=1))).incidents) == 1


@pytest.mark.parametrize(
    ("few", "verdicts"),
    [({"authors": 3}, {VerdictName.CONCENTRATED}), ({"backfill": True}, set())],
    ids=["three authors", "backfill"],
)
def test_what_the_watch_does_not_tell_it_does_not_count(
    store: Store, few: dict[str, int], verdicts: set[VerdictName]
) -> None:
    fill(store, list(talk(**few)))  # type: ignore[arg-type]
    found = run(store)
    assert {incident.verdict for incident in found.incidents} == verdicts
    assert found.alerts_a_week == 0.0


def test_what_was_not_covered_is_unknown(store: Store) -> None:
    fill(store, list(talk()), until=NOON - timedelta(hours=5))
    assert run(store).incidents == ()
    assert backtest(store, POLICY, ROOTS, END, END + timedelta(days=1)).incidents == ()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), END),
        (datetime(1, 1, 1, tzinfo=UTC), END),
        (LONG_AGO, datetime(9999, 1, 1, tzinfo=UTC)),
    ],
    ids=["epoch", "year one", "year 9999"],
)
def test_empty_years_are_left_out(store: Store, start: datetime, end: datetime) -> None:
    """Each of five minutes' bins of fifteen years would take 12.6 MB for every array of every series."""
    old = [dated(LONG_AGO + timedelta(seconds=10 * number), f"old-{number}", "ban") for number in range(360)]
    recount(store, write_posts(store, [dated(LONG_AGO - timedelta(days=3), "first", "ban"), *old, *talk()]))
    cover(store, LONG_AGO - timedelta(days=3), END)
    tracemalloc.start()
    try:
        found = backtest(store, POLICY, ROOTS, start, end)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [incident.start for incident in found.incidents] == [LONG_AGO, NOON]
    assert found.series == 4
    assert most < 60e6


def test_an_empty_store_has_no_incidents(store: Store) -> None:
    assert run(store) == replace(run(store), series=0, incidents=(), spikes=())


def names(address: ClickHouseAddress) -> dict[str, str]:
    return {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_CLICKHOUSE_PASSWORD": address.password.get_secret_value(),
    }


def test_the_command_prints_a_table_and_json(store: Store, address: ClickHouseAddress) -> None:
    fill(store, list(talk()))
    arguments = ["backtest", "--from", "2020-07-07", "--to", "2020-07-11", "--topic", "ban"]
    table = CliRunner().invoke(app, arguments, env=names(address))
    assert table.output.startswith("EXTREME: ban at ")
    assert "1 incident of 4 series from 2020-07-07 00:00 to 2020-07-11 00:00 UTC, bins of 5 minutes" in table.output
    as_json = CliRunner().invoke(app, [*arguments, "--format", "json", "--enter", "1.2"], env=names(address))
    record = json.loads(as_json.output)
    assert (record["enter"], record["leave"], record["alerts_a_week"]) == (1.2, 0.7, 1.75)
    assert [incident["topic"] for incident in record["incidents"]] == ["ban"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "2020-07-12", "--to", "2020-07-11"], "is not before"),
        (["--from", "2020-07-01", "--to", "2020-07-11", "--topic", "nowhere"], "no topic that is watched"),
        (["--from", "2020-07-01", "--to", "2020-07-11", "--bin", "7"], "cannot be judged"),
        (["--from", "2020-07-01", "--to", "2020-07-11", "--enter", "1", "--leave", "2"], "cannot end below"),
        (["--from", "2020-07-01", "--to", "2020-07-11", "--enter", "1", "--false-alerts", "1"], "give one of them"),
        (["--from", "2020-07-01", "--to", "2020-07-11", "--false-alerts", "0"], "cannot be had"),
    ],
)
def test_what_cannot_be_tested_is_refused(arguments: list[str], sentence: str) -> None:
    refused = CliRunner().invoke(app, ["backtest", *arguments])
    assert refused.exit_code == 2
    assert sentence in said(refused)


def said(refused: Result) -> str:
    return " ".join(refused.output.replace("│", " ").split())


WRITE = ["backtest", "--write", "--from", "2020-07-07", "--to", "2020-07-10T20:00"]


@pytest.mark.parametrize(
    ("watched", "sentence"),
    [
        (None, "--write records what lies behind the watch, and none has looked at this store."),
        (END, "--write records what lies behind the watch: say a --to of 2020-07-10T08:00 or earlier."),
        (
            END + 12 * HOUR - MINUTE,
            "--write records what lies behind the watch: say a --to of 2020-07-10T19:59 or earlier.",
        ),
    ],
    ids=["no watch has looked", "the watch stands at its end", "the watch may still join what comes"],
)
def test_what_the_watch_has_still_to_judge_is_not_recorded(
    store: Store, address: ClickHouseAddress, watched: datetime | None, sentence: str
) -> None:
    fill(store, list(talk()))
    if watched is not None:
        write_scored_until(store, watched)
    before = inserts(store)
    refused = CliRunner().invoke(app, WRITE, env=names(address))
    assert refused.exit_code == 2
    assert sentence in said(refused)
    assert inserts(store) == before
    assert queries.incidents(store) == ()


def test_what_is_recorded_behind_the_watch_alerts_nobody(store: Store, address: ClickHouseAddress) -> None:
    later = END + 12 * HOUR
    fill(store, list(talk()), later)
    write_scored_until(store, later)
    written = CliRunner().invoke(app, WRITE, env=names(address))
    assert "1 of them recorded; the store had the others." in written.output
    [incident] = queries.incidents(store)
    assert (incident.verdict, incident.state) == (VerdictName.ORGANIC, IncidentState.CLOSED)
    cover(store, START, later + HOUR)
    alerts = alerts_of(store, lambda: later + HOUR)
    watch = watch_over(store, lambda: ROOTS, WIDTH, alerts, lambda: later + HOUR)
    watch.resume()
    while watch.look():
        pass
    assert (queries.scored_until(store) or later) > later
    for told in ("notifications", "deliveries"):
        assert store.query(f"SELECT count() FROM {told}") == [(0,)]
    again = CliRunner().invoke(app, WRITE, env=names(address))
    assert "0 of them recorded; the store had the others." in again.output
    assert queries.incidents(store) == (incident,)
