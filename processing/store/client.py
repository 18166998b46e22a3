"""The one door to ClickHouse: queries, inserts and errors in this project's terms.

Nothing else imports clickhouse_connect, and none of its exceptions leaves this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import clickhouse_connect
import urllib3.exceptions
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from processing.contract import ClickHouseAddress

Row = tuple[Any, ...]
Parameters = Mapping[str, object]

# ClickHouse's error codes that say "not now" instead of "not so": too many queries or parts, time-outs,
# network trouble between servers, memory, a full disk, a table that is still read-only after a restart.
PASSING_CODES = frozenset({159, 202, 203, 209, 210, 236, 241, 242, 243, 252, 279, 319, 425, 999})
AUTHENTICATION_FAILED = 516


class StoreUnavailable(Exception):
    """ClickHouse does not answer, or not now. Trying again later may help."""


class StoreRefused(Exception):
    """ClickHouse answered no, and will again. `code` is its error code, None where it gave none."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class WrittenShort(Exception):
    """ClickHouse acknowledged an insert and counted other rows than were sent: stop before trusting it."""


@contextmanager
def _translated(address: ClickHouseAddress) -> Iterator[None]:
    try:
        yield
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        if code in PASSING_CODES or (code is None and isinstance(error, OperationalError)):
            raise StoreUnavailable(f"ClickHouse at {address.url} cannot serve this now: {error}") from error
        if code == AUTHENTICATION_FAILED:
            raise StoreRefused(
                f"ClickHouse at {address.url} does not accept user {address.user!r} with the password given.",
                code,
            ) from error
        raise StoreRefused(str(error), code) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreUnavailable(f"ClickHouse at {address.url} does not answer: {error}") from error


class Store:
    """A connection to one ClickHouse database as one user. It has no session, so threads may share it."""

    def __init__(self, address: ClickHouseAddress, *, database: str | None = None) -> None:
        """Connect.

        Raises:
            StoreUnavailable: nothing answers there, or not now.
            StoreRefused: it answers and does not let us in, or there is no such database.
        """
        self.address = address
        url = urlsplit(address.url)
        with _translated(address):
            self._client = clickhouse_connect.get_client(
                host=url.hostname,
                port=url.port or (8443 if url.scheme == "https" else 8123),
                secure=url.scheme == "https",
                username=address.user,
                password=address.password.get_secret_value(),
                database=database or address.database,
                connect_timeout=address.timeout.total_seconds(),
                send_receive_timeout=address.timeout.total_seconds(),
                autogenerate_session_id=False,
                tz_mode="aware",
                query_retries=0,
            )

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Run a query whose values are bound as `{name:Type}`; all rows at once."""
        with _translated(self.address):
            return [tuple(row) for row in self._client.query(sql, parameters=dict(parameters or {})).result_rows]

    def query_bytes(self, sql: str, parameters: Parameters | None = None, *, format: str) -> bytes:  # noqa: A002
        """The result of a query in one of ClickHouse's own formats."""
        with _translated(self.address):
            return bytes(self._client.raw_query(sql, parameters=dict(parameters or {}), fmt=format))

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that returns nothing of interest."""
        with _translated(self.address):
            self._client.command(sql, parameters=dict(parameters or {}))

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        """Insert columns of equal length.

        Raises:
            WrittenShort: the server counted fewer or more rows than were sent.
        """
        rows = len(data[0])
        if rows == 0:
            return
        with _translated(self.address):
            summary = self._client.insert(table, data, column_names=columns, column_oriented=True)
        if summary.written_rows != rows:
            raise WrittenShort(f"{rows} rows went to {table} and ClickHouse wrote {summary.written_rows}.")

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
