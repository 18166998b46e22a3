"""`make bench-spikes`: what the detector finds on real series, how soon, how often wrongly, and how fast it is.

It needs the real series, which are not part of the project: see `BANWATCH_TEST_DATA` in CONTRIBUTING.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.contract import EVERYTHING
from processing.detection.episode import EpisodeKind
from processing.detection.policy import DetectorPolicy
from processing.detection.scales import Scales
from processing.detection.series import Block, Key, SeriesSet
from tests.benchmarks.spike_demo import by_volume, named
from tests.benchmarks.spike_rivals import cycle_poisson, robust_z
from tests.benchmarks.spike_sources import collectors, sparse
from tests.conftest import ROOT
from tests.support.spike_series import (
    BINS_A_DAY,
    START,
    WIDTH,
    Labelled,
    alerts_at,
    crises,
    first_stir,
    labelled,
    onset,
    places,
)

POLICY = DetectorPolicy.for_bins(WIDTH)
BUDGET = 0.5
SIX_HOURS = 72
Scorer = Callable[[NDArray[np.float64]], NDArray[np.float64]]

PUBLISHED = (  # over ten series, of which the five here are half; see docs/spikes.md
    ("ARTime, looks ahead", 83.2),
    ("CAD OSE, looks ahead", 74.5),
    ("Numenta HTM, looks ahead", 69.3),
    ("Skyline, the best that does not", 68.9),
    ("Random Cut Forest", 62.9),
    ("Twitter's S-H-ESD, looks ahead", 59.6),
    ("Windowed Gaussian", 51.4),
)


def main() -> None:
    """Print every figure."""
    data = Path(os.environ.get("BANWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))
    if data.is_dir():
        series = labelled(data)
        nab(series)
        operating_points(series)
        injected(series, data)
        from_silence(data)
        collectors(data, POLICY, told, scored)
    else:
        print(f"no real series at {data}: BANWATCH_TEST_DATA names another folder")
    sparse(POLICY, told_of_many)
    by_volume(POLICY)
    named()
    speed()


def nab(series: Labelled) -> None:
    """The five labelled series, one alert an episode."""
    own = {name: told(POLICY, counts) for name, counts in series.counts.items()}
    print(f"NAB, five labelled series, the product as it is (enter {POLICY.enter}, leave {POLICY.leave}):")
    print(f"  {series.nab(own):.1f} at {series.false_alerts_a_week(own):.2f} false alerts a series-week")
    grid = np.arange(0.8, 2.51, 0.05).round(2).tolist()
    by_threshold = {
        enter: {name: told(at_threshold(enter), counts) for name, counts in series.counts.items()} for enter in grid
    }
    best = max(grid, key=lambda enter: series.nab(by_threshold[enter]))
    print(f"  {series.nab(by_threshold[best]):.1f} at the best threshold, {best}")
    print("  windows found of 15 at most so many false alerts a series-week, at the best threshold for each:")
    for most in (0.25, 0.35, 0.5, 0.65, 0.8, 1.0):
        allowed = [enter for enter in grid if series.false_alerts_a_week(by_threshold[enter]) <= most]
        found = max(series.windows_found(by_threshold[enter]) for enter in allowed)
        print(f"    {most:.2f}: {found}")
    left_out: dict[str, NDArray[np.int64]] = {}
    for name in series.counts:
        others = {enter: {each: by_threshold[enter][each] for each in own if each != name} for enter in grid}
        chosen = max(grid, key=lambda enter: series.nab(others[enter]))
        left_out[name] = by_threshold[chosen][name]
    print(f"  {series.nab(left_out):.1f} with each series' threshold chosen on the other four")
    for name, figure in PUBLISHED:
        print(f"    {figure:5.1f}  {name}")


def operating_points(series: Labelled) -> None:
    """Whether the false alerts asked for are those that come."""
    print("false alerts a series-week, asked for and come (outside of the labelled windows):")
    for asked in (0.25, 0.5, 1.0):
        policy = POLICY.with_false_alerts(asked)
        come = series.false_alerts_a_week({name: told(policy, counts) for name, counts in series.counts.items()})
        quiet = ordinary()
        alerts = sum(map(len, told_of_many(policy, quiet)))
        print(
            f"  {asked:.2f}: {come:.2f} at threshold {policy.enter:.2f}; "
            f"{alerts / quiet.size * 7 * BINS_A_DAY:.2f} on generated weeks without any surge"
        )


def injected(series: Labelled, data: Path) -> None:
    """Real crises added to real series: found within six hours, at the same false alerts."""
    print(f"crises added to the five series, found within 6 h at {BUDGET} false alerts a series-week:")
    ways: dict[str, Scorer] = {"ours": ours, "Poisson by cycle": cycle_poisson, "robust z": robust_z}
    thresholds = {name: _threshold(series, way) for name, way in ways.items()}
    for scale in (8, 16, 32):
        found = {name: [] for name in ways}
        for at, mixed in _mixtures(series, crises(data), scale):
            for name, way in ways.items():
                alerts = alerts_at(way(mixed), thresholds[name])
                found[name].append(((alerts >= at) & (alerts < at + SIX_HOURS)).any())
        print(f"  {scale:2}x: " + ", ".join(f"{name} {np.mean(hits):.2f}" for name, hits in found.items()))


def from_silence(data: Path) -> None:
    """Crises as topics that nobody had spoken of before."""
    found, stirred, missed = {}, [], []
    for name, counts in crises(data).items():
        if not len(alerts := told(POLICY, counts, silent=True)):
            missed.append(name)
            continue
        first = int(alerts[0])
        found[name] = (first + 1 - onset(counts)) * 5
        stirred.append((first + 1 - first_stir(counts)) * 5)
    print(
        f"topics from silence: {len(found)} of {len(found) + len(missed)} crises; missed: {', '.join(missed) or 'none'}"
    )
    print(
        f"  median {np.median(list(found.values())):.0f} minutes after the first post of the first half hour with ten,"
    )
    print(f"  median {np.median(stirred):.0f} minutes after the first post behind the last empty hour before that")
    print("  after the half hour's first: " + ", ".join(f"{name} {minutes}" for name, minutes in found.items()))


def speed() -> None:
    """One core: one series as a file, and many at once; then what one bin of many series takes."""
    counts = np.random.default_rng(1).poisson(20 + 15 * np.sin(2 * np.pi * np.arange(28 * 288) / 288)).astype(float)
    for number in (1, 150, 1000):
        series = SeriesSet(POLICY, [Key(str(each), "en") for each in range(number)])
        many = np.tile(counts, (number, 1))
        begun = time.process_time()
        series.step(Block(START, many, None, counts * 3))
        history = many.size / (time.process_time() - begun)
        begun = time.process_time()
        for each in range(20):
            start = START + (len(counts) + each) * WIDTH
            series.step(Block(start, many[:, each : each + 1], None, counts[each : each + 1]))
        bin_alone = (time.process_time() - begun) / 20
        print(f"{number:,} series: {history:,.0f} points/s of history, {1000 * bin_alone:.1f} ms for one bin of all")


def at_threshold(enter: float) -> DetectorPolicy:
    """The product with another threshold."""
    return msgspec.structs.replace(POLICY, enter=enter, leave=min(POLICY.leave, enter))


def told(policy: DetectorPolicy, counts: NDArray[np.float64], *, silent: bool = False) -> NDArray[np.int64]:
    """The bins of one series at whose end the product tells people."""
    return told_of_many(policy, counts[None], silent=silent)[0]


def told_of_many(
    policy: DetectorPolicy,
    counts: NDArray[np.float64],
    total: NDArray[np.float64] | None = None,
    *,
    silent: bool = False,
) -> list[NDArray[np.int64]]:
    """The same of series side by side, each over all languages."""
    keys = [Key(str(number), EVERYTHING) for number in range(len(counts))]
    series = SeriesSet(policy, keys, silent_before=silent)
    found: dict[Key, list[int]] = {key: [] for key in keys}
    for event in series.step(Block(START, counts, None, total)):
        if event.kind in {EpisodeKind.OPENED, EpisodeKind.ESCALATED}:
            found[event.key].append((event.at - START) // WIDTH - 1)
    return [np.array(each, dtype=np.int64) for each in found.values()]


def scored(policy: DetectorPolicy, counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores and expectations of one series."""
    bins = list(Scales(policy, 0, np.array([True])).step(counts[None]))
    return np.concatenate([each.score[0] for each in bins]), np.concatenate([each.expected[0] for each in bins])


