"""The addresses of the pages, for links between them. They are relative, so that a proxy may put a path before them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from dashboard.i18n import Words
from processing.contract import EVERYTHING


def of_incident(name: str, words: Words) -> str:
    """Return the permalink of an incident, in the reader's language."""
    return "incident?" + urlencode({"id": name, "ui": words.tag})


def of_evidence(name: str, words: Words, *, with_texts: bool) -> str:
    """Return the address of the zip with an incident's evidence."""
    return "evidence?" + urlencode({"id": name, "ui": words.tag} | ({"texts": "1"} if with_texts else {}))


def of_incidents(words: Words) -> str:
    """Return the address of the list of incidents."""
    return "incident?" + urlencode({"ui": words.tag})


def of_health(words: Words) -> str:
    """Return the address of the page on collectors and stages."""
    return "health?" + urlencode({"ui": words.tag})


def of_posts(
    words: Words,
    start: datetime,
    end: datetime,
    *,
    topic: str = EVERYTHING,
    language: str = EVERYTHING,
    source: str = EVERYTHING,
) -> str:
    """Return the address of the posts that the counts of a time count. `start` and `end` are whole minutes."""
    chosen = {"topic": topic, "language": language, "from": _minute(start), "to": _minute(end), "ui": words.tag}
    return "posts?" + urlencode(chosen | ({} if source == EVERYTHING else {"source": source}))


def of_alerts(words: Words) -> str:
    """Return the address of the page on rules and deliveries."""
    return "alerts?" + urlencode({"ui": words.tag})


def of_query(sql: str, words: Words) -> str:
    """Return the address of the page SQL with a query in its editor. The query does not run by itself."""
    return "sql?" + urlencode({"q": sql, "ui": words.tag})


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
