"""Reads of claims: the searches for them, and what is said in an incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from processing.contract import UNDETERMINED, ClaimRun, Incident
from processing.queries.reader import Reader
from processing.queries.scopes import BEHIND_THE_PEAK
from processing.queries.statement import Statement

AHEAD = timedelta(hours=1)
"""What was posted so long before an incident may be the first of its posts."""

LONGEST = timedelta(days=7)
"""Of a longer incident, the posts of its first days alone are compared."""


class ClaimInLanguage(NamedTuple):
    """A claim in one language: its posts and people, its first post, and the post nearest the claim's middle.

    `arrived` is when the third person, or the last of fewer, said it. `nearest` is a text; empty if its time is over.
    """

    arrived: datetime
    language: str
    posts: int
    people: int
    first_at: datetime
    first_url: str
    distance: int
    nearest: str


class Claim(msgspec.Struct, frozen=True):
    """What is said in an incident. `share` is of the incident's posts that were compared, 0..1.

    `languages` are in order of arrival; a few posts of a language may be mistaken for it (`arrivals`).
    """

    name: str
    posts: int
    people: int
    share: float
    languages: tuple[ClaimInLanguage, ...]

    @property
    def arrivals(self) -> tuple[ClaimInLanguage, ...]:
        """The languages that are counted as such: those of three people and a 500th of the posts, or of a tenth.

        The view `claims` has the same rule in its column `languages`.
        """
        return tuple(
            each
            for each in self.languages
            if each.language != UNDETERMINED
            and (10 * each.posts >= self.posts or each.people >= max(3, self.posts / 500))
        )

    def title(self, language: str) -> ClaimInLanguage:
        """The language whose nearest post is the title: the given one where the claim is made in it."""
        texts = [each for each in self.languages if each.nearest] or list(self.languages)
        return min(texts, key=lambda each: (each.language != language, each.distance, each.first_at, each.language))


def claim_range(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """Return the time whose posts are an incident's claims: from an hour before it to an hour after its end.

    It is at most `LONGEST` of the incident. `now` is event time.
    """
    return incident.start - AHEAD, min(incident.end or now, incident.start + LONGEST) + BEHIND_THE_PEAK


def claim_runs(reader: Reader) -> dict[str, ClaimRun]:
    """Return the last search for the claims of each incident."""
    columns = ", ".join(f"`{name}`" for name in ClaimRun.__struct_fields__)
    rows = reader.query(f"SELECT {columns} FROM claim_runs")  # noqa: S608 - names of ours
    return {str(row[0]): ClaimRun(**dict(zip(ClaimRun.__struct_fields__, row, strict=True))) for row in rows}


def claims_query(incident: Incident, now: datetime, *, limit: int, least_people: int) -> Statement:
    """The largest claims with their languages. The times let the store read the incident's posts alone.

    `now` is event time.
    """
    start, end = claim_range(incident, now)
    return Statement(
        """
        SELECT claim, posts, people, posts / whole AS share, languages
        FROM
        (
            SELECT
                claim,
                sum(written) AS posts,
                uniqExactArray(who) AS people,
                sum(posts) OVER () AS whole,
                arraySort(groupArray(
                    (arrived, language, written, length(who), first.1, first.4, middle.2, middle.6)
                )) AS languages
            FROM
            (
                SELECT
                    claim,
                    language,
                    sum(of_person) AS written,
                    groupArray(person) AS who,
                    arraySort(groupArray(first_of_person.1))[least(3, count())] AS arrived,
                    min(first_of_person) AS first,
                    min(nearest_of_person) AS middle
                FROM
                (
                    SELECT
                        claim,
                        language,
                        if(author = '', concat('-', id), author) AS person,
                        count() AS of_person,
                        min((created_at, source, id, url)) AS first_of_person,
                        min((text = '', distance, created_at, source, id, leftUTF8(text, 500))) AS nearest_of_person
                    FROM claim_posts
                    WHERE incident = {incident:String}
                        AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
                    GROUP BY claim, language, person
                )
                GROUP BY claim, language
            )
            GROUP BY claim
        )
        WHERE people >= {least:UInt32}
        ORDER BY posts DESC, claim
        LIMIT {limit:UInt32}
        """,
        {"incident": incident.id, "start": start, "end": end, "least": least_people, "limit": limit},
    )


def claim_minutes_query(incident: Incident, names: Sequence[str], now: datetime) -> Statement:
    """Claim, language, minute and posts of these claims; minutes without posts are absent. `now` is event time."""
    start, end = claim_range(incident, now)
    return Statement(
        """
        SELECT claim, language, toStartOfMinute(created_at) AS minute, count() AS posts
        FROM claim_posts
        WHERE incident = {incident:String} AND claim IN {claims:Array(String)}
            AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
        GROUP BY claim, language, minute
        ORDER BY claim, language, minute
        """,
        {"incident": incident.id, "claims": list(names), "start": start, "end": end},
    )


def claims(
    reader: Reader, incident: Incident, now: datetime, *, limit: int = 100, least_people: int = 1
) -> tuple[Claim, ...]:
    """Return the claims of an incident, the one with the most posts first. `now` is event time."""
    rows = claims_query(incident, now, limit=limit, least_people=least_people).rows(reader)
    return tuple(
        Claim(name, posts, people, share, tuple(ClaimInLanguage(*each) for each in languages))
        for name, posts, people, share, languages in rows
    )
