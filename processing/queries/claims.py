"""Reads of claims: the searches for them, and what each language says in an incident."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from processing.contract import ClaimRun, Incident
from processing.queries.reader import Reader
from processing.queries.scopes import BEHIND_THE_PEAK
from processing.queries.statement import Statement

AHEAD = timedelta(hours=1)
"""What was posted so long before an incident may be the first of its posts."""


class ClaimInLanguage(msgspec.Struct, frozen=True, kw_only=True):
    """One claim in one language: its posts and people, its first post, and the post nearest the claim's middle.

    `arrived` is when its third person, or the last of fewer, said it. `distance` is that of the nearest post.
    """

    claim: str
    language: str
    posts: int
    people: int
    arrived: datetime
    first_at: datetime
    first_url: str
    first_author: str
    distance: int
    nearest: str


def claim_range(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """Return the time whose posts are an incident's claims: from an hour before it to an hour after its end.

    `now` is event time.
    """
    return incident.start - AHEAD, (incident.end or now) + BEHIND_THE_PEAK


def claim_runs(reader: Reader) -> dict[str, ClaimRun]:
    """Return the last search for the claims of each incident."""
    columns = ", ".join(f"`{name}`" for name in ClaimRun.__struct_fields__)
    rows = reader.query(f"SELECT {columns} FROM claim_runs")  # noqa: S608 - names of ours
    return {str(row[0]): ClaimRun(**dict(zip(ClaimRun.__struct_fields__, row, strict=True))) for row in rows}


def claims_query(incident: Incident, now: datetime) -> Statement:
    """By claim and language: what `ClaimInLanguage` holds. The times let the store read the incident's posts alone."""
    start, end = claim_range(incident, now)
    return Statement(
        """
        SELECT
            claim,
            language,
            sum(of_person) AS posts,
            count() AS people,
            arraySort(groupArray(first_of_person.1))[least(3, count())] AS arrived,
            min(first_of_person) AS first,
            min(nearest_of_person) AS middle
        FROM
        (
            SELECT
                claim,
                language,
                count() AS of_person,
                min((created_at, source, id, url, author)) AS first_of_person,
                min((text = '', distance, created_at, source, id, leftUTF8(text, 500))) AS nearest_of_person
            FROM claim_posts
            WHERE incident = {incident:String}
                AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
            GROUP BY claim, language, if(author = '', concat('-', id), author)
        )
        GROUP BY claim, language
        ORDER BY posts DESC, claim, language
        """,
        {"incident": incident.id, "start": start, "end": end},
    )


def claims(reader: Reader, incident: Incident, now: datetime) -> tuple[ClaimInLanguage, ...]:
    """Return the claims of an incident by language, the most posts first. `now` is event time."""
    return tuple(
        ClaimInLanguage(
            claim=claim,
            language=language,
            posts=posts,
            people=people,
            arrived=arrived,
            first_at=first[0],
            first_url=first[3],
            first_author=first[4],
            distance=middle[1],
            nearest=middle[5],
        )
        for claim, language, posts, people, arrived, first, middle in claims_query(incident, now).rows(reader)
    )
