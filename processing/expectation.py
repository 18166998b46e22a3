"""What the detector expects of one series, bin by bin, for people to see beside what was observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from processing import queries
from processing.contract import EVERYTHING
from processing.coverage import Coverage, known_bins
from processing.detection.bins import close_of_bin, start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.detection.scales import Scales
from processing.detection.timeline import Flags, Floats
from processing.queries import Reader
from processing.queries.scopes import Scope


def expectations(
    reader: Reader, series: Scope, coverage: Sequence[Coverage], policy: DetectorPolicy
) -> Mapping[datetime, float]:
    """Return the posts that are expected of each bin of a series in a range, by the start of the bin.

    They are made of the counts as they are stored now. A bin that no collector covered, by `coverage`, is absent.

    The series is stepped from the detector's history before `start` on, as a watch steps it that has just begun.
    """
    first, last = start_of_bin(series.start, policy.width), close_of_bin(series.end, policy.width)
    begin = start_of_bin(first - policy.history, policy.width)
    known = np.array(known_bins(coverage, begin, last, policy.width), dtype=bool)
    named = ((EVERYTHING, EVERYTHING), (series.topic, series.language))
    total, posts = (_posts(reader, policy.width, Scope(*name, begin, last), known) for name in named)
    scales = Scales(policy, policy.number_of(begin), np.array([series.language == EVERYTHING]))
    expected = np.concatenate([bins.expected[0] for bins in scales.step(posts[None], None, total)])
    return {
        begin + number * policy.width: float(expected[number])
        for number in range((first - begin) // policy.width, len(known))
        if known[number]
    }


def _posts(reader: Reader, width: timedelta, of: Scope, known: Flags) -> Floats:
    posts = np.zeros(len(known))
    for each in queries.series(reader, of.start, of.end, width, topic=of.topic, language=of.language):
        posts[(each.start - of.start) // width] = each.posts
    return np.where(known, posts, np.nan)
