"""The lines about an incident that the terminal and a backtest print."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from processing.alerts.message import details, headline
from processing.alerts.message.phrases import ENGLISH
from processing.contract import Doubt, VerdictName
from tests.conftest import NOON
from tests.support.alerted import INCIDENT, WIDTH


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (None, "since Fri 10 Jul 2020 12:00 UTC"),
        (NOON + timedelta(hours=7), "from Fri 10 Jul 2020 12:00 to 19:00 UTC"),
        (NOON + timedelta(hours=13), "from Fri 10 Jul 2020 12:00 to Sat 11 Jul 2020 01:00 UTC"),
    ],
)
def test_the_headline_says_how_high_and_when(end: datetime | None, said: str) -> None:
    over = msgspec.structs.replace(INCIDENT, end=end)
    assert headline(over) == f"EXTREME: ban at 36 times normal, {said}"


def test_the_headline_says_whose_figures_it_has() -> None:
    alone = msgspec.structs.replace(INCIDENT, lead_topic="ban", lead_language="ar")
    assert headline(alone) == "EXTREME: ban in Arabic at 36 times normal, since Fri 10 Jul 2020 12:00 UTC"
    part = msgspec.structs.replace(INCIDENT, lead_topic="employer-ban")
    assert headline(part).startswith("EXTREME: ban (employer-ban) at 36 times normal")


def test_what_is_not_told_does_not_look_like_a_surge() -> None:
    collected = msgspec.structs.replace(INCIDENT, verdict=VerdictName.COLLECTOR)
    assert headline(collected).startswith("NOT TOLD, COLLECTOR: ban at 36 times")


def test_the_lines_have_the_numbers_that_the_page_has() -> None:
    assert details(INCIDENT, WIDTH) == (
        "Organic: of 2,000 posts compared, 66% are by people who repost or use words of their own.",
        "Pulse 1: from Fri 12:00, highest 12:35 UTC with 212 posts in 5 min, 5 expected",
        "Pulse 2: from Fri 17:00, highest 17:20 UTC with 431 posts in 5 min, 6 expected",
        "Posts: 4,200, where 310 were expected",
        "Languages: English, Arabic",
        "Terms in English: work phones, delete",
        "Terms in Arabic: أمازون",
        "Topics: employer-ban",
        "Found: 12:10 UTC, score 4.1: so large a rise comes less than once in eight months; "
        "incident ban-20200710T1210Z",
        ENGLISH.synthetic,
        "Chinese: few speak. 97% of the posts are from the accounts of one server; without them no surge remains.",
    )


def test_a_language_that_is_not_people_is_named_with_its_reason_and_never_as_one_of_theirs() -> None:
    doubts = (
        Doubt("tr", VerdictName.COLLECTOR, "everything_rose", 2.94),
        Doubt("de", VerdictName.BACKFILL, "", 0.0),
        *(Doubt(f"l{number}", VerdictName.BACKFILL, "", 0.0) for number in range(6)),
    )
    lines = details(msgspec.structs.replace(INCIDENT, doubted=doubts), WIDTH)
    assert "Languages: English, Arabic" in lines
    assert any(line.startswith("Turkish: this may be how") and "to 2.9 times the usual too." in line for line in lines)
    assert "German: this is history." in lines
    assert "likewise in doubt: l4, l5" in lines
