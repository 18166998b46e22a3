"""Which language led a claim, if that is decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from processing.contract import Incident, VerdictName
from processing.explanation.lag import REACH
from processing.explanation.leading import BEFORE, LEAST_TIME, LONGEST, MINUTE, Leads, counted, led
from processing.queries import Claim, Reader, claim_minutes_query, claim_range


class _Minute(NamedTuple):
    language: str
    start: datetime
    posts: int


def claim_leads(reader: Reader, incident: Incident, claims: Sequence[Claim], now: datetime) -> dict[str, Leads]:
    """Return which language led each claim, by the claim's name, where that is decided. `now` is event time.

    Raises:
        StoreUnavailable: ask again later.
    """
    if not claims or incident.verdict is not VerdictName.ORGANIC:
        return {}
    query = claim_minutes_query(incident.id, [each.name for each in claims])
    minutes: defaultdict[str, list[_Minute]] = defaultdict(list)
    for name, *minute in query.rows(reader):
        minutes[name].append(_Minute(*minute))
    _, end = claim_range(incident, now)
    found = {each.name: _leads(each, minutes[each.name], min(end, now)) for each in claims}
    return {name: leads for name, leads in found.items() if leads is not None}


def _leads(claim: Claim, minutes: Iterable[_Minute], end: datetime) -> Leads | None:
    """Return which language led the first hours of a claim, from the first tenth post on.

    Nobody makes a claim before it is made, so nothing is expected, and the days before are without posts.
    """
    tenth = {each.language: each.tenth_post for each in claim.languages if each.listed and each.tenth_post}
    if len(tenth) < 2:
        return None
    languages, start = list(tenth), min(tenth.values())
    end = min(end.replace(second=0, microsecond=0), start + LONGEST)
    if end - start < LEAST_TIME:
        return None
    before = start - BEFORE
    rows = [each for each in minutes if each.language in languages and before <= each.start < end]
    counts = counted(rows, languages, before, end, MINUTE)
    return led(languages, counts, np.zeros_like(counts), BEFORE // MINUTE - REACH, start=start - REACH * MINUTE)
