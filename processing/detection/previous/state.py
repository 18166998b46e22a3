"""What the detector remembers of one series, and its JSON."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta
from math import sqrt
from typing import Any, Self

import msgspec

from processing.detection.previous.background import Rest
from processing.detection.previous.baseline import Baseline, Numbers
from processing.detection.previous.policy import DetectorPolicy
from processing.detection.previous.return_level import ANSCOMBE, UNFITTED, Fit, fit

Maxima = tuple[float, float, float, float]
"""Of one block: the highest excess over one bin (Anscombe's, posts) and over the long window (the same)."""

LOWEST = -1e300
SILENT_DAYS = 2


class DetectorState(msgspec.Struct):
    """One series so far. `step` changes it in place; a copy is `from_json(policy, state.to_json())`.

    Bins are numbered from `origin`, the start of the first one. It takes about 15 kB for bins of one or five
    minutes, 5 kB for hours.
    """

    width: timedelta
    baseline: Baseline
    long_counts: list[int]
    long_expected: list[float]
    origin: datetime | None = None
    due: datetime | None = None
    """The start of the bin behind the last one."""
    index: int = -1
    maxima: list[Maxima | None] = []
    """Finished blocks, oldest first; `None` for one of which too little is known."""
    block_maxima: list[float] = msgspec.field(default_factory=lambda: [LOWEST] * 4)
    block_known: int = 0
    fits: list[Fit] = msgspec.field(default_factory=lambda: [UNFITTED] * 4)
    known_blocks: int = 0
    rest: Rest | None = None
    """All other posts that the source delivered; only of a series that is judged by its share."""
    silent_before: bool = False
    open: bool = False
    last_raised: int = 0

    @classmethod
    def begin(cls, policy: DetectorPolicy, *, silent_before: bool = False) -> Self:
        """A series without history. `silent_before`: it is known to have been empty for the two days before."""
        expected = policy.floor if silent_before else 0.0
        state = cls(policy.width, Baseline.begin(policy), [0] * policy.long, [expected] * policy.long)
        if silent_before:
            state.assume_silence(policy)
        return state

    @classmethod
    def from_json(cls, policy: DetectorPolicy, data: bytes | str) -> Self:
        """Restore what `to_json` wrote.

        Raises:
            ValueError: it is not a state, or one of a series with bins of another width.
        """
        try:
            state = msgspec.json.decode(data, type=cls, dec_hook=_decode_array)
        except msgspec.DecodeError as error:
            raise ValueError(f"Not the state of a series: {error}. Replay its bins instead.") from error
        fresh = cls.begin(policy)
        if state.width != policy.width or len(state.baseline.profile) != len(fresh.baseline.profile):
            raise ValueError(
                f"This state was saved for bins of {state.width}, not of {policy.width}. Replay the series' bins."
            )
        return state

    def to_json(self) -> bytes:
        """Everything, exactly: a restored state gives the same scores to the last bit."""
        return msgspec.json.encode(self, enc_hook=_encode_array)

    def look_for_silence(self, policy: DetectorPolicy) -> None:
        """After the first bins: a series that was nearly empty in them is taken to have been so before."""
        if self.baseline.total <= policy.silent_posts:
            self.assume_silence(policy)

    def assume_silence(self, policy: DetectorPolicy) -> None:
        """Put two days of empty bins before the first one."""
        blocks = SILENT_DAYS * policy.bins_a_day // policy.block
        self.silent_before = True
        self.baseline.assume_silence(SILENT_DAYS)
        self.maxima[:0] = [empty_maxima(policy)] * blocks
        self.refit()

    def forget(self, policy: DetectorPolicy) -> None:
        """Be as weeks of unknown bins leave a series: of its past, only the mean of all bins remains."""
        self.baseline.forget(policy)
        self.long_counts, self.long_expected = [0] * policy.long, [0.0] * policy.long
        self.maxima = [None] * policy.blocks
        self.block_maxima, self.block_known = [LOWEST] * 4, 0
        self.refit()
        if self.rest is not None:
            self.rest.forget(policy)

    def raise_maxima(self, short_anscombe: float, short_raw: float, long_anscombe: float, long_raw: float) -> None:
        """Take a bin's four excesses into the block that is under way."""
        self.block_known += 1
        maxima = self.block_maxima  # a comparison is quicker than max(), and this is done in every bin
        if short_anscombe > maxima[0]:  # noqa: PLR1730
            maxima[0] = short_anscombe
        if short_raw > maxima[1]:  # noqa: PLR1730
            maxima[1] = short_raw
        if long_anscombe > maxima[2]:  # noqa: PLR1730
            maxima[2] = long_anscombe
        if long_raw > maxima[3]:  # noqa: PLR1730
            maxima[3] = long_raw

    def finish_block(self, policy: DetectorPolicy) -> None:
        """Keep the maxima of the block that ended and begin the next."""
        trusted = 2 * self.block_known > policy.block
        short_anscombe, short_raw, long_anscombe, long_raw = self.block_maxima
        self.maxima.append((short_anscombe, short_raw, long_anscombe, long_raw) if trusted else None)
        del self.maxima[: -policy.blocks]
        self.block_maxima = [LOWEST] * 4
        self.block_known = 0

    def refit(self) -> None:
        """Calibrate by the finished blocks."""
        known = [maxima for maxima in self.maxima if maxima is not None]
        self.known_blocks = len(known)
        self.fits = [fit(kind) for kind in zip(*known, strict=True)] or [UNFITTED] * 4


def empty_maxima(policy: DetectorPolicy) -> Maxima:
    """Of a block without posts where none were expected."""
    least, least_long = policy.floor, policy.floor * policy.long
    nothing = sqrt(ANSCOMBE)
    return (
        2.0 * (nothing - sqrt(least + ANSCOMBE)),
        -least,
        2.0 * (nothing - sqrt(least_long + ANSCOMBE)),
        -least_long,
    )


def _encode_array(value: Any) -> bytes:
    if isinstance(value, array):
        return value.tobytes()
    raise NotImplementedError(f"A {type(value).__name__} is no part of a state.")


def _decode_array(_kind: type, value: Any) -> Numbers:
    numbers = array("f")
    numbers.frombytes(msgspec.convert(value, bytes))
    return numbers
