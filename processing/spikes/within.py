"""In which minute of its first bin a spike began, for many series at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from processing.spikes.matrix import Matrix, score_matrix
from processing.spikes.matrix_baseline import Flags
from processing.spikes.policy import DetectorPolicy

Place = tuple[int, int]
"""A series and a bin of it."""

_AT_ONCE = 16
"""Places that are judged together: each takes a row a minute, from the beginning of its series on."""


def open_within(policy: DetectorPolicy, observed: Matrix, places: Sequence[Place], so_far: Matrix) -> Flags:
    """Whether a series would have been a spike, had its bin closed at the end of one of its minutes.

    `so_far` is what is known of the bins of the places then: [place, minute].
    """
    flags: Flags = np.zeros(so_far.counts.shape, dtype=bool)
    if flags.size:
        for first in range(0, len(places), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            flags[some] = _open(policy, observed, places[some], so_far.part(some))
    return flags


def _open(policy: DetectorPolicy, observed: Matrix, places: Sequence[Place], so_far: Matrix) -> Flags:
    shape = so_far.counts.shape
    series, bins = np.repeat(np.array(places), shape[1], axis=0).T
    rows = observed.part(series).until(int(bins.max()) + 1)
    at = (np.arange(len(series)), bins)
    for name in Matrix.__slots__:
        if (known := getattr(rows, name)) is not None:
            known[at] = getattr(so_far, name).ravel()
    flags: Flags = score_matrix(policy, rows).spike[at].reshape(shape)
    return flags
