"""CooRTweet's method in plain Python: what its `detect_groups` and `generate_coordinated_network` give.

It is written from the documented behaviour of version 2.1.2, with `remove_loops` and without a narrower time window.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import quantiles

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Share:
    """A content of an account in which it shares an object. `at` is in seconds."""

    thing: str
    account: str
    content: str
    at: int


def weights(shares: Sequence[Share], seconds: int, *, participation: int = 2) -> dict[Pair, int]:
    """Return how often each pair of accounts shared the same object within the seconds."""
    active = _active(shares, participation)
    by_thing: defaultdict[str, list[Share]] = defaultdict(list)
    for each in active:
        by_thing[each.thing].append(each)
    together = [
        (one, other)
        for group in by_thing.values()
        for one, other in combinations(group, 2)
        if abs(one.at - other.at) <= seconds and one.content != other.content and one.account != other.account
    ]
    contents = {each.content for pair in together for each in pair}
    again = {each.content for each in _active([each for each in active if each.content in contents], participation)}
    return Counter(
        (min(one.account, other.account), max(one.account, other.account))
        for one, other in together
        if one.content in again or other.content in again
    )


def above_the_median(found: dict[Pair, int]) -> set[Pair]:
    """Return the pairs whose weight is above the median of all weights: CooRTweet's `edge_weight = 0.5`."""
    middle = quantiles(found.values(), n=2, method="inclusive")[0] if len(found) > 1 else 0
    return {pair for pair, weight in found.items() if weight > middle}


def _active(shares: Sequence[Share], participation: int) -> list[Share]:
    counts = Counter(each.account for each in shares)
    return [each for each in shares if counts[each.account] >= participation]
