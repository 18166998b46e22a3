"""What of a spike is people's: never what its whole is in doubt for, and no copies in its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from processing.contract import EVERYTHING, Evidence, Incident, Spike, VerdictName, highest_pulse
from processing.detection.episode import severity
from processing.verdicts.verdict import VerdictPolicy

HALF = VerdictPolicy().half
"""Above this share, posts in doubt are most of a spike."""


def as_part_of(spikes: Iterable[Spike], part: Spike, root: str) -> Spike:
    """The spike with the verdict of the whole that it is part of, where the posts of both are in doubt for the same.

    Beside its own small expectation a sub-topic or a language may look like a surge of people when its root topic
    does not, though both are the same flood.
    """
    if part.verdict is not VerdictName.ORGANIC:
        return part
    for whole in spikes:
        if whole.verdict is not VerdictName.ORGANIC and _holds(whole, part, root):
            doubted = {each.name for each in whole.evidence if each.decisive}
            # How much everything else rose is above 1 and no share: each spike's own rise is judged beside it.
            shared = [each for each in part.evidence if each.name in doubted and HALF < each.value <= 1.0]
            if shared:
                evidence = (*_deciding(shared), *(each for each in part.evidence if each not in shared))
                return msgspec.structs.replace(part, verdict=whole.verdict, evidence=evidence)
    return part


def _holds(whole: Spike, part: Spike, root: str) -> bool:
    """Whether a spike is of a series that holds the other's, and at the same time."""
    same_time = (whole.end is None or part.start < whole.end) and (part.end is None or whole.start < part.end)
    return same_time and whole.topic in {root, part.topic} and whole.language in {EVERYTHING, part.language}


def _deciding(doubts: Iterable[Evidence]) -> Iterator[Evidence]:
    for each in doubts:
        yield Evidence(each.name, each.value, HALF, decisive=True)


def people_in(of: Spike | Incident) -> float:
    """How many people speak in a spike, or in the one that leads; as many as there are posts where it is not known."""
    voices = next((each.value for each in of.evidence if each.name == "voices"), 1.0)
    return voices * of.observed


def people_of(spike: Spike) -> Spike:
    """The spike as if only people had posted, where most of its posts are copies: its figures, but for the score.

    Copies are taken away in proportion, as if there were as many among the posts of every bin.
    """
    repeated = next((each.value for each in spike.evidence if each.name == "repeated"), 0.0)
    if spike.verdict is not VerdictName.ORGANIC or repeated <= HALF:
        return spike
    own = 1.0 - repeated
    pulses = tuple(msgspec.structs.replace(pulse, observed=round(own * pulse.observed)) for pulse in spike.pulses)
    people = msgspec.structs.replace(
        spike,
        observed=round(own * spike.observed),
        pulses=pulses,
        window_observed=round(own * spike.window_observed),
    )
    highest = highest_pulse(people)
    ratio = (highest.observed + 1.0) / (highest.expected + 1.0)
    return msgspec.structs.replace(people, ratio=ratio, severity=severity(people.score, ratio))
