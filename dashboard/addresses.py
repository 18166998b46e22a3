"""The addresses of the pages, for links between them. They are relative, so that a proxy may put a path before them."""

from __future__ import annotations

from urllib.parse import urlencode

from dashboard.i18n import Words


def of_incident(name: str, words: Words) -> str:
    """Return the permalink of an incident, in the reader's language."""
    return "incident?" + urlencode({"id": name, "ui": words.tag})


def of_incidents(words: Words) -> str:
    """Return the address of the list of incidents."""
    return "incident?" + urlencode({"ui": words.tag})


def of_health(words: Words) -> str:
    """Return the address of the page on collectors and stages."""
    return "health?" + urlencode({"ui": words.tag})
