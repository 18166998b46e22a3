"""The data dictionary is that of the schema, and every question in it has a sensible answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from dashboard.services import ExampleQuery
from deploy.docs.data_dictionary import STABLE, dictionary
from deploy.docs.example_queries import QUESTIONS, questions
from processing.contract import (
    Evidence,
    Incident,
    IncidentState,
    Severity,
    Spike,
    TaggedPost,
    VerdictName,
)
from processing.store.client import Store
from processing.store.deliveries import DeliveryRow, write_deliveries
from processing.store.records import write_incidents, write_spikes
from processing.store.writer import recount, write_posts
from tests.conftest import ROOT, Template, a_post
from tests.support.queued import Decided, decide

FOUR = datetime(2020, 7, 10, 16, 0, tzinfo=UTC)
ARABIC = "أمازون تطلب حذف تيك توك قبل حظر التطبيق"


def tagged(number: int, language: str, topics: tuple[str, ...], **fields: object) -> TaggedPost:
    at = FOUR + timedelta(seconds=20 * number)
    given = {"id": f"{number}", "created_at": at, "seen_at": at + timedelta(seconds=3), "author": f"a{number % 7}"}
    return TaggedPost(a_post(**given | fields), language, 0.9, topics, "1")


def a_stock() -> list[TaggedPost]:
    """An hour of talk in two languages, a quiet week before it, and chatter beside it."""
    ban = ("ban", "employer-ban", "tiktok")
    hour = [
        tagged(
            number,
            "ar" if number % 3 == 0 else "en",
            (*ban, "retraction") if number % 12 == 1 else ban,
            text=ARABIC if number % 3 == 0 else "Amazon wants TikTok gone",
            hashtags=("TikTokBan",) if number % 2 else ("tiktokban", "amazon"),
            links=("https://www.example.org/a",) if number % 4 else ("https://news.example.com/b",),
        )
        for number in range(120)
    ]
    week_before = [
        tagged(1000 + day, "en", ban, created_at=FOUR - timedelta(days=day), author="old") for day in range(1, 11)
    ]
    chatter = [tagged(2000 + number, "en", (), created_at=FOUR + timedelta(minutes=number)) for number in range(60)]
    return hour + week_before + chatter


@pytest.fixture(scope="module")
def stocked(template: Template) -> Iterator[Store]:
    """A database with the stock, as the user that may only read."""
    writer = template.copied("questions")
    with Store(writer) as store:
        minutes = write_posts(store, a_stock())
        store.command(
            "INSERT INTO post_versions SELECT * REPLACE ('' AS text, true AS deleted, version + 1 AS version)"
            " FROM (SELECT * FROM post_versions FINAL WHERE id IN ('5', '7'))"
        )
        recount(store, minutes)
        write_incidents(store, [an_incident()])
        decide(store, TOLD, Decided("ban-20200707T0205Z", FOUR, channel="", step=""))
        write_deliveries(store, [*map(a_delivery, (1, 2), ("retry", "sent"))])
        write_spikes(store, [a_spike("en", VerdictName.ORGANIC, 0.8), a_spike("ar", VerdictName.CONCENTRATED, 0.04)])
    with Store(replace(writer, user="reader", password=SecretStr(""))) as reader:
        yield reader


def a_spike(language: str, verdict: VerdictName, voices: float) -> Spike:
    few = verdict is VerdictName.CONCENTRATED
    return Spike(
        topic="ban",
        language=language,
        start=FOUR,
        detected_at=FOUR + timedelta(minutes=5),
        peak=FOUR + timedelta(minutes=20),
        end=FOUR + timedelta(hours=1),
        observed=60,
        expected=1.0,
        ratio=30.5,
        score=9.0,
        severity=Severity.EXTREME,
        provisional=False,
        pulses=(),
        verdict=verdict,
        evidence=(Evidence("repeated", 1.0 - voices, 0.9, few), Evidence("voices", voices)),
    )


def an_incident() -> Incident:
    return Incident(
        id="ban-20200710T1605Z",
        topic="ban",
        state=IncidentState.CLOSED,
        start=FOUR,
        detected_at=FOUR + timedelta(minutes=5),
        peak=FOUR + timedelta(minutes=20),
        end=FOUR + timedelta(hours=1),
        observed=120,
        expected=1.0,
        ratio=60.5,
        score=20.0,
        severity=Severity.EXTREME,
        languages=("en", "ar"),
        subtopics=("employer-ban",),
        pulses=(),
        synthetic=False,
        lead_start=FOUR,
        lead_end=FOUR + timedelta(hours=1),
    )


TOLD = Decided("ban-20200710T1605Z", FOUR)


def a_delivery(attempt: int, reason: str) -> DeliveryRow:
    at = FOUR + timedelta(seconds=11 * attempt)
    return DeliveryRow(
        key=TOLD.key,
        conversation=TOLD.conversation,
        channel=TOLD.channel,
        step=TOLD.step,
        attempt=attempt,
        reason=reason,
        latency=0.2,
        message=TOLD.key,
        pause=0.0,
        message_id="17",
        detail="",
        at=at,
    )


FRIDAY = date(2020, 7, 10)
SENSIBLE: dict[str, Callable[[list[Any]], bool]] = {
    "surges": lambda rows: rows[0][3:] == ("ban", "extreme", 60.5, ["en", "ar"]),
    "made-by": lambda rows: (
        [row[1:2] + row[4:] for row in rows] == [("ar", "concentrated", "repeated", 0.04), ("en", "organic", "", 0.8)]
    ),
    "told": lambda rows: [row[:3] + row[4:] for row in rows] == [(TOLD.conversation, "slack", "opened", 22, 2, "17")],
    "untold": lambda rows: [row[:2] for row in rows] == [("ban-20200707T0205Z", "")],
    "languages": lambda rows: [row[:2] for row in rows] == [("en", 80), ("ar", 40)] and rows[0][2] == 66.7,
    "hashtags": lambda rows: [row[0] for row in rows] == ["tiktokban", "amazon"] and rows[0][1] == 7,
    "share": lambda rows: rows[0][1:] == (120, 180, 66.7),
    "first-posts": lambda rows: len(rows) == 10 and rows[0][0] == FOUR,
    "domains": lambda rows: {row[0] for row in rows} == {"example.org", "news.example.com"},
    "deleted": lambda rows: rows[0][:4] == (FRIDAY, "example", 120, 2),
    "weeks": lambda rows: rows[4][0] == 5 and rows[4][1:3] == (1, 120),
    "concentration": lambda rows: rows == [(7, 120, 100.0)],
    "new-authors": lambda rows: rows[-1] == (FRIDAY, 7, 7) and rows[1][2] == 0,
    "freshness": lambda rows: rows[0][0] == "example" and rows[0][3] == 3,
    "arabic": lambda rows: rows[0] == (FRIDAY, 40, 7, 0),
    "reasons": lambda rows: rows == [("employer-ban", 130, 2), ("tiktok", 130, 2), ("retraction", 10, 1)],
    "corrections": lambda rows: [row[:4] for row in rows] == [("en", 70, 10, 12.5), ("ar", 40, 0, 0.0)],
    "series": lambda rows: len(rows) == 20 * 288 and sum(row[1] for row in rows) == 40 and rows[0][1:] == (0, 0),
    "posted-alike": lambda rows: len(rows) == 20 and rows[0][2:5] == (12, ["link", "text"], 60.0) and not rows[0][6],
    "busiest": lambda rows: [row[0] for row in rows] == ["en", "ar"] and rows[0][2] == 10,
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_has_a_sensible_answer(stocked: Store, question: ExampleQuery) -> None:
    rows = stocked.query(question.sql)
    assert SENSIBLE[question.name](rows), rows


def test_the_questions_are_about_the_watch_list() -> None:
    asked = {each.name: each.sql for each in questions("outage", unwatched=("likely-outage",))}
    assert {each.name for each in QUESTIONS} - asked.keys() == {"corrections"}
    assert "topic = 'outage'" in asked["languages"]
    assert "other NOT IN ('outage', 'likely-outage')" in asked["reasons"]
    assert [name for name, sql in asked.items() if "'ban'" in sql or "{" in sql] == []


def test_the_dictionary_is_made_of_the_schema(store: Store) -> None:
    page = dictionary(store)
    written = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
    assert written == page, "run `python -m deploy.docs.data_dictionary > docs/data-dictionary.md`"
    columns = store.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()")
    for table, name in columns:
        assert table not in STABLE or f"| `{name}` |" in page
    assert "|  |" not in page.partition("## Other views")[0], "a column of a stable view has no comment"
