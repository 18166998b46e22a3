"""The detector for many series at once: the same rows as `detector.step`, an order of magnitude quicker.

Everything runs along arrays of one row a series and one column a bin, all bins of one width and none left out. A
batch judges the past only; what runs live is the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.contract import BinState
from processing.detection.previous.background import STEADY
from processing.detection.previous.detector import Scored
from processing.detection.previous.matrix_baseline import Flags, Floats, running_total, usual
from processing.detection.previous.matrix_calibration import Calibration, calibrate, refit_of
from processing.detection.previous.matrix_excess import Bar, Excess, trailing
from processing.detection.previous.matrix_spikes import open_bins
from processing.detection.previous.policy import DetectorPolicy

_AT_ONCE = 16
"""Series whose arrays stay near the processor."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """What is known of many series: [series, bin], NaN for unknown.

    `authors` are those of the half hour that ends with the bin, `total` all posts of the source, `surge` those of a
    larger series of which each is part; see `detector.Bin`.
    """

    counts: Floats
    authors: Floats | None = None
    backfilled: Flags | None = None
    total: Floats | None = None
    surge: Floats | None = None

    def part(self, rows: slice | NDArray[np.int64]) -> Matrix:
        """Some of the series."""
        return self._each(lambda values: values[rows])

    def between(self, begin: int, end: int) -> Matrix:
        """The bins from one on and before another."""
        return self._each(lambda values: values[:, begin:end])

    def _each(self, change: Callable[[Any], Any]) -> Matrix:
        known = {name: values for name in Matrix.__slots__ if (values := getattr(self, name)) is not None}
        return replace(self, **{name: change(values) for name, values in known.items()})


@dataclass(frozen=True, slots=True)
class ScoredMatrix:
    """The detector's word on every bin: [series, bin]. See `detector.Scored`."""

    counts: Floats
    expected: Floats
    score: Floats
    spike: Flags
    warming: Flags
    provisional: Flags

    def rows(self, series: int, start: datetime, policy: DetectorPolicy, bins: NDArray[np.int64]) -> Iterator[Scored]:
        """Some bins of one series, as the stream would have given them but for what explains them."""
        for each in bins.tolist():
            count = self.counts[series, each]
            unknown = bool(np.isnan(count))
            yield Scored(
                start + each * policy.width,
                None if unknown else int(count),
                float(self.expected[series, each]),
                float(self.score[series, each]),
                BinState.UNKNOWN if unknown else self._state(series, each),
                bool(self.provisional[series, each]),
            )

    def _state(self, series: int, each: int) -> BinState:
        if self.spike[series, each]:
            return BinState.SPIKE
        return BinState.WARMING if self.warming[series, each] else BinState.QUIET


def score_matrix(policy: DetectorPolicy, observed: Matrix, *, silent_before: bool = False) -> ScoredMatrix:
    """Judge every bin of every series from the bins before it and itself alone."""
    if not len(observed.counts):
        none = np.zeros(observed.counts.shape)
        return ScoredMatrix(none, none, none, none > 0, none > 0, none > 0)
    parts = [
        _score(policy, observed.part(slice(first, first + _AT_ONCE)), silent_before=silent_before)
        for first in range(0, len(observed.counts), _AT_ONCE)
    ]
    return ScoredMatrix(*(np.concatenate([getattr(part, name) for part in parts]) for name in ScoredMatrix.__slots__))


def _score(policy: DetectorPolicy, observed: Matrix, *, silent_before: bool) -> ScoredMatrix:
    counts = observed.counts
    known = ~np.isnan(counts)
    before = running_total(known.astype(float))[:, :-1]
    silent, silent_from = _silence(policy, counts, silent_before=silent_before)
    from_silence = silent[:, None] & (np.arange(counts.shape[1]) >= silent_from)
    warm = known & (from_silence | (before >= policy.warm))
    expected = _expected(policy, observed, silent, silent_from)
    excess = Excess.measure(policy, counts, expected, before=policy.floor if silent_before else 0.0)
    bar = Bar.of(policy, observed.surge)
    rises = warm & excess.large(policy, bar, observed.authors)
    score, provisional = np.zeros(counts.shape), np.zeros(counts.shape, dtype=bool)
    # While it was not known yet that the series came from silence, its blocks were all it had.
    for since, until, quiet in ((0, silent_from, np.zeros_like(silent)), (silent_from, counts.shape[1], silent)):
        if since < until:
            calibration = calibrate(policy, excess.kinds, warm, quiet)
            provisional[:, since:until] = _provisional(policy, calibration, since, until)
            series, bins = np.nonzero(rises[:, since:until])
            at = (series, bins + since)
            score[at] = excess.scores(policy, calibration, at)
    if observed.surge is not None:
        joins = (observed.surge > 0) & ~excess.is_large(policy)
        score[joins] = np.minimum(score[joins], policy.highest)
    enter = np.where(from_silence | (before >= policy.bins_a_day), bar.enter, bar.first_day)
    may_open = (score >= enter) & warm
    if observed.backfilled is not None:
        may_open &= ~observed.backfilled
    spike = open_bins(policy, score, may_open) & known
    return ScoredMatrix(counts, expected, score, spike, known & ~warm & ~spike, provisional)


def _silence(policy: DetectorPolicy, counts: Floats, *, silent_before: bool) -> tuple[Flags, int]:
    """Which series came from silence, and from which bin on that was known."""
    if silent_before:
        return np.ones(len(counts), dtype=bool), 0
    first = counts[:, : policy.silence]
    # A series with an unknown bin among the first is none of them: its sum is not a number.
    silent = (first.sum(axis=1) <= policy.silent_posts) & (first.shape[1] == policy.silence)
    return silent, policy.silence if silent.any() else 0


def _expected(policy: DetectorPolicy, observed: Matrix, silent: Flags, silent_from: int) -> Floats:
    counts = observed.counts
    nobody = np.zeros(len(counts), dtype=bool)
    expected = usual(policy, counts, silent)
    expected[:, :silent_from] = usual(policy, counts[:, :silent_from], nobody)
    if observed.total is None:
        return expected
    rest = np.maximum(observed.total - counts, 0.0)
    known = ~np.isnan(rest)
    busy = trailing(np.where(known, rest, 0.0), policy.half_hour, 0.0) + STEADY
    as_usual = trailing(np.where(known, usual(policy, rest, nobody), 0.0), policy.half_hour, 0.0) + STEADY
    return np.maximum(policy.floor, expected * (busy / as_usual))


def _provisional(policy: DetectorPolicy, calibration: Calibration, since: int, until: int) -> Flags:
    few: Flags = calibration.blocks[:, refit_of(policy, np.arange(since, until))] < policy.settled_blocks
    return few
