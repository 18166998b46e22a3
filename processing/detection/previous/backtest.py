"""From a scored matrix to spikes: the episodes of many series, without walking through their quiet weeks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from processing.detection.previous import episodes
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.episodes import EpisodeEvent, EpisodePolicy, EpisodeState
from processing.detection.previous.matrix import ScoredMatrix


def episode_events(
    policy: DetectorPolicy, episode_policy: EpisodePolicy, scored: ScoredMatrix, start: datetime, series: int
) -> Iterator[EpisodeEvent]:
    """What `episodes.step` tells of one series, oldest first; `start` is that of the first bin."""
    state = EpisodeState()
    for row in scored.rows(series, start, policy, _eventful(policy, episode_policy, scored, series)):
        state, event = episodes.step(episode_policy, state, row)
        if event is not None:
            yield event


def _eventful(
    policy: DetectorPolicy, episode_policy: EpisodePolicy, scored: ScoredMatrix, series: int
) -> NDArray[np.int64]:
    """The bins that matter: each raised one, the known half hour before it, and the hours in which it may come back."""
    bins = np.arange(scored.counts.shape[1])
    raised = scored.score[series] >= policy.leave
    last_raised = np.maximum.accumulate(np.where(raised, bins, -1))
    behind = episode_policy.rest // policy.width + policy.hold + 2
    matters = (last_raised >= 0) & (bins - last_raised <= behind)
    known = np.flatnonzero(~np.isnan(scored.counts[series]))
    place = np.searchsorted(known, np.flatnonzero(raised))
    for before in range(1, policy.half_hour + 1):
        matters[known[np.maximum(place - before, 0)]] = True
    return np.flatnonzero(matters)
