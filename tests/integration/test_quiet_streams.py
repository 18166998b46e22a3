"""A newsroom's quiet stream: its loud day is told once, and its quiet days are not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.contract import VerdictName
from processing.store.client import Store
from tests.support.floods import play
from tests.support.parts import shipped_enricher
from tests.support.quiet_archive import DAYS, LOUD, START, languages, posts

pytestmark = pytest.mark.long

DAY = timedelta(days=1)


def test_a_day_of_five_times_as_much_by_many_people_is_told_once(store: Store) -> None:
    said, [incident] = play(store, shipped_enricher().tag_many(posts(2.0)), since=START, until=START + DAYS * DAY)
    assert START + LOUD * DAY < incident.detected_at < START + (LOUD + 1) * DAY
    assert incident.verdict is VerdictName.ORGANIC
    assert set(incident.languages) <= languages()
    assert said.count("opened") == 1


def test_two_weeks_without_a_loud_day_are_not_told(store: Store) -> None:
    calm = shipped_enricher().tag_many(posts(1.0, loud=False))
    assert play(store, calm, since=START, until=START + DAYS * DAY) == ([], [])
