"""What the bin that is still open has begun already: a surge that is large in two minutes need not wait for its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from processing.contract import Spike, VerdictName
from processing.detection.previous.episodes import EpisodeEvent
from processing.detection.previous.series_set import Book, Key, Name, name_of
from processing.queries.counts import Observed
from processing.verdicts.evidence import Circumstances
from processing.verdicts.judge import can_be_told_at, judge
from processing.verdicts.verdict import VerdictPolicy

REMEMBERED = timedelta(hours=6)
"""Until then behind its start, a rise is remembered as it was when it was looked at last."""

REJUDGED = 1.25
"""How much a rise must have grown for its verdict to be asked for again."""


@dataclass
class OpenBin:
    """Looks into the bin that comes next. `recorded` makes the record of an episode found then, under a known name."""

    observed: Observed
    policy: VerdictPolicy
    recorded: Callable[[Key, EpisodeEvent, datetime], Spike]
    _looked_at: dict[Name, Spike] = field(default_factory=dict)
    _held: dict[Name, datetime] = field(default_factory=dict)
    """When those can be told that cannot be yet: then they are news again."""

    def begun(
        self, book: Book, start: datetime, clock: datetime, known: Mapping[Name, Spike], given: Circumstances
    ) -> tuple[list[Spike], datetime]:
        """The spikes that are news and can be told, each with its verdict; and up to when posts have come."""
        seen, now = self.observed.open_bin(start)
        found = min(now, max(start, clock.replace(microsecond=0)))
        history = partial(self.observed.history, coverage=given.stretches, end=start)
        begun = [self.recorded(key, event, found) for key, event in book.peek(start, seen, history)]
        given = Circumstances(now, given.stretches, given.roots)
        news = [spike for spike in begun if self._is_news(spike, known, now)]
        new = judge(self.observed.store, self.policy, news, {}, given)
        self._looked_at = {name: spike for name, spike in self._looked_at.items() if name[1] > start - REMEMBERED}
        self._looked_at |= {name_of(spike): spike for spike in new}
        return self._in_time(new, now, given), now

    def _in_time(self, new: Sequence[Spike], now: datetime, given: Circumstances) -> list[Spike]:
        told = can_be_told_at(self.observed.store, [(spike, now) for spike in new], self.observed.width, given)
        self._held = {name: at for name, at in self._held.items() if at > now}
        self._held |= {name_of(spike): at for spike, at in zip(new, told, strict=True) if at > now}
        return [spike for spike, at in zip(new, told, strict=True) if at <= now]

    def _is_news(self, spike: Spike, spikes: Mapping[Name, Spike], now: datetime) -> bool:
        """Whether it has begun with this look, is a larger thing by now, or may by now be known to be people's."""
        name = name_of(spike)
        known, held_until = spikes.get(name), self._held.get(name)
        if known is not None and known.end is None and known.verdict is VerdictName.ORGANIC:
            return spike.severity is not known.severity
        if held_until is not None and held_until <= now:
            return True
        before = self._looked_at.get(name)
        return before is None or spike.observed > REJUDGED * before.observed
