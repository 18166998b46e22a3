from __future__ import annotations

import io
from datetime import datetime, timedelta

import msgspec
import pytest

from processing.alerts.decision import AlertState, Decision, decide
from processing.alerts.deliver import DeliveryOutcome, Sent, deliver
from processing.alerts.message import SYNTHETIC, details, headline
from processing.alerts.notifiers.console import Console
from processing.contract import Doubt, DrivingTerm, Evidence, Incident, IncidentState, Pulse, Severity, VerdictName
from processing.explanation.sentences import verdict_sentence
from processing.store.client import Store
from tests.conftest import NOON

WIDTH = timedelta(minutes=5)


def an_incident(
    *, synthetic: bool = False, verdict: VerdictName = VerdictName.ORGANIC, end: datetime | None = None
) -> Incident:
    pulses = (
        Pulse(NOON, NOON + timedelta(minutes=35), 212, 5.0),
        Pulse(NOON + timedelta(hours=5), NOON + timedelta(hours=5, minutes=20), 131, 6.0),
    )
    return Incident(
        id="ban-20200710T1210Z",
        topic="ban",
        state=IncidentState.OPEN,
        start=NOON,
        detected_at=NOON + timedelta(minutes=10),
        peak=pulses[0].peak,
        end=end,
        observed=4_200,
        expected=310.0,
        ratio=35.5,
        score=4.1,
        severity=Severity.EXTREME,
        languages=("en", "ar"),
        subtopics=("employer-ban",),
        pulses=pulses,
        synthetic=synthetic,
        lead_start=NOON,
        verdict=verdict,
        evidence=(
            Evidence("repeated", 0.96, 0.9, decisive=verdict is not VerdictName.ORGANIC),
            Evidence("voices", 0.04),
            Evidence("compared", 2_000),
        ),
        terms=(DrivingTerm("en", "work phones"), DrivingTerm("en", "delete"), DrivingTerm("ar", "أمازون")),
    )


def test_it_tells_the_score_and_how_rare_such_a_rise_is() -> None:
    found, *_ = details(an_incident(), WIDTH)
    assert found == (
        "found 12:10 UTC, score 4.1: so large a rise comes less than once in eight months; incident ban-20200710T1210Z"
    )


@pytest.mark.parametrize(
    ("standing", "decision"),
    [
        (AlertState(told=False, acknowledged=False, silenced=False), Decision.FIRST),
        (AlertState(told=True, acknowledged=True, silenced=True), Decision.ALREADY_TOLD),
        (AlertState(told=False, acknowledged=True, silenced=True), Decision.ACKNOWLEDGED),
        (AlertState(told=False, acknowledged=False, silenced=True), Decision.SILENCED),
        (AlertState(False, False, False, VerdictName.CONCENTRATED), Decision.NOT_TOLD_CONCENTRATED),
        (AlertState(False, False, False, VerdictName.COLLECTOR), Decision.NOT_TOLD_COLLECTOR),
        (AlertState(False, False, False, VerdictName.BACKFILL), Decision.NOT_TOLD_BACKFILL),
        (AlertState(True, False, False, VerdictName.CONCENTRATED), Decision.ALREADY_TOLD),
        (AlertState(False, False, True, VerdictName.CONCENTRATED), Decision.SILENCED),
    ],
)
def test_an_incident_is_told_once_and_not_over_a_silence(standing: AlertState, decision: Decision) -> None:
    assert decide(standing) is decision
    assert decision.tells is (decision is Decision.FIRST)


def test_the_message_has_the_numbers_that_the_page_has() -> None:
    assert headline(an_incident()) == "EXTREME: ban at 36 times normal, since Fri 10 Jul 2020 12:00 UTC"
    assert headline(an_incident(end=NOON + timedelta(hours=7))) == (
        "EXTREME: ban at 36 times normal, from Fri 10 Jul 2020 12:00 to 19:00 UTC"
    )
    assert headline(an_incident(end=NOON + timedelta(hours=13))).endswith(
        ", from Fri 10 Jul 2020 12:00 to Sat 11 Jul 2020 01:00 UTC"
    )
    lines = "\n".join(details(an_incident(), WIDTH))
    assert "pulse 2: from Fri 17:00, highest 17:20 UTC with 131 posts in 5 min, 6.0 expected" in lines
    assert "languages: en, ar" in lines
    assert "terms in en: work phones, delete\nterms in ar: أمازون" in lines
    assert "Organic: of 2,000 posts compared, 4% are" in lines
    # A noun behind a number would have to agree with it.
    said = verdict_sentence(VerdictName.ORGANIC, an_incident().evidence, "ar")
    assert said.endswith(" المنشورات المقارَنة: 2,000.")
    assert SYNTHETIC not in lines


