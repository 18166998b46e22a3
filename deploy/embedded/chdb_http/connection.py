"""One connection to the engine, with its own settings, current database and temporary tables."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

from deploy.embedded.chdb_http.errors import Code, EngineError, engine_error, no_room
from deploy.embedded.chdb_http.native import FIRST_WITH_FLAGS, reframed
from deploy.embedded.chdb_http.policy.guard import Kind
from deploy.embedded.chdb_http.quoting import escaped, set_statement, use_statement
from deploy.embedded.chdb_http.request import Query, Summary
from deploy.embedded.chdb_http.settings import Role
from deploy.embedded.chdb_http.statement import InsertHead, outline, reads_input

if TYPE_CHECKING:
    from deploy.embedded.chdb_http.engine import Engine

_WHOLE_RESULT_BYTES = "2000000000"


class Connection:
    """One engine connection. One request at a time uses it, from any thread.

    Every call takes the lock, so `close` waits for a running call; `Engine.kill` ends a running call.
    """

    def __init__(self, engine: Engine, role: Role, *, kept: bool = False) -> None:
        self.role = role
        self._kept = kept
        self.token = uuid4().hex
        self.interruptible = True
        self.cancelled = False
        self._engine = engine
        self._lock = threading.Lock()
        self._raw: Any = None
        self._open: Any = None
        self._overlay: dict[str, str] | None = {}
        self._restoring: list[str] = []
        self._asked: Mapping[str, str] = {}

    def ask(self, query: Query) -> tuple[Iterator[bytes], Summary, str]:
        """Start a query. Return the pieces of its answer, its summary, which grows with the pieces, and its format.

        Raises:
            EngineError: the engine fails, or the guard refuses the query. The pieces raise it too.
        """
        shape = outline(query.text)
        output_format = self._engine.output_format(shape.format or query.output_format)
        summary = Summary()
        streams = shape.streams(output_format) and "extremes" not in query.settings
        if shape.selects and not streams and self.role is Role.WRITER:
            query = replace(query, settings={"max_result_bytes": _WHOLE_RESULT_BYTES, **query.settings})
        with self._lock:
            self._prepare(query, session_statement=shape.first_word in {"SET", "USE"})
            kind = self._engine.guard.check(self._raw, self.role, query.text, query.parameters, reading=query.reading)
            self.interruptible = kind is Kind.READING
            if streams and kind is Kind.READING:
                self._open = self._call(self._raw.send_query, query.text, output_format, dict(query.parameters))
                pieces = self._pieces(self._open, summary)
            else:
                pieces = iter([self._whole(query, kind, output_format, summary)])
            if output_format == "Native" and query.protocol >= FIRST_WITH_FLAGS:
                pieces = (reframed(piece) for piece in pieces)
            return pieces, summary, output_format

    def load(self, query: Query, head: InsertHead) -> Load:
        """Open an insert whose data follow in pieces."""
        with self._lock:
            self._prepare(query, session_statement=False)
            insert = head.text + b" VALUES"
            kind = self._engine.guard.check(self._raw, self.role, insert, {}, reading=query.reading)
            if kind not in {Kind.WRITING, Kind.WRITING_EVERYWHERE}:
                raise EngineError(Code.SYNTAX_ERROR, "The INSERT before the data cannot be read")
            self.interruptible = False
            self._open = self._engine.spool()
            return Load(self, self._open, head, dict(query.parameters))

    def run(self, call: Any, *arguments: Any) -> Any:
        """Make one engine call under this connection's lock."""
        with self._lock:
            return self._call(call, *arguments)

    def insert(self, text: str, parameters: dict[str, str]) -> Any:
        """Run an insert whose data are complete."""
        with self._lock:
            return self._call(self._raw.query, text, "Null", parameters)

    def close(self) -> None:
        """End the open stream or insert, and close the connection."""
        self.cancelled = True
        if self._lock.locked():
            self._engine.kill(self.token)
        with self._lock:
            raw, self._raw = self._raw, None
            if raw is not None:
                self._end_open()
                raw.close()

    def rest(self) -> None:
        """Prepare a session's connection for the session's next request."""
        with self._lock:
            self._end_open()
            self.interruptible = True
            self.cancelled = False

    def _end_open(self) -> None:
        """Cancel the stream or insert that a request left open. Cancelling a finished one has no effect."""
        left, self._open = self._open, None
        if left is not None:
            with suppress(RuntimeError):
                left.close()

    def _whole(self, query: Query, kind: Kind, output_format: str, summary: Summary) -> bytes:
        if kind is not Kind.READING and reads_input(query.text):
            raise EngineError(Code.NOT_IMPLEMENTED, "INSERT ... SELECT from input() is not supported here")
        answer = self._call(self._raw.query, query.text, output_format, dict(query.parameters))
        summary.add(answer)
        return bytes(answer.bytes())

    def _pieces(self, stream: Any, summary: Summary) -> Iterator[bytes]:
        while (piece := self.run(stream.fetch)) is not None:
            summary.add(piece)
            yield piece.bytes()

    def _call(self, call: Any, *arguments: Any) -> Any:
        if self.cancelled:
            raise EngineError(Code.QUERY_WAS_CANCELLED, "The query was cancelled before it began")
        try:
            return call(*arguments)
        except (RuntimeError, UnicodeDecodeError) as error:
            raise engine_error(error) from error

    def _prepare(self, query: Query, *, session_statement: bool) -> None:
        wanted = {} if session_statement else dict(query.settings)
        database = "" if session_statement else self._asked_database(query)
        overlay = {**wanted, "": database} if database else wanted
        if self.role is Role.READER:
            self._prepare_reader(query.settings)
        elif self._raw is None:
            self._raw = self._engine.connect(self.role, self.token, {})
        if overlay == self._overlay:
            return
        for statement in self._restoring:
            self._call(self._raw.query, statement)
        self._restoring, self._overlay = [], None  # unknown, should a statement below fail
        if database:
            if self._kept:
                self._restoring.append(use_statement(self._current_database()))
            self._call(self._raw.query, use_statement(database))
        if wanted and self.role is Role.WRITER:
            statement = set_statement(wanted)
            if self._kept and (before := self._current(wanted)):
                self._restoring.append(set_statement(before))
            self._call(self._raw.query, statement)
        self._overlay = overlay

    def _asked_database(self, query: Query) -> str:
        """Return the requested database.

        Clients send `default` if they choose none, and a reader then stays in the configured one.
        """
        asked = query.database or ""
        if self.role is Role.WRITER or not asked:
            return asked
        if asked == "default":
            return ""
        self._engine.guard.check_database(asked)
        return asked

    def _prepare_reader(self, asked: Mapping[str, str]) -> None:
        """Open the connection, or open it again for other settings.

        A read-only connection accepts no settings.
        """
        if self._raw is not None and asked == self._asked:
            return
        database = self._current_database() if self._raw is not None else ""
        before, self._raw = self._raw, self._engine.connect(self.role, self.token, asked)
        self._asked = dict(asked)
        if before is not None:
            before.close()
            self._call(self._raw.query, use_statement(database))

    def _current_database(self) -> str:
        return str(self._raw.query("SELECT currentDatabase()", "TabSeparatedRaw").bytes().decode()[:-1])

    def _current(self, names: Mapping[str, str]) -> dict[str, str | None]:
        listed = "[" + ",".join(f"'{name}'" for name in names) + "]"
        answer = self._raw.query(
            "SELECT name, value, changed FROM system.settings WHERE name IN {names:Array(String)}",
            "JSONCompactEachRow",
            {"names": escaped(listed)},
        )
        rows = (json.loads(line) for line in answer.bytes().splitlines())
        return {name: value if changed else None for name, value, changed in rows}


