"""The command `banwatch`: its parts put together, and what it says when one fails."""

from __future__ import annotations

import os
import sys

import typer

from deploy import logs
from deploy.addresses import OutOfReach, PortTaken
from deploy.backup.manifest import BackupUnusable
from deploy.commands import backtest, backup, explain, filters, ingest, run, sql, stage, store, topics
from deploy.embedded import broker
from deploy.lifeline import die_with_parent
from deploy.screen import printable
from deploy.settings import SettingsError
from deploy.stack import AlreadyRunning, StackFailed
from ingest.cursors import CursorUnreadable
from ingest.log import BrokerRefused, BrokerUnavailable, LogLost, NotKafka
from ingest.source import Permanent, Transient
from processing import queries
from processing.store.client import readable
from processing.store.lock import SchemaLocked
from processing.store.migrate import SchemaConflict
from processing.topics import TaxonomyError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A monitor of social media talk about TikTok bans: live dashboard, alerts on spikes, ad-hoc SQL.",
)
app.command()(run.up)
app.command()(run.demo)
app.command()(stage.process)
app.command()(stage.watch)
app.command()(stage.dashboard)
app.command()(sql.sql)
app.command()(store.spikes)
app.command()(backtest.backtest)
app.command()(explain.explain)
app.command()(store.retag)
app.command()(store.forget)
app.command()(filters.tag)
app.command()(filters.detect)
app.command()(backup.backup)
app.command()(backup.restore)
app.command("migrate")(store.migrate_schema)
app.command("warehouse", hidden=True)(stage.warehouse)
app.command("broker", hidden=True)(stage.run_broker)
app.add_typer(ingest.app, name="ingest")
app.add_typer(topics.app, name="topics")

FAILURES = (
    AlreadyRunning,
    BackupUnusable,
    BrokerRefused,
    BrokerUnavailable,
    CursorUnreadable,
    LogLost,
    NotKafka,
    OutOfReach,
    Permanent,
    PortTaken,
    SchemaConflict,
    SchemaLocked,
    SettingsError,
    StackFailed,
    TaxonomyError,
    Transient,
    broker.BrokerMissing,
    explain.NoSuchIncident,
    queries.StoreRefused,
    queries.StoreUnavailable,
)


def main() -> None:
    """Run the command; a failure that is understood is one sentence and status 1."""
    die_with_parent()
    logs.configure()
    try:
        app()
    except FAILURES as failure:
        print(f"banwatch: {printable(_sentence(failure))}", file=sys.stderr)
        sys.exit(2 if isinstance(failure, Permanent) else 1)
    except BrokenPipeError:
        # The reader of our output has seen enough; what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as failure:
        if failure.filename is None:
            raise
        # A folder that cannot be written to, a disk that is full: whoever runs banwatch can mend that.
        print(f"banwatch: {printable(str(failure.filename))} cannot be used: {failure.strerror}.", file=sys.stderr)
        sys.exit(1)


def _sentence(failure: Exception) -> str:
    """What to say of a failure: what an engine says has more in it than people can use."""
    if isinstance(failure, queries.StoreRefused | queries.StoreUnavailable):
        return readable(failure)
    return str(failure)


if __name__ == "__main__":
    main()
