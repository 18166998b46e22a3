"""Is it people, a few accounts, or our collector: invented rises through the real store and watch."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec
import pytest

from processing import queries
from processing.alerts.message import details, headline
from processing.backtest import backtest
from processing.contract import ClickHouseAddress, Incident, Spike, TaggedPost, VerdictName
from processing.detection.policy import DetectorPolicy
from processing.explanation.sentences import doubt_sentence
from processing.store.client import Parameters, Row, Store
from processing.store.records import write_spikes
from processing.store.writer import recount, write_posts
from processing.verdicts import evidence
from processing.verdicts.collectors import Circumstances
from tests.conftest import NOON
from tests.support.rises import (
    ARTICLE,
    END,
    HEADLINE,
    START,
    WIDTH,
    background,
    cover,
    decisions,
    fill,
    own_words,
    rise,
    watched,
)

pytestmark = pytest.mark.long

MINUTE, HALF_AN_HOUR, HOUR = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1)


def figures(incident: Incident) -> dict[str, float]:
    return {each.name: each.value for each in incident.evidence}


def decisive(incident: Incident) -> list[str]:
    return [each.name for each in incident.evidence if each.decisive]


def led_by(store: Store, incident: Incident) -> Spike:
    [lead] = [
        spike
        for spike in queries.spikes(store, START, END)
        if (spike.topic, spike.language, spike.start)
        == (incident.lead_topic, incident.lead_language, incident.lead_start)
    ]
    return lead


def as_of_the_end(store: Store) -> Circumstances:
    return Circumstances(END, queries.coverage(store), {"ban": "ban"})


def not_told(store: Store, verdict: VerdictName) -> Incident:
    """The one incident of the store, which is recorded and not told."""
    said, incidents = watched(store)
    assert said == []
    [incident] = incidents
    assert incident.verdict is verdict
    assert decisions(store) == ["verdict"]
    return incident


def told(store: Store) -> Incident:
    said, incidents = watched(store)
    assert said.count("opened") == 1
    [incident] = incidents
    assert incident.verdict is VerdictName.ORGANIC
    assert "verdict" not in decisions(store)
    return incident


FLOODS: dict[str, dict[str, object]] = {
    "one account": {"author": "loud@server1.example"},
    "one text": {"text": lambda number: f"{HEADLINE} {number}"},
    "one server": {"author": lambda number: f"bot{number}@bots.example"},
}


def retold(store: Store, until: datetime = END) -> tuple[Incident, ...]:
    """What a backtest of the same counts says."""
    return backtest(store, DetectorPolicy.for_bins(WIDTH), {"ban": "ban"}, START, until + WIDTH).incidents


@pytest.mark.parametrize(
    ("flood", "reason"), [("one account", "repeated"), ("one text", "repeated"), ("one server", "one_domain")]
)
def test_a_flood_in_one_language_of_a_surge_is_not_named_as_people_of_it(store: Store, flood: str, reason: str) -> None:
    fill(store, background(), rise(300, HALF_AN_HOUR), rise(100, HALF_AN_HOUR, language="ar", **FLOODS[flood]))
    said, incidents = watched(store)
    assert said.count("opened") == 1
    [incident] = incidents
    assert (incident.lead_language, incident.verdict, incident.languages) == ("*", VerdictName.ORGANIC, ("en",))
    [doubt] = incident.doubted
    assert (doubt.language, doubt.verdict, doubt.reason) == ("ar", VerdictName.CONCENTRATED, reason)
    assert doubt.value > 0.95
    assert doubt_sentence(doubt, "Arabic") in details(incident, WIDTH)
    assert "ar" not in {each.language for each in incident.terms}
    assert retold(store) == incidents


@pytest.mark.parametrize("few", [3, 5, 8])
@pytest.mark.parametrize("flood", ["one account", "one text"])
def test_a_flood_is_not_told_for_a_language_that_joined_it_with_a_few_posts(store: Store, flood: str, few: int) -> None:
    fill(
        store,
        background(talk=20),
        rise(600, HALF_AN_HOUR, **FLOODS[flood]),
        rise(few, timedelta(minutes=20), language="ar"),
    )
    not_told(store, VerdictName.CONCENTRATED)
    assert {incident.verdict for incident in retold(store)} == {VerdictName.CONCENTRATED}


@pytest.mark.parametrize("posts", [1_500, 60])
def test_a_far_larger_second_surge_is_told_again_and_a_like_one_is_not(store: Store, posts: int) -> None:
    first = rise(50, HALF_AN_HOUR, id=lambda n: f"first-{n}", created_at=lambda n: NOON - 5 * HOUR + n * MINUTE / 2)
    fill(store, background(), first, until=NOON - 3 * HOUR)
    assert watched(store)[0].count("opened") == 1
    fill(store, rise(posts, HALF_AN_HOUR), until=NOON + 2 * HOUR)
    said, _ = watched(store)
    assert said == ["grew"]
    cover(store, START, END)
    assert watched(store)[0] == []
    [incident] = queries.incidents(store)
    assert [pulse.start for pulse in incident.pulses] == [NOON - 5 * HOUR, NOON]


@pytest.mark.parametrize("until", [2 * HOUR, 4 * HOUR], ids=["while it goes on", "when it is over"])
def test_one_account_that_goes_on_when_people_have_stopped_does_not_prolong_their_surge(
    store: Store, until: timedelta
) -> None:
    people = rise(300, HALF_AN_HOUR)
    later = {"created_at": lambda number: NOON + 105 * MINUTE + number * MINUTE / 4, "id": lambda number: f"l{number}"}
    fill(
        store, background(), people, rise(120, HALF_AN_HOUR, **later, author="loud@server1.example"), until=NOON + until
    )
    said, [incident] = watched(store)
    assert said.count("opened") == 1
    assert incident.end is not None
    assert incident.end < NOON + HOUR
    assert incident.observed < 310
    assert incident.verdict is VerdictName.ORGANIC
    beside = [spike for spike in queries.spikes(store, START, END) if spike.start >= NOON + HOUR]
    assert {(spike.language, spike.verdict) for spike in beside} == {
        ("*", VerdictName.CONCENTRATED),
        ("en", VerdictName.CONCENTRATED),
    }
    assert {spike.end is None for spike in beside} == {until == 2 * HOUR}
    assert (incident,) == retold(store, NOON + until)


def test_people_who_come_back_prolong_their_surge_also_behind_an_account_that_does_not(store: Store) -> None:
    def behind(minutes: int, name: str) -> dict[str, object]:
        begin = NOON + minutes * MINUTE
        return {"created_at": lambda number: begin + number * MINUTE / 4, "id": lambda number: f"{name}{number}"}

    loud = rise(80, HALF_AN_HOUR, **behind(120, "loud"), author="loud@server1.example")
    again = rise(100, HALF_AN_HOUR, **behind(250, "again"))
    until = NOON + 290 * MINUTE
    fill(store, background(), rise(300, HALF_AN_HOUR), loud, again, until=until)
    said, [incident] = watched(store)
    assert said.count("opened") == 1
    assert incident.end is None
    assert 400 <= incident.observed < 410
    assert (incident,) == retold(store, until)


@pytest.mark.parametrize("restarted", [False, True])
def test_people_who_come_within_hours_of_a_flood_are_told_for_themselves(store: Store, *, restarted: bool) -> None:
    """Beside what is usual since the flood began they are few, beside what is while they post they are not."""
    flood = rise(300, HALF_AN_HOUR, author="loud@server1.example")
    begin = NOON + 150 * MINUTE
    people = rise(40, 20 * MINUTE, id=lambda number: f"p{number}", created_at=lambda n: begin + n * MINUTE / 2)
    fill(store, background(talk=20), flood, people, until=begin + 7 * MINUTE if restarted else END)
    said, _ = watched(store)
    cover(store, START, END)
    more, [incident] = watched(store)
    assert (said + more).count("opened") == 1
    assert (incident.verdict, incident.languages, incident.doubted) == (VerdictName.ORGANIC, ("en",), ())
    assert begin - WIDTH <= incident.start <= begin + WIDTH
    assert 30 <= incident.observed <= 45
    [pulse] = incident.pulses
    assert pulse.peak == incident.peak
    assert abs(pulse.start - incident.start) <= WIDTH
    assert 0 < pulse.observed <= incident.observed
    assert [msgspec.structs.replace(each, id=incident.id) for each in retold(store)] == [incident]


def test_a_surge_in_a_small_language_is_told_beside_a_flood_in_the_largest(store: Store) -> None:
    """The flood is most of what all languages together hold, so together they are not people."""
    flood = rise(800, HALF_AN_HOUR, author="loud@server1.example")
    fill(store, background(talk=120), flood, rise(40, HALF_AN_HOUR, language="ar"))
    said, incidents = watched(store)
    assert ": ban in Arabic at " in headline(incidents[0])
    assert said.count("opened") == 1
    [incident] = incidents
    assert (incident.lead_topic, incident.lead_language) == ("ban", "ar")
    assert NOON <= incident.start <= NOON + WIDTH
    assert 30 <= incident.observed <= 40
    assert (incident.verdict, incident.languages) == (VerdictName.ORGANIC, ("ar",))
    assert [(each.language, each.verdict, each.reason) for each in incident.doubted] == [
        ("en", VerdictName.CONCENTRATED, "repeated")
    ]
    assert {spike.language: spike.verdict for spike in queries.spikes(store, START, END)} == {
        "*": VerdictName.CONCENTRATED,
        "en": VerdictName.CONCENTRATED,
        "ar": VerdictName.ORGANIC,
    }
    assert "verdict" not in decisions(store)
    assert retold(store) == incidents


def test_a_backlog_of_one_source_in_one_language_is_named_as_one(store: Store) -> None:
    late = rise(
        100,
        HALF_AN_HOUR,
        language="ar",
        source="another",
        seen_at=lambda number: NOON + timedelta(hours=3, seconds=number),
    )
    usual = background(talk=0, source="another", language="ar")
    fill(store, background(), rise(300, HALF_AN_HOUR), usual, late)
    [incident] = watched(store)[1]
    assert (incident.verdict, incident.languages) == (VerdictName.ORGANIC, ("en",))
    assert [(each.language, each.verdict, each.reason) for each in incident.doubted] == [
        ("ar", VerdictName.COLLECTOR, "late")
    ]
    assert retold(store) == (incident,)


def test_people_who_join_a_flood_hours_later_are_told_since_they_began(store: Store) -> None:
    flood = rise(300, HALF_AN_HOUR, author="loud@server1.example")
    fill(store, background(talk=20), flood, until=NOON + timedelta(hours=1))
    not_told(store, VerdictName.CONCENTRATED)
    begin = NOON + timedelta(hours=2)
    people = rise(60, HALF_AN_HOUR, language="ar", created_at=lambda number: begin + timedelta(seconds=30 * number))
    fill(store, people)
    said, [incident] = watched(store)
    assert said.count("opened") == 1
    assert (incident.start, incident.lead_language, incident.languages) == (begin, "*", ("ar",))
    assert decisions(store)[:2] == ["verdict", "opened"]
    assert watched(store)[0] == []


@pytest.mark.parametrize("minutes", [10, 20, 45])
def test_a_restart_between_finds_the_same_and_asks_nothing_again(store: Store, minutes: int) -> None:
    flood = rise(100, HALF_AN_HOUR, language="ar", author="loud@server1.example")
    fill(store, background(), rise(300, HALF_AN_HOUR), flood, until=NOON + timedelta(minutes=minutes))
    first, _ = watched(store)
    cover(store, START, END)
    second, incidents = watched(store)
    assert (first + second).count("opened") == 1
    assert retold(store) == incidents
    before = store.query("SELECT * FROM spike_versions ORDER BY ALL")
    assert watched(store) == ([], incidents)
    assert store.query("SELECT * FROM spike_versions ORDER BY ALL") == before


def test_spikes_of_a_time_when_only_incidents_were_judged_are_judged_before_anything_is_told(store: Store) -> None:
    fill(store, background(), rise(300, HALF_AN_HOUR, author="loud@server1.example"), until=NOON + HALF_AN_HOUR)
    not_told(store, VerdictName.CONCENTRATED)
    known = queries.spikes(store, START, END)
    write_spikes(store, [msgspec.structs.replace(each, verdict=VerdictName.ORGANIC, evidence=()) for each in known])
    cover(store, START, NOON + timedelta(hours=1))
    not_told(store, VerdictName.CONCENTRATED)
    assert {each.verdict for each in queries.spikes(store, START, END)} == {VerdictName.CONCENTRATED}


class CountingStore(Store):
    """Counts what it is asked."""

    asked = 0

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        self.asked += 1
        return super().query(sql, parameters)


def test_many_spikes_are_judged_with_as_few_questions_as_one(store: Store, address: ClickHouseAddress) -> None:
    languages = ("en", "ar", "es", "hi", "ja")
    fill(store, background(), *(rise(30, HALF_AN_HOUR, language=language) for language in languages))
    watched(store)
    known = queries.spikes(store, START, END)
    assert {each.language for each in known} == {"*", *languages}
    given = as_of_the_end(store)
    with CountingStore(address) as counting:
        together = list(evidence.facts(counting, known, given))
        asked = counting.asked
        alone = [facts for each in known for facts in evidence.facts(counting, [each], given)]
    assert together == alone
    assert counting.asked == asked * (1 + len(known))


def test_forty_posts_by_the_bots_of_one_server_within_ninety_seconds(store: Store) -> None:
    bots = rise(40, timedelta(seconds=90), author=lambda number: f"bot{number}@bots.example")
    fill(store, background(), bots)
    incident = not_told(store, VerdictName.CONCENTRATED)
    assert decisive(incident) == ["one_domain"]
    assert figures(incident)["one_domain"] > 0.9
    assert figures(incident)["authors"] >= 40


def test_the_first_posts_of_a_flood_do_not_make_its_server_a_usual_one(store: Store) -> None:
    """Nobody else writes that language, so before the rise all of it is the server's."""
    bots = {"author": lambda number: f"bot{number}@bots.example", "language": "ar"}
    first = rise(
        4, 8 * MINUTE, **bots, id=lambda number: f"first-{number}", created_at=lambda n: NOON - (9 - n) * MINUTE
    )
    fill(store, background(), first, rise(40, HALF_AN_HOUR, **bots))
    assert "one_domain" in decisive(not_told(store, VerdictName.CONCENTRATED))


