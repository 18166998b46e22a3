"""A claim and its correction in an incident: when the correction overtook the claim, and where none was found.

A topic of the taxonomy may correct another (`corrects`). A post that has both topics corrects: it repeats the claim in
order to withdraw or deny it. The rules miss denials in words that they do not know, so corrections are at least as many
as are counted.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from processing.contract import EVERYTHING, Corrects, Incident, Pulse
from processing.queries import Scope, Statement
from processing.queries.corrections import CorrectedMinute, corrected_minutes, corrected_minutes_query
from processing.queries.reader import Reader

CORRECTION_WINDOW = timedelta(minutes=30)
"""The correction has overtaken the claim when more posts of this time correct than claim, by more than chance."""

BEYOND_CHANCE = 3.0
"""By how many standard deviations more. Every minute is looked at: two would come by chance in half a day."""

LEAST_CORRECTED = 10
"""Fewer posts than these say nothing of which is ahead."""

LEAST_SHARE = 1 / 2
"""A time is one of correction if at least this share of all its posts corrects. The other posts may make a claim that
nothing corrects. The rules miss denials, so the true share is larger."""

LEAST_ALONE = 0.9
"""An incident corrects rather than claims if at least this share of the posts on both corrects."""

LEAST_SPOKEN = 0.05
"""Below this share of the posts on both, nothing is said of a correction: now and then the rules take a post for a
denial that denies nothing, and in a large incident these alone are many."""

LONGEST_COUNTED = timedelta(days=7)
"""Of a longer incident, claims and corrections are counted over its first days alone."""


class Reach(StrEnum):
    """How far a correction has come, against the claim."""

    OVERTAKEN = "overtaken"
    NOT_YET = "not_yet"
    NEVER = "never"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Spread:
    """Claim and correction in one language, or in all (`*`).

    `first` is the minute of the first post that corrects, and `overtaken` the first up to which more posts correct
    than claim, over `CORRECTION_WINDOW`, of those that lead without a break to a time beyond chance.
    """

    language: str
    claims: int
    corrections: int
    first: datetime | None
    reach: Reach
    overtaken: datetime | None

    @property
    def both(self) -> int:
        """The posts that claim or correct."""
        return self.claims + self.corrections

    @property
    def share(self) -> float:
        """The share of the posts that correct, of those that claim or correct; 0 without posts."""
        return self.corrections / self.both if self.both else 0.0


@dataclass(frozen=True)
class Correction:
    """A claim and its correction in an incident. The languages come by their posts, the most first.

    `pulses` says of each pulse of the incident whether it is one of correction, and `alone` whether the whole incident
    is: it corrects, and hardly anybody claims.
    """

    of: Corrects
    whole: Spread
    languages: tuple[Spread, ...]
    pulses: tuple[bool, ...]
    alone: bool
    minutes: tuple[CorrectedMinute, ...]
    query: Statement

    @property
    def is_spoken_of(self) -> bool:
        """Whether the correction is large enough to speak of, by its share or because it has overtaken the claim."""
        found = self.whole.corrections >= LEAST_CORRECTED
        ahead = any(each.overtaken for each in (self.whole, *self.languages))
        return found and (ahead or self.whole.share >= LEAST_SPOKEN)

    @property
    def absent(self) -> tuple[str, ...]:
        """The languages that speak of the claim, and in which no correction was found."""
        return tuple(each.language for each in self.languages if each.reach is Reach.NEVER)


def corrections(
    reader: Reader, incident: Incident, now: datetime, relations: Iterable[Corrects]
) -> tuple[Correction, ...]:
    """Return each claim of an incident that has a correction in the taxonomy, as it stands at `now` (event time).

    A claim with too few posts is absent, unless enough posts correct it.

    Raises:
        StoreUnavailable: ask again later.
    """
    end = min(incident.end or now, incident.start + LONGEST_COUNTED)
    scope = Scope(incident.topic, EVERYTHING, incident.start, end)
    found = (
        correction(of, corrected_minutes(reader, scope, of), incident.pulses, corrected_minutes_query(scope, of))
        for of in relations
        if of.root == incident.topic
    )
    return tuple(each for each in found if each.whole.both >= LEAST_CORRECTED)


def correction(
    of: Corrects, minutes: Sequence[CorrectedMinute], pulses: Sequence[Pulse], query: Statement
) -> Correction:
    """Return how a claim and its correction ran, from their posts by minute and language in order of time."""
    by_language: defaultdict[str, list[CorrectedMinute]] = defaultdict(list)
    for each in minutes:
        if each.claims or each.corrections:
            by_language[each.language].append(each)
    spreads = (_spread(language, own) for language, own in by_language.items())
    whole = _spread(EVERYTHING, minutes)
    return Correction(
        of=of,
        whole=whole,
        languages=tuple(sorted(spreads, key=lambda each: (-each.both, each.language))),
        pulses=_pulses(minutes, pulses),
        alone=_corrects(minutes) and whole.share >= LEAST_ALONE,
        minutes=tuple(minutes),
        query=query,
    )


def _spread(language: str, minutes: Sequence[CorrectedMinute]) -> Spread:
    reach, overtaken = _reach(minutes)
    claims, corrected = _counted(minutes)
    return Spread(
        language=language,
        claims=claims,
        corrections=corrected,
        first=next((each.minute for each in minutes if each.corrections), None),
        reach=reach,
        overtaken=overtaken,
    )


def _reach(minutes: Sequence[CorrectedMinute]) -> tuple[Reach, datetime | None]:
    window: deque[tuple[datetime, int, int]] = deque()
    claims = corrected = 0
    spoken = judged = False
    ahead: datetime | None = None
    for minute, own in groupby(minutes, key=attrgetter("minute")):
        window.append((minute, *_counted(own)))
        claims, corrected = claims + window[-1][1], corrected + window[-1][2]
        while window[0][0] <= minute - CORRECTION_WINDOW:
            _, old_claims, old_corrected = window.popleft()
            claims, corrected = claims - old_claims, corrected - old_corrected
        spoken = spoken or corrected > 0
        if spoken and claims + corrected >= LEAST_CORRECTED:
            judged = True
            ahead = None if corrected <= claims else ahead or minute
            if corrected - claims >= BEYOND_CHANCE * (claims + corrected) ** 0.5:
                return Reach.OVERTAKEN, ahead
    if spoken:
        return (Reach.NOT_YET if judged else Reach.TOO_FEW), None
    return (Reach.NEVER if sum(each.claims for each in minutes) >= LEAST_CORRECTED else Reach.TOO_FEW), None


def _counted(minutes: Iterable[CorrectedMinute]) -> tuple[int, int]:
    """Return the posts that claim and those that correct."""
    same = tuple(minutes)
    return sum(each.claims for each in same), sum(each.corrections for each in same)


def _pulses(minutes: Sequence[CorrectedMinute], pulses: Sequence[Pulse]) -> tuple[bool, ...]:
    """Say of each pulse whether its rise, and the half hour behind its peak, are of correction."""
    starts = [pulse.start for pulse in pulses]
    ends = [
        min((pulse.peak + CORRECTION_WINDOW, *(start for start in starts if start > pulse.start))) for pulse in pulses
    ]
    return tuple(
        _corrects([each for each in minutes if start <= each.minute < end])
        for start, end in zip(starts, ends, strict=True)
    )


def _corrects(minutes: Sequence[CorrectedMinute]) -> bool:
    posts = sum(each.posts for each in minutes)
    claims, corrected = _counted(minutes)
    return corrected >= LEAST_CORRECTED and corrected > claims and corrected >= LEAST_SHARE * posts
