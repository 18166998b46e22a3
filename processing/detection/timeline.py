"""Values of many series along time, of which the newest bins are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass
class Timeline:
    """An array [series, bin] whose first column is the bin `begin`; what was never written is `blank`."""

    values: NDArray[Any]
    begin: int
    kept: int
    """Bins before the next one that can always be read."""
    blank: float

    @classmethod
    def begin_at(cls, series: int, start: int, kept: int, *, blank: float, kind: type = np.float64) -> Self:
        """Nothing is written yet; `start` is the first bin that will be."""
        values: NDArray[Any] = np.full((series, 2 * kept), blank, dtype=kind)
        return cls(values, start - kept, kept, blank)

    def reach(self, start: int, end: int) -> None:
        """Make room for bins from `start`, before which `kept` bins stay, up to `end`."""
        oldest = start - self.kept
        if end <= self.begin + self.values.shape[1] and oldest >= self.begin:
            return
        width = max(2 * self.kept, end - oldest)
        moved = np.full((len(self.values), width), self.blank, dtype=self.values.dtype)
        first, last = max(oldest, self.begin), min(oldest + width, self.begin + self.values.shape[1])
        if first < last:
            moved[:, first - oldest : last - oldest] = self.values[:, first - self.begin : last - self.begin]
        self.values, self.begin = moved, oldest

    def read(self, start: int, end: int) -> NDArray[Any]:
        """The bins from one on and before another, as a view."""
        return self.values[:, start - self.begin : end - self.begin]

    def at(self, bin_: int) -> NDArray[Any]:
        """One bin, as a view."""
        return self.values[:, bin_ - self.begin]

    def take(self, rows: Integers) -> Timeline:
        """Another one of series that have these rows' past."""
        return Timeline(self.values[rows], self.begin, self.kept, self.blank)


def trailing(values: Floats, window: int) -> Floats:
    """Sums over the `window` columns that end with each; the first `window - 1` columns lie before the result.

    They are exact where the values are multiples of a power of two, as counts and expectations are, so that it does not
    matter in which blocks a series is judged.
    """
    if window == 1:
        return values
    sums = np.empty((len(values), values.shape[1] + 1))
    sums[:, 0] = 0.0
    np.cumsum(values, axis=1, out=sums[:, 1:])
    total: Floats = sums[:, window:] - sums[:, :-window]
    return total
