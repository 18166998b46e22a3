"""The query that a session runs: in a thread of its own, so that the page can cancel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta

import streamlit as st

from processing.contract import ClickHouseAddress
from processing.queries import AdHocQuery, Cancelled, StoreFailure, Table

MOST_ROWS = 10_000
MOST_BYTES = 10_000_000
"""The size of the rows that a session keeps and shows, as ClickHouse writes them in JSON."""

Outcome = Table | StoreFailure | Cancelled


class Run:
    """One query under way, or its outcome."""

    def __init__(self, address: ClickHouseAddress, sql: str) -> None:
        self.sql = sql
        self._began = time.monotonic()
        self._ended: float | None = None
        self._query = AdHocQuery(address, sql, most_rows=MOST_ROWS, most_bytes=MOST_BYTES)
        self._result: Future[Table] = Future()
        self._files: dict[Callable[[Table], bytes], bytes] = {}
        threading.Thread(target=self._work, name="query of a person", daemon=True).start()

    @property
    def duration(self) -> timedelta:
        """The time since the start, until the end if there is one."""
        return timedelta(seconds=(self._ended or time.monotonic()) - self._began)

    @property
    def outcome(self) -> Outcome | None:
        """The result, the failure or the cancellation; None while the query runs."""
        if not self._result.done():
            return None
        try:
            return self._result.result()
        except (StoreFailure, Cancelled) as ended:
            return ended

    def file(self, write: Callable[[Table], bytes]) -> bytes:
        """Return the result as the bytes that `write` makes of it. They are made once, and kept with the result."""
        if write not in self._files:
            self._files[write] = write(self._result.result())
        return self._files[write]

    def wait(self, patience: timedelta) -> None:
        """Wait for the end of the query, at most for a time."""
        wait([self._result], patience.total_seconds())

    def cancel(self) -> None:
        """End the query."""
        self._query.cancel()

    def _work(self) -> None:
        try:
            found = self._query.run()
        except Exception as error:  # noqa: BLE001 - `outcome` hands every error on to the page
            self._ended = time.monotonic()
            self._result.set_exception(error)
        else:
            self._ended = time.monotonic()
            self._result.set_result(found)


class Slot:
    """The place of a session for one query. A new query ends the one before.

    The place outlives a connection that breaks for a moment. A query for which nobody waits any more ends at the limit
    of time.
    """

    run: Run | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a query is under way."""
        return self.run is not None and self.run.outcome is None

    def start(self, address: ClickHouseAddress, sql: str) -> Run:
        """Run a query."""
        self.end()
        self.run = Run(address, sql)
        return self.run

    def end(self) -> None:
        """End the query under way, if there is one."""
        if self.run is not None:
            self.run.cancel()


def slot() -> Slot:
    """Return the session's place."""
    found: Slot = st.session_state.setdefault("sql_slot", Slot())
    return found
