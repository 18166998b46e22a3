"""`banwatch backtest`: what the watch would have told, by other thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from deploy.commands.options import TableFormat, settings, show
from deploy.local_store import store_at_hand
from deploy.settings import Settings
from deploy.terminal.rules_backtest import rules_backtest_lines
from deploy.writer import writer
from processing import queries
from processing.alerts.message import details, headline
from processing.alerts.rules_file import load_rules
from processing.alerts.truth import Event, Score, read_truth, score
from processing.backtest import Backtest, record
from processing.backtest import backtest as run
from processing.contract import Incident
from processing.detection.policy import DetectorPolicy
from processing.incidents.group import IncidentPolicy
from processing.rules_backtest import RulesBacktest, backtest_rules
from processing.store.client import Store
from processing.tagging.topics import Taxonomy, load_taxonomy


def backtest(
    start: Annotated[datetime, typer.Option("--from", help="First event time, ISO 8601, in UTC.")],
    end: Annotated[datetime, typer.Option("--to", help="Event time to stop before, ISO 8601, in UTC.")],
    topic: Annotated[str | None, typer.Option(help="This topic and those below it; else all that are watched.")] = None,
    bin_minutes: Annotated[
        int | None, typer.Option("--bin", min=1, help="Width of the bins in minutes; else the watch's.")
    ] = None,
    enter: Annotated[float | None, typer.Option(min=0.1, help="Score at which a spike begins.")] = None,
    leave: Annotated[float | None, typer.Option(min=0.1, help="Score below which it ends.")] = None,
    false_alerts: Annotated[
        float | None, typer.Option(help="Instead of --enter: false alerts a series and week that may be.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Record the incidents that the store does not have; nobody is alerted.")
    ] = False,
    rules: Annotated[
        Path | None, typer.Option(help="A rules file: print what it would have told whom, and when.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="With --rules, a CSV `start,end[,topic]` of what happened, to score them by.")
    ] = None,
    format: Annotated[TableFormat, typer.Option(help="`table` or `json`.")] = TableFormat.TABLE,  # noqa: A002
) -> None:
    """Print the incidents that the watch would have told of; writes nothing unless --write is given."""
    own = settings()
    width = own.processing.bin_width if bin_minutes is None else timedelta(minutes=bin_minutes)
    policy = _policy(width, enter, leave, false_alerts)
    start, end = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in (start, end))
    if start >= end:
        raise typer.BadParameter(f"--from {start:%Y-%m-%d %H:%M} is not before --to {end:%Y-%m-%d %H:%M}.")
    if truth is not None and rules is None:
        raise typer.BadParameter("--truth scores what --rules tell: give both.")
    if write and rules is not None:
        raise typer.BadParameter("--rules writes nothing: leave --write out.")
    taxonomy = load_taxonomy(*own.topics_files)
    asked = _Asked(own, policy, taxonomy, _watched(taxonomy, topic), start, end)
    if rules is None:
        _print_incidents(asked, format, write=write)
    else:
        _print_messages(asked, format, rules, truth)


@dataclass(frozen=True)
class _Asked:
    """What is backtested: watched topics with their roots, over a range of event time."""

    own: Settings
    policy: DetectorPolicy
    taxonomy: Taxonomy
    roots: Mapping[str, str]
    start: datetime
    end: datetime


def _watched(taxonomy: Taxonomy, topic: str | None) -> dict[str, str]:
    """Return the root of a topic and of each topic below it; without a topic, of all that are watched."""
    roots = taxonomy.roots
    chosen = {name: root for name, root in roots.items() if topic in {None, name, root}}
    if not chosen:
        raise typer.BadParameter(f"{topic!r} is no topic that is watched. There are: {', '.join(sorted(roots))}.")
    return chosen


def _print_incidents(asked: _Asked, format: TableFormat, *, write: bool) -> None:  # noqa: A002
    with store_at_hand(asked.own) as own, queries.connect(own.reader) as reader:
        if write:
            _require_behind_the_watch(reader, asked.end)
        found = run(reader, asked.policy, asked.roots, asked.start, asked.end)
        written = _record(own, found) if write else ()
    if format is TableFormat.JSON:
        show([msgspec.json.encode(_as_json(found, asked.policy, written)), b"\n"], page=False)
    else:
        print("\n".join(_lines(found, asked.policy)))
        if write:
            print(f"{len(written)} of them recorded; the store had the others.")


def _print_messages(asked: _Asked, format: TableFormat, rules: Path, truth: Path | None) -> None:  # noqa: A002
    """Print what the rules of a file would have told whom, and their score against what happened, if that is known."""
    ancestors = asked.taxonomy.ancestors
    book = load_rules(rules, asked.own.alerts.alert_secrets, ancestors.keys())
    events = None if truth is None else _events(truth)
    with store_at_hand(asked.own) as own, queries.connect(own.reader) as reader:
        told = backtest_rules(
            reader,
            asked.policy,
            asked.roots,
            book=book,
            ancestors=ancestors,
            start=asked.start,
            end=asked.end,
            terms=format is TableFormat.JSON,  # the table has none
        )
    scored = None if events is None else _scored(told, events, ancestors)
    if format is TableFormat.JSON:
        record = {
            "from": told.start,
            "to": told.end,
            "messages": told.messages,
            "held_back": told.held_back,
            "score": scored,
        }
        show([msgspec.json.encode(record), b"\n"], page=False)
    else:
        print("\n".join(rules_backtest_lines(told, scored)))


def _events(truth: Path) -> tuple[Event, ...]:
    try:
        with truth.open(encoding="utf-8-sig", newline="") as lines:
            return read_truth(lines, str(truth))
    except OSError as error:
        raise typer.BadParameter(f"{truth} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{truth} is not text in UTF-8.") from error


def _scored(told: RulesBacktest, events: Sequence[Event], ancestors: Mapping[str, frozenset[str]]) -> Score:
    """Score by the events that begin in the range."""
    within = [each for each in events if told.start <= each.start < told.end]
    return score(told.opened(ancestors), within, told.end - told.start)


def _require_behind_the_watch(reader: queries.Reader, end: datetime) -> None:
    """What a watch has still to look at, or may still group with what comes, is the watch's."""
    scored_until = queries.scored_until(reader)
    if scored_until is None:
        raise typer.BadParameter("--write records what lies behind the watch, and none has looked at this store.")
    latest = scored_until - IncidentPolicy().join
    if end > latest:
        raise typer.BadParameter(
            f"--write records what lies behind the watch: say a --to of {latest:%Y-%m-%dT%H:%M} or earlier."
        )


