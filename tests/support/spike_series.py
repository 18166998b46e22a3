"""The real series of `make bench-spikes`, and alerts on them."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = timedelta(minutes=5)
START = datetime(2015, 2, 27, tzinfo=UTC)
"""Blocks of six hours are counted from midnight: so the first one begins with the series, as in a file."""
WEEK = 2016
BINS_A_DAY = 288
REST = 144
"""Bins without a score above the threshold, after which the next one is a new alert: twelve hours."""


@dataclass(frozen=True)
class Labelled:
    """The five labelled series: counts, and the scorer's own view of their windows."""

    counts: dict[str, NDArray[np.float64]]
    files: dict[str, Any]
    scorer: ModuleType

    def windows(self, name: str) -> NDArray[np.bool_]:
        """Bins within a labelled window."""
        inside: NDArray[np.bool_] = self.files[name].wid >= 0
        return inside

    def scored(self, name: str) -> NDArray[np.bool_]:
        """Bins behind the first days, in which nobody is judged."""
        behind: NDArray[np.bool_] = self.files[name].scored
        return behind

    def nab(self, alerts: Mapping[str, NDArray[np.int64]]) -> float:
        """The standard profile's score of alerts: 0 for none at all, 100 for the best there can be."""
        flags = {name: np.full(len(counts), -np.inf) for name, counts in self.counts.items()}
        for name, at in alerts.items():
            flags[name][at] = 1.0
        names = list(alerts)
        total = sum(self.scorer.raw_score(self.files, flags, 1.0, "standard", [name]) for name in names)
        score: float = self.scorer.normalise(self.files, total, "standard", names)
        return score

    def windows_found(self, alerts: Mapping[str, NDArray[np.int64]]) -> int:
        """Labelled windows that hold an alert."""
        edges = [(alerts[name], edge) for name in alerts for edge in self.files[name].win]
        return sum(bool(((at >= first) & (at <= last)).any()) for at, (first, last) in edges)

    def false_alerts_a_week(self, alerts: Mapping[str, NDArray[np.int64]]) -> float:
        """Alerts outside of every window, a series and week."""
        free = {name: self.scored(name) & ~self.windows(name) for name in alerts}
        weeks = sum(bins.sum() for bins in free.values()) / WEEK
        return float(sum(free[name][at].sum() for name, at in alerts.items()) / weeks)


def labelled(data: Path) -> Labelled:
    """Read them, and the scorer that stands beside them."""
    scorer = _load(data.parent / "tools" / "score_series.py")
    folder = data / "series" / "tweet-volumes"
    windows = json.loads((folder / "windows.json").read_text("utf-8"))
    counts, files = {}, {}
    for name, edges in windows.items():
        with gzip.open(folder / f"{name}.gz", "rt") as file:
            rows = list(csv.reader(file))[1:]
        short = name.removeprefix("Twitter_volume_").removesuffix(".csv")
        counts[short] = np.array([float(count) for _, count in rows])
        whole = [(first[:19], last[:19]) for first, last in edges]
        files[short] = scorer.NabFile(short, [time[:19] for time, _ in rows], whole)
    return Labelled(counts, files, scorer)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def crises(data: Path) -> dict[str, NDArray[np.float64]]:
    """Five-minute counts of each crisis from its first tweet on."""
    found: dict[str, list[float]] = {}
    with gzip.open(data / "series" / "crises-2012-2013-5min.tsv.gz", "rt") as file:
        for event, _, count in list(csv.reader(file, delimiter="\t"))[1:]:
            found.setdefault(event, []).append(float(count))
    return {event: np.array(counts) for event, counts in found.items()}


def hashtags(data: Path) -> tuple[datetime, dict[str, NDArray[np.float64]]]:
    """Counts a minute of the four hashtags of 2020; minutes without a row are NaN."""
    with gzip.open(data / "series" / "hashtags-2020-per-minute.tsv.gz", "rt") as file:
        header, *rows = list(csv.reader(file, delimiter="\t"))
    times = [datetime.fromisoformat(row[0]) for row in rows]
    minutes = [(time - times[0]) // timedelta(minutes=1) for time in times]
    found = {}
    for column, name in enumerate(header[1:], 1):
        counts = np.full(minutes[-1] + 1, np.nan)
        counts[minutes] = [float(row[column] or "nan") for row in rows]
        found[name] = counts
    return times[0], found


def alerts_at(score: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """The first bin at or above the threshold, and each that is so again after twelve hours below it."""
    above = np.flatnonzero(score >= threshold)
    return above[np.diff(above, prepend=-REST - 1) > REST]


def onset(crisis: NDArray[np.float64]) -> int:
    """The first post of the first half hour that holds ten, below which nothing is called a surge."""
    reached = int(np.argmax(np.convolve(crisis, np.ones(6))[: len(crisis)] >= 10))
    begin = max(0, reached - 5)
    return begin + int(np.flatnonzero(crisis[begin : reached + 1])[0])


def first_stir(crisis: NDArray[np.float64]) -> int:
    """The first post behind the last empty hour before that half hour: people may have talked for long by then."""
    reached = onset(crisis)
    empty_hours = np.flatnonzero(np.convolve(crisis == 0, np.ones(12))[:reached] >= 12)
    begin = int(empty_hours[-1]) + 1 if len(empty_hours) else 0
    return begin + int(np.flatnonzero(crisis[begin : reached + 1])[0])


def places(windows: NDArray[np.bool_], length: int, chance: np.random.Generator, number: int) -> Iterator[int]:
    """Bins at which a surge can be put: ten days into the series, and outside of its windows for its whole length."""
    free = [
        at for at in range(10 * BINS_A_DAY, len(windows) - length) if not windows[max(0, at - REST) : at + length].any()
    ]
    yield from chance.choice(free, size=number, replace=False).tolist()
