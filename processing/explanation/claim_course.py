"""How a claim came through the languages: the tenth post of each, and which language led it, if that is decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from processing.contract import Incident, VerdictName
from processing.explanation.lag import REACH
from processing.explanation.leading import BEFORE, LEAST_POSTS, LEAST_TIME, LONGEST, MINUTE, Leads, counted, led
from processing.queries import Claim, Reader, claim_minutes_query, claim_range


class _Minute(NamedTuple):
    language: str
    start: datetime
    posts: int


@dataclass(frozen=True)
class ClaimCourse:
    """The minute of each language's tenth post, and which language led; None where that cannot be decided.

    The third post of a small language, or its first, may be one that is mistaken for the claim.
    """

    tenth: dict[str, datetime]
    leads: Leads | None


def claim_courses(reader: Reader, incident: Incident, claims: Sequence[Claim], now: datetime) -> dict[str, ClaimCourse]:
    """Return the course of each claim, by its name. `now` is event time.

    Raises:
        StoreUnavailable: ask again later.
    """
    if not claims:
        return {}
    query = claim_minutes_query(incident, [each.name for each in claims], now)
    minutes: defaultdict[str, list[_Minute]] = defaultdict(list)
    for name, *minute in query.rows(reader):
        minutes[name].append(_Minute(*minute))
    _, end = claim_range(incident, now)
    organic = incident.verdict is VerdictName.ORGANIC
    courses = {}
    for each in claims:
        tenth = _tenth(minutes[each.name])
        decided = _leads(each, minutes[each.name], tenth, min(end, now)) if organic else None
        courses[each.name] = ClaimCourse(tenth, decided)
    return courses


def _tenth(minutes: Iterable[_Minute]) -> dict[str, datetime]:
    """Return the minute of the tenth post of each language that has one. The minutes are in order."""
    so_far: defaultdict[str, int] = defaultdict(int)
    tenth: dict[str, datetime] = {}
    for each in minutes:
        so_far[each.language] += each.posts
        if so_far[each.language] >= LEAST_POSTS:
            tenth.setdefault(each.language, each.start)
    return tenth


def _leads(claim: Claim, minutes: Iterable[_Minute], tenth: Mapping[str, datetime], end: datetime) -> Leads | None:
    """Return which language led the first hours of a claim.

    Nobody makes a claim before it is made, so nothing is expected, and the days before are without posts.
    """
    languages = [each.language for each in claim.arrivals if each.language in tenth]
    if len(languages) < 2:
        return None
    start = min(tenth[each] for each in languages)
    end = min(end.replace(second=0, microsecond=0), start + LONGEST)
    if end - start < LEAST_TIME:
        return None
    before = start - BEFORE
    rows = [each for each in minutes if each.language in languages and before <= each.start < end]
    counts = counted(rows, languages, before, end, MINUTE)
    return led(languages, counts, np.zeros_like(counts), BEFORE // MINUTE - REACH, start=start - REACH * MINUTE)
