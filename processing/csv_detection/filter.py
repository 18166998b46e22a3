"""`banwatch detect`: lines of `timestamp,count` in, `timestamp,count,expected,score,state,window` out.

Each row is judged from the rows before it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

import msgspec
import numpy as np

from processing.contract import BinState
from processing.csv_detection.background import Background
from processing.csv_detection.row import NotARow, Row, bin_width, is_header, read_row
from processing.csv_detection.trace import Trace, trace
from processing.detection.detector import Judged
from processing.detection.policy import DetectorPolicy
from processing.detection.scales import Scales

HEADER = "timestamp,count,expected,score,state,window"

Batches = Iterable[Sequence[str]]
"""Lines as they come: those of a batch are there at once, and are answered together."""
Rejected = Callable[[int, str], None]
"""Told the number of a line that is left out, from 1, and why, as a sentence."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows mean, where they do not say it.

    `silent_before`: before the first row there was nothing for two days, so that a topic can be found from its first
    minutes. `share`: the third column holds all posts of the source, and the series is judged by its share of them.
    `absent_is_zero`: a bin without a row had no posts; else it is unknown. `policy` is None where the width of the
    bins is to be inferred: it is the commonest distance of all rows.
    """

    policy: DetectorPolicy | None = None
    silent_before: bool = False
    share: bool = False
    absent_is_zero: bool = False


def detect_lines(batches: Batches, reading: Reading, on_rejected: Rejected) -> Iterator[str]:
    """Judge a series; lines come out without their end, those of a batch once it is read.

    Where the width is to be inferred, all lines are read first.

    Raises:
        ValueError: the bins have a width that cannot be judged; the message is for the user.
    """
    yield HEADER
    policy, rows = _with_policy(_rows(batches, reading, on_rejected), reading)
    file = _File(policy, reading, on_rejected)
    for batch in rows:
        yield from file.judge(batch)


def explain_line(batches: Batches, at: datetime, reading: Reading, on_rejected: Rejected) -> Trace:
    """How the row whose bin holds a moment comes about; it does not depend on the rows behind it.

    Raises:
        ValueError: no row's bin holds it, or the bins have a width that cannot be judged.
    """
    policy, rows = _with_policy(_rows(batches, reading, on_rejected), reading)
    before = [row for row in chain.from_iterable(rows) if row.start <= at]
    if not before or at >= before[-1].start + policy.width:
        raise ValueError(f"No row holds {at:%Y-%m-%d %H:%M} UTC: give a moment of one of the bins.")
    file = _File(policy, reading, on_rejected)
    written = list(file.judge(before))
    return trace(policy, file.scales, written[-1])


def _with_policy(batches: Iterator[list[Row]], reading: Reading) -> tuple[DetectorPolicy, Iterable[list[Row]]]:
    if reading.policy is not None:
        return reading.policy, batches
    rows = list(chain.from_iterable(batches))
    return DetectorPolicy.for_bins(bin_width([row.start for row in rows])), [rows] if rows else []


def _rows(batches: Batches, reading: Reading, on_rejected: Rejected) -> Iterator[list[Row]]:
    """The rows in order of time; what is not one is rejected."""
    first, last, number = True, None, 0
    for batch in batches:
        found: list[Row] = []
        for line in batch:
            number += 1
            text = line.removeprefix("\ufeff").strip()
            if not text or (first and is_header(text)):
                first = first and not text
                continue
            first = False
            try:
                row = read_row(number, text, with_total=reading.share)
            except NotARow as reason:
                on_rejected(number, f"Line {number} was left out: {reason}.")
                continue
            if last is not None and row.start <= last:
                on_rejected(number, f"Line {number} was left out: {row.written} is not later than the row before it.")
                continue
            last = row.start
            found.append(row)
        if found:
            yield found


class _File:
    """One series of rows, judged block by block."""

    scales: Scales

    def __init__(self, policy: DetectorPolicy, reading: Reading, on_rejected: Rejected) -> None:
        self._policy, self._reading, self._on_rejected = policy, reading, on_rejected
        self._origin: datetime | None = None
        self._background: Background | None = None

    def judge(self, rows: Sequence[Row]) -> Iterator[str]:
        """The lines of some rows."""
        stretch: list[tuple[int, Row]] = []
        for row in rows:
            number = self._number_of(row)
            last = stretch[-1][0] if stretch else self.scales.fast.next - 1
            if number <= last:
                self._on_rejected(row.line, f"Line {row.line} was left out: its bin already has a row.")
                continue
            if stretch and number - last > self._far:
                yield from self._judge(stretch)
                stretch = []
            stretch.append((number, row))
        if stretch:
            yield from self._judge(stretch)

    @property
    def _far(self) -> int:
        return self._policy.history // self._policy.width

    def _number_of(self, row: Row) -> int:
        """The number of a row's bin, from the first row on; a clock may tremble by less than half a bin."""
        width = self._policy.width
        if self._origin is None:
            self._origin = row.start
            self.scales = Scales(self._policy, 0, np.array([True]), silent_before=self._reading.silent_before)
            self._background = Background.begin_at(self._policy, 0) if self._reading.share else None
        return (row.start - self._origin + width / 2) // width

    def _judge(self, stretch: Sequence[tuple[int, Row]]) -> Iterator[str]:
        absent = 0.0 if self._reading.absent_is_zero else np.nan
        end = stretch[-1][0] + 1
        self._skip(max(self.scales.fast.next, (stretch[0][0] if np.isnan(absent) else end) - self._far))
        start = self.scales.fast.next
        counts, total = np.full((1, end - start), absent), np.full((1, end - start), absent)
        for number, row in stretch:
            counts[0, number - start] = np.nan if row.posts is None else row.posts
            total[0, number - start] = np.nan if row.total is None else row.total
        rows = dict(stretch)
        busy = None if self._background is None else self._background.busy(np.maximum(total - counts, 0.0))
        for bins in self.scales.step(counts, busy=busy):
            for bin_ in range(bins.counts.shape[1]):
                if (found := rows.get(bins.start + bin_)) is not None:
                    yield self._line(found, bins, bin_)

    def _skip(self, start: int) -> None:
        """Take the bins up to there as unknown."""
        if start > self.scales.fast.next:
            for _ in self.scales.skip_to(start):
                pass
            if self._background is not None:
                self._background.skip_to(start)

    def _line(self, row: Row, bins: Judged, bin_: int) -> str:
        posts = "" if row.posts is None else row.posts
        score = float(bins.score[0, bin_])
        scale = self._policy.slow if bins.slow[0, bin_] else self._policy.fast
        window = scale.name if score > 0.0 else ""
        expected, state = float(bins.expected[0, bin_]), _state(row, bins, bin_)
        return f"{row.written},{posts},{expected:.3f},{score:.3f},{state},{window}"


def _state(row: Row, bins: Judged, bin_: int) -> BinState:
    """What is said of a bin, in a word."""
    if row.posts is None:
        return BinState.UNKNOWN
    if bins.spike[0, bin_]:
        return BinState.SPIKE
    return BinState.QUIET if bins.warm[0, bin_] else BinState.WARMING
