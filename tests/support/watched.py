"""The watch list of the shipped taxonomy, as the pages know it."""

from __future__ import annotations

from functools import partial

from dashboard.filters import Filters
from dashboard.watch_list import WatchList

BANS = WatchList("ban", ("tiktok", "government-ban", "employer-ban", "retraction", "court"))

of_bans = partial(Filters, BANS)
"""Filters of this list, with the root topic by default."""
