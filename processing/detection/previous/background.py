"""Scoring by share: when a source delivers twice as much of everything, twice as much of a topic is no surge.

The expectation of the topic is multiplied by how busy the rest of the source is: its posts over those expected of
it, both over half an hour, or one bin where bins are longer. The rest is everything but the topic: a surge of the topic
must not excuse itself.
"""

from __future__ import annotations

from typing import Self

import msgspec

from processing.detection.previous.baseline import UNKNOWN, Baseline
from processing.detection.previous.policy import DetectorPolicy

STEADY = 10.0
"""Posts by which a small rest is drawn towards "as usual"."""


class Rest(msgspec.Struct):
    """The rest of a source so far; `factor` changes it in place."""

    baseline: Baseline
    counts: list[int]
    expected: list[float]

    @classmethod
    def begin(cls, policy: DetectorPolicy) -> Self:
        return cls(Baseline.begin(policy), [0] * policy.half_hour, [0.0] * policy.half_hour)

    def turn(self, policy: DetectorPolicy, index: int) -> None:
        """See `Baseline.turn`."""
        self.baseline.turn(policy, index)

    def factor(self, policy: DetectorPolicy, index: int, count: int) -> float:
        """Take in the rest's bin, `UNKNOWN` too, and say how busy it is: 1 is as usual."""
        expected = self.baseline.expected(policy, index)
        self.counts.append(max(0, count))
        self.expected.append(expected if count >= 0 else 0.0)
        del self.counts[0], self.expected[0]
        self.baseline.add(policy, index, count, expected)
        return (sum(self.counts) + STEADY) / (sum(self.expected) + STEADY)

    def forget(self, policy: DetectorPolicy) -> None:
        """See `Baseline.forget`."""
        self.baseline.forget(policy)
        self.counts, self.expected = [0] * policy.half_hour, [0.0] * policy.half_hour

    def pass_over(self, policy: DetectorPolicy, index: int) -> None:
        """Take in a bin of which nothing is known."""
        self.factor(policy, index, UNKNOWN)
