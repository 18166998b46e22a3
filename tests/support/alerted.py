"""An incident with everything that a message can tell of one."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from processing.alerts.news import Acknowledgement, IncidentNews, Picture, Told
from processing.alerts.notification import Growth, Step
from processing.contract import Doubt, DrivingTerm, Evidence, Incident, IncidentState, Pulse, Severity, VerdictName
from processing.explanation import SharedPost
from processing.queries import Statement
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
WIDTH = 5 * MINUTE

INCIDENT = Incident(
    id="ban-20200710T1210Z",
    topic="ban",
    state=IncidentState.OPEN,
    start=NOON,
    detected_at=NOON + 10 * MINUTE,
    peak=NOON + 35 * MINUTE,
    end=None,
    observed=4_200,
    expected=310.0,
    ratio=35.5,
    score=4.1,
    severity=Severity.EXTREME,
    languages=("en", "ar"),
    subtopics=("employer-ban",),
    pulses=(
        Pulse(NOON, NOON + 35 * MINUTE, 212, 5.0),
        Pulse(NOON + 300 * MINUTE, NOON + 320 * MINUTE, 431, 6.0),
    ),
    synthetic=True,
    lead_start=NOON,
    evidence=(Evidence("voices", 0.66), Evidence("compared", 2_000)),
    terms=(DrivingTerm("en", "work phones"), DrivingTerm("en", "delete"), DrivingTerm("ar", "أمازون")),
    doubted=(Doubt("zh", VerdictName.CONCENTRATED, "one_domain", 0.97),),
)


def a_post(**fields: object) -> SharedPost:
    """A post of the incident with whatever the test needs different."""
    given: dict[str, object] = {
        "source": "bluesky",
        "id": "1",
        "created_at": NOON + MINUTE,
        "language": "ar",
        "author": "sara",
        "text": "أمازون تطلب حذف TikTok",
        "url": "https://example.org/1",
        "shared": 12,
        "reposts": None,
        "likes": None,
    } | fields
    return SharedPost(**given)  # type: ignore[arg-type]


PICTURE = Picture(
    start=NOON - 20 * MINUTE,
    width=WIDTH,
    counts=(3, 0, 4, 5, 40, 110, 212, 90),
    people=3_100,
    first=a_post(),
    most_shared=a_post(id="2", author="", text="Amazon: delete it!", url="javascript:alert(1)"),
    query=Statement("SELECT sum(posts) FROM counts WHERE topic = {topic:String}", {"topic": "ban"}),
)


def news(step: Step = Step.OPENED, **fields: object) -> IncidentNews:
    """A step of this incident with whatever the test needs different."""
    given: dict[str, object] = {"step": step, "at": NOON + 15 * MINUTE, "incident": INCIDENT, "picture": PICTURE}
    return IncidentNews(**given | fields)  # type: ignore[arg-type]


GREW = news(
    Step.GREW,
    growth=(Growth.SEVERITY, Growth.LANGUAGE, Growth.PULSE),
    told=Told(severity=Severity.MAJOR, languages=("en",), peak=207.0, pulse=NOON),
)
ACKNOWLEDGED = news(
    Step.ACKNOWLEDGED,
    picture=None,
    acknowledgement=Acknowledgement(by="desk", note="I call Amazon", at=NOON + 15 * MINUTE),
)
RESOLVED = news(
    Step.RESOLVED,
    incident=msgspec.structs.replace(INCIDENT, end=NOON + 400 * MINUTE, state=IncidentState.CLOSED),
)
