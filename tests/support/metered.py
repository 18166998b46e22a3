"""Reading metrics as a test compares them."""

from __future__ import annotations

from ingest.metrics import Metrics


def metered(group: Metrics) -> dict[str, float]:
    """The samples of a group: by name, with the values of the labels that are not constant behind it."""
    return {
        ",".join((sample.name, *(value for label, value in sample.labels.items() if label not in group.constant))): (
            sample.value
        )
        for metric in group.collect()
        for sample in metric.samples
    }
