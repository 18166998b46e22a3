"""The filters survive the address, whatever stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.filters import Filters, Range, Split, from_address, to_address

VIEWS = some.builds(
    Filters,
    range=some.sampled_from([each for each in Range if each is not Range.INCIDENT]),
    topic=some.sampled_from(["ban", "court", "*"]),
    language=some.sampled_from(["*", "hi-Latn", "ar"]),
    by=some.sampled_from(Split),
)


@given(VIEWS)
def test_a_view_comes_back_from_its_address(view: Filters) -> None:
    assert from_address(to_address(view)) == view


def test_the_incident_is_kept_with_its_range_alone() -> None:
    around = Filters(range=Range.INCIDENT, incident="ban:2020-07-10T16:05")
    assert from_address(to_address(around)) == around
    assert "incident" not in to_address(Filters(incident="ban:2020-07-10T16:05"))


def test_an_address_says_only_what_is_not_the_default() -> None:
    assert to_address(Filters()) == {}
    assert to_address(Filters(language="ar")) == {"language": "ar"}


@given(some.dictionaries(some.sampled_from(["range", "topic", "language", "by", "incident"]), some.text()))
def test_any_address_is_a_view(parameters: dict[str, str]) -> None:
    view = from_address(parameters)
    assert view.range in Range
    assert len(view.topic) <= 64


@pytest.mark.parametrize("topic", ["<b>", "a b", "x" * 65, "", "ban' OR 1", "حظر"])
def test_a_topic_that_is_no_name_is_the_default(topic: str) -> None:
    assert from_address({"topic": topic}).topic == "ban"
