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
    """An array [series, ..., bin] whose first bin is `begin`; what was never written is `blank`."""

    values: NDArray[Any]
    begin: int
    kept: int
    """Bins before the next one that can always be read."""
    blank: float

    @classmethod
    def begin_at(cls, shape: tuple[int, ...], start: int, kept: int, *, blank: float, kind: type = np.float64) -> Self:
        """Nothing is written yet; `start` is the first bin that will be. `shape` is that of one bin."""
        values: NDArray[Any] = np.full((*shape, 2 * kept), blank, dtype=kind)
        return cls(values, start - kept, kept, blank)

    def reach(self, start: int, end: int) -> None:
        """Make room for bins from `start`, before which `kept` bins stay, up to `end`."""
        oldest, reached = start - self.kept, self.begin + self.values.shape[-1]
        if end <= reached and oldest >= self.begin:
            return
        width = max(2 * self.kept, end - oldest)
        moved = np.full((*self.values.shape[:-1], width), self.blank, dtype=self.values.dtype)
        first, last = max(oldest, self.begin), min(oldest + width, reached)
        if first < last:
            moved[..., first - oldest : last - oldest] = self.read(first, last)
        self.values, self.begin = moved, oldest

    def read(self, start: int, end: int) -> NDArray[Any]:
        """The bins from one on and before another, as a view."""
        return self.values[..., start - self.begin : end - self.begin]

    def at(self, bin_: int) -> NDArray[Any]:
        """One bin, as a view."""
        return self.values[..., bin_ - self.begin]

    def before(self, start: int, end: int, apart: int, times: int) -> NDArray[Any]:
        """The bins at the same time of so many earlier periods of `apart` bins, as a view: [series, period, bin]."""
        along, step = self.values.strides
        first = (start - apart - self.begin) * step
        shape, strides = (len(self.values), times, end - start), (along, -apart * step, step)
        return np.ndarray(shape, self.values.dtype, self.values, first, strides)

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
    half = window // 2
    sums = trailing(values, half)
    sums = sums[:, half:] + sums[:, :-half]
    return sums if window % 2 == 0 else sums[:, 1:] + values[:, : 1 - window]
