"""Is it people, a few accounts, or our collector: invented rises through the real store and watch."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest

from processing import queries
from processing.contract import Incident, VerdictName
from processing.store.client import Store
from processing.store.writer import recount, write_posts
from tests.conftest import NOON
from tests.integration.rises import (
    ARTICLE,
    END,
    HEADLINE,
    START,
    background,
    cover,
    decisions,
    fill,
    own_words,
    rise,
    watched,
)

HALF_AN_HOUR = timedelta(minutes=30)


def figures(incident: Incident) -> dict[str, float]:
    return {each.name: each.value for each in incident.evidence}


def decisive(incident: Incident) -> list[str]:
    return [each.name for each in incident.evidence if each.decisive]


def not_told(store: Store, verdict: VerdictName) -> Incident:
    """The one incident of the store, which is recorded and not told."""
    said, incidents = watched(store)
    assert said == ""
    [incident] = incidents
    assert incident.verdict is verdict
    assert decisions(store) == [(f"not_told_{verdict.value}", "withheld")]
    return incident


def told(store: Store) -> Incident:
    said, incidents = watched(store)
    assert said.count("ALERT") == 1
    [incident] = incidents
    assert incident.verdict is VerdictName.ORGANIC
    assert decisions(store) == [("first", "sent")]
    return incident


def test_forty_posts_by_the_bots_of_one_server_within_ninety_seconds(store: Store) -> None:
    bots = rise(40, timedelta(seconds=90), author=lambda number: f"bot{number}@bots.example")
    fill(store, background(), bots)
    incident = not_told(store, VerdictName.CONCENTRATED)
    assert decisive(incident) == ["one_domain"]
    assert figures(incident)["one_domain"] > 0.9
    assert figures(incident)["authors"] >= 40


def test_one_account_that_posts_five_hundred_times(store: Store) -> None:
    fill(store, background(), rise(500, HALF_AN_HOUR, author="loud@server1.example"))
    incident = not_told(store, VerdictName.CONCENTRATED)
    assert "repeated" in decisive(incident)
    assert figures(incident)["top_author"] > 0.95
    assert figures(incident)["copies"] < 0.05


def test_a_text_copied_by_two_hundred_fresh_accounts(store: Store) -> None:
    copied = "Our people stand together and demand that this poisonous app is thrown out of our country today"
    endings = ("", " now", " please share", "!!!", " #out", " RETWEET")
    spam = rise(200, HALF_AN_HOUR, text=lambda number: copied + endings[number % 6] + f" {number}")
    fill(store, background(), spam)
    incident = not_told(store, VerdictName.CONCENTRATED)
    assert decisive(incident) == ["repeated"]
    assert figures(incident)["copies"] > 0.9
    assert figures(incident)["authors"] >= 200
    assert figures(incident)["texts"] >= 200


def test_a_headline_that_many_repost_and_share_is_a_surge_of_people(store: Store) -> None:
    """Six in ten repost it, two share it with the site's button, two say something of their own."""
    chance = random.Random(5)

    def text(number: int) -> str:
        return HEADLINE if number % 10 < 6 else f"{HEADLINE} {ARTICLE}" if number % 10 < 8 else own_words(chance)

    people = rise(
        300,
        HALF_AN_HOUR,
        text=text,
        repost_of=lambda number: "the-first" if number % 10 < 6 else None,
        links=lambda number: (ARTICLE,) if number % 10 < 8 else (),
    )
    fill(store, background(), people)
    incident = told(store)
    assert 0.5 < figures(incident)["reposts"] < 0.7
    assert figures(incident)["voices"] > 0.7


def test_an_article_that_many_link_to_in_own_words_is_a_surge_of_people(store: Store) -> None:
    chance = random.Random(5)
    people = rise(120, HALF_AN_HOUR, text=lambda _: f"{own_words(chance)} {ARTICLE}", links=lambda _: (ARTICLE,))
    fill(store, background(), people)
    assert figures(told(store))["copies"] < 0.05


def test_a_flood_in_the_middle_of_a_surge_does_not_hide_it(store: Store) -> None:
    flood = rise(400, HALF_AN_HOUR, id=lambda number: f"flood-{number}", author="loud@server1.example")
    fill(store, background(), rise(80, HALF_AN_HOUR), flood)
    assert figures(told(store))["top_author"] > 0.8


