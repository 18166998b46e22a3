"""Values of many series along time, of which the newest bins are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


class Timeline:
    """Values of series along bins, of which the newest are kept; what was never written is `blank`."""

    def __init__(self, shape: tuple[int, ...], start: int, kept: int, *, blank: float, kind: type = np.float64) -> None:
        """Begin with nothing written. `shape` is that of one bin: [series, ...]; `start` is the first bin to write.

        Of the bins before the next one, `kept` can always be read.
        """
        self.values: NDArray[Any] = np.full((*shape, 2 * kept), blank, dtype=kind)
        """[series, ..., bin], from the bin `begin` on."""
        self.begin, self.kept, self.blank = start - kept, kept, blank

    def reach(self, start: int, end: int) -> None:
        """Make room for bins from `start`, before which `kept` bins stay, up to `end`."""
        oldest, reached = start - self.kept, self.begin + self.values.shape[-1]
        if end <= reached and oldest >= self.begin:
            return
        width = max(2 * self.kept, end - oldest)
        moved = np.full((*self.values.shape[:-1], width), self.blank, dtype=self.values.dtype)
        first, last = max(oldest, self.begin), min(oldest + width, reached)
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
        periods = self.read(start - times * apart, start).reshape(len(self.values), times, apart)
        return periods[:, ::-1, : end - start]

    def add(self, series: int) -> None:
        """Go on with so many more series, each with the past of the first one."""
        self.values = np.concatenate([self.values, np.repeat(self.values[:1], series, axis=0)])


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
