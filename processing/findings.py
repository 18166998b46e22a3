"""Turns the detector's events into judged spikes, for the watch, its open bin and the backtest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from processing.contract import Spike
from processing.detection.episode import EpisodeKind
from processing.detection.series import Name, SeriesEvent, name_of
from processing.ports import Judge


@dataclass(frozen=True, slots=True)
class Findings:
    """The spikes that events are about, as they are after the last event. They have no verdict yet.

    `new` holds the spikes that were not known before: by name, the end of the bin that opened each. `renamed` holds the
    known spikes for which the detector has found an earlier start.
    """

    spikes: dict[Name, Spike]
    rises: dict[Name, Sequence[Spike]]
    new: dict[Name, datetime]
    renamed: dict[Name, Spike]

    @classmethod
    def of(
        cls, events: Iterable[SeriesEvent], known: Mapping[Name, Spike], renamed: Mapping[Name, Spike] | None = None
    ) -> Findings:
        """Collect the spikes of the events. A known spike keeps its name, whatever start the detector gives it.

        `renamed` are those of earlier events that the detector has brought with these.
        """
        found = cls({}, {}, {}, dict(renamed or {}))
        for event in events:
            own = event.key, event.episode.start
            before = known.get(own) or found.renamed.get(own) or _told_early(event, known)
            spike = event.episode.snapshot(*event.key)
            if before is None:
                found.new.setdefault(own, event.at)
            else:
                spike = msgspec.structs.replace(spike, start=before.start, detected_at=before.detected_at)
            if before is not None and before.start != event.episode.start:
                found.renamed[own] = before
            found.spikes[name_of(spike)] = spike
            if rises := _rises(event, spike):
                found.rises[name_of(spike)] = rises
        return found

    def judged(self, judge: Judge, minutes: Mapping[Name, datetime], known: Collection[Spike]) -> Sequence[Spike]:
        """Return the spikes with their verdicts. `detected_at` is the time from which each can be judged and told.

        `minutes` holds, for some spikes, the end of the first minute by which the bin had enough posts.
        """
        found = [(self.spikes[name], minutes.get(name, at)) for name, at in self.new.items()]
        told = dict(zip(self.new, judge.can_be_told_at(found), strict=True))
        spikes = [
            msgspec.structs.replace(spike, detected_at=told[name]) if name in told else spike
            for name, spike in self.spikes.items()
        ]
        return judge.judge(spikes, self.rises, known)


def _told_early(event: SeriesEvent, known: Mapping[Name, Spike]) -> Spike | None:
    """Return the spike that an open bin began and that, by late posts, began earlier: it keeps its name."""
    if event.kind is not EpisodeKind.OPENED:
        return None
    later = (spike for (key, start), spike in known.items() if key == event.key and start > event.episode.start)
    return next((spike for spike in later if spike.end is None), None)


def _rises(event: SeriesEvent, spike: Spike) -> tuple[Spike, ...]:
    """Return each rise of an episode that came back as a spike, the first under the spike's name; else nothing."""
    first, *comebacks = (each.snapshot(*event.key) for each in event.episode.rises)
    own = msgspec.structs.replace(first, start=spike.start, detected_at=spike.detected_at)
    return (own, *comebacks) if comebacks else ()