def test_synthetic_data_says_so() -> None:
    assert SYNTHETIC in details(an_incident(synthetic=True), WIDTH)


def test_what_was_sent_is_written_down_and_not_repeated(store: Store) -> None:
    out = io.StringIO()
    console = Console(out, WIDTH)
    assert deliver(store, [console], an_incident()) == (Decision.FIRST,)
    assert deliver(store, [console], an_incident()) == (Decision.ALREADY_TOLD,)
    assert out.getvalue().count("ALERT") == 1
    assert store.query("SELECT dedup_key, notifier, outcome FROM deliveries") == [
        ("ban-20200710T1210Z", "console", "sent")
    ]


def test_a_silence_holds_for_its_topic_and_its_time(store: Store) -> None:
    day = timedelta(days=1)
    store.insert(
        "silence_versions",
        ["id", "topic", "starts_at", "ends_at", "by", "note"],
        [["1"], ["ban"], [NOON - day], [NOON + day], ["desk"], ["known"]],
    )
    assert deliver(store, [Console(io.StringIO(), WIDTH)], an_incident()) == (Decision.SILENCED,)


def test_what_a_verdict_keeps_back_is_written_down_once_and_told_when_it_changes(store: Store) -> None:
    out = io.StringIO()
    console = Console(out, WIDTH)
    few = an_incident(verdict=VerdictName.CONCENTRATED)
    for _ in range(3):
        assert deliver(store, [console], few) == (Decision.NOT_TOLD_CONCENTRATED,)
    assert out.getvalue() == ""
    assert deliver(store, [console], an_incident()) == (Decision.FIRST,)
    written = store.query("SELECT decision, outcome, detail FROM deliveries ORDER BY at")
    assert [row[:2] for row in written] == [("not_told_concentrated", "withheld"), ("first", "sent")]
    assert "96% of the posts repeat an author or a text" in written[0][2]


def test_what_is_not_told_does_not_look_like_a_surge() -> None:
    assert headline(an_incident(verdict=VerdictName.COLLECTOR)).startswith("NOT TOLD, COLLECTOR: ban at 36 times")


def test_a_language_that_is_not_people_is_named_with_its_reason_and_never_as_one_of_theirs() -> None:
    doubts = (
        Doubt("zh", VerdictName.CONCENTRATED, "one_domain", 0.97),
        Doubt("tr", VerdictName.COLLECTOR, "everything_rose", 2.94),
        Doubt("de", VerdictName.BACKFILL, "", 0.0),
    )
    lines = details(msgspec.structs.replace(an_incident(), doubted=doubts), WIDTH)
    assert "languages: en, ar" in lines
    assert (
        "zh: few speak. 97% of the posts are from the accounts of one server; without them no surge remains." in lines
    )
    assert any(line.startswith("tr: this may be how") and "rose to 2.9 times the usual too." in line for line in lines)
    assert "de: this is history." in lines
    many = tuple(Doubt(f"l{number}", VerdictName.BACKFILL, "", 0.0) for number in range(8))
    assert "likewise in doubt: l6, l7" in details(msgspec.structs.replace(an_incident(), doubted=many), WIDTH)


def test_the_headline_says_whose_figures_it_has() -> None:
    alone = msgspec.structs.replace(an_incident(), lead_topic="ban", lead_language="ar")
    assert headline(alone) == "EXTREME: ban in ar at 36 times normal, since Fri 10 Jul 2020 12:00 UTC"
    part = msgspec.structs.replace(an_incident(), lead_topic="employer-ban")
    assert headline(part).startswith("EXTREME: ban (employer-ban) at 36 times normal")


class Unreachable:
    """A channel that is down."""

    name = "unreachable"

    def notify(self, incident: Incident) -> Sent:
        return Sent(DeliveryOutcome.RETRY, "connection refused")


def test_a_try_that_failed_does_not_count_as_told(store: Store) -> None:
    deliver(store, [Unreachable()], an_incident())
    assert deliver(store, [Unreachable()], an_incident()) == (Decision.FIRST,)
