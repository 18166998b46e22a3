"""The scenario of the demo archive: the events, the rate of posts about each, and the subjects of those posts.

Times are minutes since `START`; rates are posts a minute at scale 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.demo.communities import ACTIVITY, HOURS, START
from deploy.demo.situations import Situation

Mix = dict[Situation, float]


def minute_of(moment: datetime) -> float:
    """Return the minutes from the archive's first instant to `moment`."""
    return (moment - START).total_seconds() / 60


@dataclass(frozen=True)
class Wave:
    """The rate of posts about an event: a linear rise to `peak`, then the sum of two exponential decays.

    `rise`, both decays and `lasts` are minutes. `fast` is the share of the peak that decays fast, from 0 to 1.
    """

    peak: float
    rise: float
    fast: float
    fast_decay: float
    slow_decay: float
    lasts: float

    def rate(self, elapsed: float) -> float:
        """Return the posts a minute at `elapsed` minutes after the wave's start."""
        if not 0 <= elapsed < self.lasts:
            return 0.0
        if elapsed < self.rise:
            return self.peak * elapsed / self.rise
        since = elapsed - self.rise
        fast = self.fast * math.exp(-since / self.fast_decay)
        return self.peak * (fast + (1 - self.fast) * math.exp(-since / self.slow_decay))

    @property
    def masses(self) -> tuple[float, float, float]:
        """The expected posts of the rise, of the fast and of the slow decay. `schedule` draws times from them."""
        slow = (1 - self.fast) * self.slow_decay
        return self.peak * self.rise / 2, self.peak * self.fast * self.fast_decay, self.peak * slow


