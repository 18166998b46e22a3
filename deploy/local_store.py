"""A store for a command that asks it: the one that answers, else the embedded one, for as long as it takes."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.optional_dependencies import require_engine
from deploy.settings import LOOPBACK, Settings
from deploy.supervisor.endpoints import clickhouse_answers, clickhouse_endpoint
from deploy.supervisor.environments import PASSWORDS, told
from deploy.supervisor.log_files import fresh_log
from deploy.supervisor.lost_data import lost_data
from deploy.supervisor.process import ManagedProcess, ProcessSpec
from deploy.supervisor.supervisor import wait_for_store
from deploy.writer import kept_password, writer
from processing.store.client import (
    AUTHENTICATION_FAILED,
    NOTHING_STORED,
    UNKNOWN_DATABASE,
    StoreRefused,
)

OF_ANOTHER_FOLDER = frozenset({UNKNOWN_DATABASE, AUTHENTICATION_FAILED})
"""What a store says to whoever looks for the tables, or has the password, of another data folder."""


@contextmanager
def store_at_hand(settings: Settings, *, create: bool = False) -> Iterator[Settings]:
    """Make sure that a store answers at the configured address; the settings to speak to it with.

    Where none answers and the data folder holds none, only `create` makes one.

    Raises:
        PortTaken, OutOfReach, NotInstalled, PasswordUnusable, StackFailed
        StoreRefused: there is no store, or it refused what was asked; a sentence for people.
    """
    try:
        with _opened(settings, create=create) as own:
            yield own
    except StoreRefused as error:
        raise StoreRefused(error.sentence + _where_else(settings, error), error.code) from error


@contextmanager
def _opened(settings: Settings, *, create: bool) -> Iterator[Settings]:
    if clickhouse_answers(settings.processing.clickhouse_url):
        yield settings
    elif create or _holds_store(settings.data_dir):
        with _embedded(settings):
            yield settings
    else:
        raise StoreRefused(NOTHING_STORED, UNKNOWN_DATABASE)


@contextmanager
def _embedded(settings: Settings) -> Iterator[None]:
    part = warehouse_part(settings)
    log = fresh_log(settings.data_dir / "logs", "warehouse")
    child = ManagedProcess(part, log)
    child.start()
    try:
        wait_for_store(settings, child)
        if lost := lost_data(writer(settings), settings.store_dir):
            print(f"banwatch: {lost}", file=sys.stderr)
        yield
    finally:
        child.end(patience=8.0)


def warehouse_part(settings: Settings) -> ProcessSpec:
    """The embedded store, with what it takes.

    Raises:
        NotInstalled, PasswordUnusable
    """
    require_engine()
    if not settings.processing.clickhouse_password.get_secret_value():
        kept_password(settings.data_dir)
    command = (sys.executable, "-m", "deploy.cli", "warehouse")
    return ProcessSpec("warehouse", command, told(os.environ, settings.data_dir, PASSWORDS))


def _where_else(settings: Settings, error: StoreRefused) -> str:
    """What to set for the demo's store, where that may be the one that was meant; without a full stop, to be copied."""
    folder = settings.demo_dir
    if error.code not in OF_ANOTHER_FOLDER or not _is_here(settings) or not _holds_store(folder):
        return ""
    path = shlex.quote(str(folder.absolute()))
    return f" The demo's is in {path}: set BANWATCH_DATA_DIR={path}"


def _is_here(settings: Settings) -> bool:
    return clickhouse_endpoint(settings.processing.clickhouse_url).host in LOOPBACK


def _holds_store(folder: Path) -> bool:
    """Whether an embedded store has been started from this data folder."""
    return (folder / "warehouse").is_dir()
