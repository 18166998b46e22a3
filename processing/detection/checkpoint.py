"""The state of all series as bytes, from which a watch goes on as if it had never stopped."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.detection.policy import DetectorPolicy
from processing.detection.scales import OWN, Scales
from processing.detection.series import SeriesSet
from processing.detection.series_group import Key, SeriesGroup, Tracked
from processing.detection.timeline import Timeline

VERSION = 1
"""Of the arrays and what they mean. A state of another version is not read: the counts are."""

_MAXIMA = ("highest", "apart", "mode", "scale", "known")


class Stale(ValueError):
    """The bytes are no state that can be gone on with: replay the counts of `policy.history` instead."""


class _Group(msgspec.Struct, frozen=True):
    """What is no array: of the two scales, fast and slow, the next bin and block; of each timeline, its first bin."""

    keys: list[Key]
    tracked: dict[int, Tracked]
    next: tuple[int, int]
    next_block: tuple[int, int]
    begins: list[int]


class _Rest(msgspec.Struct, frozen=True):
    version: int
    policy: DetectorPolicy
    silent_before: bool
    keys: list[Key]
    phase: timedelta
    settled_until: datetime | None
    groups: list[_Group]


def dump(series: SeriesSet) -> bytes:
    """Every series, exactly: a state that is loaded gives the same scores to the last bit."""
    arrays: dict[str, NDArray[Any]] = {}
    groups = []
    for number, group in enumerate(series.groups):
        scales = group.scales
        arrays |= {f"{number}.line{place}": line.values for place, line in enumerate(_timelines(scales))}
        for name, scale in (("fast", scales.fast), ("slow", scales.slow)):
            arrays |= {f"{number}.{name}.{each}": getattr(scale.maxima, each) for each in _MAXIMA}
        arrays |= {f"{number}.begun": scales.begun, f"{number}.slow_rows": scales.slow_rows}
        next_block = scales.fast.maxima.next, scales.slow.maxima.next
        begins = [line.begin for line in _timelines(scales)]
        groups.append(_Group(group.keys, group.tracked, (scales.fast.next, scales.slow.next), next_block, begins))
    phase = series.groups[0].phase if series.groups else timedelta(0)
    rest = _Rest(VERSION, series.policy, series.silent_before, series.keys, phase, series.settled_until, groups)
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
            arrays = {name: kept[name] for name in kept.files}
        groups = [_group(policy, rest, number, arrays) for number in range(len(rest.groups))]
    except (KeyError, OSError, zipfile.BadZipFile, msgspec.DecodeError, ValueError) as error:
        raise Stale(f"Not a state of series: {error}") from error
    if (rest.version, rest.policy) != (VERSION, policy):
        raise Stale(f"The state is of version {rest.version} or of another policy.")
    series = SeriesSet(policy, rest.silent_before, groups, settled_until=rest.settled_until)
    series.add(rest.keys)
    return series


def _group(policy: DetectorPolicy, rest: _Rest, number: int, arrays: dict[str, NDArray[Any]]) -> SeriesGroup:
    kept, rows = rest.groups[number], OWN + len(rest.groups[number].keys)
    scales = Scales.begin_at(policy, rows, kept.next[0], silent_before=False)
    for place, (line, begin) in enumerate(zip(_timelines(scales), kept.begins, strict=True)):
        line.values, line.begin = arrays[f"{number}.line{place}"], begin
    for place, (name, scale) in enumerate((("fast", scales.fast), ("slow", scales.slow))):
        scale.next, scale.maxima.next = kept.next[place], kept.next_block[place]
        for each in _MAXIMA:
            setattr(scale.maxima, each, arrays[f"{number}.{name}.{each}"])
    scales.begun, scales.slow_rows = arrays[f"{number}.begun"], arrays[f"{number}.slow_rows"]
    return SeriesGroup(policy, rest.phase, scales, kept.keys, kept.tracked)


def _timelines(scales: Scales) -> Iterator[Timeline]:
    yield from scales.fast.timelines
    yield from scales.slow.timelines
    yield scales.scores
    yield scales.absent