@dataclass(frozen=True)
class ScenarioEvent:
    """One event. `languages` gives each language its share of the peak (0 to 1) and its delay in minutes.

    `phases` holds pairs: minutes since the start, and the mix of situations from then on.
    """

    name: str
    start: datetime
    wave: Wave
    languages: dict[str, tuple[float, float]]
    phases: tuple[tuple[float, Mix], ...]
    note: str

    def rate(self, language: str, minute: float) -> float:
        """Return the expected posts a minute in one language, reduced at hours when its speakers sleep."""
        share, delay = self.languages[language]
        elapsed = minute - minute_of(self.start) - delay
        return share * self.wave.rate(elapsed) * self.wakefulness(language, minute)

    def wakefulness(self, language: str, minute: float) -> float:
        """Return the speakers' activity relative to the hour of the event's peak, at most 1."""
        hours = ACTIVITY[language]
        peak = minute_of(self.start) + self.languages[language][1] + self.wave.rise
        now = hours[min(int(minute // 60), HOURS - 1)]
        return min(1.0, now / hours[int(peak // 60)])

    def mix(self, minute: float) -> Mix:
        """Return the mix of situations in the event's posts at this minute."""
        elapsed = minute - minute_of(self.start)
        return next((mix for after, mix in reversed(self.phases) if elapsed >= after), self.phases[0][1])


INDIA_BAN = ScenarioEvent(
    name="india-ban",
    start=datetime(2020, 6, 29, 15, 30, tzinfo=UTC),
    wave=Wave(peak=21.0, rise=50, fast=0.6, fast_decay=120, slow_decay=520, lasts=36 * 60),
    languages={
        "en": (0.30, 0),
        "hi": (0.24, 2),
        "hi-Latn": (0.20, 2),
        "ur": (0.07, 12),
        "ar": (0.05, 35),
        "es": (0.03, 45),
        "id": (0.03, 30),
        "pt": (0.02, 50),
        "fr": (0.02, 45),
        "tr": (0.01, 50),
        "ru": (0.01, 50),
        "zh": (0.01, 30),
        "ja": (0.01, 60),
        "de": (0.005, 60),
        "ko": (0.005, 60),
    },
    phases=(
        (0, {Situation.INDIA: 0.92, Situation.SECURITY: 0.05, Situation.MIGRATION: 0.03}),
        (90, {Situation.INDIA: 0.74, Situation.SECURITY: 0.08, Situation.MIGRATION: 0.14, Situation.BAN_CHAT: 0.04}),
        (750, {Situation.INDIA: 0.5, Situation.APP_STORE: 0.2, Situation.MIGRATION: 0.16, Situation.COMPANY: 0.14}),
    ),
    note="India bans 59 apps, TikTok among them; a tail of a day, the app stores follow on 30 June.",
)

US_REMARK = ScenarioEvent(
    name="us-remark",
    start=datetime(2020, 7, 7, 2, 0, tzinfo=UTC),
    wave=Wave(peak=8.0, rise=30, fast=0.6, fast_decay=90, slow_decay=400, lasts=24 * 60),
    languages={
        "en": (0.62, 0),
        "es": (0.10, 20),
        "zh": (0.05, 25),
        "ja": (0.06, 30),
        "pt": (0.05, 35),
        "ar": (0.04, 60),
        "hi": (0.03, 60),
        "id": (0.03, 45),
        "fr": (0.02, 60),
    },
    phases=(
        (0, {Situation.US: 0.85, Situation.SECURITY: 0.1, Situation.BAN_CHAT: 0.05}),
        (180, {Situation.US: 0.66, Situation.SECURITY: 0.14, Situation.COMPANY: 0.1, Situation.MIGRATION: 0.1}),
    ),
    note="The US Secretary of State says on television that the US is looking at a ban (6 July, US evening).",
)

HONG_KONG_EXIT = ScenarioEvent(
    name="hong-kong-exit",
    start=datetime(2020, 7, 7, 3, 0, tzinfo=UTC),
    wave=Wave(peak=4.5, rise=30, fast=0.6, fast_decay=70, slow_decay=240, lasts=18 * 60),
    languages={"en": (0.44, 0), "zh": (0.34, 0), "ja": (0.16, 15), "ko": (0.06, 20)},
    phases=((0, {Situation.HONG_KONG: 0.9, Situation.US: 0.06, Situation.COMPANY: 0.04}),),
    note="TikTok says it leaves Hong Kong.",
)

AMAZON_EMAIL = ScenarioEvent(
    name="amazon-email",
    start=datetime(2020, 7, 10, 16, 0, tzinfo=UTC),
    wave=Wave(peak=56.0, rise=25, fast=0.72, fast_decay=55, slow_decay=230, lasts=30 * 60),
    languages={
        "en": (0.44, 0),
        "ar": (0.10, 14),
        "es": (0.09, 14),
        "pt": (0.07, 18),
        "fr": (0.045, 18),
        "tr": (0.04, 22),
        "id": (0.035, 26),
        "hi": (0.035, 28),
        "ja": (0.035, 32),
        "hi-Latn": (0.03, 28),
        "ru": (0.03, 34),
        "ur": (0.02, 36),
        "de": (0.015, 24),
        "zh": (0.01, 40),
        "ko": (0.005, 45),
    },
    phases=(
        (0, {Situation.EMPLOYER: 0.9, Situation.SECURITY: 0.07, Situation.BAN_CHAT: 0.03}),
        (
            60,
            {
                Situation.EMPLOYER: 0.74,
                Situation.SECURITY: 0.12,
                Situation.COMPANY: 0.07,
                Situation.MIGRATION: 0.04,
                Situation.US: 0.03,
            },
        ),
    ),
    note="Amazon's e-mail tells staff to delete TikTok from phones that reach company mail.",
)

AMAZON_RETRACTION = ScenarioEvent(
    name="amazon-retraction",
    start=datetime(2020, 7, 10, 21, 0, tzinfo=UTC),
    wave=Wave(peak=38.0, rise=18, fast=0.72, fast_decay=50, slow_decay=200, lasts=27 * 60),
    languages={
        "en": (0.50, 0),
        "es": (0.11, 8),
        "ar": (0.10, 10),
        "pt": (0.09, 10),
        "fr": (0.045, 12),
        "tr": (0.035, 14),
        "id": (0.025, 20),
        "ja": (0.025, 22),
        "ru": (0.02, 20),
        "hi": (0.015, 25),
        "hi-Latn": (0.01, 25),
        "de": (0.01, 16),
        "ur": (0.005, 30),
        "zh": (0.005, 25),
        "ko": (0.005, 30),
    },
    phases=(
        (0, {Situation.RETRACTION: 0.84, Situation.EMPLOYER: 0.08, Situation.SECURITY: 0.04, Situation.COMPANY: 0.04}),
    ),
    note="Amazon says that the e-mail was sent in error: a second pulse of the same incident.",
)

EVENTS = (INDIA_BAN, US_REMARK, HONG_KONG_EXIT, AMAZON_EMAIL, AMAZON_RETRACTION)

QUIET = (
    (START, datetime(2020, 6, 29, tzinfo=UTC)),
    (datetime(2020, 7, 3, tzinfo=UTC), datetime(2020, 7, 6, tzinfo=UTC)),
    (datetime(2020, 7, 12, tzinfo=UTC), datetime(2020, 7, 14, tzinfo=UTC)),
)
"""Spans without a planted surge. Every surge that a detector reports there is false."""
