"""The state of all series as bytes, from which a watch goes on as if it had never stopped."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.detection.detector import ScaleState
from processing.detection.policy import DetectorPolicy
from processing.detection.return_level import Maxima
from processing.detection.scales import Scales
from processing.detection.series import Key, SeriesSet, Tracked
from processing.detection.timeline import Timeline

VERSION = 1
"""Of the arrays and what they mean. A state of another version is not read: the counts are."""


class Stale(ValueError):
    """The bytes are no state that can be gone on with: replay the counts of `policy.history` instead."""


class _Place(msgspec.Struct, frozen=True):
    """Where a scale stands, and where its arrays do."""

    next: int
    next_block: int
    begins: dict[str, int]


class _Rest(msgspec.Struct, frozen=True):
    """What is no array."""

    version: int
    policy: DetectorPolicy
    keys: list[Key]
    silent_before: bool
    tracked: dict[int, Tracked]
    phase: timedelta
    settled_until: datetime | None
    places: dict[str, _Place]
    slow_begins: dict[str, int]


def dump(series: SeriesSet) -> bytes:
    """Every series, exactly: a state that is loaded gives the same scores to the last bit."""
    arrays: dict[str, NDArray[Any]] = {}
    places, slow_begins = {}, {}
    if series.scales is not None:
        for name, scale in (("fast", series.scales.fast), ("slow", series.scales.slow)):
            arrays |= {f"{name}.{each}": getattr(scale, each).values for each in _TIMELINES}
            arrays |= {f"{name}.{each}": getattr(scale.maxima, each) for each in _MAXIMA}
            begins = {each: getattr(scale, each).begin for each in _TIMELINES}
            places[name] = _Place(scale.next, scale.maxima.next, begins)
        arrays |= {each: getattr(series.scales, each).values for each in _SLOW} | {"begun": series.scales.begun}
        slow_begins = {each: getattr(series.scales, each).begin for each in _SLOW}
    rest = _Rest(
        VERSION,
        series.policy,
        series.keys,
        series.silent_before,
        series.tracked,
        series.phase,
        series.settled_until,
        places,
        slow_begins,
    )
    arrays["rest"] = np.frombuffer(msgspec.json.encode(rest), dtype=np.uint8)
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    return written.getvalue()


def load(policy: DetectorPolicy, data: bytes) -> SeriesSet:
    """What `dump` wrote.

    Raises:
        Stale: it is of another version or policy, or no state at all.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            rest = msgspec.json.decode(kept["rest"].tobytes(), type=_Rest)
            if (rest.version, rest.policy) != (VERSION, policy):
                raise Stale(f"The state is of version {rest.version} or of another policy.")
            arrays = {name: kept[name] for name in kept.files}
            series = SeriesSet(policy, [], silent_before=rest.silent_before)
            series.add(rest.keys)
            series.tracked, series.phase, series.settled_until = rest.tracked, rest.phase, rest.settled_until
            series.scales = _scales(policy, rest, arrays) if rest.places else None
    except (KeyError, OSError, zipfile.BadZipFile, msgspec.DecodeError, ValueError) as error:
        raise error if isinstance(error, Stale) else Stale(f"Not a state of series: {error}") from error
    return series


_TIMELINES = ("counts", "backfilled", "expected", "flags", "means")
_MAXIMA = ("highest", "apart", "mode", "scale", "known")
_SLOW = ("scores", "absent")


def _scales(policy: DetectorPolicy, rest: _Rest, arrays: dict[str, NDArray[Any]]) -> Scales:
    rows = len(arrays["begun"])
    scales = Scales.begin_at(policy, rows, rest.places["fast"].next, silent_before=False)
    for name, scale in (("fast", scales.fast), ("slow", scales.slow)):
        place = rest.places[name]
        _fill(scale, name, place, arrays)
    for each in _SLOW:
        _put(getattr(scales, each), arrays[each], rest.slow_begins[each])
    scales.begun = arrays["begun"]
    return scales


def _fill(scale: ScaleState, name: str, place: _Place, arrays: dict[str, NDArray[Any]]) -> None:
    scale.next = place.next
    for each in _TIMELINES:
        _put(getattr(scale, each), arrays[f"{name}.{each}"], place.begins[each])
    maxima = [arrays[f"{name}.{each}"] for each in _MAXIMA]
    highest, apart, mode, spread, known = maxima
    scale.maxima = Maxima(highest, apart, place.next_block, mode, spread, known)


def _put(timeline: Timeline, values: NDArray[Any], begin: int) -> None:
    timeline.values, timeline.begin = values, begin
