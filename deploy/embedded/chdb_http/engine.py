"""The chDB engine of one directory: its lock, its connections, and the ending of running queries."""

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

# async_insert would acknowledge rows that a later flush writes. Every time in text is UTC on every machine.
_EVERYONE = {"session_timezone": "UTC", "async_insert": "0"}
# The engine shows paths (`system.tables.data_paths`, errors) and the machine's name (`displayName`), even to readers.
# It is opened under the process's own folder and the gateway's name, so it shows neither.
_STARTED_WITH = f"?display_name={DISPLAY_NAME}"


class Engine:
    """The engine of a process. chDB opens one directory at a time.

    Opening, preparing and closing a connection takes 0.3 ms, so every request has its own connection and inherits
    nothing. The constructor makes the directory the process's working directory.

    Raises:
        WarehouseUnavailable: another process holds the directory, or the engine cannot open it.
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

        `asked` holds the settings of a reader's request. They are set first, because a read-only connection accepts no
        settings.

        Raises:
            EngineError: a reader may not set one of the settings, the engine refuses a value, or `kill` came meanwhile.
        """
        allowed = allowance(asked, self._limits)
        raw = _connect()
        try:
            raw.query(set_statement({**_EVERYONE, "log_comment": token}))
            if role is Role.READER:
                raw.query(set_statement({**_reader(self._limits), **allowed}))
                raw.query(set_statement({"readonly": "1"}))
                with suppress(RuntimeError):  # the database does not exist before the first migration
                    raw.query(use_statement(self._database))
        except RuntimeError as error:  # a refused value, or `kill` for a reader who has left already
            raw.close()
            raise engine_error(error) from error
        return raw

    def output_format(self, name: str) -> str:
        """Return the engine's own spelling of a format.

        Formats that produce Python objects instead of bytes are unknown here.

        Raises:
            EngineError: UNKNOWN_FORMAT.
        """
        if (known := self._formats.get(name.lower())) is None:
            raise EngineError(Code.UNKNOWN_FORMAT, f"Unknown format {name}")
        return known

    def spool(self) -> BinaryIO:
        """Return an unnamed temporary file on the data's disk, for an insert that is still arriving.

        Raises:
            EngineError: the disk is full or not writable.
        """
        try:
            return cast("BinaryIO", tempfile.TemporaryFile(dir=self._directory))
        except OSError as error:
            raise no_room(error) from error

    def losses(self) -> list[Loss]:
        """Return the parts that the engine could not read when it started."""
        answer = self._first.query(BROKEN_PARTS, "JSONCompactEachRow")
        return losses((json.loads(line) for line in answer.bytes().splitlines()), self._directory)

    def beat(self) -> None:
        """Run a query that needs a connection, a thread and the table of time zones.

        Raises:
            RuntimeError: the engine refuses the query, as it does after a fatal error.
        """
        with _connect() as connection:
            connection.query("SELECT now()")

    def kill(self, token: str) -> None:
        """Ask the engine to end the queries of one connection. The engine ends a query between two blocks."""
        with _connect() as connection:
            connection.query("KILL QUERY WHERE Settings['log_comment'] = {token:String} ASYNC", params={"token": token})

    def kill_all(self) -> None:
        """Ask the engine to end every query of every connection, before the process ends."""
        with _connect() as connection:
            connection.query("KILL QUERY WHERE Settings['log_comment'] != '' ASYNC")

    def close(self) -> None:
        """Close the engine and release the directory. The caller has closed every connection before."""
        self._first.close()
        os.close(self._lock)


def _connect() -> Any:
    """Open the engine in the process's folder.

    The string is the same for every connection, because chDB identifies an engine by its string.
    """
    connect: Any = chdb.connect
    folder = OWN_FOLDER if OWN_FOLDER.exists() else Path.cwd()  # only Linux has OWN_FOLDER
    return connect(f"{folder}{_STARTED_WITH}")


def _output_formats(connection: Any) -> list[str]:
    listed = connection.query("SELECT name FROM system.formats WHERE is_output", "TabSeparatedRaw")
    return [str(name) for name in listed.bytes().decode().split()]


def _reader(limits: ReaderLimits) -> dict[str, str]:
    return limits_as_settings(limits) | {
        # Only the clock decides. By default the engine first measures the speed of a query for ten seconds.
        "timeout_before_checking_execution_speed": "0",
        "allow_introspection_functions": "0",
        "allow_ddl": "0",
    }


def _lock(directory: Path) -> int:
    """Lock the directory for this process. The kernel releases the lock however the process ends."""
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
