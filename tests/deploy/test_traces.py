"""Traces of batches, as a collector of OpenTelemetry receives them."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from deploy.traces import are_wanted, batch_traces
from ingest.kafka import Batch
from tests.conftest import a_post
from tests.support.serving import Asked, Says, served
from tests.support.waiting import eventually

HERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
UNTRACED = """
import sys
from deploy.traces import batch_traces
from ingest.kafka import Batch
with batch_traces({}) as traces:
    batch = Batch()
    traces.polled(batch, 0.0)
    with traces.step(batch, "tag"):
        pass
    traces.ended(batch)
print(any(name.startswith("opentelemetry") for name in sys.modules))
"""


def resources_sent(asked: list[Asked]) -> list[ResourceSpans]:
    return [one for each in asked for one in ExportTraceServiceRequest.FromString(each.body).resource_spans]


def spans_sent(asked: list[Asked]) -> list[Span]:
    return [span for one in resources_sent(asked) for scope in one.scope_spans for span in scope.spans]


def test_a_batch_is_a_span_with_its_steps_as_children(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda _: Says()) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        with batch_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": server.url}) as traces:
            batch = Batch(posts=[a_post()], offsets={0: 1})
            traces.polled(batch, 0.5)
            with traces.step(batch, "tag"):
                pass
            with pytest.raises(ValueError, match="away"), traces.step(batch, "write"):
                raise ValueError("away")
            traces.ended(batch)
    assert {asked.path for asked in server.asked} == {"/v1/traces"}
    sent = resources_sent(server.asked)
    spans = spans_sent(server.asked)
    names = {each.key: each.value.string_value for one in sent for each in one.resource.attributes}
    by_name = {span.name: span for span in spans}
    assert by_name.keys() == {"batch", "poll", "tag", "write"}
    whole = by_name.pop("batch")
    assert {span.parent_span_id for span in by_name.values()} == {whole.span_id}
    assert {each.key: each.value.string_value or each.value.int_value for each in whole.attributes} == {
        "banwatch.batch": batch.id,
        "messaging.batch.message_count": 1,
    }
    assert whole.end_time_unix_nano - whole.start_time_unix_nano >= 5e8
    assert by_name["write"].status.message == "ValueError: away"
    assert names["service.name"] == "banwatch-worker"


def test_a_batch_that_is_never_committed_is_sent_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda _: Says()) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        with batch_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": server.url}) as traces:
            traces.polled(Batch(posts=[a_post()], offsets={0: 1}), 0.5)
    [whole] = [span for span in spans_sent(server.asked) if span.name == "batch"]
    assert whole.status.code == Status.STATUS_CODE_ERROR
    assert whole.end_time_unix_nano


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        (HERE, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9"}, True),
        (HERE | {"OTEL_SDK_DISABLED": "true"}, False),
        (HERE | {"OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_follow_the_standard_variables(environment: dict[str, str], wanted: bool) -> None:
    assert are_wanted(environment) is wanted


def test_nothing_of_it_is_loaded_where_it_is_not_wanted() -> None:
    told = subprocess.run([sys.executable, "-c", UNTRACED], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def is_sending() -> bool:
    return "last traces" in {thread.name for thread in threading.enumerate()}


def test_a_collector_that_hangs_does_not_hold_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.traces.SENT_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as collector:
        url = f"http://127.0.0.1:{collector.getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with batch_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": url}) as traces:
            batch = Batch(posts=[a_post()], offsets={0: 1})
            traces.polled(batch, 0.0)
            traces.ended(batch)
        connection, _ = collector.accept()
        with connection:
            assert b"/v1/traces" in connection.recv(100)
            assert is_sending(), "it still waits for the answer"
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            eventually(lambda: not is_sending())