def test_what_was_copied_at_first_is_told_when_people_join_in(store: Store) -> None:
    spam = rise(60, timedelta(minutes=10), text=lambda number: f"{HEADLINE} {number}")
    fill(store, background(), spam, until=NOON + timedelta(minutes=15))
    not_told(store, VerdictName.CONCENTRATED)
    people = rise(
        300,
        HALF_AN_HOUR,
        id=lambda number: f"person-{number}",
        created_at=lambda number: NOON + timedelta(minutes=20, seconds=5 * number),
    )
    fill(store, people)
    said, [incident] = watched(store)
    assert said.count("ALERT") == 1
    assert incident.verdict is VerdictName.ORGANIC
    assert decisions(store) == [("not_told_concentrated", "withheld"), ("first", "sent")]
    assert watched(store)[0] == ""


def test_a_backlog_that_a_reconnect_brings(store: Store) -> None:
    late = rise(120, HALF_AN_HOUR, seen_at=lambda number: NOON + timedelta(hours=3, seconds=number))
    fill(store, background(), late)
    assert decisive(not_told(store, VerdictName.COLLECTOR)) == ["late"]


def test_an_archive_that_was_gathered_long_after_is_no_backlog(store: Store) -> None:
    gathered = NOON + timedelta(days=900)
    old = [
        msgspec.structs.replace(each, post=msgspec.structs.replace(each.post, seen_at=gathered))
        for each in [*background(), *rise(120, HALF_AN_HOUR)]
    ]
    fill(store, old)
    told(store)


def test_a_clock_that_cannot_be_right(store: Store) -> None:
    """Written two days ahead of when they were seen, so they count where they were seen."""
    wrong = rise(
        120,
        HALF_AN_HOUR,
        created_at=NOON + timedelta(days=2),
        seen_at=lambda number: NOON + timedelta(seconds=15 * number),
    )
    fill(store, background(), wrong)
    assert decisive(not_told(store, VerdictName.COLLECTOR)) == ["clock_replaced"]


def test_all_topics_of_a_source_that_move_together(store: Store) -> None:
    fill(store, background(rest_at_noon=2_500), rise(60, HALF_AN_HOUR))
    incident = not_told(store, VerdictName.COLLECTOR)
    assert decisive(incident) == ["everything_rose"]
    assert figures(incident)["everything_rose"] > 15


def test_a_source_that_is_collected_only_since_the_rise_began(store: Store) -> None:
    fill(store, background(), rise(80, HALF_AN_HOUR, source="another"))
    cover(store, NOON, END, source="another")
    assert decisive(not_told(store, VerdictName.COLLECTOR)) == ["newly_covered"]


def test_a_surge_behind_an_outage_of_hours_is_told(store: Store) -> None:
    fill(store, background(), rise(80, HALF_AN_HOUR), until=NOON - timedelta(hours=3))
    cover(store, NOON - timedelta(minutes=30), END)
    assert figures(told(store))["newly_covered"] == 0


def test_a_collector_that_fell_silent_is_in_the_evidence(store: Store) -> None:
    fill(store, background(), rise(80, HALF_AN_HOUR))
    cover(store, START, NOON - timedelta(hours=2), source="another")
    assert figures(told(store))["silent_collectors"] == 1


def test_backfill_is_counted_apart(store: Store) -> None:
    fill(store, background(), rise(80, HALF_AN_HOUR))
    incident = told(store)
    again = rise(80, HALF_AN_HOUR, backfill=lambda number: number < 60)
    recount(store, write_posts(store, again))
    seen = queries.facts(store, incident, END, queries.coverage(store))
    assert seen.backfilled == pytest.approx(60 / 81, abs=0.02)


def test_a_surge_on_the_second_day_is_judged_by_its_own_posts(store: Store) -> None:
    before = NOON - timedelta(hours=30)
    copied = rise(
        300, HALF_AN_HOUR, id=lambda number: f"copy-{number}", created_at=before, author="loud@server1.example"
    )
    fill(store, background(), rise(120, HALF_AN_HOUR))
    incident = msgspec.structs.replace(told(store), start=before)
    recount(store, write_posts(store, copied))
    assert queries.facts(store, incident, END, queries.coverage(store)).concentration.top_author < 0.1
