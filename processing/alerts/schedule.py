"""When a step of a conversation is sent: now, after the quiet hours, with a digest, or in the next hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from processing.alerts.rule_fields import DAY, QuietHours
from processing.alerts.rules import Route

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

_OF_ONE = "/"
"""Stands between the time and the conversation in the bundle of one conversation."""


class ScheduleReason(StrEnum):
    """Why a step is sent when it is sent: what holds it longest."""

    NOW = "now"
    DIGEST = "digest"
    BUDGET = "budget"
    """The channel has had as many messages in the last hour as its budget allows."""
    QUIET = "quiet"
    ORDER = "order"
    """An earlier step of the conversation is held until then."""


@dataclass(frozen=True)
class Schedule:
    """When a step is sent. What is due at one channel under the same `bundle` is sent as one digest; empty: alone."""

    due: datetime
    bundle: str
    reason: ScheduleReason


def schedule(
    route: Route, zone: ZoneInfo, now: datetime, sent: int, held_until: datetime | None = None, *, urgent: bool = False
) -> Schedule:
    """Return when a step that is decided at `now` is sent. `zone` is that of the rule book.

    `sent` is the number of messages that the channel has had in the hour before `now`, with those that are due and not
    yet sent; a digest is one message. `held_until` is the time at which the last step of the same conversation is due
    at the channel, if that step has not been sent: no step overtakes an earlier one.

    What is `urgent` is held by the budget alone, and may overtake.

    The latest of all holds wins, and the quiet hours are applied to it. So `due` never decreases with `now`, as long as
    the caller passes `held_until`.
    """
    rule = route.rule if not urgent else replace(route.rule, quiet=None, digest=None)
    route, held_until = replace(route, rule=rule), None if urgent else held_until
    holds = [*_holds(route, zone, now, sent), *([(held_until, ScheduleReason.ORDER)] if held_until else [])]
    due, reason = max(holds, key=lambda hold: hold[0])
    after = quiet_end(rule.quiet, zone, due) if rule.quiet else due
    if after > due:
        due, reason = after, ScheduleReason.QUIET
    return Schedule(due, "" if reason is ScheduleReason.NOW else bundle_of(due), reason)


def bundle_of(due: datetime) -> str:
    """Return the bundle of what is held until this time, for whatever reason, so that a channel gets one digest."""
    return due.astimezone(UTC).isoformat()


def bundle_of_one(bundle: str, conversation: str) -> str:
    """Return the part of a bundle that has one conversation alone, for a channel that takes no digest."""
    return f"{bundle}{_OF_ONE}{conversation}" if bundle else ""


def is_of_one(bundle: str) -> bool:
    """Return whether a bundle has one conversation alone."""
    return _OF_ONE in bundle


def _holds(route: Route, zone: ZoneInfo, now: datetime, sent: int) -> Iterator[tuple[datetime, ScheduleReason]]:
    yield now, ScheduleReason.NOW
    match route.rule.digest:
        case time() as clock:
            yield daily_end(clock, zone, now), ScheduleReason.DIGEST
        case timedelta() as width:
            yield window_end(width, zone, now), ScheduleReason.DIGEST
    if route.channel.budget is not None and sent >= route.channel.budget:
        yield window_end(HOUR, zone, now), ScheduleReason.BUDGET


def quiet_end(quiet: QuietHours, zone: ZoneInfo, at: datetime) -> datetime:
    """Return the first time, from `at` on, at which a clock on the wall shows no quiet hours.

    At a change of clocks, the clock on the wall decides. Hours that it shows twice are quiet twice.
    """
    if not quiet.cover(at.astimezone(zone).time()):
        return at
    return next(each for each in _minutes_after(at) if not quiet.cover(each.astimezone(zone).time()))


def window_end(width: timedelta, zone: ZoneInfo, at: datetime) -> datetime:
    """Return the end of the window in which `at` lies. Windows begin at local midnight and at multiples of `width`.

    A change of clocks to a time in another window ends the window.
    """

    def window(of: datetime) -> tuple[object, int]:
        clock = of.astimezone(zone)
        return clock.date(), timedelta(hours=clock.hour, minutes=clock.minute) // width

    present = window(at)
    return next(each for each in _minutes_after(at) if window(each) != present)


def daily_end(clock: time, zone: ZoneInfo, at: datetime) -> datetime:
    """Return the next time after `at` at which a local clock shows `clock`.

    Of a time that a day shows twice, the first counts. For a time that a day does not show, the clock before the change
    counts: both as in RFC 5545, section 3.3.5. So each day has one digest.
    """
    today = at.astimezone(zone).date()
    days = (datetime.combine(today + number * DAY, clock, zone).astimezone(UTC) for number in (-1, 0, 1, 2))
    return min(each for each in days if each > at)


def _minutes_after(at: datetime) -> Iterator[datetime]:
    """Yield every whole minute after `at`. Changes of clocks and the times of rules lie on whole minutes."""
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    while True:
        minute += MINUTE
        yield minute
