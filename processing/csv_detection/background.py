"""Scoring by share: when a source delivers twice as much of everything, twice as much of a topic is no surge.

The expectation of the topic is multiplied by how busy the rest of the source is: its posts over those expected of
it, both over half an hour, or one bin where bins are longer. The rest is everything but the topic: a surge of the topic
must not excuse itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from processing.detection.detector import ScaleState
from processing.detection.policy import DetectorPolicy
from processing.detection.timeline import Floats

STEADY = 10.0
"""Posts by which a small rest is drawn towards "as usual"."""


@dataclass
class Background:
    """The rest of the source, or of several sources, so far."""

    policy: DetectorPolicy
    state: ScaleState

    @classmethod
    def begin_at(cls, policy: DetectorPolicy, start: int) -> Self:
        """Nothing is known before this bin."""
        return cls(policy, ScaleState(policy, policy.fast, 1, start))

    def busy(self, rest: Floats) -> Floats:
        """How busy the rest is in each bin, 1 as usual: [1, bin]. `rest` are its posts, NaN where they are unknown."""
        first, end = self.state.next, self.state.next + rest.shape[1]
        found = []
        while self.state.next < end:
            start = self.state.next
            cut = min(end, start + self.state.longest)
            judged = self.state.judge(rest[:, start - first : cut - first])
            posts, expected = (each[1 if self.policy.fast.half_window else 0] for each in judged.windows)
            found.append((posts + STEADY) / (expected + STEADY))
        return np.concatenate(found, axis=1)

    def skip_to(self, start: int) -> None:
        """Take the bins up to there as unknown."""
        if start - self.state.next > self.policy.history // self.policy.width:
            self.state = ScaleState(self.policy, self.policy.fast, 1, start)
        elif start > self.state.next:
            self.busy(np.full((1, start - self.state.next), np.nan))
