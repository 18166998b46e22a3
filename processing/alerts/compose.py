"""From what is due to what a channel is told: asks the store for what the message shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    DigestNews,
    IncidentNews,
    News,
    Picture,
    Told,
    TroubleNews,
)
from processing.alerts.notification import Message, Notification, Notifier, Step
from processing.alerts.picture import read_picture
from processing.alerts.queue import Batch, Waiting
from processing.alerts.reasons import Reason
from processing.alerts.rules import RuleBook
from processing.alerts.signed_links import SignedLinks
from processing.contract import Corrects, Incident, Severity
from processing.explanation import Correction, Leads, corrections, leads
from processing.store.client import Store, StoreFailure
from processing.troubles import Area, Trouble

log = structlog.get_logger()

Part = TypeVar("Part")
Why = Literal["digest", "quiet", "budget"]

PART_PATIENCE = timedelta(seconds=5)
"""A message does not wait longer for claims and corrections, or for who led."""

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
    `corrects` gives the topics that correct others, as they are now.
    """

    store: Store
    book: Callable[[], RuleBook]
    topic_names: Callable[[str], Mapping[str, str]]
    clock: Callable[[], datetime]
    width: timedelta
    public_url: str = ""
    links: SignedLinks | None = None
    corrects: Callable[[], Sequence[Corrects]] = tuple

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
            growth=() if batch.is_digest else batch.told.growth,
            at=batch.told.at,
            message=self._message(batch, incidents, notifier),
            incident=None if batch.is_digest else incidents.get(batch.conversation),
            trouble=None if batch.is_digest else _trouble(batch.told),
            root=root,
            in_doubt=batch.first.in_doubt,
            unknown=not batch.is_digest and _ends_unknown(batch.told),
        )

    def _incidents(self, batch: Batch) -> Mapping[str, Incident | None]:
        """Return the incidents of a batch by their ids, as they are now; those of a replay as they were then."""
        last = {each.conversation: each for each in batch.notifications}
        about = {name: each for name, each in last.items() if not _is_trouble(name)}
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
            return self._of_one(batch.told, incidents, alone=True)
        why = self._part(lambda: queries.held_because(self.store, batch.first.key), "")
        parts = tuple(self._parts(batch, incidents))
        if not parts:
            raise LookupError(f"The store says nothing of any part of {batch.key!r}.")
        return DigestNews(
            at=batch.first.at,
            parts=parts,
            why=cast(Why, why if why in {"digest", "quiet", "budget"} else "digest"),
        )

    def _parts(self, batch: Batch, incidents: Mapping[str, Incident | None]) -> Iterator[IncidentNews | TroubleNews]:
        """Yield what a digest tells. A part of which the store says nothing must not take the others with it."""
        for each in batch.parts:
            try:
                yield self._of_one(each, incidents, alone=False)
            except LookupError as error:
                log.warning("digest lacks a part", key=each.key, reason=str(error))

    def _of_one(
        self, each: Waiting, incidents: Mapping[str, Incident | None], *, alone: bool
    ) -> IncidentNews | TroubleNews:
        if _is_trouble(each.conversation):
            return self._of_trouble(each)
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
            corrections=self._part(lambda: self._corrections(each, incident), ()) if shown else (),
            leads=self._part(lambda: self._leads(each, incident), None) if shown else None,
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
        return read_picture(self.store, incident, self._as_of(each, incident), self.width)

    def _corrections(self, each: Waiting, incident: Incident) -> tuple[Correction, ...]:
        return corrections(self._briefly(), incident, self._as_of(each, incident), self.corrects())

    def _leads(self, each: Waiting, incident: Incident) -> Leads | None:
        return leads(self._briefly(), incident, self._as_of(each, incident))

    def _briefly(self) -> queries.Briefly:
        return queries.Briefly(self.store, PART_PATIENCE)

    def _as_of(self, each: Waiting, incident: Incident) -> datetime:
        """Return the moment, in event time, of which the message speaks."""
        reached = each.at if self._replays() else queries.scored_until(self.store)
        return incident.detected_at if reached is None else max(reached, incident.detected_at)

    def _of_trouble(self, each: Waiting) -> TroubleNews:
        trouble = _trouble(each)
        if trouble is None:
            raise LookupError(f"The store does not say what trouble {each.conversation!r} is.")
        waiting = 0
        if trouble.area is Area.CHANNEL and each.step is not Step.RESOLVED:
            waiting = self._part(lambda: self._waiting_for(trouble.subject), 0)
        return TroubleNews(step=each.step, at=each.at, trouble=trouble, waiting=waiting)

    def _waiting_for(self, channel: str) -> int:
        return sum(each.channel == channel for each in queries.undelivered(self.store))

    def _part(self, read: Callable[[], Part], otherwise: Part) -> Part:
        """Return a part of a message, or `otherwise` if the store or a defect does not give it."""
        try:
            return read()
        except StoreFailure as error:
            log.warning("message lacks a part", reason=str(error))
        except Exception:  # a defect in a part must not cost the message its words
            log.exception("message lacks a part")
        return otherwise


def _is_trouble(conversation: str) -> bool:
    """Return whether a conversation is about a trouble of banwatch itself: see `Trouble.about`."""
    return ":" in conversation


def _trouble(each: Waiting) -> Trouble | None:
    """Return the trouble as it was when it was decided to tell of it; None if that was not written down."""
    try:
        return msgspec.json.decode(each.trouble, type=Trouble) if each.trouble else None
    except msgspec.MsgspecError as error:  # another version has written it
        log.warning("trouble of a notification cannot be read", key=each.key, reason=str(error))
        return None


def _ends_unknown(each: Waiting) -> bool:
    return each.reason == Reason.RESOLVED_UNKNOWN


def _as_decided(each: Waiting | queries.KnownBefore) -> Incident | None:
    """Return the incident as it was when it was decided to tell of it; None if that was not written down."""
    try:
        return msgspec.json.decode(each.incident, type=Incident) if each.incident else None
    except msgspec.MsgspecError as error:  # another version has written it
        log.warning("incident of a notification cannot be read", at=each.at, reason=str(error))
        return None
