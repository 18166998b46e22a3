"""How one bin's score came about: every figure between the counts and the score, for people who want to check it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from processing.detection import baseline
from processing.detection.detector import COLD, SHORT, ScaleState, levels
from processing.detection.policy import DetectorPolicy, length_name
from processing.detection.return_level import calibrated, excesses
from processing.detection.scales import OWN, Scales
from processing.detection.timeline import Floats


class Excess(msgspec.Struct, frozen=True):
    """One of the four: its value, the mode and scale of this series' six-hourly maxima, and its level."""

    name: str
    value: float
    mode: float
    scale: float
    level: float


class ScaleTrace(msgspec.Struct, frozen=True):
    """What one scale made of its last bin.

    `past` are (days before, posts a bin of the scale), `MASKED` for one in a spike; `windows` are (length, posts,
    expectation), short and long. `why` is empty where the levels are weighed.
    """

    name: str
    expected: float
    past: tuple[tuple[int, float], ...]
    windows: tuple[tuple[str, float, float], ...]
    blocks: int
    excesses: tuple[Excess, ...]
    why: str

    def lines(self) -> Iterator[str]:
        """It, for a terminal."""
        yield f"{self.name}: expected {self.expected:.3f} a bin, {self._origin()}"
        for day, mean in self.past:
            yield f"  {day} days before: {'in a spike, left out' if mean == baseline.MASKED else f'{mean:.3f}'}"
        for length, posts, expected in self.windows:
            yield f"  {length}: {posts:,.0f} posts, expected {expected:.3f}"
        yield f"  calibrated by {self.blocks} blocks of six hours"
        for each in self.excesses:
            yield (
                f"  {each.name}: {each.value:.3f}, mode {each.mode:.3f}, scale {each.scale:.3f}, level {each.level:.3f}"
            )
        short, long = (min(each.level for each in self.excesses[first : first + 2]) for first in (0, 2))
        weighed = f"{SHORT} x {short:.3f} + {1.0 - SHORT} x {long:.3f} = {SHORT * short + (1.0 - SHORT) * long:.3f}"
        yield f"  score 0: {self.why}" if self.why else f"  score {weighed}"

    def _origin(self) -> str:
        known = sum(mean >= 0.0 for _, mean in self.past)
        if not known:
            return "the mean of the last day or hour, whichever is higher"
        trimmed = " without the lowest and the highest" if known > 2 else ""
        return f"the mean of the same time on the last days{trimmed}"


class Trace(msgspec.Struct, frozen=True):
    """A bin with everything that made its score."""

    line: str
    scales: tuple[ScaleTrace, ...]
    enter: float
    leave: float

    def lines(self) -> Iterator[str]:
        """It, for a terminal."""
        yield self.line
        for each in self.scales:
            yield from each.lines()
        bar = f"{self.enter:.2f} and lasts while it is at least {self.leave:.2f}"
        yield f"the higher score counts: a spike begins at {bar}"


def trace(policy: DetectorPolicy, scales: Scales, line: str) -> Trace:
    """How the last judged bin of the one series comes about; `line` says what it is."""
    traces = tuple(_of_scale(policy, state) for state in (scales.fast, scales.slow))
    settled = any(mean >= 0.0 for _, mean in traces[0].past)
    return Trace(line, traces, policy.enter if settled else policy.first_day, policy.leave)


def _of_scale(policy: DetectorPolicy, state: ScaleState) -> ScaleTrace:
    scale, last, row = state.scale, state.next - 1, np.array([OWN])
    windows = state.window_sums(last, last + 1, row)[..., 0]
    fit = state.fit(row, last)
    lengths = [length_name(bins * scale.bins * policy.width) for bins in (scale.short, scale.long)]
    names = [f"{length}, {unit}" for length in lengths for unit in ("in standard deviations", "in posts")]
    figures = np.stack([excesses(*windows), *calibrated(fit, windows[1]), levels(fit, windows)])[..., 0].T
    past = [(day, float(state.means.at(last - day * scale.day)[OWN])) for day in range(1, scale.past + 1)]
    known = [(day, mean) for day, mean in past if not np.isnan(mean)]
    return ScaleTrace(
        name=scale.name,
        expected=float(state.expected.at(last)[OWN]),
        past=tuple(known),
        windows=tuple(zip(lengths, *(each[:, 0].tolist() for each in windows), strict=True)),
        blocks=int(fit.known[0]),
        excesses=tuple(Excess(name, *each) for name, each in zip(names, figures.tolist(), strict=True)),
        why=_why(state, windows),
    )


def _why(state: ScaleState, windows: Floats) -> str:
    """Why nothing is said, as a sentence; empty where something is."""
    scale, ((short, long), (short_mean, long_mean)) = state.scale, windows[..., 0]
    if np.isnan(state.counts.at(state.next - 1)[OWN]):
        return "the count is unknown, or the series has not begun"
    if state.flags.at(state.next - 1)[OWN] & COLD:
        return "too little of the series is known yet"
    if short <= short_mean:
        return "the short window is no rise"
    if long < scale.minimum_posts or long - long_mean < scale.minimum_excess:
        return "there are too few posts or too small an excess"
    if long_mean > scale.most_expected:
        return "so many posts are expected that the shorter windows are enough"
    return ""
