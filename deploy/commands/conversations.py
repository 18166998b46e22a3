"""`banwatch alerts`: what was told to whom, and what people answer: have it in hand, it is over, be silent."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.commands.explain import NoSuchIncident
from deploy.commands.options import TableFormat, settings, show
from deploy.local_store import store_at_hand
from deploy.terminal.progress import printable
from deploy.writer import writer
from ingest.errors import Failure
from processing import queries
from processing.alerts.rule_fields import read_span
from processing.contract import EVERYTHING, Severity, Silence
from processing.queries import Reader
from processing.store.answers import LONGEST_SILENCE, Answer, answer, write_silence
from processing.store.client import Store

Incidents = Annotated[list[str], typer.Argument(help="Ids of incidents, as `banwatch alerts list` prints them.")]
By = Annotated[str, typer.Option(help="Who says so; else the user of this machine.")]
Note = Annotated[str, typer.Option(help="What the others should know.")]
Format = Annotated[TableFormat, typer.Option(help="`table` or `json`.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many, the newest.")]


class NoSuchSilence(Failure):
    """There is no silence with that id that has not ended."""


def conversations(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    format: Format = TableFormat.TABLE,  # noqa: A002
    limit: Limit = 100,
) -> None:
    """Print who was told of what, as it stands now."""
    with store_at_hand(settings()) as own, queries.connect(own.reader) as reader:
        found = queries.conversations(reader, resolved=everything, limit=limit)
    columns = ("conversation", "channel", "state", "step", "reason", "severity", "at", "acknowledged_by")
    nothing = "No conversation goes on. `--all` prints those that are over, too."
    itself = [each for each in found if ":" in each.conversation]
    if format is TableFormat.JSON or not itself:
        _print(found, columns, format, nothing)
        return
    of_the_world = [each for each in found if ":" not in each.conversation]
    _print(of_the_world, columns, format, "No conversation about a surge goes on.")
    print("banwatch itself:")
    _print(itself, columns[:-1], format, nothing)


def deliveries(
    incident: Annotated[str | None, typer.Argument(help="Only of this incident.")] = None,
    channel: Annotated[str, typer.Option(help="Only to this channel.")] = "",
    format: Format = TableFormat.TABLE,  # noqa: A002
    limit: Limit = 100,
) -> None:
    """Print every attempt to tell a channel, and the reason where none was made."""
    with store_at_hand(settings()) as own, queries.connect(own.reader) as reader:
        found = queries.deliveries(reader, conversation=incident or "", channel=channel, limit=limit)
    columns = ("at", "channel", "conversation", "step", "attempt", "reason", "latency", "message_id", "detail")
    _print(found, columns, format, "Nothing was to be told yet.")


def acknowledge(incidents: Incidents, by: By = "", note: Note = "") -> None:
    """Say that somebody has incidents in hand: they are told again only if they rise further."""
    _answer(incidents, Answer.ACKNOWLEDGE, by, note)


def resolve(incidents: Incidents, by: By = "", note: Note = "") -> None:
    """Say that incidents are over for everybody who was told of them."""
    _answer(incidents, Answer.RESOLVE, by, note)


def silence(
    lasting: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="How long: `30m`, `8h` or `2d`, up to 366 days.")
    ] = None,
    topic: Annotated[str, typer.Option(help="This topic and those below it.")] = EVERYTHING,
    language: Annotated[list[str] | None, typer.Option(help="Incidents of no other language; repeat for more.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Incidents of no other source; repeat for more.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Incidents of no higher severity.")] = None,
    channel: Annotated[str, typer.Option(help="Only at this channel.")] = "",
    end: Annotated[str | None, typer.Option(metavar="ID", help="End this silence now, instead.")] = None,
    by: By = "",
    note: Note = "",
    format: Format = TableFormat.TABLE,  # noqa: A002
) -> None:
    """Tell nobody of some incidents for a while; without --for and --end, print the silences."""
    now = datetime.now(UTC).replace(microsecond=0)
    if lasting is not None and end is not None:
        raise typer.BadParameter("--for begins a silence and --end ends one: give one of them.")
    with store_at_hand(settings()) as own:
        if lasting is not None:
            begun = Silence(
                id=secrets.token_hex(4),
                topic=topic,
                languages=tuple(language or ()),
                sources=tuple(source or ()),
                severity=severity,
                channel=channel,
                starts_at=now,
                ends_at=now + span(lasting),
                by=by or getpass.getuser(),
                note=note,
            )
            with Store(writer(own)) as store:
                write_silence(store, begun)
            print(f"Silence {begun.id} lasts until {begun.ends_at:%Y-%m-%d %H:%M} UTC.")
            return
        with queries.connect(own.reader) as reader:
            found = queries.silences(reader, now)
        if end is None:
            columns = ("id", "topic", "languages", "sources", "severity", "channel", "ends_at", "by", "note")
            _print(found, columns, format, "There is no silence.")
            return
        ended = [each.ended(now) for each in found if each.id == end]
        if not ended:
            raise NoSuchSilence(f"There is no silence {end!r}. `banwatch alerts silence` prints those that there are.")
        with Store(writer(own)) as store:
            write_silence(store, ended[0])
        print(f"Silence {end} is over.")


def span(text: str) -> timedelta:
    """Return the time that `30m`, `8h` or `2d` means.

    Raises:
        typer.BadParameter: it means none, or one that a silence cannot last.
    """
    try:
        lasting = read_span(text)
    except ValueError as error:
        raise typer.BadParameter(f"--for {error}.") from error
    if lasting > LONGEST_SILENCE:
        raise typer.BadParameter(f"--for {text!r} must be at most {LONGEST_SILENCE.days} days.")
    return lasting


def _answer(incidents: Sequence[str], what: Answer, by: str, note: str) -> None:
    with store_at_hand(settings()) as own:
        with queries.connect(own.reader) as reader:
            for each in incidents:
                _require_incident(reader, each)
        with Store(writer(own)) as store:
            answer(store, incidents, what, by or getpass.getuser(), note)
    done = "acknowledged" if what is Answer.ACKNOWLEDGE else "resolved"
    print("\n".join(printable(f"{each} is {done}.") for each in incidents))


def _require_incident(reader: Reader, name: str) -> None:
    if queries.incident(reader, name) is None:
        raise NoSuchIncident(
            f"There is no incident {name!r}. `banwatch alerts list --all` prints those that there are."
        )


def _print(rows: Sequence[msgspec.Struct], columns: Sequence[str], format: TableFormat, nothing: str) -> None:  # noqa: A002
    if format is TableFormat.JSON:
        show([msgspec.json.encode(rows), b"\n"], page=False)
        return
    if not rows:
        print(nothing)
        return
    table = Table(box=box.SIMPLE)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(_cell(getattr(row, column)))) for column in columns))
    Console().print(table)


def _cell(value: object) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:.2f}"
        case tuple():
            return ", ".join(map(str, value))
        case None:
            return ""
        case _:
            return str(value)
