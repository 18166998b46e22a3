"""Which of snscrape's scrapers still work, and why the others do not, by its maintainer's list (snscrape's issue 1045).

As of November 2026.
"""

from __future__ import annotations

import re

from ingest.errors import Misconfigured

LOGIN = "the network shows nothing without a login since 2023"
REDIRECT = "the network sends it to its login page, which it takes for an empty answer"
CHANGED = "the network has changed its pages"

OWN_SOURCE = "the source `{0}` reads this network"
DEAD = {
    "facebook": REDIRECT,
    "instagram": REDIRECT,
    "mastodon": OWN_SOURCE.format("mastodon"),
    "reddit": OWN_SOURCE.format("reddit"),
    "twitter": LOGIN,
    "vkontakte": CHANGED,
}
"""Why the scrapers of a network do not work, by the beginning of their names."""

WORKING = ("weibo-user",)
"""With a cookie: without one Weibo shows nothing since 2025."""


def weibo_user(target: str) -> str:
    """The user's number out of `weibo-user:NUMBER`.

    Raises:
        Misconfigured: it is another scraper, with the reason why it cannot be used, or no number.
    """
    scraper, _, name = target.partition(":")
    if scraper == "telegram-channel":
        raise Misconfigured(f"{target!r} is read by the source `telegram`: set BANWATCH_TELEGRAM_CHANNELS.")
    if why := DEAD.get(scraper.partition("-")[0]):
        raise Misconfigured(f"snscrape's {scraper} does not work any more: {why}.")
    if scraper not in WORKING:
        raise Misconfigured(f"snscrape has no scraper {scraper!r} that works here: there is {', '.join(WORKING)}.")
    if not re.fullmatch(r"[1-9]\d{3,15}", name, re.ASCII):
        raise Misconfigured(f"{target!r} names no user: write `weibo-user:` and the number in the user's address.")
    return name
