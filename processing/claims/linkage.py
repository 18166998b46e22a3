"""Average linkage: the two groups that are most alike on average are joined, again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]


def linked(similarity: Matrix, threshold: float) -> NDArray[np.intp]:
    """Return the number of the group of each, where no two groups are as alike as the threshold any more.

    `similarity` is symmetric. A group is numbered by its first member. Of pairs that are equally alike the first is
    joined, so the order alone decides, and the same order gives the same groups.
    """
    count = len(similarity)
    between = similarity.astype(np.float64)
    np.fill_diagonal(between, -np.inf)
    sizes, groups = np.ones(count), np.arange(count)
    nearest = between.argmax(axis=1) if count else groups
    best = between[groups, nearest]
    while count > 1:
        one = int(best.argmax())
        if best[one] < threshold:
            break
        kept, gone = sorted((one, int(nearest[one])))
        merged = (sizes[kept] * between[kept] + sizes[gone] * between[gone]) / (sizes[kept] + sizes[gone])
        merged[[kept, gone]] = -np.inf
        between[kept], between[:, kept] = merged, merged
        between[gone], between[:, gone] = -np.inf, -np.inf
        sizes[kept] += sizes[gone]
        groups[groups == gone] = kept
        stale = np.flatnonzero((nearest == kept) | (nearest == gone))
        for row in {kept, gone, *stale.tolist()}:
            nearest[row] = between[row].argmax()
            best[row] = between[row, nearest[row]]
        # An average is no higher than the higher of its two parts, so no other row has a new nearest, but for ties.
        count -= 1
    return groups
