from __future__ import annotations

import io
from datetime import datetime, timedelta

import msgspec
import pytest

from processing.alerts.message import SYNTHETIC, details, headline
from processing.alerts.notification import Attempt, Fact, Message, Notification, Outcome, Step
from processing.alerts.notifiers.console import Console
from processing.contract import Doubt, DrivingTerm, Evidence, Incident, IncidentState, Pulse, Severity, VerdictName
from processing.explanation.sentences import verdict_sentence
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


PART = Message(language="en", title="One surge", facts=(Fact("posts", "400"),))
A_NOTIFICATION = Notification(
    key="1",
    conversation="ban-1",
    channel="console",
    step=Step.DIGEST,
    at=NOON,
    message=Message(language="en", title="Two surges", parts=(PART,)),
)


class Stream(io.StringIO):
    """Standard output as it is found when something is wrong with it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(OSError("no space left on device"), Outcome.RETRY), (BrokenPipeError("nobody reads"), Outcome.REFUSED)],
)
def test_the_console_says_whether_it_is_worth_another_try(error: OSError, outcome: Outcome) -> None:
    assert Console(Stream(error)).notify(A_NOTIFICATION) == Attempt(outcome, str(error))


def test_the_console_prints_a_message_and_its_parts() -> None:
    out = io.StringIO()
    assert Console(out).notify(A_NOTIFICATION) == Attempt(Outcome.SENT)
    assert out.getvalue() == "ALERT Two surges\nALERT One surge\n  posts: 400\n"