def ours(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Our score, for comparing at the same alert rule."""
    return scored(POLICY, counts)[0]


def ordinary() -> NDArray[np.float64]:
    """Eight weeks of forty series without an event: overdispersed counts with a rhythm of the day."""
    chance = np.random.default_rng(5)
    time_of_day = np.arange(56 * BINS_A_DAY) / BINS_A_DAY
    means = np.geomspace(0.5, 60.0, 40)[:, None] * (1.0 + 0.6 * np.sin(2 * np.pi * time_of_day))
    return chance.poisson(chance.gamma(8.0, means / 8.0)).astype(float)


def _threshold(series: Labelled, way: Scorer) -> float:
    """The lowest one that keeps to the budget."""
    scores = {name: way(counts) for name, counts in series.counts.items()}
    every = np.unique(np.concatenate([score[score > 0] for score in scores.values()]))
    low, high = 0, len(every) - 1
    while low < high:
        middle = (low + high) // 2
        alerts = {name: alerts_at(score, every[middle]) for name, score in scores.items()}
        low, high = (low, middle) if series.false_alerts_a_week(alerts) <= BUDGET else (middle + 1, high)
    return float(every[low])


def _mixtures(
    series: Labelled, all_crises: dict[str, NDArray[np.float64]], scale: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Each crisis, its highest half hour at so many times the series' mean, in each series at two times."""
    chance = np.random.default_rng(scale)
    for name, counts in series.counts.items():
        for crisis in all_crises.values():
            surge = crisis[onset(crisis) :][: 2 * BINS_A_DAY]
            peak = np.convolve(surge, np.ones(6)).max() / 6
            shape = np.convolve(surge, np.ones(3) / 3, "same") * scale * counts.mean() / peak
            for at in places(series.windows(name), len(shape), chance, 2):
                mixed = counts[: at + len(shape)].copy()
                mixed[at:] += chance.poisson(shape)
                yield at, mixed


if __name__ == "__main__":
    main()
