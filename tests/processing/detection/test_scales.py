"""What is said of a bin does not hang on when it is judged, nor on the series beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from processing.detection.policy import DetectorPolicy
from processing.detection.scales import Scales
from processing.detection.timeline import Floats
from tests.processing.detection.test_series import DAY, POLICY, rhythm


def scored(
    counts: Floats, total: Floats | None = None, backfilled: Floats | None = None, cuts: Sequence[int] = ()
) -> tuple[Floats, Floats]:
    """Scores and expectations of series that are judged up to each cut in turn."""
    scales = begun(len(counts))
    found = []
    for first, end in zip([0, *cuts], [*cuts, counts.shape[1]], strict=True):
        filled, everything = (None if each is None else each[..., first:end] for each in (backfilled, total))
        found += scales.step(counts[:, first:end], filled, everything)
    return tuple(np.hstack([getattr(each, name) for each in found]) for name in ("score", "expected"))


def begun(series: int, policy: DetectorPolicy = POLICY) -> Scales:
    return Scales(policy, 0, np.ones(series, dtype=bool))


@pytest.mark.parametrize("behind", range(6))
def test_a_bin_that_is_judged_again_is_calibrated_by_the_same_blocks(behind: int) -> None:
    end = 5 * DAY + POLICY.fast.block_age + behind
    counts = rhythm(np.random.default_rng(1), 6, 20.0)[None, :end]
    scales = begun(1)
    [*_, first] = scales.step(counts)
    scales.return_to(end - 6)
    [again] = scales.step(counts[:, end - 6 :])
    np.testing.assert_array_equal(again.score, first.score[:, -6:])


@pytest.mark.parametrize("seed", [3, 11])
def test_a_silence_of_a_day_in_a_source_of_few_posts_shows_at_the_same_hour_however_it_is_cut(seed: int) -> None:
    chance = np.random.default_rng(seed)
    counts = chance.poisson(chance.uniform(0.03, 0.15), (1, 9 * DAY)).astype(float)
    silent = int(chance.integers(3 * DAY, 6 * DAY))
    back = silent + int(chance.integers(250, 330)) + int(chance.integers(0, 30))
    counts[0, silent:back] = 0.0
    counts[0, back : back + 8] += chance.poisson(8, 8)
    whole = scored(counts, counts[0] * 2)
    np.testing.assert_array_equal(scored(counts, counts[0] * 2, cuts=range(back - 200, back + 200)), whole)


def test_what_calibrates_a_series_does_not_hang_on_the_one_beside_it() -> None:
    chance = np.random.default_rng(5)
    counts, backfilled = chance.poisson(2.0, (2, 9 * DAY)).astype(float), np.zeros((2, 9 * DAY))
    cut = 5 * DAY + POLICY.fast.block_age
    counts[0, cut - 20 : cut - 8] += 60.0
    backfilled[0, cut - 20 : cut - 8] = 60.0
    counts[0, cut : cut + 10] += 1.0
    counts[0, cut + 4] = 9.0
    counts[1, cut : cut + 20] += 40.0
    counts[0, 6 * DAY :: 40] += 20.0
    together, alone = scored(counts, backfilled=backfilled), scored(counts[:1], backfilled=backfilled[:1])
    np.testing.assert_array_equal(together[0][0], alone[0][0])
