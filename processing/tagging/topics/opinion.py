"""A second opinion: a linear model over the sets of the taxonomy, for posts on which the rules are silent.

Each set that is spoken of near the subject adds its weight. Sets have terms in many languages, so weights that were
learned in one language hold in the others. `tests/benchmarks/train_opinion.py` learns the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from processing.tagging.topics.context import MatchContext
from processing.tagging.topics.predicates import Check


class Opinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model of one topic: which posts it is asked about, and what speaks for the topic.

    It is asked about posts of the topic `among` that are not of the topic `unless`. A set is spoken of if one of its
    terms stands within `within` words of what makes the post one of `among`. `bias` and the `weights` of these sets add
    up to the logarithm of the odds. A post gets the topic if its probability is at least `threshold` (0 to 1).
    """

    among: str
    unless: str
    within: int
    threshold: float
    bias: float
    weights: dict[str, float]


class SecondOpinion:
    """An opinion, ready to be asked.

    `settled` holds the topics that make a post one of `unless`. `checks` holds, for each set with a weight, whether the
    set is spoken of in a text. Its first need is the bit that a term of the set leaves in the mask of a text.
    """

    def __init__(self, topic: str, opinion: Opinion, settled: frozenset[str], checks: Mapping[str, Check]) -> None:
        self.topic = topic
        self._among, self._settled, self._bias = opinion.among, settled, opinion.bias
        self._weighed = [(name, checks[name], weight) for name, weight in opinion.weights.items()]
        self._for = [(check.needs[0], weight) for _, check, weight in self._weighed if weight > 0]
        self._least = math.log(opinion.threshold / (1 - opinion.threshold))

    def holds(self, topics: Sequence[str], reading: MatchContext) -> bool:
        """Return whether a text to which the rules gave these topics has this topic, too."""
        if self._among not in topics or not self._settled.isdisjoint(topics):
            return False
        found, most = reading.found, self._bias
        # To measure distances costs ten times as much, and few texts could pass even if all that speaks for were near.
        for bit, weight in self._for:
            if found & bit:
                most += weight
        return most >= self._least and self._odds(reading) >= self._least

    def _odds(self, reading: MatchContext) -> float:
        """Return the logarithm of the odds that a text is of the topic."""
        return self._bias + sum(weight for _, _, weight in self.spoken_of(reading))

    def spoken_of(self, reading: MatchContext) -> Iterator[tuple[str, Check, float]]:
        """Yield each set that is spoken of in a text, its check and its weight."""
        for name, check, weight in self._weighed:
            if check.holds(reading):
                yield name, check, weight

    def probability(self, reading: MatchContext) -> float:
        """Return the probability, from 0 to 1, that a text is of the topic."""
        return 1 / (1 + math.exp(-self._odds(reading)))
