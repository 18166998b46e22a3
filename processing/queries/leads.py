"""The counts by which it is decided which language led an incident: by minute, and by hour of the days before."""

from __future__ import annotations

from collections.abc import Sequence

from processing.queries.rollups import HOUR, counted
from processing.queries.scopes import Scope
from processing.queries.statement import Statement, Value


def language_minutes_query(scope: Scope, languages: Sequence[str]) -> Statement:
    """Language, minute and posts of a topic; minutes without posts are absent."""
    return Statement(
        """
        SELECT language, minute, sum(counts.posts) AS posts
        FROM counts
        WHERE topic = {topic:String} AND language IN {languages:Array(String)}
            AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        GROUP BY language, minute
        ORDER BY language, minute
        """,
        {"topic": scope.topic, "start": scope.start, "end": scope.end, "languages": sorted(languages)},
    )


def language_hours_query(scope: Scope, languages: Sequence[str]) -> Statement:
    """Language, hour and posts of a topic; hours without posts are absent. The range is of whole hours."""
    counts, bounds = counted(scope.start, scope.end, HOUR)
    parameters: dict[str, Value] = {"topic": scope.topic, "languages": sorted(languages)}
    return Statement(
        f"""
        SELECT language, toStartOfHour(minute) AS hour, sum(posts)
        FROM {counts}
        WHERE topic = {{topic:String}} AND language IN {{languages:Array(String)}}
        GROUP BY language, hour
        ORDER BY language, hour
        """,  # noqa: S608 - only names of ours
        {**parameters, **bounds},  # type: ignore[dict-item]  # its values are moments
    )
