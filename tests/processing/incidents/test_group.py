from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from processing.contract import Doubt, Evidence, Incident, IncidentState, Pulse, Severity, Spike, VerdictName
from processing.detection.policy import DetectorPolicy
from processing.incidents.group import IncidentPolicy, group, still_growing
from tests.conftest import NOON

HOUR = timedelta(hours=1)
POLICY = IncidentPolicy()
ROOTS = {"ban": "ban", "employer-ban": "ban", "retraction": "ban", "court": "court"}


def spike(
    topic: str = "ban", language: str = "*", *, start: float = 0, end: float | None = 2, **fields: object
) -> Spike:
    """Hours after noon."""
    begun = NOON + start * HOUR
    made = Spike(
        topic=topic,
        language=language,
        start=begun,
        detected_at=begun + timedelta(minutes=10),
        peak=begun + timedelta(minutes=30),
        end=None if end is None else NOON + end * HOUR,
        observed=500,
        expected=10.0,
        ratio=40.0,
        score=3.2,
        severity=Severity.EXTREME,
        provisional=False,
        pulses=(Pulse(begun, begun + timedelta(minutes=30), 120, 2.0),),
    )
    return msgspec.structs.replace(made, **fields)


def grouped(*spikes: Spike, known: tuple[Incident, ...] = (), now: float = 3) -> tuple[Incident, ...]:
    return group(POLICY, spikes, known, ROOTS, NOON + now * HOUR)


def test_languages_and_sub_topics_of_one_event_are_one_incident() -> None:
    [incident] = grouped(
        spike(language="ar", start=0.5, observed=300),
        spike(observed=900),
        spike("employer-ban", "en", observed=600),
        spike("retraction", start=5, end=7, observed=200),
        now=8,
    )
    assert incident.topic == "ban"
    assert incident.languages == ("en", "ar")
    assert incident.subtopics == ("employer-ban", "retraction")
    assert (incident.start, incident.end) == (NOON, NOON + 2 * HOUR)


def test_a_sub_topic_that_goes_on_for_days_joins_no_two_surges_and_lengthens_none() -> None:
    incidents = grouped(
        spike("employer-ban", start=-3, end=None, observed=900),
        spike(),
        spike(start=40, end=42),
        now=43,
    )
    assert [(each.start, each.end) for each in incidents] == [
        (NOON, NOON + 2 * HOUR),
        (NOON + 40 * HOUR, NOON + 42 * HOUR),
    ]
    assert [each.subtopics for each in incidents] == [("employer-ban",), ()]


def test_it_speaks_with_the_figures_of_the_root_topic_over_all_languages() -> None:
    [incident] = grouped(spike(observed=900), spike("employer-ban", observed=700, score=9.0))
    assert (incident.observed, incident.score, incident.lead_topic) == (900, 3.2, "ban")


def test_all_its_figures_are_those_of_the_spike_that_leads() -> None:
    [incident] = grouped(
        spike("employer-ban", observed=70, score=9.1, ratio=30.0),
        spike("employer-ban", "en", observed=60, score=9.9, ratio=99.0),
    )
    assert (incident.lead_topic, incident.lead_language) == ("employer-ban", "*")
    assert (incident.observed, incident.score, incident.ratio) == (70, 9.1, 30.0)


def copied(share: float, *, decisive: bool = False) -> tuple[Evidence, ...]:
    return (Evidence("repeated", share, 0.9, decisive), Evidence("voices", 1.0 - share), Evidence("posts", 500))


@pytest.mark.parametrize("language", ["*", "en"])
def test_it_is_never_told_on_a_sub_topic_whose_posts_are_those_of_a_doubted_root(language: str) -> None:
    flood = spike(observed=80, verdict=VerdictName.CONCENTRATED, evidence=copied(0.79, decisive=True))
    part = spike("employer-ban", language, observed=62, score=9.0, evidence=copied(0.51))
    [incident] = grouped(flood, part)
    assert (incident.verdict, incident.lead_topic) == (VerdictName.CONCENTRATED, "ban")
    # What is mostly people's is told for itself, and so is what comes at another time.
    own = spike("employer-ban", observed=62, evidence=copied(0.49))
    [incident] = grouped(flood, own)
    assert (incident.verdict, incident.lead_topic) == (VerdictName.ORGANIC, "employer-ban")
    later = msgspec.structs.replace(part, language="*", start=NOON + 2 * HOUR, end=NOON + 3 * HOUR)
    [incident] = grouped(flood, later)
    assert (incident.verdict, incident.lead_topic) == (VerdictName.ORGANIC, "employer-ban")


