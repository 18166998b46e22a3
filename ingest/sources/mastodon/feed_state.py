"""The state of one timeline of Mastodon: how far it is read, whether it answers, and what was told of it."""

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
"""How much is read again when a gap is filled: a status of another instance that arrives late has an id of its own
time, which lies in what was read."""

PAGES_AGAIN = 2
"""Pages that are read again at most: an instance's limit is for what is new."""

HOLD = timedelta(minutes=2)
"""How long the watermark waits for a timeline that fails: as long as the watch waits for a silent collector."""

INTRODUCED_EVERY = timedelta(hours=1)
"""How often an instance is asked whether it shows a timeline: one that it closes looks like an empty one."""

BACKOFF = BackoffPolicy()

RARELY = BackoffPolicy(first=timedelta(minutes=10), cap=timedelta(hours=1))
LEAST = timedelta(minutes=10)
"""How long an instance that refuses is left alone, beside the pause of `RARELY`: it mostly goes on refusing."""


@dataclass
class FeedState:
    """One feed."""

    feed: Timeline
    instance: Instance
    due: datetime
    position: str | None = None
    head: str | None = None
    """The highest number seen while the gap below it is not filled yet."""
    attempt: Attempt | None = None
    filling: bool = False
    begun: datetime | None = None
    introduced_at: datetime | None = None
    behind: bool = False
    """Whether some of it was missed, and it has not been read to its end since."""
    start_id: str | None = None
    """Where the timeline is read from in this attempt."""
    overlap: timedelta = OVERLAP
    connected_at: datetime | None = None
    covered: datetime | None = None
    failures: Failures = field(default_factory=Failures)
    trouble: Transient | Permanent | None = None
    """Why it does not answer."""
    failing_since: datetime | None = None
    """Since when it is not covered, though it may answer again by now."""
    refused: bool = False
    not_before: datetime | None = None
    """Until when its instance is to be left alone."""
    told: str | None = None

    def tell(self, fault: str) -> Iterator[PartStatus]:
        """Say how it is, if that has not been said."""
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
        """Note that the timeline was read to its end by so many pages: the fuller it is, the less is read again.

        Not so behind a stream, where that is done seldom.
        """
        self.filling = False
        begun_at = time_at(self.start_id)
        if begun_at is not None and not self.feed.streamed:
            self.overlap = min(OVERLAP, PAGES_AGAIN * (at - begun_at) / pages)
        self.advance(self.head)
        self.cover(at)

    def advance(self, position: str | None) -> None:
        """Note how far it has been read."""
        self.position = later(self.position, position)

    def cover(self, moment: datetime) -> None:
        """Note that all of it has been read, up to a time."""
        if not self.filling:
            self.covered = moment
            self.failing_since, self.refused = None, False

    def fail(self, error: Transient | Permanent, now: datetime, chance: float) -> None:
        """Note a failure, and when the timeline is asked next: rarely where it was refused."""
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
        """Whether what is covered does not wait for it: its instance refuses it, or has failed for long."""
        return self.refused or (self.failing_since is not None and now - self.failing_since > HOLD)