def test_a_server_is_no_usual_one_because_it_has_flooded_before(store: Store) -> None:
    bots = {"author": lambda number: f"bot{number}@bots.example", "language": "ar"}
    before = rise(
        400, HALF_AN_HOUR, **bots, id=lambda n: f"before-{n}", created_at=lambda n: NOON - 4 * HOUR + n * MINUTE / 13
    )
    others = background(talk=1, language="ar", source="another", rest_at_noon=4)
    fill(store, background(), others, before, rise(60, HALF_AN_HOUR, **bots))
    said, incidents = watched(store)
    assert said == []
    assert {incident.verdict for incident in incidents} == {VerdictName.CONCENTRATED}
    assert {"one_domain"} <= {name for incident in incidents for name in decisive(incident)}


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
    assert said.count("opened") == 1
    assert incident.verdict is VerdictName.ORGANIC
    assert decisions(store)[:2] == ["verdict", "opened"]
    assert watched(store)[0] == []


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


def test_a_source_whose_posts_never_have_a_time_of_their_own(store: Store) -> None:
    """As most articles of GDELT. What it brings as usual, it brings so in a surge too, beside another source or not."""
    own = background(talk=20, source="another")
    fill(store, background(), [_marked(each) for each in [*own, *rise(120, HALF_AN_HOUR, source="another")]])
    told(store)


