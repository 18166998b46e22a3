"""The state of one Mastodon feed: how far it is read, whether it answers, and which fault was reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.errors import Permanent, Transient
from ingest.retry import BackoffPolicy, Failures, failed
from ingest.source import PartStatus
from ingest.sources.mastodon.attempt import Attempt
from ingest.sources.mastodon.client import Instance
from ingest.sources.mastodon.mapping import later, rewound, time_at
from ingest.sources.mastodon.timelines import Timeline

OVERLAP = timedelta(minutes=5)
"""How much is read again when a gap is filled. A status of another instance may arrive late, and its id then lies in
the part that was read already."""

PAGES_AGAIN = 2
"""The most pages that are read again, because the rate limit should serve new statuses."""

HOLD = timedelta(minutes=2)
"""How long the watermark waits for a failing timeline. The watch waits as long for a silent collector."""

INTRODUCED_EVERY = timedelta(hours=1)
"""How often an instance is asked whether it shows a timeline, because a closed timeline looks like an empty one."""

BACKOFF = BackoffPolicy()

RARELY = BackoffPolicy(first=timedelta(minutes=10), cap=timedelta(hours=1))
LEAST = timedelta(minutes=10)
"""The pause after an instance's refusal, in addition to the back-off `RARELY`. A refusal mostly lasts."""


@dataclass
class FeedState:
    """The state of one feed."""

    feed: Timeline
    instance: Instance
    due: datetime
    position: str | None = None
    head: str | None = None
    """The highest id seen while the gap below it is not filled yet."""
    attempt: Attempt | None = None
    filling: bool = False
    begun: datetime | None = None
    introduced_at: datetime | None = None
    behind: bool = False
    """Whether statuses were missed and the timeline has not been read to its end since."""
    start_id: str | None = None
    """The id from which this attempt reads the timeline."""
    overlap: timedelta = OVERLAP
    connected_at: datetime | None = None
    covered: datetime | None = None
    failures: Failures = field(default_factory=Failures)
    trouble: Transient | Permanent | None = None
    """The error of the last attempt, or None."""
    failing_since: datetime | None = None
    """The time since which the feed is not covered, although it may answer again by now."""
    refused: bool = False
    not_before: datetime | None = None
    """The time before which the instance must not be asked."""
    told: str | None = None

    def tell(self, fault: str) -> Iterator[PartStatus]:
        """Yield the feed's status if its fault has changed."""
        if self.told != fault:
            self.told = fault
            yield PartStatus(self.feed.part, fault)

    def start(self, attempt: Attempt, now: datetime) -> None:
        """Begin an attempt."""
        known = self.introduced_at is not None and now - self.introduced_at < INTRODUCED_EVERY
        attempt.introduced = known and self.trouble is None
        self.introduced_at = self.introduced_at if attempt.introduced else now
        self.attempt, self.head, self.filling, self.connected_at, self.begun = attempt, None, True, None, now
        self.start_id = None if self.position is None else rewound(self.position, self.overlap)
        attempt.begin(self.start_id)

    def filled(self, at: datetime, pages: int) -> None:
        """Record that the timeline was read to its end with `pages` pages. The busier it is, the less is read again.

        A streamed timeline is filled seldom, so its overlap stays.
        """
        self.filling = False
        begun_at = time_at(self.start_id)
        if begun_at is not None and not self.feed.streamed:
            self.overlap = min(OVERLAP, PAGES_AGAIN * (at - begun_at) / pages)
        self.advance(self.head)
        self.cover(at)

    def advance(self, position: str | None) -> None:
        """Record the id up to which the feed is read."""
        self.position = later(self.position, position)

    def cover(self, moment: datetime) -> None:
        """Record that everything up to a moment has been read."""
        if not self.filling:
            self.covered = moment
            self.failing_since, self.refused = None, False

    def fail(self, error: Transient | Permanent, now: datetime, chance: float) -> None:
        """Record a failure, and set the time of the next attempt: a refused timeline is asked rarely."""
        held = timedelta() if self.connected_at is None else now - self.connected_at
        self.attempt, self.trouble = None, error
        self.failing_since = self.failing_since or now
        self.refused = isinstance(error, Permanent)
        asked = LEAST if isinstance(error, Permanent) else error.retry_after
        policy = RARELY if self.refused else BACKOFF
        self.failures, pause = failed(policy, self.failures, held=held, retry_after=asked, chance=chance)
        self.due = now + pause
        self.not_before = None if asked is None else now + asked

    def is_left_out(self, now: datetime) -> bool:
        """Return whether the watermark ignores the feed.

        It does so if the instance refuses the feed, or if the feed has failed for longer than `HOLD`.
        """
        return self.refused or (self.failing_since is not None and now - self.failing_since > HOLD)
