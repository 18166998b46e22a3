"""From what is due to what a channel is told: asks the store for what the message shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar, cast

import msgspec
import structlog

from processing import queries
from processing.alerts.clock import alert_time
from processing.alerts.message import Wording, build
from processing.alerts.news import (
    Acknowledgement,
    ChannelNews,
    DigestNews,
    IncidentNews,
    News,
    Picture,
    SourceNews,
    Told,
)
from processing.alerts.notification import Message, Notification, Notifier, Outcome, Step
from processing.alerts.picture import read_picture
from processing.alerts.queue import Batch, Waiting
from processing.alerts.reasons import Reason
from processing.alerts.retries import FAILED
from processing.alerts.rules import RuleBook
from processing.alerts.signed_links import SignedLinks
from processing.contract import Incident, Severity
from processing.store.client import Store, StoreFailure

log = structlog.get_logger()

Part = TypeVar("Part")
Why = Literal["digest", "quiet", "budget"]

SHOWN = frozenset({Step.OPENED, Step.GREW, Step.REPEATED, Step.RESOLVED})
"""Steps that show what the posts say."""

FOLLOWING = frozenset({Step.GREW, Step.REPEATED})
"""Steps that tell again of what goes on."""

TO_BE_ANSWERED = frozenset({Step.OPENED, Step.GREW, Step.REPEATED})
"""Steps with a link by which a person takes the incident on."""


@dataclass(frozen=True)
class Composer:
    """Makes notifications. `topic_names` gives the names of topics in a language, and `book` the rules as they are now.

    `width` is the detector's bin, `public_url` the dashboard's address, and `links` signs the links for answers.
    """

    store: Store
    book: Callable[[], RuleBook]
    topic_names: Callable[[str], Mapping[str, str]]
    clock: Callable[[], datetime]
    width: timedelta
    public_url: str = ""
    links: SignedLinks | None = None

    def __call__(self, batch: Batch, notifier: Notifier) -> Notification:
        """Return what a channel is told. A part that cannot be read or worded is left out.

        Raises:
            StoreUnavailable: it is not known what is to be told.
        """
        root = queries.root_message(self.store, batch.conversation, notifier.name)
        incidents = self._incidents(batch)
        return Notification(
            key=batch.key,
            conversation=batch.conversation,
            channel=notifier.name,
            step=batch.step,
            growth=() if batch.is_digest else batch.first.growth,
            at=batch.first.at,
            message=self._message(batch, incidents, notifier),
            incident=None if batch.is_digest else incidents.get(batch.conversation),
            root=root,
            in_doubt=batch.first.in_doubt,
            unknown=not batch.is_digest and _ends_unknown(batch.first),
        )

    def _incidents(self, batch: Batch) -> Mapping[str, Incident | None]:
        """Return the incidents of a batch by their ids, as they are now; those of a replay as they were then."""
        last = {each.conversation: each for each in batch.notifications}
        about = {name: each for name, each in last.items() if not name.startswith(("source:", "channel:"))}
        replays = bool(about) and self._replays()
        return {
            name: (_as_decided(each) if replays else None) or queries.incident(self.store, name)
            for name, each in about.items()
        }

    def _replays(self) -> bool:
        """Return whether the watch goes through history, where it is ahead of what the channels are told."""
        reached, wall = queries.scored_until(self.store), self.clock()
        return reached is not None and alert_time(wall, reached) != wall

    def _message(self, batch: Batch, incidents: Mapping[str, Incident | None], notifier: Notifier) -> Message:
        wording = self._wording(notifier)
        try:
            return build(self._news(batch, incidents), wording)
        except Exception:  # a defect in the words must not keep anybody from being told
            log.exception("message without words", key=batch.key)
            return Message(language=wording.language, title=f"{batch.step}: {batch.conversation}")

    def _wording(self, notifier: Notifier) -> Wording:
        book = self.book()
        channel = book.channels.get(notifier.name)
        language = cast('Literal["en", "ar"]', "en" if channel is None else channel.language)
        return Wording(
            width=self.width,
            language=language,
            topics=self.topic_names(language),
            public_url=self.public_url,
            zone=book.zone,
        )

    def _news(self, batch: Batch, incidents: Mapping[str, Incident | None]) -> News:
        if not batch.is_digest:
            return self._of_one(batch.first, incidents, alone=True)
        why = self._part(lambda: queries.held_because(self.store, batch.first.key), "")
        return DigestNews(
            at=batch.first.at,
            parts=tuple(self._of_one(each, incidents, alone=False) for each in batch.parts),
            why=cast(Why, why if why in {"digest", "quiet", "budget"} else "digest"),
        )

    def _of_one(
        self, each: Waiting, incidents: Mapping[str, Incident | None], *, alone: bool
    ) -> IncidentNews | SourceNews | ChannelNews:
        kind, _, name = each.conversation.partition(":")
        if kind == "source":
            return SourceNews(step=each.step, at=each.at, source=name, since=self._silent_since(each, name))
        if kind == "channel":
            return self._of_channel(each, name)
        incident = incidents[each.conversation]
        if incident is None:
            raise LookupError(f"The store has no incident {each.conversation!r}.")
        return self._of_incident(each, incident, alone=alone)

    def _of_incident(self, each: Waiting, incident: Incident, *, alone: bool) -> IncidentNews:
        shown = alone and each.step in SHOWN
        asks = self.links is not None and each.step in TO_BE_ANSWERED
        return IncidentNews(
            step=each.step,
            at=each.at,
            incident=incident,
            growth=each.growth,
            unknown=_ends_unknown(each),
            told=self._part(lambda: self._told(each), None) if each.step in FOLLOWING else None,
            acknowledgement=self._part(lambda: self._answer(incident), None),
            picture=self._part(lambda: self._picture(each, incident), None) if shown else None,
            acknowledge_url=self.links.link(incident.id, self.clock()) if asks and self.links else "",
        )

    def _told(self, each: Waiting) -> Told | None:
        known = self._before(each)
        if known is None or not known.severity:
            return None
        then = _as_decided(known)
        return Told(
            severity=Severity(known.severity),
            languages=known.languages,
            peak=known.peak,
            pulse=known.pulse,
            terms=() if then is None else then.terms,
            subtopics=() if then is None else then.subtopics,
        )

    def _before(self, each: Waiting) -> queries.KnownBefore | None:
        return queries.known_before(self.store, each.conversation, each.channel, each.number)

    def _answer(self, incident: Incident) -> Acknowledgement | None:
        answer = queries.answer_to(self.store, incident.id)
        if answer is None:
            return None
        by, note, action, at = answer
        return Acknowledgement(by=by, note=note, at=at, action=action)

    def _picture(self, each: Waiting, incident: Incident) -> Picture:
        reached = each.at if self._replays() else queries.scored_until(self.store)
        now = incident.detected_at if reached is None else max(reached, incident.detected_at)
        return read_picture(self.store, incident, now, self.width)

    def _silent_since(self, each: Waiting, source: str) -> datetime:
        """Return the source's last sign of life, or when its silence was decided for one that has come back."""
        if each.step is Step.DATA_BACK:
            silent = self._part(lambda: self._before(each), None)
            return each.at if silent is None else silent.at
        health: Sequence[queries.Health] = self._part(lambda: queries.health(self.store), [])
        return next((known.last_event or known.heard_at for known in health if known.source == source), each.at)

    def _of_channel(self, each: Waiting, name: str) -> ChannelNews:
        attempts: Sequence[queries.ChannelAttempt] = self._part(lambda: queries.last_attempts(self.store), [])
        outcomes = [(Outcome(known.outcome), known.detail) for known in attempts if known.channel == name]
        # A channel that has come back meanwhile is told to have failed before it is told to work again.
        failed = [(outcome, detail) for outcome, detail in outcomes if outcome in FAILED] or [(Outcome.RETRY, "")]
        works = each.step is Step.RESOLVED
        return ChannelNews(
            at=each.at,
            channel=name,
            outcome=Outcome.SENT if works else failed[0][0],
            detail="" if works else failed[0][1],
            failures=next((n for n, (outcome, _) in enumerate(outcomes) if outcome not in FAILED), len(outcomes)),
            waiting=self._part(lambda: sum(known.channel == name for known in queries.undelivered(self.store)), 0),
        )

    def _part(self, read: Callable[[], Part], otherwise: Part) -> Part:
        """Return a part of a message, or `otherwise` if the store does not give it."""
        try:
            return read()
        except StoreFailure as error:
            log.warning("message lacks a part", reason=str(error))
            return otherwise


def _ends_unknown(each: Waiting) -> bool:
    return each.reason == Reason.RESOLVED_UNKNOWN


def _as_decided(each: Waiting | queries.KnownBefore) -> Incident | None:
    """Return the incident as it was when it was decided to tell of it; None if that was not written down."""
    try:
        return msgspec.json.decode(each.incident, type=Incident) if each.incident else None
    except msgspec.MsgspecError as error:  # another version has written it
        log.warning("incident of a notification cannot be read", at=each.at, reason=str(error))
        return None
