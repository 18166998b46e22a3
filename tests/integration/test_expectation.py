"""The expectation beside an incident's chart is that of the detector."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.backtest import backtest
from processing.contract import EVERYTHING
from processing.detection.policy import DetectorPolicy
from processing.expectation import expectations
from processing.queries import Scope, coverage
from processing.store.client import Store
from tests.support import stock

POLICY = DetectorPolicy.for_bins(timedelta(minutes=5))
ROOTS = {"ban": "ban", "employer-ban": "ban", "government-ban": "ban"}


@pytest.mark.parametrize("language", [EVERYTHING, "en"])
def test_it_is_what_the_detector_expected_of_the_highest_bins(store: Store, language: str) -> None:
    stock.fill(store)
    found = backtest(store, POLICY, ROOTS, stock.START, stock.END)
    [spike, *_] = [each for each in found.spikes if (each.topic, each.language) == ("ban", language)]
    assert spike.pulses
    expected = expectations(store, Scope("ban", language, stock.SURGE, stock.SURGE_END), coverage(store), POLICY)
    assert len(expected) == (stock.SURGE_END - stock.SURGE) / POLICY.width
    for pulse in spike.pulses:
        assert expected[pulse.peak] == pytest.approx(pulse.expected)


def test_a_bin_that_no_collector_covered_is_not_expected(store: Store) -> None:
    stock.fill(store)
    before = Scope("ban", EVERYTHING, stock.START - timedelta(hours=1), stock.START + timedelta(hours=1))
    assert min(expectations(store, before, coverage(store), POLICY)) == stock.START
