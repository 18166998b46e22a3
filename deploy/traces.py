"""Traces of batches by OpenTelemetry, if the standard variables `OTEL_*` say where to send them.

A batch is a span, and its steps are its children. Nothing of OpenTelemetry is imported otherwise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.kafka import Batch
from processing.traces import Traces

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SERVICE = "banwatch-worker"
SENT_WITHIN = 3.0
"""Seconds for what is left at the end. What is not sent by then is lost."""


def are_wanted(environment: Mapping[str, str]) -> bool:
    """Return whether the variables name an endpoint, and do not switch traces off."""
    return (
        any(environment.get(name) for name in ENDPOINTS)
        and environment.get("OTEL_SDK_DISABLED", "").lower() != "true"
        and environment.get("OTEL_TRACES_EXPORTER", "otlp") == "otlp"
    )


@contextmanager
def batch_traces(environment: Mapping[str, str]) -> Iterator[Traces]:
    """Send traces while the context lasts, if they are wanted. Its end sends what is left, as far as time allows.

    Raises:
        ModuleNotFoundError: traces are wanted, and the extra `traces` is not installed.
    """
    if not are_wanted(environment):
        yield Traces()
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an optional part
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = "OTEL_SERVICE_NAME" in environment or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": SERVICE})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    spans = Spans(provider.get_tracer("banwatch"))
    try:
        yield spans
    finally:
        spans.close()
        # A collector that hangs would hold the end of the worker for longer than the supervisor waits.
        sending = threading.Thread(target=provider.shutdown, name="last traces", daemon=True)
        sending.start()
        sending.join(SENT_WITHIN)


class Spans(Traces):
    """Makes a span of each batch and of each of its steps."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: dict[str, Span] = {}

    def polled(self, batch: Batch, seconds: float) -> None:
        """Begin the span of a batch with its poll."""
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

        begun = time.time_ns() - int(seconds * 1e9)
        attributes: dict[str, str | int] = {
            "banwatch.batch": batch.id,
            "messaging.batch.message_count": len(batch.posts),
        }
        span = self._tracer.start_span("batch", start_time=begun, attributes=attributes)
        self._open[batch.id] = span
        self._tracer.start_span("poll", set_span_in_context(span), start_time=begun).end()

    @contextmanager
    def step(self, batch: Batch, stage: str) -> Iterator[None]:
        """Make a span of a step. A failure is noted in it."""
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

        with self._tracer.start_as_current_span(stage, set_span_in_context(self._open[batch.id])):
            yield

    def ended(self, batch: Batch) -> None:
        """End the span of a batch."""
        self._open.pop(batch.id).end()

    def close(self) -> None:
        """End the spans of the batches that have failed."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        while self._open:
            _, span = self._open.popitem()
            span.set_status(StatusCode.ERROR, "The work ended before the batch did.")
            span.end()
