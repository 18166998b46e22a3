"""The Mastodon source: hashtags and public timelines of several instances.

With a user's token, the source reads the stream, and the timeline fills the gap before it. Without a token, it asks for
the timeline again and again. A status has the same URI on every instance and gives one post.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from ingest.errors import Misconfigured
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    SourceSettings,
    Steps,
    Words,
    source_config,
)
from ingest.sources.mastodon.client import Allowance, Instance
from ingest.sources.mastodon.feed_state import FeedState
from ingest.sources.mastodon.mapping import SOURCE
from ingest.sources.mastodon.reader import FeedsReader, Pacing
from ingest.sources.mastodon.timelines import Public, feeds_of, instance_url
from ingest.transport.slices import Since


class MastodonSettings(SourceSettings):
    """The source's settings, read from environment variables with the prefix `BANWATCH_MASTODON_`."""

    model_config = source_config("mastodon")

    instances: Words = Field((), description="instances, by name or address; without any the source is off")
    hashtags: Words = Field(
        (), description="hashtags whose timelines are read, without `#`; none means those of the taxonomy"
    )
    public: Public = Field("none", description="the public timeline, too: `none`, `all`, `local` or `remote`")
    tokens: SecretStr = Field(SecretStr(""), description="users' access tokens, `instance=token` separated by commas")
    streaming: Literal["auto", "always", "never"] = Field(
        "auto", description="`auto` reads the stream where there is a token, `always` needs one for each instance"
    )
    since: Since | None = Field(None, description="read the timelines from this date, as 2020-07-01")
    poll_every: Duration = Field(
        timedelta(minutes=1),
        description="between two looks at a timeline that is not streamed",
        ge=timedelta(seconds=1),
    )
    pace: Duration = Field(
        timedelta(seconds=3),
        description="between two pages of an instance, which allows 300 in 15 minutes",
        ge=timedelta(),
    )
    lag: Duration = Field(
        timedelta(seconds=10), description="how long a status may take to the instances that are read", ge=timedelta()
    )
    contact: str = Field("", description="an address that is named to the instances, for their operators")

    @property
    def starts_with_up(self) -> bool:
        """Whether instances are set."""
        return bool(self.instances)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The instances."""
        return tuple(map(instance_url, self.instances))


class Mastodon:
    """All feeds in one iterator. Each feed has its own position."""

    about: ClassVar[About] = About(
        network="hashtags and public timelines of Mastodon instances",
        needs="a list of instances; a user's token of each to read its stream",
        history="as far as an instance keeps its timelines",
        july_2020=True,
        deletes="edits and deletions, where the stream is read",
    )
    name = SOURCE

    def __init__(self, settings: MastodonSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.feeds = feeds_of(
            settings.instances,
            settings.hashtags,
            settings.public,
            settings.tokens.get_secret_value(),
            stream=settings.streaming != "never",
        )
        without = sorted({feed.host for feed in self.feeds if feed.token is None})
        if settings.streaming == "always" and without:
            raise Misconfigured(
                f"There is no user's token for {', '.join(without)}, and no stream is shown without one: set "
                "BANWATCH_MASTODON_TOKENS, or BANWATCH_MASTODON_STREAMING to auto or never."
            )
        self.instances = self._instances()

    def _instances(self) -> dict[str, Instance]:
        """Return each instance by its host name, after a check of its settings."""
        found: dict[str, Instance] = {}
        for feed in self.feeds:
            if feed.host not in found:
                allowance = Allowance(self.settings.pace, self.clock)
                found[feed.host] = Instance(feed.base_url, feed.token, self.settings.contact, self.clock, allowance)
                found[feed.host].open().close()
        return found

    def read(self, cursor: Cursor) -> Steps:
        """Follow all feeds, each with its own back-off. The reading fails only when no feed answers."""
        pacing = Pacing(self.settings.poll_every, self.settings.lag, random.random)
        lines = [FeedState(feed, self.instances[feed.host], self.clock()) for feed in self.feeds]
        return FeedsReader(lines, pacing, self.settings.since, self.clock, cursor).run()
