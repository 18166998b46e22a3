"""The command `banwatch`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from deploy import logs, stages, topics_command
from deploy.addresses import OutOfReach, PortTaken, kafka_endpoint
from deploy.demo.generate import write as write_demo
from deploy.embedded import broker
from deploy.filters import detect_file, tag_file
from deploy.lifeline import die_with_parent
from deploy.report import incident_lines
from deploy.screen import Reading, printable
from deploy.settings import Settings, SettingsError, load
from deploy.stack import AlreadyRunning, StackFailed
from deploy.stages import ArchiveOptions
from deploy.store_at_hand import store_at_hand
from deploy.up import UpOptions, demo_folder
from deploy.up import up as run_up
from ingest.cursors import CursorUnreadable
from ingest.log import BrokerRefused, BrokerUnavailable, LogLost
from ingest.run import Tally
from ingest.source import Permanent, Transient
from ingest.sources.archive import Archive
from processing import queries
from processing.retag import retag as retag_posts
from processing.store.client import Store
from processing.store.migrate import SchemaConflict, migrate
from processing.topics import TaxonomyError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A monitor of social media talk about TikTok bans: live dashboard, alerts on spikes, ad-hoc SQL.",
)
ingest_app = typer.Typer(no_args_is_help=True, help="Read one source into the log.")
app.add_typer(ingest_app, name="ingest")
app.add_typer(topics_command.app, name="topics")

FAILURES = (
    AlreadyRunning,
    BrokerRefused,
    BrokerUnavailable,
    CursorUnreadable,
    LogLost,
    OutOfReach,
    Permanent,
    PortTaken,
    SchemaConflict,
    SettingsError,
    StackFailed,
    TaxonomyError,
    Transient,
    broker.BrokerMissing,
    queries.StoreRefused,
    queries.StoreUnavailable,
)


class ProgressStyle(StrEnum):
    """How an ingester tells how far it is."""

    AUTO = "auto"
    JSON = "json"


class TableFormat(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"


class SqlFormat(StrEnum):
    """How the result of a query is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"


CLICKHOUSE_FORMATS = {
    SqlFormat.TABLE: "PrettyCompactMonoBlock",
    SqlFormat.CSV: "CSVWithNames",
    SqlFormat.JSON: "JSON",
    SqlFormat.NDJSON: "JSONEachRow",
}


def parse_speed(text: str) -> float | None:
    """`max`, or how many times faster than the clock events are played."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(
            f"{text!r} is no speed: say `max`, or how many times faster than the clock, such as 60."
        )
    return speed


Speed = Annotated[str, typer.Option(help="Event time over wall time, such as 60, or `max`.")]
ShiftToNow = Annotated[bool, typer.Option("--shift-to-now", help="Move the archive's times so that it ends now.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes that tag and count.")]


def settings() -> Settings:
    """From the environment."""
    return load(os.environ)


def stop_on_signal() -> threading.Event:
    """Set on the first SIGINT, SIGTERM or SIGHUP."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


@app.command()
def up(
    archive: Annotated[
        Path | None, typer.Option(help="Play this Post NDJSON file or folder; - is standard input.")
    ] = None,
    speed: Speed = "max",
    shift_to_now: ShiftToNow = False,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End when the archive is counted and looked at.")
    ] = False,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Do not serve the page.")] = False,
    workers: Workers = 1,
) -> None:
    """Start everything on this machine; use what already answers at the configured addresses."""
    if until_done and archive is None:
        raise typer.BadParameter("--until-done needs an --archive: live sources have no end.")
    played = None if archive is None else ArchiveOptions(archive, parse_speed(speed), shift_to_now)
    options = UpOptions(played, until_done=until_done, dashboard=not no_dashboard, workers=workers)
    run_up(settings(), options, Console(), stop_on_signal())


@app.command()
def demo(
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Do not serve the page.")] = False,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End when the archive is counted and looked at.")
    ] = False,
) -> None:
    """Show July 2020 on synthetic posts, with embedded parts and a data folder of its own."""
    console = Console()
    base = settings()
    folder = demo_folder(base)
    archive = folder / "july-2020.ndjson.zst"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        console.print(f"writing {write_demo(archive):,} synthetic posts to {archive}", highlight=False, soft_wrap=True)
    own = replace(base, ingest=base.ingest.model_copy(update={"data_dir": folder}))
    options = UpOptions(ArchiveOptions(archive), until_done=until_done, dashboard=not no_dashboard, alone=True)
    run_up(own, options, console, stop_on_signal())


@ingest_app.command("archive")
def ingest_archive(
    path: Annotated[
        Path, typer.Argument(help="Post NDJSON, plain, .gz or .zst: a file, a folder, or - for standard input.")
    ],
    speed: Speed = "max",
    shift_to_now: ShiftToNow = False,
    progress: Annotated[ProgressStyle, typer.Option(hidden=True)] = ProgressStyle.AUTO,
) -> None:
    """Read an archive, from where the last run stopped."""
    options = ArchiveOptions(path, parse_speed(speed), shift_to_now)
    if progress is ProgressStyle.JSON:
        stages.run_archive(settings(), options, lambda archive, tally: print(_as_json(archive, tally), flush=True))
        return
    from deploy.screen import Screen  # noqa: PLC0415

    with Screen(Console(stderr=True)) as screen:
        tally = stages.run_archive(settings(), options, lambda archive, tally: screen.reading(_reading(archive, tally)))
    print(f"{tally.posts:,} posts sent, {tally.rejected:,} lines rejected")


