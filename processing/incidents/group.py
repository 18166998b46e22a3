"""Which spikes belong together: one incident is what people are told about, once.

The spikes of a root topic and of its sub-topics form an incident when they overlap or follow within hours. It is
grouped anew from the spikes each time, and keeps its id from the first time on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from processing.contract import EVERYTHING, UNDETERMINED, Doubt, Incident, IncidentState, Severity, Spike, VerdictName
from processing.detection.policy import LONG_WINDOW, DetectorPolicy
from processing.incidents.people import as_part_of, people_in, people_of

RANK = {Severity.NOTABLE: 0, Severity.MAJOR: 1, Severity.EXTREME: 2}


@dataclass(frozen=True)
class IncidentPolicy:
    """When spikes belong together, and which spike is enough for an incident.

    A spike that starts within `join` of an incident's end belongs to the incident. Fewer people than `people` make no
    incident; of a spike in the window `long_window`, fewer than `people_long`.
    """

    join: timedelta = timedelta(hours=12)
    people: int = 5
    long_window: str = LONG_WINDOW
    people_long: int = 3

    @classmethod
    def of(cls, policy: DetectorPolicy) -> Self:
        """The policy for the spikes of a detector."""
        fast, slow = policy.fast, policy.slow
        return cls(people=fast.people, long_window=slow.name, people_long=slow.people)


def opens(policy: IncidentPolicy, spike: Spike, roots: Mapping[str, str]) -> bool:
    """Return whether a spike is enough to tell people: a spike of a root topic, or a major spike of a sub-topic.

    A taxonomy has many sub-topics in many languages. If each notable spike of a sub-topic opened an incident, their
    number alone would make false alerts. A spike of too few people opens no incident, nor does one of a topic that
    has no root, because the taxonomy no longer has it.
    """
    people = policy.people_long if spike.window == policy.long_window else policy.people
    if spike.verdict is VerdictName.ORGANIC and people_in(spike) < people:
        return False
    root = roots.get(spike.topic)
    if root is None:
        return False
    if root == spike.topic:
        return True
    return spike.language == EVERYTHING and RANK[spike.severity] >= RANK[Severity.MAJOR]


def group(
    policy: IncidentPolicy,
    spikes: Iterable[Spike],
    known: Sequence[Incident],
    roots: Mapping[str, str],
    now: datetime,
) -> tuple[Incident, ...]:
    """The incidents that these spikes make, oldest first.

    `known` are the incidents there were, for their ids; a closed one stays as it is. `roots` maps a topic to its
    root; `now` is event time. A known incident whose spikes are not among these is not returned.
    """
    roots = _with_known(roots, known)
    by_root = _by_root(spikes, roots)
    found = [
        _incident(policy, root, cluster, known=known, roots=roots, now=now)
        for root, members in by_root.items()
        for cluster in _clusters(policy, root, members, now)
        if any(opens(policy, spike, roots) for spike in cluster)
    ]
    closed = {incident.id: incident for incident in known if incident.state is IncidentState.CLOSED}
    kept = [closed.get(incident.id, incident) for incident in found]
    return tuple(sorted(kept, key=lambda incident: (incident.start, incident.id)))


def still_growing(
    policy: IncidentPolicy,
    spikes: Iterable[Spike],
    known: Sequence[Incident],
    roots: Mapping[str, str],
    now: datetime,
) -> tuple[Spike, ...]:
    """The spikes that a later one may still join: the others need not be grouped again. See `group` for the rest."""
    roots = _with_known(roots, known)
    return tuple(
        spike
        for root, members in _by_root(spikes, roots).items()
        for cluster in _clusters(policy, root, members, now)
        if max(each.end or now for each in cluster) + policy.join >= now
        for spike in cluster
    )


def _with_known(roots: Mapping[str, str], known: Iterable[Incident]) -> Mapping[str, str]:
    """Add the topics that the taxonomy no longer has: each stays with the incident in which it was told."""
    told = {topic: incident.topic for incident in known for topic in (incident.topic, *incident.subtopics)}
    return told | dict(roots)


def _by_root(spikes: Iterable[Spike], roots: Mapping[str, str]) -> dict[str, list[Spike]]:
    members: dict[str, list[Spike]] = {}
    for spike in spikes:
        members.setdefault(roots.get(spike.topic, spike.topic), []).append(spike)
    return members


def _clusters(policy: IncidentPolicy, root: str, members: list[Spike], now: datetime) -> list[list[Spike]]:
    """The spikes that overlap or follow within hours, of the root topic first: they alone join one surge to the next.

    A sub-topic, which may go on at a trickle for days, belongs to the first surge of its root that it touches.
    """
    clusters = _in_a_row(policy, [spike for spike in members if spike.topic == root], now)
    apart: list[Spike] = []
    for spike in members:
        if spike.topic != root:
            next((each for each in clusters if _touch(policy, each, spike, now)), apart).append(spike)
    return [*clusters, *_in_a_row(policy, apart, now)]


def _in_a_row(policy: IncidentPolicy, spikes: list[Spike], now: datetime) -> list[list[Spike]]:
    clusters: list[list[Spike]] = []
    reach = None
    for spike in sorted(spikes, key=lambda spike: spike.start):
        if reach is None or spike.start > reach + policy.join:
            clusters.append([])
            reach = spike.start
        clusters[-1].append(spike)
        reach = max(reach, spike.end or now)
    return clusters


def _touch(policy: IncidentPolicy, cluster: list[Spike], spike: Spike, now: datetime) -> bool:
    return any(
        spike.start <= (each.end or now) + policy.join and each.start <= (spike.end or now) + policy.join
        for each in cluster
    )


def _incident(
    policy: IncidentPolicy,
    root: str,
    cluster: list[Spike],
    *,
    known: Sequence[Incident],
    roots: Mapping[str, str],
    now: datetime,
) -> Incident:
    cluster = [as_part_of(cluster, spike, root) for spike in cluster]
    told = _told(policy, cluster, roots)
    opening = [spike for spike in told if opens(policy, spike, roots)]
    lead = people_of(max(opening, key=lambda spike: (_breadth(spike, root), RANK[spike.severity], spike.score)))
    first = min(opening, key=lambda spike: spike.detected_at)
    # A sub-topic may go on at a trickle for days around a surge of its root.
    speaking = [spike for spike in opening if spike.topic == root] or opening
    end, over = _end(speaking), _end(cluster)
    start = min(spike.start for spike in cluster)
    languages = _languages(spike for spike in cluster if spike.verdict is VerdictName.ORGANIC)
    return Incident(
        id=_known_id(known, root, start, over or now) or f"{root}-{first.detected_at:%Y%m%dT%H%MZ}",
        topic=root,
        state=IncidentState.CLOSED if over is not None and now > over + policy.join else IncidentState.OPEN,
        start=min(spike.start for spike in speaking),
        detected_at=first.detected_at,
        peak=lead.peak,
        end=end,
        observed=lead.observed,
        expected=lead.expected,
        ratio=lead.ratio,
        score=lead.score,
        severity=lead.severity,
        languages=languages,
        subtopics=_largest_first((spike.topic, spike.observed) for spike in told if spike.topic != root),
        pulses=lead.pulses,
        synthetic=False,
        lead_topic=lead.topic,
        lead_language=lead.language,
        verdict=lead.verdict,
        evidence=lead.evidence,
        lead_start=lead.start,
        lead_end=lead.end,
        window=lead.window,
        window_observed=lead.window_observed,
        window_expected=lead.window_expected,
        doubted=tuple(_doubts(cluster, languages, root)),
    )


def _told(policy: IncidentPolicy, cluster: list[Spike], roots: Mapping[str, str]) -> list[Spike]:
    """The spikes that an incident speaks of: people's, if they are enough to tell of it, else all.

    So what a flood of a few accounts looks like is never said of the people beside it, nor does it hide them.
    """
    organic = [spike for spike in cluster if spike.verdict is VerdictName.ORGANIC]
    return organic if any(opens(policy, spike, roots) for spike in organic) else cluster


def _breadth(spike: Spike, root: str) -> int:
    """The spike that speaks for the incident is the root topic's over all languages, where it has one."""
    return 2 * (spike.topic == root) + (spike.language == EVERYTHING)


