"""From troubles of banwatch itself to decisions on telling people: beside the watch, and not part of it.

A look reads what the store knows of banwatch, finds what is wrong, and steps the conversation about each trouble with
each channel. It has a thread of its own, so that it also tells of a watch that hangs. Of a process that has died as a
whole it cannot tell: the heartbeat stays away then, and the page Health says so.

All goes by the wall clock. While there is nothing but a replay of archives, nothing is told: nobody waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec
import structlog

from processing.alerts.journal import Entry, Written, entry_of, write
from processing.alerts.matches import Matched
from processing.alerts.metrics import AlertMetrics
from processing.alerts.outbox import Outbox
from processing.alerts.reasons import HELD_BACK, Match, State
from processing.alerts.records import StoredConversations
from processing.alerts.rules import RuleBook, trouble_routes
from processing.alerts.trouble_conversation import (
    Sighting,
    TroublePolicy,
    TroubleSituation,
    sighted,
    trouble_step,
)
from processing.coverage import HISTORY
from processing.queries.notifications import trouble_conversations
from processing.store.client import Store, StoreFailure
from processing.troubles import Area, Facts, Limits, Trouble, TroubleSeverity, collects_live, own_facts, troubles

log = structlog.get_logger()

LOOKED_EVERY = timedelta(seconds=15)


@dataclass
class OwnAlerts:
    """Decides what the channels of the rules are told of banwatch itself.

    `book` gives the rules as they are now, and `clock` is the wall clock. With `historic`, replays are told of too.
    """

    store: Store
    book: Callable[[], RuleBook]
    clock: Callable[[], datetime]
    limits: Limits
    historic: bool = False
    policy: TroublePolicy = field(default_factory=TroublePolicy)
    facts: Callable[[Store, datetime], Facts] = own_facts
    metrics: AlertMetrics = field(default_factory=AlertMetrics)
    _entries: dict[str, dict[str, Entry]] | None = None
    _sightings: dict[str, Sighting] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.is_set():
            try:
                self.look()
            except StoreFailure as error:  # to know nothing of itself must not keep banwatch from watching
                log.warning("own troubles are not known", reason=str(error))
            stop.wait(LOOKED_EVERY.total_seconds())

    def look(self) -> None:
        """Decide what is said of what is wrong now.

        Raises:
            StoreUnavailable: call it again; it goes on from what is written.
        """
        now = self.clock()
        # After a failure nobody knows what was written: the memory is made anew.
        entries, self._entries = self._entries, None
        if entries is None:
            entries = remembered(self.store)
            self._sightings = self._sightings or _going_on(entries, now)
        facts = self.facts(self.store, now)
        if self.historic or collects_live(facts):
            self._decide(entries, facts, now)
        self._entries = entries

    def _decide(self, entries: dict[str, dict[str, Entry]], facts: Facts, now: datetime) -> None:
        told = {about for about, known in entries.items() if any(map(_is_told, known.values()))}
        book = self.book()
        found = [
            each
            for each in troubles(facts, self.limits, now, told)
            if (each.severity is not TroubleSeverity.NOTICE or each.about in told)
            and not _is_taken_out(each.about, book)
        ]
        self._sightings = sighted(self.policy, self._sightings, found, now)
        reported = {each.source: each.heard_at for each in facts.health}
        decided = list(self._steps(book, entries, _failing(found), reported, now))
        write(self.store, decided, now, now)
        for each in decided:
            entry = each.entry
            entries.setdefault(entry.about, {})[entry.channel] = entry
            if each.decision.step is not None:
                self.metrics.notifications.labels(each.decision.step).inc()
            log.info("trouble", about=entry.about, channel=entry.channel, reason=each.decision.reason.value)

    def _steps(
        self,
        book: RuleBook,
        entries: Mapping[str, Mapping[str, Entry]],
        failing: Collection[str],
        reported: Mapping[str, datetime],
        now: datetime,
    ) -> Iterator[Written]:
        outbox = Outbox(StoredConversations(self.store), book, now)
        for about in sorted({*entries, *self._sightings}):
            known, sighting = entries.get(about, {}), self._sightings.get(about)
            trouble = None if sighting is None else sighting.trouble
            lasts = sighting is not None and now >= sighting.first + self.policy.until_told(sighting.trouble.area)
            found = {} if trouble is None or not lasts else channels_for(book, trouble, failing, known)
            for channel in sorted({*found, *known}):
                entry = known.get(channel) or Entry(about, channel)
                matched = found.get(channel)
                given = TroubleSituation(
                    trouble=trouble,
                    told=entry.trouble,
                    named=matched is not None,
                    gone=channel not in book.channels or _is_taken_out(about, book),
                    historic=trouble is not None and is_historic(trouble, reported, now),
                    repeat=None if matched is None or matched.route is None else matched.route.rule.repeat,
                )
                if written := _written(entry, given, matched or Matched(Match.NONE), outbox, now):
                    yield written


def remembered(store: Store) -> dict[str, dict[str, Entry]]:
    """Return all conversations about troubles, by what they are about and by channel.

    One that cannot be read begins anew, but counts on: a message with the key of one that was sent would not be sent.
    """
    entries: dict[str, dict[str, Entry]] = {}
    for stored in trouble_conversations(store):
        try:
            entry = entry_of(stored)
        except (ValueError, msgspec.MsgspecError) as error:  # a newer version has written it
            log.warning("conversation cannot be read", about=stored.conversation, reason=str(error))
            entry = Entry(stored.conversation, stored.channel, number=stored.number)
        entries.setdefault(stored.conversation, {})[stored.channel] = entry
    return entries


def _going_on(entries: Mapping[str, Mapping[str, Entry]], now: datetime) -> dict[str, Sighting]:
    """Return what people have been told of, as if it was seen just now: a restart makes nothing over."""
    told = (each for known in entries.values() for each in known.values() if _is_told(each))
    return {each.about: Sighting(each.trouble, each.state.told_at or now, now) for each in told if each.trouble}


def _is_told(entry: Entry) -> bool:
    return entry.state.state is State.FIRING


def _failing(found: Sequence[Trouble]) -> frozenset[str]:
    """Return the channels that take nothing."""
    return frozenset(each.subject for each in found if each.area is Area.CHANNEL)


def _is_taken_out(about: str, book: RuleBook) -> bool:
    """Return whether it is about a channel that was taken out of the rules: it will never work again."""
    area, _, subject = about.partition(":")
    return area == Area.CHANNEL and subject not in book.channels


def is_historic(trouble: Trouble, reported: Mapping[str, datetime], now: datetime) -> bool:
    """Return whether it is a source that was stopped long ago, which is no news.

    A collector that has reported since is at work, however old the last post is. `reported` is by source.
    """
    heard_at = max(trouble.since, reported.get(trouble.subject, trouble.since))
    return trouble.area is Area.SOURCE and now - heard_at >= HISTORY


def channels_for(
    book: RuleBook, trouble: Trouble, failing: Collection[str], known: Mapping[str, Entry]
) -> dict[str, Matched]:
    """Return the channels that hear of a trouble.

    That a channel fails is told at another one that works: where the rules say, at `report_failures_to`, else at any.
    Once it is told, no other channel is told of it, unless the one that was told has left the rules.
    """
    found = {each.channel.name: Matched(Match.MATCHES, each) for each in trouble_routes(book, trouble)}
    if trouble.area is not Area.CHANNEL:
        return found
    told = [channel for channel, entry in known.items() if channel in book.channels and _is_told(entry)]
    if told:
        return {channel: found.get(channel, Matched(Match.MATCHES)) for channel in told}
    working = [channel for channel in sorted(book.channels) if channel not in {*failing, trouble.subject}]
    found = {channel: matched for channel, matched in found.items() if channel in working}
    if book.report_failures_to in working:
        found.setdefault(book.report_failures_to, Matched(Match.MATCHES))
    return found or {channel: Matched(Match.MATCHES) for channel in working[:1]}


def _written(entry: Entry, given: TroubleSituation, matched: Matched, outbox: Outbox, now: datetime) -> Written | None:
    """Return what is to be written down; None where nothing has changed."""
    decision = trouble_step(entry.state, given, now)
    if decision.state == entry.state:
        return None
    rule = entry.rule if matched.route is None else matched.route.rule.name
    after = replace(
        entry,
        state=decision.state,
        number=entry.number + 1,
        rule=rule,
        trouble=given.trouble or entry.trouble,
    )
    if decision.step is not None:
        return outbox.put(after, decision, matched.route)
    return Written(after, decision, held=decision.reason.value if decision.reason in HELD_BACK else "")
