"""The only access to ClickHouse: queries, inserts, and errors in this project's terms.

Nothing else imports clickhouse_connect, and none of its exceptions leaves this file.

A request that belongs to a batch of a worker has the batch's id as its `log_comment`, as the lines of the log have it:
`SELECT * FROM system.query_log WHERE log_comment = ...` lists what the batch asked of ClickHouse. The embedded store
keeps no such log.
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType, TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import urlsplit
from uuid import uuid4

import clickhouse_connect
import urllib3.exceptions
from clickhouse_connect.driver import insert, options
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, OperationalError
from clickhouse_connect.driver.httputil import all_managers, get_pool_manager
from structlog.contextvars import get_contextvars

from ingest.errors import Failure, Unavailable
from processing.contract import ClickHouseAddress
from processing.store.interruption import Interruption
from processing.store.lack import Lack, lack_of
from processing.store.metrics import STORE, Failing, RequestKind
from processing.store.proof import NotProved, proving

Row = tuple[Any, ...]
Parameters = Mapping[str, object]

# ClickHouse's error codes for failures that pass: too many queries or parts, time-outs, network failures between
# servers, names that DNS does not find (198), S3 (499), memory, a full disk, a server with too much to do (439, 745), a
# table that is still read-only after a restart, no session with the Keeper (NO_ZOOKEEPER, 225), too few replicas (285,
# 286, 289), a statement that met another one (473, 517), a query that an operator or a closing server has ended
# (394), and banwatch's own statement that runs too late (395).
PASSING_CODES = frozenset(
    {
        *(159, 198, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 286, 289, 319, 394, 395, 425, 439),
        *(473, 499, 517, 745, 999),
    }
)
# Error codes for a file of a table that is incomplete, changed or missing: an early end of file (32, 33), a checksum
# (40), a missing file (107, 226), a wrong size (228), marks (246), a block that does not decompress (271).
DAMAGED_CODES = frozenset({32, 33, 40, 107, 226, 228, 246, 271})
# What the driver says of an answer without a code. It comes from a proxy that stands before ClickHouse.
_PROXY_S_ANSWER = re.compile(r"HTTP driver received HTTP status (?:408|50[0234]|52\d)\b")
_DAMAGED_TABLE = re.compile(r"while reading from part \S+ in table (\S+) \(")

# Error codes for the contents of rows, which a later attempt does not change: a value that is invalid or out of its
# type's range (6, 26, 27, 33, 38, 41, 69, 72, 117, 321, 407, 467), arrays and strings above the engine's limits (128,
# 131, 190), a query above the limits (167, 168, 223), a NULL or a value that the table forbids (349, 469). A missing
# table, another schema or a missing right is not among them, because it affects every row.
ROW_CODES = frozenset({6, 26, 27, 33, 38, 41, 69, 72, 117, 128, 131, 167, 168, 190, 223, 321, 349, 407, 467, 469})
UNKNOWN_DATABASE = 81
AUTHENTICATION_FAILED = 516
NOTHING_STORED = "There is nothing in the store yet: `banwatch up` or `banwatch migrate` make its tables."
_PIECE = 1024 * 1024
_LOWERED_BY_READERS = frozenset({"limit", "max_execution_time"})

# By default the engine refuses a block for more than a hundred partitions, with a code that means a passing failure. A
# batch of an archive over ten years would be retried for ever.
_ANY_TIMES: dict[str, Any] = {"max_partitions_per_insert_block": 0}


_ENGINE_NOISE = re.compile(
    r"\s*\((?:version |for url )[^)]*\)|\s*\([A-Z][A-Z0-9_]+\)\s*$|\s+In scope .*|\s+Stack trace.*", re.DOTALL
)
# The text after this match repeats the query and lists every word that the parser would accept.
_SYNTAX_ERROR = re.compile(r"(Syntax error.*?: failed at position \d+ .*?(?: \(line \d+, col \d+\))?): .*", re.DOTALL)


class _Imported:
    """The driver's optional libraries, of which pandas counts only if this process has imported it.

    At the first insert, the driver would import pandas to see whether the data is a data frame. That takes 50 MB and
    half a second, in each process that writes.
    """

    @property
    def pd(self) -> ModuleType | None:
        pandas = sys.modules.get("pandas")
        return pandas if hasattr(pandas, "DataFrame") else None  # another thread may be importing it

    def __getattr__(self, name: str) -> Any:
        return getattr(options, name)


insert.options = _Imported()  # type: ignore[attr-defined, assignment]


class StoreFailure(Failure):
    """A request to ClickHouse failed. `code` is ClickHouse's error code, or None."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code

    @property
    def sentence(self) -> str:
        """The engine's message as one sentence, without number, version, stack trace and repeated query."""
        _, found, said = str(self).partition("DB::Exception: ")
        if not found:
            return str(self)
        if self.code == UNKNOWN_DATABASE:
            return NOTHING_STORED
        said = _SYNTAX_ERROR.sub(r"\1", said.strip())
        while (shorter := _ENGINE_NOISE.sub("", said).strip()) != said:
            said = shorter
        sentence = " ".join(said.split()).rstrip(".")
        return f"{sentence}."