def _end(spikes: list[Spike]) -> datetime | None:
    """Of the last one; None while one lasts."""
    ends = [spike.end for spike in spikes if spike.end is not None]
    return max(ends) if len(ends) == len(spikes) else None


def _languages(spikes: Iterable[Spike]) -> tuple[str, ...]:
    """Those that can be named."""
    named = (spike for spike in spikes if spike.language not in {EVERYTHING, UNDETERMINED})
    return _largest_first((spike.language, spike.observed) for spike in named)


def _doubts(cluster: list[Spike], spoken: Sequence[str], root: str) -> Iterator[Doubt]:
    """The languages that rose without a spike of people's, each with what its broadest spike is."""
    for language in _languages(spike for spike in cluster if spike.language not in spoken):
        of_it = [spike for spike in cluster if spike.language == language]
        spike = max(of_it, key=lambda spike: (_breadth(spike, root), spike.observed))
        reason = next((each for each in spike.evidence if each.decisive), None)
        yield Doubt(language, spike.verdict, reason.name if reason else "", reason.value if reason else 0.0)


def _known_id(known: Sequence[Incident], root: str, start: datetime, end: datetime) -> str | None:
    same = [
        incident
        for incident in known
        if incident.topic == root and start <= incident.detected_at and incident.start <= end
    ]
    return min(same, key=lambda incident: incident.detected_at).id if same else None


def _largest_first(posts: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Names by the posts of their largest spike."""
    largest: dict[str, int] = {}
    for name, observed in posts:
        largest[name] = max(observed, largest.get(name, 0))
    return tuple(sorted(largest, key=lambda name: (-largest[name], name)))
