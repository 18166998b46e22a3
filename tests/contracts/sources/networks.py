"""Every network that the contract suite runs over. A source that is registered has one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.contracts.sources.bluesky import bluesky_network
from tests.contracts.sources.gdelt import gdelt_network
from tests.contracts.sources.hackernews import hackernews_network
from tests.contracts.sources.mastodon import mastodon_network
from tests.contracts.sources.network import Network
from tests.contracts.sources.paper import paper_network
from tests.contracts.sources.reddit import reddit_network
from tests.contracts.sources.rss import rss_network
from tests.contracts.sources.snscrape import snscrape_network
from tests.contracts.sources.telegram import telegram_network

NETWORKS: dict[str, Callable[[], AbstractContextManager[Network]]] = {
    "bluesky": bluesky_network("v2"),
    "bluesky-v1": bluesky_network("v1"),
    "gdelt": gdelt_network,
    "hackernews": hackernews_network,
    "mastodon": mastodon_network,
    "paper": paper_network,
    "reddit": reddit_network,
    "rss": rss_network,
    "snscrape": snscrape_network,
    "telegram": telegram_network,
}
