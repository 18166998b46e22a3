"""In which minute of its first bin a spike began, for many series at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from processing.detection.previous.matrix import Matrix, score_matrix
from processing.detection.previous.matrix_baseline import Flags
from processing.detection.previous.policy import DetectorPolicy

Place = tuple[int, int]
"""A series and a bin of it."""

_AT_ONCE = 4
"""Places that are judged together: each takes a row a minute, as long as the past that it depends on."""

_REACH = 63
"""So many days before a bin decide of it: a fortnight of blocks, before the first of them the fortnight in which the
weeks before had to prove themselves, before that the four weeks."""


def open_within(policy: DetectorPolicy, observed: Matrix, places: Sequence[Place], so_far: Matrix) -> Flags:
    """Whether a series would have been a spike, had its bin closed at the end of one of its minutes.

    `so_far` is what is known of the bins of the places then: [place, minute].
    """
    flags: Flags = np.zeros(so_far.counts.shape, dtype=bool)
    if flags.size:
        in_time = np.argsort([number for _, number in places], kind="stable")
        for first in range(0, len(places), _AT_ONCE):
            some = in_time[first : first + _AT_ONCE]
            flags[some] = _open(policy, observed, [places[each] for each in some], so_far.part(some))
    return flags


def _open(policy: DetectorPolicy, observed: Matrix, places: Sequence[Place], so_far: Matrix) -> Flags:
    shape = so_far.counts.shape
    series, bins = np.repeat(np.array(places), shape[1], axis=0).T
    begin = max(0, int(bins.min()) // policy.bins_a_day - _REACH) * policy.bins_a_day
    rows = observed.between(begin, int(bins.max()) + 1).part(series)
    at = (np.arange(len(series)), bins - begin)
    for name in Matrix.__slots__:
        if (known := getattr(rows, name)) is not None:
            known[at] = getattr(so_far, name).ravel()
    flags: Flags = score_matrix(policy, rows).spike[at].reshape(shape)
    return flags
