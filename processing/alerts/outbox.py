"""When what was decided in one look is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from processing.alerts.conversation import Decision
from processing.alerts.journal import Entry, Written
from processing.alerts.matches import route_to
from processing.alerts.notification import Step
from processing.alerts.notifiers import keeps_alerts
from processing.alerts.records import ConversationRecords
from processing.alerts.rules import Route, RuleBook
from processing.alerts.schedule import HOUR, ScheduleReason, bundle_of_one, schedule
from processing.troubles import Trouble, TroubleSeverity


@dataclass
class Outbox:
    """Sets the times of messages, by the quiet hours, the digest and the budget of their channels."""

    records: ConversationRecords
    book: RuleBook
    now: datetime
    _sent: Counter[str] = field(default_factory=Counter)
    """Messages of this look that go at once: they are not written yet."""

    def put(self, entry: Entry, decision: Decision, matched: Route | None) -> Written:
        """Return the decision with the time of its message."""
        route = route_to(self.book, matched, entry.channel, entry.rule)
        # A message behind one that still waits goes with it, so that no end comes before its beginning.
        held_until = entry.due if entry.due is not None and entry.due > self.now else None
        urgent = _is_critical(entry.trouble) and decision.step is not Step.RESOLVED and not route.rule.hold_critical
        when = schedule(route, self.book.zone, self.now, self._had(route), held_until, urgent=urgent)
        at_once = when.reason is ScheduleReason.NOW
        self._sent[entry.channel] += at_once
        held = "" if at_once else when.reason.value
        # A digest would open an alert that nothing closes, and close none of those that are open.
        bundle = bundle_of_one(when.bundle, entry.about) if keeps_alerts(route.channel) else when.bundle
        return Written(replace(entry, due=when.due), decision, bundle, held)

    def _had(self, route: Route) -> int:
        """Return the number of messages that a channel has had within the hour; 0 where it has no budget."""
        channel = route.channel
        if channel.budget is None:
            return 0
        return self._sent[channel.name] + self.records.messages_due(channel.name, self.now - HOUR, self.now)


def _is_critical(trouble: Trouble | None) -> bool:
    return trouble is not None and trouble.severity is TroubleSeverity.CRITICAL
