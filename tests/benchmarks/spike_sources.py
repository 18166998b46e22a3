"""What the source does to a series: collectors that stop, sources that swell, and whether a share helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processing.detection.policy import DetectorPolicy
from tests.support.spike_series import BINS_A_DAY, WIDTH, hashtags

Told = Callable[[DetectorPolicy, NDArray[np.float64]], NDArray[np.int64]]
"""The bins in which one series alerts."""
ToldOfMany = Callable[..., list[NDArray[np.int64]]]
Scored = Callable[[DetectorPolicy, NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Scores and expectations of one series."""

WEEKS = 8
SERIES = 40


def sparse(policy: DetectorPolicy, told: ToldOfMany) -> None:
    """How often the slow scale alerts falsely on streams of a few posts a day, and whether it finds a surge in them."""
    print(f"streams of a few posts a day, {SERIES} of {WEEKS} weeks each, Poisson with a rhythm of the day:")
    chance = np.random.default_rng(8)
    for a_day, counts in streams():
        alerts = sum(map(len, told(policy, counts, np.full(counts.shape[1], 50.0))))
        hours = np.arange(BINS_A_DAY // 2, BINS_A_DAY // 2 + 144)
        surge = 49 * BINS_A_DAY + chance.choice(hours, int(4 * a_day) + 6, replace=False)
        mixed = counts[:, : 50 * BINS_A_DAY].copy()
        mixed[:, surge] += 1
        found = [bool((at >= 49 * BINS_A_DAY).any()) for at in told(policy, mixed, np.full(mixed.shape[1], 50.0))]
        print(
            f"  {a_day:g} a day: {alerts / SERIES / WEEKS:.3f} false alerts a series-week; "
            f"{len(surge)} more within 12 hours found in {np.mean(found):.2f}"
        )


def streams() -> Iterator[tuple[float, NDArray[np.float64]]]:
    """Series of so many posts a day without any event: [series, bin]."""
    chance = np.random.default_rng(7)
    time = np.arange(WEEKS * 7 * BINS_A_DAY) / BINS_A_DAY
    for a_day in (0.2, 1.0, 6.0, 24.0):
        means = np.broadcast_to(a_day / BINS_A_DAY * (1 + 0.6 * np.sin(2 * np.pi * time)), (SERIES, len(time)))
        yield a_day, chance.poisson(means).astype(float)


def collectors(data: Path, policy: DetectorPolicy, told: Told, scored: Scored) -> None:
    """The four hashtags of 2020: spikes, and minutes without a post where many were expected."""
    start, tags = hashtags(data)
    print("four hashtags of 2020:")
    for name, minutes in tags.items():
        counts = minutes[: len(minutes) // 5 * 5].reshape(-1, 5).sum(axis=1)
        alerts, (_, expected) = told(policy, counts), scored(policy, counts)
        silences = _silences(counts, expected, start)
        print(f"  {name}: {len(alerts)} alerts in {len(counts) / 2016:.0f} weeks; {silences}")


def _silences(counts: NDArray[np.float64], expected: NDArray[np.float64], start: datetime) -> str:
    """In words: an hour of zeros and more, in which at least a hundred posts were expected."""
    edges = np.flatnonzero(np.diff((counts == 0).astype(int), prepend=0, append=0))
    silences = [
        (first, last)
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if last - first >= 12 and expected[first:last].sum() >= 100
    ]
    if not silences:
        return "its collector shows no silence"
    begins = [f"{start + first * WIDTH:%d %b %H:%M}" for first, _ in silences]
    longest = max(last - first for first, last in silences) * WIDTH / timedelta(hours=1)
    return (
        f"its collector was silent {len(silences)} times, {longest:.0f} hours at the longest, "
        f"where posts were expected: from {', '.join(begins)}"
    )
