"""The chDB engine of one directory: who may open it, its connections, and ending what runs."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import chdb

from deploy.embedded.chdb_http.errors import Code, EngineError, WarehouseUnavailable, engine_error, no_room
from deploy.embedded.chdb_http.losses import BROKEN_PARTS, Loss, losses
from deploy.embedded.chdb_http.policy.guard import Guard
from deploy.embedded.chdb_http.quoting import set_statement, use_statement
from deploy.embedded.chdb_http.reader_settings import allowance, limits_as_settings
from deploy.embedded.chdb_http.settings import DISPLAY_NAME, OWN_FOLDER, ReaderLimits, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.embedded.chdb_http.settings import WarehouseSettings

# async_insert would acknowledge rows that another flush writes; every text time is UTC wherever the machine is.
_EVERYONE = {"session_timezone": "UTC", "async_insert": "0"}
# The engine tells of paths (`system.tables.data_paths`, errors) and of the machine's name (`displayName`), to readers
# too. It is opened by the process's own folder and with the gateway's name, so there is nothing to tell.
_STARTED_WITH = f"?display_name={DISPLAY_NAME}"


class Engine:
    """One engine a process: chDB holds a single directory at a time.

    A connection costs 0.3 ms to open, prepare and close, so every request has its own and inherits nothing. The process
    works in the directory from then on.

    Raises:
        WarehouseUnavailable: when another process holds the directory, or the engine cannot open it.
    """

    def __init__(self, settings: WarehouseSettings) -> None:
        self._directory = settings.directory.resolve()
        self._limits = settings.limits
        self._database = settings.database
        self._lock = _lock(self._directory)
        os.chdir(self._directory)
        try:
            self._first = _connect()
        except RuntimeError as error:
            os.close(self._lock)
            raise WarehouseUnavailable(
                f"The warehouse's data in {self._directory} cannot be opened: {engine_error(error).message} "
                "Another program may hold it; stop that one, or name another directory."
            ) from error
        self.guard = Guard(self._first, settings.readable)
        self._formats = {name.lower(): name for name in _output_formats(self._first)}
        self.version = str(self._first.query("SELECT version()", "TabSeparatedRaw").bytes().decode().strip())

    def connect(self, role: Role, token: str, asked: Mapping[str, str]) -> Any:
        """Open a chDB connection for one of the two users. `token` marks its queries for `kill`.

        `asked` are settings of a reader's request: once the connection is read-only nothing can set them any more.

        Raises:
            EngineError: when they are not a reader's to set, or the engine does not take their values.
        """
        allowed = allowance(asked, self._limits)
        raw = _connect()
        raw.query(set_statement({**_EVERYONE, "log_comment": token}))
        if role is Role.READER:
            try:
                raw.query(set_statement({**_reader(self._limits), **allowed}))
            except RuntimeError as error:
                raw.close()
                raise engine_error(error) from error
            raw.query(set_statement({"readonly": "1"}))
            with suppress(RuntimeError):  # before the first migration there is no such database
                raw.query(use_statement(self._database))
        return raw

    def output_format(self, name: str) -> str:
        """The engine's own spelling of a format; chDB knows more, which are objects of Python and no bytes.

        Raises:
            EngineError: UNKNOWN_FORMAT.
        """
        if (known := self._formats.get(name.lower())) is None:
            raise EngineError(Code.UNKNOWN_FORMAT, f"Unknown format {name}")
        return known

    def spool(self) -> BinaryIO:
        """A file without a name beside the data, for an insert that is still coming in.

        Raises:
            EngineError: when the disk is full or cannot be written to.
        """
        try:
            return cast("BinaryIO", tempfile.TemporaryFile(dir=self._directory))
        except OSError as error:
            raise no_room(error) from error

    def losses(self) -> list[Loss]:
        """What could not be read when the engine started."""
        answer = self._first.query(BROKEN_PARTS, "JSONCompactEachRow")
        return losses((json.loads(line) for line in answer.bytes().splitlines()), self._directory)

    def beat(self) -> None:
        """Ask what takes a connection, a thread and the table of time zones.

        Raises:
            RuntimeError: the engine refuses it, as after a fatal error of its own.
        """
        with _connect() as connection:
            connection.query("SELECT now()")

    def kill(self, token: str) -> None:
        """Ask the engine to end the queries of one connection; it does so between two blocks."""
        with _connect() as connection:
            connection.query("KILL QUERY WHERE Settings['log_comment'] = {token:String} ASYNC", params={"token": token})

    def kill_all(self) -> None:
        """Ask the engine to end every query of every connection, for the end of the process."""
        with _connect() as connection:
            connection.query("KILL QUERY WHERE Settings['log_comment'] != '' ASYNC")

    def close(self) -> None:
        """Let the engine and the directory go. Every connection has been closed before."""
        self._first.close()
        os.close(self._lock)


def _connect() -> Any:
    """Open the engine in the process's folder; one string for all, because an engine is known by it."""
    connect: Any = chdb.connect
    folder = OWN_FOLDER if OWN_FOLDER.exists() else Path.cwd()  # only Linux has the former
    return connect(f"{folder}{_STARTED_WITH}")


def _output_formats(connection: Any) -> list[str]:
    listed = connection.query("SELECT name FROM system.formats WHERE is_output", "TabSeparatedRaw")
    return [str(name) for name in listed.bytes().decode().split()]


def _reader(limits: ReaderLimits) -> dict[str, str]:
    return limits_as_settings(limits) | {
        # The clock decides alone: by default the engine first looks for ten seconds how fast a query is.
        "timeout_before_checking_execution_speed": "0",
        "allow_introspection_functions": "0",
        "allow_ddl": "0",
    }


def _lock(directory: Path) -> int:
    """Take the directory for this process; the kernel gives it back however the process ends."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = os.open(directory / "warehouse.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WarehouseUnavailable(f"The warehouse cannot use {directory}: {error.strerror}.") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise WarehouseUnavailable(
            f"Another warehouse is running on {directory}: stop it, or name another directory."
        ) from error
    return held
