"""`banwatch detect`: lines of `timestamp,count` in, lines of `timestamp,count,expected,score,state` out.

Each row is judged from the rows before it alone, and is written as soon as it is read, but for the first few, which
show how wide the bins are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice

from processing.detection.previous.csv_row import NotARow, Row, bin_width, is_header, read_row
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState, OutOfOrder, Scored, step
from processing.detection.previous.trace import Derivation, derive

HEADER = "timestamp,count,expected,score,state"
_ROWS_FOR_WIDTH = 8

Rejected = Callable[[int, str], None]
"""Told the number of a line that is left out, from 1, and why, as a sentence."""


def detect_lines(
    lines: Iterable[str],
    policy: DetectorPolicy | None = None,
    *,
    on_rejected: Rejected,
    silent_before: bool = False,
    share: bool = False,
) -> Iterator[str]:
    """Judge a series line by line; lines come out without their end.

    Without a policy the bins are as wide as the commonest distance of the first rows. An empty count is unknown,
    and so is a bin without a row, for which none is written. `silent_before`: before the first row there was
    nothing for two days, so that a topic can be found from its first minutes. `share`: the third column holds all
    posts of the source, and the series is judged by its share of them.

    Raises:
        ValueError: the bins have a width that cannot be judged; the message is for the user.
    """
    yield HEADER
    policy, rows = _with_policy(_rows(lines, on_rejected, share=share), policy)
    state = DetectorState.begin(policy, silent_before=silent_before)
    for row in rows:
        try:
            state, scored = step(policy, state, Bin(row.start, row.posts, total=row.total))
        except OutOfOrder:
            on_rejected(row.line, f"Line {row.line} was left out: its bin already has a row.")
        else:
            yield _write(row, scored)


def explain_line(
    lines: Iterable[str],
    at: datetime,
    policy: DetectorPolicy | None = None,
    *,
    on_rejected: Rejected,
    silent_before: bool = False,
    share: bool = False,
) -> Derivation:
    """How the row whose bin holds a moment comes about; the rows behind it are not read.

    Raises:
        ValueError: no row's bin holds it, or the bins have a width that cannot be judged.
    """
    policy, rows = _with_policy(_rows(lines, on_rejected, share=share), policy)
    state = DetectorState.begin(policy, silent_before=silent_before)
    for row in rows:
        observed = Bin(row.start, row.posts, total=row.total)
        if row.start <= at < row.start + policy.width:
            return derive(policy, state, observed)
        if row.start > at:
            break
        with suppress(OutOfOrder):
            step(policy, state, observed)
    raise ValueError(f"No row holds {at:%Y-%m-%d %H:%M} UTC: give a moment of one of the bins.")


def _with_policy(rows: Iterator[Row], policy: DetectorPolicy | None) -> tuple[DetectorPolicy, Iterator[Row]]:
    if policy is not None:
        return policy, rows
    first = list(islice(rows, _ROWS_FOR_WIDTH))
    return DetectorPolicy.for_bins(bin_width([row.start for row in first])), chain(first, rows)


def _rows(lines: Iterable[str], on_rejected: Rejected, *, share: bool) -> Iterator[Row]:
    """The rows in order of time; what is not one is rejected."""
    first, last = True, None
    for number, line in enumerate(lines, 1):
        text = line.removeprefix("\ufeff").strip()
        if not text or (first and is_header(text)):
            first = first and not text
            continue
        first = False
        try:
            row = read_row(number, text, with_total=share)
        except NotARow as reason:
            on_rejected(number, f"Line {number} was left out: {reason}.")
            continue
        if last is not None and row.start <= last:
            on_rejected(number, f"Line {number} was left out: {row.written} is not later than the row before it.")
            continue
        last = row.start
        yield row


def _write(row: Row, scored: Scored) -> str:
    posts = "" if row.posts is None else row.posts
    return f"{row.written},{posts},{scored.expected:.3f},{scored.score:.3f},{scored.state}"
