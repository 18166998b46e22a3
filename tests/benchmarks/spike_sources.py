"""What the source does to a series: collectors that stop, sources that swell, and whether a share helps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.matrix import Matrix, score_matrix
from tests.support.spike_series import BINS_A_DAY, WIDTH, Labelled, hashtags, places

Told = Callable[[Matrix], NDArray[np.int64]]
"""The bins in which one series alerts."""

HALF_DAY = 144


def by_share(series: Labelled, told: Told) -> None:
    """The five series judged by posts and by share, as they are and on days when the source swells."""
    shortest = min(len(counts) for counts in series.counts.values())
    everything = np.sum([counts[:shortest] for counts in series.counts.values()], axis=0)
    shares = {}
    for name, counts in series.counts.items():
        total = np.concatenate([everything, np.full(len(counts) - shortest, everything[-1])])
        shares[name] = told(Matrix(counts[None], total=total[None]))
    print(f"by share of all five together: NAB {series.nab(shares):.1f}")
    for times in (2, 3):
        swollen = _swollen(series, told, times)
        print(f"  a source that delivers {times} times as much of everything for half a day, {len(swollen)} times:")
        posts, share = np.sum(swollen, axis=0)
        print(f"    {posts} alert by posts, {share} by share")


def _swollen(series: Labelled, told: Told, times: int) -> list[tuple[bool, bool]]:
    found = []
    for name, counts in series.counts.items():
        chance = np.random.default_rng(1)
        for at in places(series.windows(name), BINS_A_DAY, chance, 4):
            factor = np.ones(at + HALF_DAY)
            factor[at:] = times
            posts = np.round(counts[: len(factor)] * factor)
            day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(len(factor)) / BINS_A_DAY)
            rest = chance.poisson(10 * np.mean(list(map(np.mean, series.counts.values()))) * day * factor)
            alerts = (told(Matrix(posts[None])), told(Matrix(posts[None], total=(posts + rest)[None])))
            found.append((bool((alerts[0] >= at).any()), bool((alerts[1] >= at).any())))
    return found


def collectors(data: Path, policy: DetectorPolicy, told: Told) -> None:
    """The four hashtags of 2020: spikes, and minutes without a post where many were expected."""
    start, tags = hashtags(data)
    print("four hashtags of 2020:")
    for name, minutes in tags.items():
        counts = minutes[: len(minutes) // 5 * 5].reshape(-1, 5).sum(axis=1)
        alerts = told(Matrix(counts[None]))
        scored = score_matrix(policy, Matrix(counts[None]))
        silences = _silences(counts, scored.expected[0], start)
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
