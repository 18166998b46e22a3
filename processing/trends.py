"""The recorder of trends: it reads what one network calls trending, again and again, and writes it down.

A failing network keeps only its own recorder waiting, and a store that is away keeps it waiting too.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ingest.contract import Trend
from ingest.errors import Permanent, Transient
from ingest.retry import BackoffPolicy, Failures, failed
from processing.queries.trends import KnownTrend, known_trends
from processing.store.client import Store, StoreFailure
from processing.store.trends import TrendRow, write_trends

log = structlog.get_logger()

LOOKS_APART = 3
"""A trend that was missing for so many pauses came up anew, and a list that was not read for so long is not known."""

AHEAD = timedelta(minutes=5)
LONGEST_TREND = timedelta(days=30)
"""A beginning that a network gives is believed from so long ago to so far ahead."""


@dataclass
class TrendRecorder:
    """Records one list of trends. `of` is its network and its server, and `topics` gives the topics of a name.

    `read` raises Transient or Permanent.
    """

    store: Store
    of: tuple[str, str]
    read: Callable[[threading.Event], Sequence[Trend]]
    topics: Callable[[str], tuple[str, ...]]
    clock: Callable[[], datetime]
    every: timedelta

    def run(self, stop: threading.Event) -> None:
        """Look again and again until `stop` is set."""
        failures, policy = Failures(), BackoffPolicy(first=self.every, cap=20 * self.every)
        while not stop.is_set():
            pause = self.every
            try:
                self.look(stop)
                failures = Failures()
            except (Transient, Permanent) as error:
                asked = error.retry_after if isinstance(error, Transient) else None
                failures, more = failed(
                    policy,
                    failures,
                    held=timedelta(),
                    retry_after=asked,
                    chance=random.random(),  # noqa: S311
                )
                pause += more
                log.warning("trends are not known", server=self.of[1], reason=str(error))
            except StoreFailure as error:
                log.warning("trends are not written", server=self.of[1], reason=str(error))
            except Exception:  # a defect here must not end the watch, beside which this runs
                log.exception("trends are not recorded", server=self.of[1])
            stop.wait(pause.total_seconds())

    def look(self, stop: threading.Event) -> None:
        """Read the list once, and write it.

        Raises:
            Transient, Permanent: the network gives no list.
            StoreUnavailable: nothing is known of the looks before, or nothing is written.
        """
        network, server = self.of
        found = self.read(stop)
        now = self.clock()
        last_look, known = known_trends(self.store, network, server, now - LOOKS_APART * self.every)
        rows = [
            TrendRow(
                network=network,
                server=server,
                name=each.name,
                url=each.url,
                topics=self.topics(each.name),
                appeared_at=appeared(each, known.get(each.name), last_look, now),
                first_seen=known[each.name].first_seen if each.name in known else now,
                last_seen=now,
            )
            for each in found
        ]
        write_trends(self.store, rows)


def appeared(trend: Trend, known: KnownTrend | None, last_look: datetime | None, now: datetime) -> datetime | None:
    """Return since when a trend is one: as the network says, else the last look at which it was not there yet.

    Returns:
        None where nobody knows: the network does not say, and the list was not read shortly before.
    """
    said = trend.started_at
    if said is not None and now - LONGEST_TREND <= said <= now + AHEAD:
        return min(said, now)
    return known.appeared_at if known is not None else last_look
