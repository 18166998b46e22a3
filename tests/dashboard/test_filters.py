"""The filters survive the address, whatever stands there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.filters import Filters, Range, Split, from_address, to_address
from dashboard.watch_list import WatchList
from tests.support.watched import BANS, of_bans

VIEWS = some.builds(
    of_bans,
    range=some.sampled_from([each for each in Range if each is not Range.CHOSEN]),
    topic=some.sampled_from(["ban", "court", "*"]),
    language=some.sampled_from(["*", "hi-Latn", "ar"]),
    by=some.sampled_from(Split),
)


LISTS = (BANS, WatchList("outage", ("outage-payments",)))


@given(VIEWS)
def test_a_view_comes_back_from_its_address(view: Filters) -> None:
    assert from_address(to_address(view, LISTS), LISTS) == view


START, END = datetime(2020, 7, 10, 16, 5, tzinfo=UTC), datetime(2020, 7, 10, 23, tzinfo=UTC)


def test_a_begin_and_an_end_choose_a_time_in_either_order() -> None:
    chosen = of_bans(range=Range.CHOSEN, start=START, end=END)
    assert to_address(chosen, LISTS) == {"from": "2020-07-10T16:05Z", "to": "2020-07-10T23:00Z"}
    assert from_address(to_address(chosen, LISTS), LISTS) == chosen
    assert (
        from_address({"from": "2020-07-10T23:00", "to": "2020-07-10T18:05:30+02:00", "range": "day"}, LISTS) == chosen
    )


@pytest.mark.parametrize(
    "address",
    [
        {"from": "2020-07-10T16:05Z"},
        {"from": "2020-07-10T16:05Z", "to": "2020-07-10T16:05Z"},
        {"from": "2020-07-10T16:05Z", "to": "9999-12-31T23:59Z"},
        {"from": "0001-01-01T00:00Z", "to": "2020-07-10T16:05+23:59"},
        {"range": "chosen"},
    ],
)
def test_half_a_time_is_none(address: dict[str, str]) -> None:
    assert from_address(address, LISTS) == of_bans()


def test_an_address_says_only_what_is_not_the_default() -> None:
    assert to_address(of_bans(), LISTS) == {}
    assert to_address(of_bans(language="ar"), LISTS) == {"language": "ar"}


@given(some.dictionaries(some.sampled_from(["watch", "range", "topic", "language", "by", "from", "to"]), some.text()))
def test_any_address_is_a_view(parameters: dict[str, str]) -> None:
    view = from_address(parameters, LISTS)
    assert view.range in Range
    assert len(view.topic) <= 64


@pytest.mark.parametrize("topic", ["<b>", "a b", "x" * 65, "", "ban' OR 1", "حظر"])
def test_a_topic_that_is_no_name_is_the_default(topic: str) -> None:
    assert from_address({"topic": topic}, LISTS).topic == "ban"


def test_an_address_names_the_watch_list_by_its_root_or_by_a_topic_of_it() -> None:
    outages = LISTS[1]
    assert from_address({"watch": "outage"}, LISTS) == Filters(outages)
    assert from_address({"topic": "outage-payments"}, LISTS) == Filters(outages, topic="outage-payments")
    assert from_address({"watch": "ban", "topic": "outage-payments"}, LISTS).watch == outages
    assert from_address({"watch": "gone"}, LISTS) == Filters(BANS)
    assert from_address({"watch": "outage", "topic": "*"}, LISTS) == Filters(outages, topic="*")
    assert to_address(Filters(outages), LISTS) == {"watch": "outage"}
