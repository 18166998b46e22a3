"""`banwatch explain` on posts that are written to mislead whoever reads them on a terminal."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.terminal.explanation import explanation_lines
from deploy.terminal.progress import printable
from processing import explanation
from processing.contract import ClickHouseAddress, Incident, IncidentState, Severity, TaggedPost
from processing.store.client import Store
from processing.store.records import write_incidents
from processing.store.writer import recount, write_posts
from tests.conftest import NOON, WRITER_PASSWORD, a_post
from tests.support.terminal import on_a_terminal

pytestmark = pytest.mark.long

FORGED = "ALERT: ban at 900 times normal"
HOSTILE = "\u202eturned\u2066 \x9b2Jgone"


@pytest.fixture
def incident(store: Store) -> Incident:
    posts = [
        TaggedPost(
            a_post(
                id=f"{number}",
                text=f"{HOSTILE} {number}",
                created_at=NOON + timedelta(minutes=number),
                author=f"person{number}\n\n{FORGED}",
                hashtags=(f"tag\n{FORGED}",),
                links=(f"https://example.org/\n{FORGED}",),
            ),
            "en",
            0.9,
            ("ban",),
            "1",
        )
        for number in range(3)
    ]
    recount(store, write_posts(store, posts))
    incident = an_incident()
    write_incidents(store, [incident])
    return incident


def an_incident() -> Incident:
    return Incident(
        id="ban-20200710T1205Z",
        topic="ban",
        state=IncidentState.CLOSED,
        start=NOON,
        detected_at=NOON + timedelta(minutes=5),
        peak=NOON + timedelta(minutes=2),
        end=NOON + timedelta(hours=1),
        observed=3,
        expected=1.0,
        ratio=3.0,
        score=2.0,
        severity=Severity.NOTABLE,
        languages=(),
        subtopics=(),
        pulses=(),
        synthetic=False,
        lead_start=NOON,
        lead_end=NOON + timedelta(hours=1),
    )


def test_a_name_forges_no_line(store: Store, incident: Incident) -> None:
    explained = explanation.explain(store, incident, NOON + timedelta(hours=2))
    shown = printable("\n".join(explanation_lines(explained, timedelta(minutes=5))))
    assert shown.lower().count(FORGED.lower()) == 5
    assert not [line for line in shown.splitlines() if line.strip().lower().startswith(FORGED.lower())]


def test_a_post_steers_no_terminal_in_json_either(
    address: ClickHouseAddress, incident: Incident, tmp_path: Path
) -> None:
    environment = os.environ | {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_DATA_DIR": str(tmp_path),
    }
    status, shown = on_a_terminal(environment, "explain", incident.id, "--format", "json", lines=50)
    assert (status, "gone 0" in shown) == (0, True)
    assert not {"\x9b", "\u202e", "\u2066"} & set(shown)


@pytest.mark.parametrize("language", ["sw", ""])
def test_a_language_that_is_none_of_the_incidents_is_refused(
    address: ClickHouseAddress, incident: Incident, tmp_path: Path, language: str
) -> None:
    environment = os.environ | {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_DATA_DIR": str(tmp_path),
    }
    status, shown = on_a_terminal(environment, "explain", incident.id, "--language", language, lines=50)
    assert status == 2
    assert f"{language!r} is no language of {incident.id}" in shown
    status, shown = on_a_terminal(environment, "explain", incident.id, "--language", "en", lines=50)
    assert (status, "3 posts" in shown) == (0, True)
