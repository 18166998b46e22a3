"""This module writes docs/metrics.md from the code: `python -m deploy.docs.metrics > docs/metrics.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from deploy.embedded.chdb_http.metrics import WarehouseMetrics
from deploy.metrics.health import Health, HealthMetrics, ProcessInfo
from deploy.metrics.http import HttpMetrics
from deploy.supervisor.metrics import SupervisorMetrics
from ingest.collector_metrics import CollectorMetrics
from ingest.metrics import Declared, Metrics
from ingest.progress import CollectorStats
from processing.alerts.metrics import AlertMetrics
from processing.claims.metrics import ClaimMetrics
from processing.store.metrics import StoreMetrics
from processing.watch_metrics import WatchMetrics
from processing.worker_metrics import WorkerMetrics

HEAD = """# Metrics and health

Made of the code by `python -m deploy.docs.metrics`; a test holds it to that.

Every process of banwatch shows its metrics to Prometheus, and says whether it lives and works. This is off until
`BANWATCH_METRICS_PORT` gives a port. Nobody logs in to read it, so it listens on this machine alone
(`BANWATCH_METRICS_HOST`) and refuses requests of web pages. It holds numbers, names of sources and versions: no text of
a post, no name of a channel, no secret.

| path | answer |
| --- | --- |
| `/metrics` | the metrics below, and `process_*` (memory, processor, open files) |
| `/healthz` | 200 if each loop of the process has turned within five minutes; else 503: restart the process |
| `/readyz` | 200 if each loop does its work; else 503, with the loop that waits |
| `/targets` | of `banwatch up` alone: its processes, as Prometheus discovers them by HTTP |

A worker does its work if it is a member of its group and does not wait for the store; the watch, its dispatcher and the
search for claims, if their last look succeeded; a collector, if it is listening; a server, if it serves; the warehouse,
if its engine answers; `banwatch up`, if it has started everything. A process that waits for Kafka or ClickHouse lives
and is not ready.

## Ports

A process that you start by itself (`banwatch process`, `banwatch watch`, `banwatch ingest`) has the port that is set.
`banwatch up` has it too, and gives its processes the ports that follow, in the order in which they start: warehouse,
workers, watch, claims, answers, dashboard, public pages, archive, sources. A part that is not started takes no port.
The embedded broker shows no metrics; `banwatch up` shows its memory. A port that is taken ends the start with one
sentence. Two stacks side by side need ports that are as far apart as the first one has processes.

`deploy/prometheus/up.yml` scrapes such a stack: it asks `/targets` which processes there are.
`deploy/prometheus/banwatch.rules.yml` has alerts on banwatch itself, and `deploy/grafana/boards/banwatch.json` is a
board of Grafana.

```
BANWATCH_METRICS_PORT=9400 banwatch up
prometheus --config.file=deploy/prometheus/up.yml
```

## Logs

Each process writes its log to standard error; `banwatch up` keeps them in `logs` in the data folder.
`BANWATCH_LOG_FORMAT=json` makes each line a JSON object with `timestamp`, `level` and `event`. A line that belongs to a
batch of a worker has the batch's id as `batch`, from the poll to the recount; `BANWATCH_LOG_LEVEL=debug` adds one line
for each batch. A ClickHouse server has the same id in its log of queries:

```sql
SELECT type, query_duration_ms, written_rows, query FROM system.query_log WHERE log_comment = '<batch>'
```

## Traces

With the extra `traces` (`pip install 'banwatch[traces]'`), a worker sends a trace of each batch by OTLP over HTTP
(`http/protobuf`), if `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set. The batch is a span,
and its steps are its children: poll, tag, write, recount, note, keep, commit. Its attribute `banwatch.batch` is the id
that the log has. The other standard variables `OTEL_*` hold too: headers, certificates, sampling, the service's name.

## The metrics

A label has one of the values given here, or a name that an operator gave. A gauge that is not known yet is absent.
"""

GROUPS: Mapping[str, Metrics] = {
    "A collector": CollectorMetrics("example", lambda: CollectorStats(datetime.fromtimestamp(0, UTC))),
    "A worker": WorkerMetrics(),
    "The watch": WatchMetrics(),
    "The search for claims": ClaimMetrics(),
    "The alerts, in the process of the watch": AlertMetrics(),
    "Requests to ClickHouse, in every process that has them": StoreMetrics(),
    "The servers: dashboard, public pages, answers, warehouse": HttpMetrics("example"),
    "The embedded warehouse": WarehouseMetrics(),
    "`banwatch up`": SupervisorMetrics(list),
    "Every process": HealthMetrics(Health()),
    "Every process too": ProcessInfo("example", "0"),
}
"""Every metric of banwatch, by what shows it."""


def page() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([HEAD, *(line for title, group in GROUPS.items() for line in _table(title, group))])


def _table(title: str, group: Metrics) -> Iterator[str]:
    yield f"### {title}\n"
    yield "| name | kind | unit | labels | what it is |"
    yield "| --- | --- | --- | --- | --- |"
    for each in group.declared:
        yield f"| `{each.name}` | {each.kind} | {each.unit} | {_labels(each, group.constant)} | {each.meaning} |"
    yield ""


def _labels(declared: Declared, constant: Mapping[str, str]) -> str:
    given = {**dict.fromkeys(constant, ()), **declared.labels}
    return "; ".join(f"`{label}`" + (f": {', '.join(values)}" if values else "") for label, values in given.items())


if __name__ == "__main__":
    sys.stdout.write(page())
