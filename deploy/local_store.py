"""A store for the length of one command: the store that answers at the address, else the embedded one."""

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
from deploy.supervisor.process import BANWATCH, ManagedProcess, ProcessSpec
from deploy.supervisor.supervisor import wait_for_store
from deploy.writer import kept_password, writer
from processing.store.client import (
    AUTHENTICATION_FAILED,
    NOTHING_STORED,
    UNKNOWN_DATABASE,
    StoreRefused,
)

OF_ANOTHER_FOLDER = frozenset({UNKNOWN_DATABASE, AUTHENTICATION_FAILED})
"""Error codes that a store gives to a command with the database or the password of another data folder."""


@contextmanager
def store_at_hand(settings: Settings, *, create: bool = False) -> Iterator[Settings]:
    """Provide a store at the configured address, and yield the settings for connecting to it.

    If no store answers and the data folder holds none, only `create` makes one.

    Raises:
        PortTaken, OutOfReach, NotInstalled, SecretUnusable, StackFailed: the embedded store cannot start.
        StoreRefused: there is no store, or the store refused a query. The message is a sentence for a person.
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
    """Return the process specification of the embedded store.

    Raises:
        NotInstalled: chDB is not installed.
        SecretUnusable: a generated secret cannot be read or written.
    """
    require_engine()
    if not settings.processing.clickhouse_password.get_secret_value():
        kept_password(settings.data_dir)
    return ProcessSpec("warehouse", (*BANWATCH, "warehouse"), told(os.environ, settings.data_dir, PASSWORDS))


def _where_else(settings: Settings, error: StoreRefused) -> str:
    """Return a hint at the demo's store if the command may mean that store.

    The hint has no full stop, so it can be copied.
    """
    folder = settings.demo_dir
    if error.code not in OF_ANOTHER_FOLDER or not _is_here(settings) or not _holds_store(folder):
        return ""
    path = shlex.quote(str(folder.absolute()))
    return f" The demo's is in {path}: set BANWATCH_DATA_DIR={path}"


def _is_here(settings: Settings) -> bool:
    return clickhouse_endpoint(settings.processing.clickhouse_url).host in LOOPBACK


def _holds_store(folder: Path) -> bool:
    """Return whether an embedded store has been started from this data folder."""
    return (folder / "warehouse").is_dir()