def test_a_language_of_the_same_flood_is_doubted_for_the_same() -> None:
    flood = spike(observed=80, verdict=VerdictName.CONCENTRATED, evidence=copied(0.79, decisive=True))
    part = spike(language="en", observed=70, evidence=copied(0.78))
    [incident] = grouped(flood, part)
    assert (incident.verdict, incident.languages) == (VerdictName.CONCENTRATED, ())
    assert incident.doubted == (Doubt("en", VerdictName.CONCENTRATED, "repeated", 0.78),)


def test_its_figures_leave_out_the_flood_in_the_middle_of_people() -> None:
    pulses = (Pulse(NOON, NOON + HOUR / 2, 100, 1.0), Pulse(NOON + HOUR, NOON + 1.5 * HOUR, 200, 4.0))
    [incident] = grouped(spike(observed=500, ratio=40.2, pulses=pulses, evidence=copied(0.8)))
    assert incident.observed == 100
    assert [pulse.observed for pulse in incident.pulses] == [20, 40]
    assert incident.ratio == pytest.approx(41 / 5)
    assert grouped(spike(observed=500, ratio=40.2, evidence=copied(0.3)))[0].observed == 500


def test_fewer_than_five_people_make_no_incident() -> None:
    assert grouped(spike(observed=7, evidence=copied(0.43))) == ()
    assert len(grouped(spike(observed=9, evidence=copied(0.43)))) == 1


def test_three_people_in_a_day_make_an_incident_and_three_in_half_an_hour_do_not() -> None:
    slow = DetectorPolicy.for_bins(timedelta(minutes=5)).slow.name
    assert len(grouped(spike(observed=3, window=slow))) == 1
    assert grouped(spike(observed=2, window=slow)) == ()
    assert grouped(spike(observed=3, window="30 min")) == grouped(spike(observed=3)) == ()


def test_events_days_apart_are_two_incidents() -> None:
    assert len(grouped(spike(), spike(start=40, end=41), now=42)) == 2


def test_another_subject_is_another_incident() -> None:
    assert {incident.topic for incident in grouped(spike(), spike("court"))} == {"ban", "court"}


def test_a_small_spike_of_a_sub_topic_opens_nothing_but_joins() -> None:
    small = spike("retraction", "tr", severity=Severity.NOTABLE)
    assert grouped(small) == ()
    [incident] = grouped(small, spike())
    assert incident.subtopics == ("retraction",)


def test_a_major_spike_of_a_sub_topic_over_all_languages_opens_one() -> None:
    assert len(grouped(spike("employer-ban", severity=Severity.MAJOR))) == 1


def test_an_incident_keeps_its_id_while_it_grows_backwards_and_forwards() -> None:
    first = grouped(spike(start=1))
    later = grouped(spike(start=1), spike(language="ar", start=0.5), spike("retraction", start=6, end=8), known=first)
    assert [incident.id for incident in later] == [first[0].id]
    assert later[0].start == NOON + 0.5 * HOUR


def test_the_next_incident_does_not_take_the_id_of_the_last() -> None:
    first = grouped(spike())
    both = grouped(spike(), spike(start=40, end=41), known=first, now=42)
    assert both[0].id == first[0].id
    assert both[1].id != first[0].id


def test_it_is_open_while_it_may_still_grow() -> None:
    def state(now: float) -> IncidentState:
        return grouped(spike(), now=now)[0].state

    assert state(3) is IncidentState.OPEN
    assert state(13.9) is IncidentState.OPEN
    assert state(14.1) is IncidentState.CLOSED
    assert grouped(spike(end=None), now=30)[0].state is IncidentState.OPEN


def test_a_closed_incident_stays_as_it_is() -> None:
    closed = grouped(spike(), spike(language="ar"), now=20)
    assert grouped(spike(), known=closed, now=400) == closed


@pytest.mark.parametrize("left", [{}, {"ban": "ban"}], ids=["the whole list", "the sub-topics"])
def test_topics_that_leave_the_taxonomy_stay_with_their_incident_and_open_none(left: dict[str, str]) -> None:
    part, untold = spike("employer-ban", "en"), spike("retraction", severity=Severity.NOTABLE)
    [told] = grouped(spike(), part)
    now = NOON + 4 * HOUR
    assert group(POLICY, [spike(), part, untold], [told], left, now) == (told,)
    assert set(still_growing(POLICY, [spike(end=14), part], [told], left, NOON + 15 * HOUR)) == {spike(end=14), part}