def _record(own: Settings, found: Backtest) -> tuple[Incident, ...]:
    with Store(writer(own)) as store:
        return record(store, found)


def _policy(width: timedelta, enter: float | None, leave: float | None, false_alerts: float | None) -> DetectorPolicy:
    if false_alerts is not None and enter is not None:
        raise typer.BadParameter("--enter and --false-alerts both say when a spike begins: give one of them.")
    try:
        policy = DetectorPolicy.for_bins(width)
        if false_alerts is not None:
            policy = policy.with_false_alerts(false_alerts)
        return policy.with_thresholds(enter, leave)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _as_json(found: Backtest, policy: DetectorPolicy, written: Sequence[Incident]) -> dict[str, object]:
    return {
        "from": found.start,
        "to": found.end,
        "bin": policy.width,
        "enter": policy.enter,
        "leave": policy.leave,
        "series": found.series,
        "alerts_a_week": found.alerts_a_week,
        "incidents": found.incidents,
        "windows": found.windows,
        "recorded": [incident.id for incident in written],
    }


def _lines(found: Backtest, policy: DetectorPolicy) -> list[str]:
    lines = []
    for incident in found.incidents:
        lines.append(headline(incident))
        lines.append(f"  rose within: {', '.join(found.windows[incident.id])}")
        lines += [f"  {line}" for line in details(incident, policy.width)]
    number = len(found.incidents)
    lines.append(
        f"{number} incident{'' if number == 1 else 's'} of {found.series:,} series from {found.start:%Y-%m-%d %H:%M} "
        f"to {found.end:%Y-%m-%d %H:%M} UTC, bins of {policy.width // timedelta(minutes=1)} minutes, spikes from "
        f"{policy.enter:.2f} down to {policy.leave:.2f}: {found.alerts_a_week:.2f} alerts a week."
    )
    return lines
