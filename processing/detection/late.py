"""What becomes of a spike that was told when its last bins are judged again with the posts that came late."""

from __future__ import annotations

from datetime import datetime, timedelta

from processing.detection.episode import EpisodeKind, EpisodeState


def reconcile(told: EpisodeState, anew: EpisodeState, now: datetime, reach: timedelta) -> EpisodeState:
    """The spike found anew, under the name of the one that was told; a spike is known by its start.

    Where the two cannot be the same, what was told stands. One that only the late posts have shown was found now.
    """
    if not anew.segments:
        return told if told.segments else anew
    before, after = told.segments, anew.segments
    if not before or (told.ended and after[0].start > before[0].start):
        after[0].detected_at = now
        return anew
    if not before[0].start - reach <= after[0].start <= before[0].start:
        return told
    after[0].rename(before[0].start, before[0].detected_at)
    for each in after[1:]:
        same = (other for other in before[1:] if other.start - reach <= each.start <= other.start)
        known = next(same, None)
        each.rename(*((each.start, now) if known is None else (known.start, known.detected_at)))
    return anew


def changed(told: EpisodeState, live: EpisodeState, last: EpisodeKind) -> EpisodeKind | None:
    """What late posts have made of a spike: nothing, or what is to be said of it; `last` was said of its last bin."""
    before, after = told.episode, live.episode
    if after is None or after == before:
        return None
    if before is None or before.start != after.start:
        return EpisodeKind.OPENED
    if live.told_rises > told.told_rises:
        return EpisodeKind.ESCALATED
    return EpisodeKind.ENDED if last is EpisodeKind.ENDED else EpisodeKind.GREW
