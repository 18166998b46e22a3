"""Which of snscrape's scrapers still work, and why the others do not, by its maintainer's list (snscrape's issue 1045).

As of November 2026.
"""

from __future__ import annotations

import re

from ingest.errors import Misconfigured

LOGIN = "the network shows nothing without a login since 2023"
REDIRECT = "the network sends it to its login page, which it takes for an empty answer"
CHANGED = "the network has changed its pages"

DEAD = {
    "facebook-community": REDIRECT,
    "facebook-group": REDIRECT,
    "facebook-user": REDIRECT,
    "instagram-hashtag": REDIRECT,
    "instagram-location": REDIRECT,
    "instagram-user": REDIRECT,
    "mastodon-profile": "it reads servers before Mastodon 4 only; the source `mastodon` reads them all",
    "mastodon-toot": "it reads servers before Mastodon 4 only; the source `mastodon` reads them all",
    "reddit-search": "the archive that it asks is closed; the source `reddit` asks Reddit",
    "reddit-submission": "the archive that it asks is closed; the source `reddit` asks Reddit",
    "reddit-subreddit": "the archive that it asks is closed; the source `reddit` asks Reddit",
    "reddit-user": "the archive that it asks is closed; the source `reddit` asks Reddit",
    "vkontakte-user": CHANGED,
}
"""Scrapers by name, without those of Twitter, of which none is left."""

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
    if scraper.startswith("twitter"):
        raise Misconfigured(f"snscrape's {scraper} does not work any more: {LOGIN}.")
    if scraper in DEAD:
        raise Misconfigured(f"snscrape's {scraper} does not work any more: {DEAD[scraper]}.")
    if scraper not in WORKING:
        raise Misconfigured(f"snscrape has no scraper {scraper!r} that works here: there is {', '.join(WORKING)}.")
    if not re.fullmatch(r"[1-9]\d{3,15}", name, re.ASCII):
        raise Misconfigured(f"{target!r} names no user: write `weibo-user:` and the number in the user's address.")
    return name
