"""The metrics of the requests to the store."""

from __future__ import annotations

from typing import Literal, get_args

from ingest.metrics import Metrics

RequestKind = Literal["query", "stream", "insert", "command"]
Failing = Literal["unavailable", "refused", "rows", "damaged"]
"""Why a request failed: ClickHouse is away, it refuses the request, it refuses its rows, or its data are damaged."""


class StoreMetrics(Metrics):
    """What a process asks of the store. All of its connections count here, wherever they are opened.

    `deploy.metrics.server` gives the label `process` its value.
    """

    def __init__(self) -> None:
        super().__init__(process="")
        self.seconds = self.histogram(
            "banwatch_store_request_seconds",
            "Time of a request to ClickHouse that succeeded.",
            request=get_args(RequestKind),
        )
        self.failures = self.counter(
            "banwatch_store_failures_total",
            "Requests to ClickHouse that failed: it is away, it refuses the request or its rows, or data are damaged.",
            failure=get_args(Failing),
        )


STORE = StoreMetrics()