class Load:
    """An open insert. Its data are written to the table only by `finish`.

    Until then the data lie in a file. chDB's own streaming insert acknowledges rows that it could not write, on a full
    disk or against a constraint. A query that reads the same rows from a file reports an error.
    """

    def __init__(self, connection: Connection, spool: BinaryIO, head: InsertHead, parameters: dict[str, str]) -> None:
        self._connection = connection
        self._spool = spool
        self._head = head
        self._parameters = parameters

    def append(self, data: bytes) -> None:
        """Store some bytes of the data. A row may span two calls.

        Raises:
            EngineError: the disk has no room for the bytes.
        """
        try:
            self._spool.write(data)
        except OSError as error:
            raise no_room(error) from error

    def finish(self) -> Summary:
        """Write the stored data to the table, and return the numbers of rows and bytes written.

        Raises:
            EngineError: the engine refuses the data or cannot write them.
        """
        try:
            self._spool.flush()
            self._spool.seek(0)
        except OSError as error:
            raise no_room(error) from error
        result = self._connection.insert(self._head.out_of(f"/dev/fd/{self._spool.fileno()}"), self._parameters)
        self._spool.close()
        written = Summary(written_rows=result.rows_written(), written_bytes=result.bytes_written())
        written.read_rows, written.read_bytes = written.written_rows, written.written_bytes
        return written
