"""Reads of claims: the searches for them, and what is said in an incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from processing.contract import ClaimRun, Incident
from processing.queries.reader import Reader
from processing.queries.scopes import BEHIND_THE_PEAK
from processing.queries.statement import Statement

AHEAD = timedelta(hours=1)
"""What was posted so long before an incident may be the first of its posts."""

LONGEST = timedelta(days=7)
"""Of a longer incident, the posts of its first days alone are compared."""

MOST_CLAIMS = 6
"""The claims of an incident that are shown, the largest ones."""

LEAST_PEOPLE = 3
"""A claim that fewer people make is not shown."""

LONGEST_TITLE = 500
"""The letters of a claim's title at most."""

CLAIM_COLUMNS = (
    *("claim", "posts", "people", "share", "languages", "first_at", "first_source", "first_id", "last_at"),
    *("title_source", "title_id", "title_language", "method"),
)
CLAIM_POST_COLUMNS = ("source", "id", "created_at", "language", "claim", "distance")


class ClaimInLanguage(NamedTuple):
    """A claim in one language: its posts and people, its first post, and the post nearest the claim's middle.

    `listed` is whether these are enough to say that the claim is made in the language: a few posts may be mistaken for
    it. `third_person` is when the third person, or the last of fewer, said it. `tenth_post` is the minute of the tenth
    post; None if there is none. `nearest` is a text; empty if its time is over.
    """

    language: str
    listed: bool
    posts: int
    people: int
    third_person: datetime
    tenth_post: datetime | None
    first_at: datetime
    first_url: str
    distance: int
    nearest: str


class Claim(msgspec.Struct, frozen=True):
    """What is said in an incident. `share` is of the incident's posts that were compared, 0..1.

    `spoken` are all its languages, in the order of the view `claims`: by their tenth posts.
    """

    name: str
    posts: int
    people: int
    share: float
    spoken: tuple[ClaimInLanguage, ...]

    @property
    def languages(self) -> tuple[ClaimInLanguage, ...]:
        """The languages that are listed, in order; all of them if none is."""
        return tuple(each for each in self.spoken if each.listed) or self.spoken

    def without_texts(self) -> Claim:
        """Return the claim without the texts of posts."""
        return msgspec.structs.replace(self, spoken=tuple(each._replace(nearest="") for each in self.spoken))

    def title(self, language: str) -> ClaimInLanguage:
        """The language whose nearest post is the title: the given one where the claim is made in it."""
        texts = [each for each in self.spoken if each.nearest] or list(self.spoken)
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


def claims_query(
    incident: str, *, limit: int = MOST_CLAIMS, least_people: int = LEAST_PEOPLE, texts: bool = True
) -> Statement:
    """The largest claims of an incident, with their languages, and with texts of posts if these are asked for."""
    return Statement(
        """
        SELECT claim, posts, people, share, arrayMap(
            each -> (
                each.language, each.listed, each.posts, each.people, each.third_person, each.tenth_post,
                each.first_at, each.first_url, each.distance, leftUTF8(each.title, {letters:UInt16})
            ),
            spoken
        )
        FROM claims(incident = {incident:String})
        WHERE people >= {least:UInt32}
        ORDER BY posts DESC, claim
        LIMIT {limit:UInt32}
        """,
        {
            "incident": incident,
            "least": least_people,
            "limit": limit,
            "letters": LONGEST_TITLE if texts else 0,
        },
    )


def claim_rows_query(incident: str) -> Statement:
    """The `CLAIM_COLUMNS` of all claims of an incident, without a text; the one with the most posts first."""
    return Statement(
        f"""
        SELECT {", ".join(CLAIM_COLUMNS)}
        FROM claims(incident = {{incident:String}})
        ORDER BY posts DESC, claim
        """,  # noqa: S608 - only names of ours
        {"incident": incident},
    )


def claim_posts_query(incident: str) -> Statement:
    """The `CLAIM_POST_COLUMNS` of each post that makes a claim, in order of time."""
    return Statement(
        f"""
        SELECT {", ".join(CLAIM_POST_COLUMNS)}
        FROM claim_posts(incident = {{incident:String}})
        ORDER BY created_at, source, id
        """,  # noqa: S608 - only names of ours
        {"incident": incident},
    )


def claim_minutes_query(incident: str, names: Sequence[str]) -> Statement:
    """Claim, language, minute and posts of these claims; minutes without posts are absent."""
    return Statement(
        """
        SELECT claim, language, toStartOfMinute(created_at) AS minute, count() AS posts
        FROM claim_posts(incident = {incident:String})
        WHERE claim IN {claims:Array(String)}
        GROUP BY claim, language, minute
        ORDER BY claim, language, minute
        """,
        {"incident": incident, "claims": list(names)},
    )


def claims(
    reader: Reader,
    incident: str,
    *,
    limit: int = MOST_CLAIMS,
    least_people: int = LEAST_PEOPLE,
    texts: bool = True,
) -> tuple[Claim, ...]:
    """Return the largest claims of an incident, the one with the most posts first."""
    rows = claims_query(incident, limit=limit, least_people=least_people, texts=texts).rows(reader)
    return tuple(
        Claim(name, posts, people, share, tuple(ClaimInLanguage(*each) for each in spoken))
        for name, posts, people, share, spoken in rows
    )