class StoreUnavailable(StoreFailure, Unavailable):
    """ClickHouse does not answer at present. A later attempt may succeed."""

    @property
    def lack(self) -> Lack | None:
        """The resource that the store lacks, or None if the error has another cause."""
        return lack_of(self.code, str(self))


class StoreRefused(StoreFailure):
    """ClickHouse refused the request, and would refuse it again."""


class StoreDamaged(StoreFailure):
    """ClickHouse cannot read its stored data. The request is not at fault, and repeating it does not help."""


class RowsRefused(StoreRefused):
    """ClickHouse refuses the contents of these rows, and may accept others: see `processing.store.refusals`."""


class WrittenShort(Exception):
    """ClickHouse acknowledged an insert but wrote another number of rows than were sent. The caller must stop."""


@contextmanager
def _translated(address: ClickHouseAddress) -> Iterator[None]:
    try:
        yield
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        # An error may quote the contents of a row, which may read like a lack of room.
        lacks = code not in ROW_CODES and lack_of(code, str(error)) is not None
        passes = code in PASSING_CODES or lacks
        away = isinstance(error, OperationalError) or _PROXY_S_ANSWER.match(str(error)) is not None
        if passes or (code is None and away):
            raise StoreUnavailable(f"ClickHouse at {address.url} cannot serve this now: {error}", code) from error
        if code == AUTHENTICATION_FAILED:
            raise StoreRefused(
                f"ClickHouse at {address.url} does not accept user {address.user!r} with the password given.",
                code,
            ) from error
        if code in DAMAGED_CODES and (table := _DAMAGED_TABLE.search(str(error))):
            raise StoreDamaged(
                f"ClickHouse at {address.url} cannot read the table {table[1]}, because a file of it is damaged: "
                "restore a backup with `banwatch restore PATH --replace`, or see docs/operations.md.",
                code,
            ) from error
        of_rows = code in ROW_CODES or isinstance(error, DataError)
        raise (RowsRefused if of_rows else StoreRefused)(str(error), code) from error
    except NotProved as error:
        raise StoreRefused(
            f"What answers at {address.url} has not proved to be the store of this data folder, and was not told the"
            " password that the folder keeps. Stop it, or set BANWATCH_CLICKHOUSE_URL to another address, or"
            " BANWATCH_CLICKHOUSE_PASSWORD where it is a ClickHouse of your own.",
            AUTHENTICATION_FAILED,
        ) from error
    except UnicodeEncodeError as error:
        raise RowsRefused(f"Half a character pair: {error}.") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreUnavailable(f"ClickHouse at {address.url} does not answer: {error}") from error


def _failing(failure: StoreFailure) -> Failing:
    match failure:
        case StoreUnavailable():
            return "unavailable"
        case StoreDamaged():
            return "damaged"
        case RowsRefused():
            return "rows"
        case _:
            return "refused"


@contextmanager
def _measured(kind: RequestKind, address: ClickHouseAddress) -> Iterator[None]:
    """Count a request and its time, and translate its errors."""
    begun = time.monotonic()
    try:
        with _translated(address):
            yield
    except StoreFailure as failure:
        STORE.failures.labels(_failing(failure)).inc()
        raise
    STORE.seconds.labels(kind).observe(time.monotonic() - begun)


def _of_batch() -> dict[str, str]:
    """Return the setting that tells ClickHouse for which batch it works, if it works for one."""
    batch = get_contextvars().get("batch")
    return {} if batch is None else {"log_comment": str(batch)}


@dataclass(frozen=True)
class StreamedRows:
    """A result in pieces of bytes, with its number of rows and its format."""

    rows: int
    format: str
    pieces: Iterator[bytes]