def _reading(archive: Archive, tally: Tally) -> Reading:
    total = None if archive.outline is None else archive.outline.lines
    return Reading("archive", tally.posts, tally.rejected, total)


def _as_json(archive: Archive, tally: Tally) -> str:
    return msgspec.json.encode(_reading(archive, tally)).decode()


@app.command()
def process() -> None:
    """Tag and count posts: one worker."""
    stages.run_process(settings())


@app.command()
def watch() -> None:
    """Look for spikes and tell of incidents."""
    stages.run_watch(settings())


@app.command()
def dashboard() -> None:
    """Serve the page."""
    stages.run_dashboard(settings())


@app.command(hidden=True)
def warehouse() -> None:
    """Serve the embedded ClickHouse."""
    stages.run_warehouse(settings())


@app.command("broker", hidden=True)
def run_broker() -> None:
    """Become the embedded broker."""
    endpoint = kafka_endpoint(settings().ingest.kafka)
    command = broker.command(endpoint.host, endpoint.port)
    os.execv(command[0], command)  # noqa: S606 - this process becomes the broker, with our own arguments


@app.command("migrate")
def migrate_schema(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be applied.")] = False,
) -> None:
    """Bring the database to the newest schema."""
    with store_at_hand(settings()) as own:
        for migration in migrate(own.processing.clickhouse, dry_run=dry_run):
            print(f"{'would apply' if dry_run else 'applied'} {migration.name}")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="The query; - reads it from standard input.")],
    format: Annotated[SqlFormat, typer.Option(help="`table`, `csv`, `json` or `ndjson`.")] = SqlFormat.TABLE,  # noqa: A002
) -> None:
    """Ask the store in ClickHouse's SQL, as the user that may only read."""
    text = sys.stdin.read() if query == "-" else query
    with store_at_hand(settings()) as own, queries.connect(own.reader) as store:
        result = store.query_bytes(text.strip().rstrip(";"), format=CLICKHOUSE_FORMATS[format]).decode(errors="replace")
    print(printable(result) if sys.stdout.isatty() else result, end="")


@app.command()
def spikes(
    format: Annotated[TableFormat, typer.Option(help="`table` or `json`.")] = TableFormat.TABLE,  # noqa: A002
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
) -> None:
    """Print the incidents, with their pulses."""
    with store_at_hand(settings()) as own, queries.connect(own.reader) as store:
        incidents = queries.incidents(store, limit=limit)
    if format is TableFormat.JSON:
        print(msgspec.json.encode(incidents).decode())
    else:
        print("\n".join(incident_lines(incidents, settings())) or "No incidents.")


@app.command()
def retag(
    start: Annotated[datetime, typer.Option("--from", help="First event time, ISO 8601, in UTC.")],
    end: Annotated[datetime, typer.Option("--to", help="Event time to stop before, ISO 8601, in UTC.")],
) -> None:
    """Tag stored posts again with the taxonomy as it is now, and recount their minutes."""
    with store_at_hand(settings()) as own, Store(own.processing.clickhouse) as store:
        tagger, taxonomy = stages.enricher(own)
        done = retag_posts(store, tagger, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), lambda _: None)
    print(f"{done.posts:,} posts tagged again with rules {taxonomy.version}, {done.changed:,} of them changed")


@app.command()
def tag(
    path: Annotated[Path, typer.Argument(help="Post NDJSON, plain, .gz or .zst; - is standard input.")] = Path("-"),
) -> None:
    """Add language and topics to Post NDJSON, line by line; needs no service."""
    tagger, _ = stages.enricher(settings())
    raise typer.Exit(tag_file(path, tagger))


@app.command()
def detect(
    path: Annotated[Path, typer.Argument(help="CSV of timestamp,count; - is standard input.")] = Path("-"),
    bin_minutes: Annotated[
        int | None, typer.Option("--bin", min=1, help="Width of the bins in minutes; else inferred.")
    ] = None,
    silent_before: Annotated[
        bool, typer.Option("--silent-before", help="The series is known to have been empty for two days before.")
    ] = False,
) -> None:
    """Add expected, score and state to a CSV of counts, row by row; needs no service."""
    width = None if bin_minutes is None else timedelta(minutes=bin_minutes)
    try:
        status = detect_file(path, width, silent_before=silent_before)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(status)


def main() -> None:
    """Run the command; a failure that is understood is one sentence and status 1."""
    die_with_parent()
    logs.configure()
    try:
        app()
    except FAILURES as failure:
        print(f"banwatch: {printable(str(failure))}", file=sys.stderr)
        sys.exit(2 if isinstance(failure, Permanent) else 1)
    except BrokenPipeError:
        # The reader of our output has seen enough; what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
