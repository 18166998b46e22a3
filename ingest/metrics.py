"""Metrics: how a group of them is declared.

A group declares each metric once: its name, its help and every value that its labels may have. All series of a metric
therefore exist from the start, with the value 0, and no label ever holds a text from a network. The documentation and
the tests read the same declarations. A process registers the groups that it exposes; see `deploy.metrics`.

A gauge is a plain attribute of its group, which anything may read. One that is not known yet is None, and is left out.

Names follow Prometheus: seconds and bytes, `_total` for a counter, `_timestamp_seconds` for a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Literal

from prometheus_client import Counter, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Kind = Literal["counter", "gauge", "histogram"]
Reading = float | Mapping[str, float] | None
"""The value of a metric that is read at a scrape: one number, one for each value of its label, or None if unknown."""

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""The upper bounds of the buckets of a duration, in seconds."""


@dataclass(frozen=True)
class Declared:
    """A metric as it was declared. `labels` maps each label to its values; no value means that an operator names it."""

    kind: Kind
    name: str
    meaning: str
    labels: Mapping[str, Sequence[str]]

    @property
    def unit(self) -> str:
        """The unit, which is a part of the name; empty for a number of things."""
        if "_timestamp_seconds" in self.name:
            return "seconds since 1970"
        return next((unit for unit in ("seconds", "bytes") if f"_{unit}" in self.name), "")


class Metrics(Collector):
    """A group of metrics. `constant` holds the labels that all of its series have."""

    def __init__(self, **constant: str) -> None:
        self.constant = constant
        self.declared: list[Declared] = []
        self._reads: list[Callable[[], Iterable[Metric]]] = []

    def counter(self, name: str, meaning: str, **labels: Sequence[str]) -> Counter:
        """Return a counter. Its name ends with `_total`."""
        made = Counter(name, meaning, tuple(labels), registry=None)
        self._keep("counter", name, meaning, labels, made)
        return made

    def histogram(self, name: str, meaning: str, **labels: Sequence[str]) -> Histogram:
        """Return a histogram of durations in seconds."""
        made = Histogram(name, meaning, tuple(labels), registry=None, buckets=SECONDS)
        self._keep("histogram", name, meaning, labels, made)
        return made

    def reads(
        self,
        kind: Kind,
        name: str,
        meaning: str,
        read: Callable[[], Reading],
        **label: Sequence[str],
    ) -> None:
        """Add a metric whose value is read at each scrape, from where it is kept. It has one label at most."""
        self.declared.append(Declared(kind, name, meaning, label))

        def metrics() -> Iterator[Metric]:
            metric = Metric(name.removesuffix("_total"), meaning, kind)
            value = read()
            if isinstance(value, Mapping):
                (names_it,) = label
                for which, each in value.items():
                    metric.add_sample(name, {names_it: which}, each)
            elif value is not None:
                metric.add_sample(name, {}, value)
            yield metric

        self._reads.append(metrics)

    def _keep(
        self,
        kind: Kind,
        name: str,
        meaning: str,
        labels: Mapping[str, Sequence[str]],
        made: Counter | Histogram,
    ) -> None:
        for values in product(*labels.values()) if labels else ():
            made.labels(*values)
        self.declared.append(Declared(kind, name, meaning, labels))
        self._reads.append(made.collect)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics with their present values."""
        for read in self._reads:
            for metric in read():
                # When a series began is of no use here, and would double the number of series.
                kept = [sample for sample in metric.samples if not sample.name.endswith("_created")]
                metric.samples = [sample._replace(labels=self.constant | sample.labels) for sample in kept]
                yield metric

    def describe(self) -> Iterator[Metric]:
        """Yield the metrics without values, so that the registry refuses a name that is taken."""
        for each in self.declared:
            yield Metric(each.name.removesuffix("_total"), each.meaning, each.kind)


def timestamp(moment: datetime | None) -> float | None:
    """Return a moment as Prometheus has it: seconds since 1970."""
    return None if moment is None else moment.timestamp()
