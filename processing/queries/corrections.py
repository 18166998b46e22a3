"""How many posts of an incident claim something, and how many correct it: by minute and language.

The table `counts` cannot say it: most posts that correct a claim repeat it, and have both topics. A minute of `counts`
has the posts of each topic and not those of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from processing.contract import Corrects
from processing.queries.reader import Reader
from processing.queries.scopes import Scope
from processing.queries.statement import Statement


@dataclass(frozen=True, slots=True)
class CorrectedMinute:
    """Posts of one minute in one language, deleted ones among them.

    `posts` are those of the incident's topic. `corrections` have the topic that corrects. `claims` have the topic that
    is corrected, and not the other.
    """

    minute: datetime
    language: str
    posts: int
    claims: int
    corrections: int


def corrected_minutes_query(scope: Scope, of: Corrects) -> Statement:
    """Minute, language, posts of the root, claims and corrections; minutes without posts are absent."""
    return Statement(
        """
        SELECT toStartOfMinute(created_at) AS minute, language, countIf(has(topics, {root:String})) AS posts,
            countIf(has(topics, {claim:String}) AND NOT has(topics, {correction:String})) AS claims,
            countIf(has(topics, {correction:String})) AS corrections
        FROM posts
        WHERE hasAny(topics, [{root:String}, {claim:String}, {correction:String}])
            AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
        GROUP BY minute, language
        ORDER BY minute, language
        """,
        {"root": of.root, "claim": of.claim, "correction": of.topic, "start": scope.start, "end": scope.end},
    )


def corrected_minutes(reader: Reader, scope: Scope, of: Corrects) -> tuple[CorrectedMinute, ...]:
    """Return claims and corrections of a range, in order of time."""
    return tuple(CorrectedMinute(*row) for row in corrected_minutes_query(scope, of).rows(reader))