class Store:
    """A connection to one ClickHouse database as one user. It has no session, so threads may share it."""

    def __init__(
        self, address: ClickHouseAddress, *, database: str | None = None, interruption: Interruption | None = None
    ) -> None:
        """Connect. `interruption` can end the requests of this connection from another thread.

        Raises:
            StoreUnavailable: the store does not answer.
            StoreRefused: the store refuses the user, or there is no such database.
        """
        self.address = address
        url = urlsplit(address.url)
        secure = url.scheme == "https"
        # A pool of its own knows no proxy. HTTP_PROXY would give the password, which is not encrypted, to a proxy.
        self._own_pool = get_pool_manager() if address.proves or interruption or not secure else None
        if self._own_pool is not None and address.proves:
            proving(address.password, self._own_pool)
        if self._own_pool is not None and interruption:
            interruption.attach(self._own_pool)
        try:
            with _translated(address):
                self._client = clickhouse_connect.get_client(
                    host=url.hostname,
                    port=url.port or (8443 if secure else 8123),
                    secure=secure,
                    username=address.user,
                    password=address.password.get_secret_value(),
                    database=database or address.database,
                    connect_timeout=address.timeout.total_seconds(),
                    send_receive_timeout=address.timeout.total_seconds(),
                    autogenerate_session_id=False,
                    tz_mode="aware",
                    query_retries=0,
                    pool_mgr=self._own_pool,
                )
        except BaseException:
            self._end_pool()
            raise
        # The library refuses what a store shows as read-only. The store lets a reader lower these all the same.
        self._client.valid_transport_settings = self._client.valid_transport_settings | _LOWERED_BY_READERS

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        """Run a query whose values are bound as `{name:Type}`, and return all rows.

        Raises:
            StoreUnavailable: also with the code 159, if the query takes longer than `patience`, in whole seconds.
        """
        limits = {} if patience is None else {"max_execution_time": math.ceil(patience.total_seconds())}
        with _measured("query", self.address):
            answer = self._client.query(sql, parameters=dict(parameters or {}), settings={**limits, **_of_batch()})
            return [tuple(row) for row in answer.result_rows]

    @contextmanager
    def stream(
        self,
        sql: str,
        parameters: Parameters | None = None,
        *,
        format: str,  # noqa: A002
        settings: Mapping[str, str] | None = None,
    ) -> Iterator[StreamedRows]:
        """Yield the result of a query in one of ClickHouse's own formats, piece by piece, while the context lasts.

        The server holds the result back until it is complete, on its disk if it is large. The pieces therefore contain
        no error. The query goes to the server unchanged, so the places in its errors are right; a FORMAT clause of the
        query wins over `format`.
        """
        whole = {"wait_end_of_query": "1", **(settings or {})}
        with _measured("stream", self.address):
            answer: Any = self._client.raw_stream(
                sql,
                parameters=dict(parameters or {}),
                settings=whole,
                transport_settings={"X-ClickHouse-Format": format},
            )
        try:
            summary = json.loads(answer.headers.get("X-ClickHouse-Summary", "{}"))
            given = answer.headers.get("X-ClickHouse-Format", format)
            yield StreamedRows(int(summary.get("result_rows", 0)), given, self._pieces(answer))
        finally:
            answer.close()

    def _pieces(self, answer: Any) -> Iterator[bytes]:
        while True:
            with _translated(self.address):
                piece = bytes(answer.read(_PIECE))
            if not piece:
                return
            yield piece

    def insert_file(self, table: str, data: BinaryIO) -> int:
        """Insert a file of the format Native, compressed with zstd. Return the number of rows that the server wrote."""
        with _measured("insert", self.address):
            written: Any = self._client.raw_insert(
                table, insert_block=data, fmt="Native", compression="zstd", settings=_ANY_TIMES
            )
        return int(written.written_rows)

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement whose result is not needed."""
        with _measured("command", self.address):
            # The driver's `command` would write long values into the URL; this sends them as a form.
            self._client.raw_query(sql, parameters=dict(parameters or {}), settings={**_ANY_TIMES, **_of_batch()})

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        """Insert columns of equal length.

        Raises:
            WrittenShort: the server wrote fewer or more rows than were sent.
        """
        rows = len(data[0])
        if rows == 0:
            return
        # A replicated table takes a block for a repetition if an earlier one was equal, as where rules are changed back
        # and forth. Only the driver's own repetition has the token of its insert.
        settings = {**_ANY_TIMES, **_of_batch(), "insert_deduplication_token": uuid4().hex}
        lent = list(data)
        try:
            with _measured("insert", self.address):
                summary = self._client.insert(
                    table, lent, column_names=columns, column_oriented=True, settings=settings
                )
        finally:
            lent.clear()  # the driver keeps the list in a cycle until the garbage collector comes by
        if summary.written_rows != rows:
            raise WrittenShort(f"{rows} rows went to {table} and ClickHouse wrote {summary.written_rows}.")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
        self._end_pool()

    def _end_pool(self) -> None:
        if self._own_pool is not None:
            self._own_pool.clear()
            all_managers.pop(self._own_pool, None)  # the driver would keep it for as long as the process runs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
