"""What a process shows of itself: metrics for Prometheus, and whether it lives and works.

Each stage declares its metrics in groups (`ingest.metrics`). A process registers the groups of what it runs, and serves
`/metrics`, `/healthz` and `/readyz` on a port of its own, if `BANWATCH_METRICS_PORT` gives one.
"""