def _marked(tagged: TaggedPost) -> TaggedPost:
    return msgspec.structs.replace(tagged, post=msgspec.structs.replace(tagged.post, clock_replaced=True))


def test_all_topics_of_a_source_that_move_together(store: Store) -> None:
    fill(store, background(rest_at_noon=2_500), rise(60, HALF_AN_HOUR))
    incident = not_told(store, VerdictName.COLLECTOR)
    assert decisive(incident) == ["everything_rose"]
    assert figures(incident)["everything_rose"] > 15


def test_a_sub_topic_rises_with_its_subject_and_not_with_the_collector(store: Store) -> None:
    people = [msgspec.structs.replace(each, topics=("ban", "part")) for each in rise(40, HALF_AN_HOUR)]
    fill(store, background(), people, rise(300, HALF_AN_HOUR, id=lambda number: f"other-{number}"))
    spike = msgspec.structs.replace(led_by(store, told(store)), topic="part")
    coverage = queries.coverage(store)
    [of_the_subject] = evidence.facts(store, [spike], Circumstances(END, coverage, {"part": "ban"}))
    [of_itself] = evidence.facts(store, [spike], Circumstances(END, coverage, {}))
    assert of_the_subject.rest is not None
    assert of_itself.rest is not None
    assert of_the_subject.rest < 2
    assert of_itself.rest > 5


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
    [seen] = evidence.facts(store, [led_by(store, incident)], as_of_the_end(store))
    assert seen.backfilled == pytest.approx(60 / 81, abs=0.02)


def test_a_surge_on_the_second_day_is_judged_by_its_own_posts(store: Store) -> None:
    before = NOON - timedelta(hours=30)
    copied = rise(
        300, HALF_AN_HOUR, id=lambda number: f"copy-{number}", created_at=before, author="loud@server1.example"
    )
    fill(store, background(), rise(120, HALF_AN_HOUR))
    spike = msgspec.structs.replace(led_by(store, told(store)), start=before)
    recount(store, write_posts(store, copied))
    [seen] = evidence.facts(store, [spike], as_of_the_end(store))
    assert seen.concentration.top_author < 0.1