def test_what_nothing_can_join_any_more_is_left_out_whole() -> None:
    old, recent = spike(), spike(start=40, end=41)
    assert still_growing(POLICY, [old, recent], (), ROOTS, NOON + 42 * HOUR) == (recent,)
    chained = spike("retraction", start=10, end=11)
    assert set(still_growing(POLICY, [old, chained], (), ROOTS, NOON + 20 * HOUR)) == {old, chained}


def test_grouping_does_not_depend_on_the_order_of_the_spikes() -> None:
    spikes = (spike(), spike(language="ar"), spike("retraction", start=4, end=5), spike(start=40, end=41))
    assert grouped(*spikes, now=50) == grouped(*reversed(spikes), now=50)


def test_it_names_the_series_whose_figures_it_has() -> None:
    [incident] = grouped(spike("employer-ban", severity=Severity.MAJOR), spike("employer-ban", "ar"))
    assert (incident.lead_topic, incident.lead_language) == ("employer-ban", "*")


REPEATED = (Evidence("repeated", 0.98, 0.9, decisive=True), Evidence("posts", 900))
FLOOD = {"verdict": VerdictName.CONCENTRATED, "evidence": REPEATED}


def test_a_flood_in_one_language_does_not_hide_people_in_another() -> None:
    [incident] = grouped(
        spike(observed=1_500, score=9.0, **FLOOD),
        spike(language="en", observed=1_300, score=8.0, **FLOOD),
        spike(language="ar", start=0.5, end=3, observed=90, severity=Severity.MAJOR),
        now=4,
    )
    assert (incident.verdict, incident.lead_language, incident.lead_start) == (
        VerdictName.ORGANIC,
        "ar",
        NOON + 0.5 * HOUR,
    )
    assert (incident.observed, incident.score, incident.severity) == (90, 3.2, Severity.MAJOR)
    assert (incident.start, incident.end, incident.lead_end) == (NOON + 0.5 * HOUR, NOON + 3 * HOUR, NOON + 3 * HOUR)
    assert incident.languages == ("ar",)
    assert incident.doubted == (Doubt("en", VerdictName.CONCENTRATED, "repeated", 0.98),)


def test_a_language_of_bots_alone_is_named_apart_in_a_surge_of_people() -> None:
    [incident] = grouped(
        spike(observed=900),
        spike(language="en", observed=700),
        spike(language="ar", observed=200, **FLOOD),
        spike("employer-ban", "ar", observed=300, verdict=VerdictName.COLLECTOR),
        spike("retraction", "tr", observed=20, verdict=VerdictName.BACKFILL),
    )
    assert (incident.lead_language, incident.languages, incident.subtopics) == ("*", ("en",), ())
    assert incident.doubted == (
        Doubt("ar", VerdictName.CONCENTRATED, "repeated", 0.98),
        Doubt("tr", VerdictName.BACKFILL, "", 0.0),
    )


def test_a_language_that_is_not_known_is_not_named() -> None:
    [incident] = grouped(spike(), spike(language="und"), spike(language="ar"))
    assert (incident.languages, incident.doubted) == (("ar",), ())


def test_a_language_with_one_spike_of_people_is_theirs() -> None:
    [incident] = grouped(spike(), spike(language="ar", **FLOOD), spike("employer-ban", "ar"))
    assert (incident.languages, incident.doubted) == (("ar",), ())


def test_where_no_spike_of_people_may_open_an_incident_it_is_what_its_broadest_spike_is() -> None:
    [incident] = grouped(
        spike(**FLOOD), spike(language="en", **FLOOD), spike("retraction", "tr", severity=Severity.NOTABLE)
    )
    assert (incident.verdict, incident.evidence, incident.lead_language) == (VerdictName.CONCENTRATED, REPEATED, "*")
    assert incident.languages == ("tr",)
    assert incident.subtopics == ("retraction",)
    assert [doubt.language for doubt in incident.doubted] == ["en"]


def test_an_incident_keeps_its_id_when_people_join_a_flood_and_may_grow_while_the_flood_lasts() -> None:
    flood = spike(end=None, **FLOOD)
    withheld = grouped(flood, now=5)
    told = grouped(flood, spike(language="ar", start=4, end=5), known=withheld, now=20)
    assert [incident.id for incident in told] == [withheld[0].id]
    assert (told[0].start, told[0].end, told[0].state) == (NOON + 4 * HOUR, NOON + 5 * HOUR, IncidentState.OPEN)
    later = grouped(flood, spike(language="ar", start=4, end=5), known=told, now=21)
    assert [incident.id for incident in later] == [withheld[0].id]
