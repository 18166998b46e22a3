"""The snscrape scrapers that still work, and the reasons why the others do not, as of November 2026.

Source: the maintainer's list in snscrape's issue tracker.
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
"""The beginning of a scraper's name -> the reason why it does not work."""

WORKING = ("weibo-user",)
"""The working scrapers. They need a cookie, because Weibo has shown nothing without one since 2025."""


def weibo_user(target: str) -> str:
    """Return the user's number in `weibo-user:NUMBER`.

    Raises:
        Misconfigured: the target names another scraper, with the reason why it cannot be used, or no number.
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
