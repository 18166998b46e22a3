"""Everyday talk: mostly not about TikTok, a little about bans, and more about bans after an event."""

from __future__ import annotations

import math

from deploy.demo.scenario import AMAZON_EMAIL, AMAZON_RETRACTION, HONG_KONG_EXIT, INDIA_BAN, US_REMARK, Mix, minute_of
from deploy.demo.situations import Situation

_DAY = 24 * 60
_BAN_SHARE = 0.075
_OTHER: Mix = {Situation.OFF_TOPIC: 0.635, Situation.BACKGROUND: 0.24, Situation.NEAR_MISS: 0.05}

# Each row: the event, the rise of the day's ban talk (1 doubles it), and the days until a third of the rise is left.
_ECHOES = ((INDIA_BAN, 0.9, 1.0), (US_REMARK, 1.5, 2.2), (AMAZON_RETRACTION, 0.4, 0.8))

# The subjects of steady ban talk. A subject joins them some minutes after its event.
_ALWAYS: Mix = {Situation.BAN_CHAT: 0.62, Situation.SECURITY: 0.3, Situation.MIGRATION: 0.08}
_JOINING = (
    (INDIA_BAN, 180, {Situation.INDIA: 0.2, Situation.COMPANY: 0.06}),
    (INDIA_BAN, 900, {Situation.APP_STORE: 0.06}),
    (US_REMARK, 120, {Situation.US: 0.4}),
    (HONG_KONG_EXIT, 120, {Situation.HONG_KONG: 0.08}),
    (AMAZON_EMAIL, 60, {Situation.EMPLOYER: 0.12}),
    (AMAZON_RETRACTION, 60, {Situation.RETRACTION: 0.1}),
)


def ban_level(minute: float) -> float:
    """Return the level of everyday ban talk: 1 before the first event, and about 2 on the days after one."""
    level = 1.0
    for event, raised, days in _ECHOES:
        elapsed = minute - minute_of(event.start)
        if elapsed >= 0:
            level += raised * math.exp(-elapsed / (days * _DAY))
    return level


def mix(minute: float) -> Mix:
    """Return the posts of each situation at this minute, as fractions of an ordinary day's rate of all posts."""
    subjects = dict(_ALWAYS)
    for event, after, joining in _JOINING:
        if minute >= minute_of(event.start) + after:
            subjects |= joining
    ban = _BAN_SHARE * ban_level(minute) / sum(subjects.values())
    return {**_OTHER, **{situation: ban * weight for situation, weight in subjects.items()}}
