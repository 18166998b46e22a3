"""The communities of the demo archive: who posts in which language, how much in a day, and at which hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2020, 6, 24, tzinfo=UTC)
DAYS = 20
HOURS = DAYS * 24
MINUTES = HOURS * 60

# Relative activity by local hour, from midnight: lowest at four, higher at noon, highest in the evening.
_BY_HOUR = (
    *(0.62, 0.42, 0.30, 0.24, 0.22, 0.28, 0.45, 0.72, 0.92, 1.02, 1.08, 1.14),
    *(1.24, 1.22, 1.14, 1.12, 1.16, 1.24, 1.34, 1.48, 1.62, 1.66, 1.44, 1.00),
)
_SATURDAY, _SUNDAY, _FRIDAY = 5, 6, 4


@dataclass(frozen=True)
class Community:
    """The speakers of one language.

    `daily` is the community's number of posts a day on any subject. `zones` holds pairs: the hours from UTC, and the
    share of the speakers in that zone, from 0 to 1.
    """

    language: str
    daily: int
    zones: tuple[tuple[float, float], ...]
    weekend: frozenset[int] = frozenset({_SATURDAY, _SUNDAY})

    def activity(self, moment: datetime) -> float:
        """Return the activity at this hour relative to the week's mean: about 0.3 at night, 1.6 in the evening."""
        return sum(share * self._local(moment + timedelta(hours=offset)) for offset, share in self.zones)

    def _local(self, moment: datetime) -> float:
        return _BY_HOUR[moment.hour] * (1.12 if moment.weekday() in self.weekend else 0.95)


COMMUNITIES = (
    Community("en", 620, ((-5, 0.35), (-8, 0.2), (1, 0.2), (5.5, 0.15), (10, 0.1))),
    Community("ar", 290, ((3, 0.6), (2, 0.25), (1, 0.15)), frozenset({_FRIDAY, _SATURDAY})),
    Community("es", 250, ((-6, 0.4), (-3, 0.3), (2, 0.3))),
    Community("pt", 200, ((-3, 0.9), (1, 0.1))),
    Community("ja", 180, ((9, 1.0),)),
    Community("id", 165, ((7, 1.0),)),
    Community("hi", 140, ((5.5, 1.0),)),
    Community("tr", 140, ((3, 1.0),)),
    Community("fr", 135, ((2, 0.75), (0, 0.25))),
    Community("ru", 125, ((3, 0.8), (7, 0.2))),
    Community("hi-Latn", 100, ((5.5, 1.0),)),
    Community("ur", 95, ((5, 1.0),)),
    Community("zh", 80, ((8, 1.0),)),
    Community("de", 80, ((2, 1.0),)),
    Community("ko", 65, ((9, 1.0),)),
)

ACTIVITY = {
    community.language: tuple(community.activity(START + timedelta(hours=hour)) for hour in range(HOURS))
    for community in COMMUNITIES
}
"""The relative activity of every hour of the archive, for each language."""
