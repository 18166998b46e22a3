"""Looks for the claims of incidents, again and again, in a process of its own: nothing waits for it.

A search reads the posts of an incident, groups them anew (`processing.claims.find`) and writes the posts whose claim
has changed. The vectors of texts are kept in memory, so a search of an incident that has grown makes those of new texts
alone, and a limited number of them: what is left waits for the next search. A process that starts makes them anew.

An incident is read only if its posts were counted again since the last time, and not at once: what is searched rests in
proportion to the time that it took. One on which the store takes too long does not keep the others back.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import structlog
from numpy.typing import NDArray

from processing import queries
from processing.claims.embedding import Embedder
from processing.claims.find import VERSION, ClaimPost, Claims, find_claims
from processing.claims.metrics import ClaimMetrics
from processing.contract import ClaimRun, Incident, IncidentState
from processing.store.claims import Placing, write_claims
from processing.store.client import Row, Store, StoreUnavailable
from processing.store.versions import take_version
from processing.store.writer import minute_of

log = structlog.get_logger()

MOST_COMPARED = 10_000
"""Posts of an incident that are compared; of more, these are chosen by a hash of their names."""

MOST_LETTERS = 2_000
NEW_AT_ONCE = 100
"""Texts that one search turns into vectors, which takes four seconds on an idle core: then what is found is written."""

RESTS = 20.0
"""An incident with nothing waiting is left alone for so many times what its last search took."""

PATIENCE = timedelta(seconds=20)
"""How long the store may read the posts of an incident. It is shorter than the time-out of a request."""

REMEMBERED = 20_000
"""Vectors that are kept: 30 MB."""

_RETWEET = "RT @"
"""What X puts before the text of a repost, which has no words of its own."""

_OF_INCIDENT = """
    has(topics, {topic:String}) AND NOT deleted AND text != ''
    AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
"""
_COUNTED = """
SELECT max(version) FROM count_versions
WHERE topic = {topic:String} AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
"""
_WHOLE = f"SELECT count(), max(created_at) FROM posts WHERE {_OF_INCIDENT}"  # noqa: S608 - constants of this file
_POSTS = f"""
SELECT source, id, created_at, language, author, leftUTF8(text, {{letters:UInt32}}) AS said, topics, repost_of
FROM posts WHERE {_OF_INCIDENT}
ORDER BY cityHash64(source, id), source, id
LIMIT {{most:UInt32}}
"""  # noqa: S608
_STORED = """
SELECT source, id, minute, claim, distance, method FROM claim_post_versions FINAL
WHERE incident = {incident:String} AND claim != ''
"""


class VectorMemory:
    """The vectors of texts, each made once while it is remembered; so many new ones after each `begin`."""

    def __init__(self, embedder: Embedder, most: int = REMEMBERED) -> None:
        self._embedder, self._most = embedder, most
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._left = 0
        self._goes_on: Callable[[], bool] = lambda: True

    def begin(self, new: int, goes_on: Callable[[], bool]) -> None:
        """Allow so many new vectors, while `goes_on` returns True."""
        self._left, self._goes_on = new, goes_on

    def __call__(self, text: str) -> NDArray[np.float32] | None:
        """Return the vector of a text, or None where no more new ones are allowed."""
        if text not in self._known:
            if self._left <= 0 or not self._goes_on():
                return None
            self._left -= 1
            [self._known[text]] = self._embedder([text])
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        self._known.move_to_end(text)
        return self._known[text]


@dataclass
class ClaimSearch:
    """The search over a store. Without an embedder, claims are near-duplicates alone.

    `subtopics` tells the topics below a root topic, as the taxonomy is now. One search serves all connections to the
    store in turn, because it remembers what it has searched.
    """

    subtopics: Callable[[str], Collection[str]]
    embedder: Embedder | None = None
    metrics: ClaimMetrics = field(default_factory=ClaimMetrics)
    new_at_once: int = NEW_AT_ONCE
    rests: float = RESTS
    _seen: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """By incident: how its posts were counted when they were last searched and nothing was left waiting."""

    _awake: dict[str, float] = field(default_factory=dict)
    """By incident: when its rest ends, in seconds of the monotonic clock."""

    _waiting: set[str] = field(default_factory=set)
    """The incidents in which the last look has left texts without a vector."""

    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._memory = None if self.embedder is None else VectorMemory(self.embedder)
        self.method = VERSION if self.embedder is None else f"{VERSION}+{self.embedder.name}"

    def run(self, store: Store, stop: threading.Event, interval: timedelta) -> None:
        """Look again and again until `stop` is set: at once where texts wait, else after a pause.

        Raises:
            StoreUnavailable: run it again; it goes on from what is written.
        """
        self._stop = stop
        while not stop.is_set():
            self.look(store)
            if not self._waiting:
                stop.wait(interval.total_seconds())

    def look(self, store: Store) -> int:
        """Search each incident that may have changed, and return the number of searches that were made."""
        runs, now = queries.claim_runs(store), queries.scored_until(store)
        made, self._waiting = 0, set()
        for incident in self._due(queries.incidents(store), runs):
            if self._goes_on():
                made += self._attempt(store, incident, now or incident.peak)
        self.metrics.liveness.turned(ready=True)
        return made

    def _goes_on(self) -> bool:
        """Show that the search lives, and return whether it was not asked to end."""
        self.metrics.liveness.turned(ready=True)
        return not self._stop.is_set()

    def _due(self, incidents: Sequence[Incident], runs: Mapping[str, ClaimRun]) -> Iterator[Incident]:
        """Those that are open, and one that is closed and was never searched to its end; none that rests."""
        awake = [each for each in incidents if self._awake.get(each.id, 0.0) <= time.monotonic()]
        yield from (each for each in awake if each.state is IncidentState.OPEN)
        yield from [each for each in awake if self._is_unfinished(each, runs.get(each.id))][:1]

    def _is_unfinished(self, incident: Incident, run: ClaimRun | None) -> bool:
        if incident.state is IncidentState.OPEN:
            return False
        # Where a model has compared a closed incident, a process without one has nothing to add: its method begins with
        # the other's.
        return run is None or not run.last or run.waiting > 0 or not run.method.startswith(self.method)

    def _attempt(self, store: Store, incident: Incident, now: datetime) -> bool:
        """Search one incident, and let it rest. Return whether it was searched."""
        begun = time.monotonic()
        try:
            return self._search(store, incident, now)
        except StoreUnavailable as error:
            if error.code not in queries.TOO_MUCH:
                raise
            log.warning("claims not found", incident=incident.id, reason=error.sentence)
            return False
        finally:
            if incident.id not in self._waiting:
                ended = time.monotonic()
                self._awake[incident.id] = ended + self.rests * (ended - begun)

    def _search(self, store: Store, incident: Incident, now: datetime) -> bool:
        """Search one incident, unless nothing has changed. Return whether it was searched."""
        begun = time.monotonic()
        start, end = queries.claim_range(incident, now)
        scope = {"topic": incident.topic, "start": start, "end": end}
        [(counted,)] = store.query(_COUNTED, scope)
        seen = (counted, incident.state, start, end)
        if self._seen.get(incident.id) == seen:
            return False
        version = take_version(store)
        [(count, until)] = store.query(_WHOLE, scope, patience=PATIENCE)
        claims = self._found(store, incident, scope)
        run = ClaimRun(
            incident=incident.id,
            method=self.method,
            until=until.replace(microsecond=0),
            posts=int(count),
            compared=len(claims.posts),
            waiting=claims.waiting,
            last=incident.state is IncidentState.CLOSED,
        )
        written = self._write(store, run, claims, version)
        if claims.waiting:
            self._waiting.add(incident.id)
        else:
            self._seen[incident.id] = seen
        self.metrics.searched(time.monotonic() - begun, claims.waiting)
        log.info("claims", incident=incident.id, posts=count, changed=written, waiting=claims.waiting)
        return True

    def _found(self, store: Store, incident: Incident, scope: Mapping[str, object]) -> Claims:
        limits = {"most": MOST_COMPARED, "letters": MOST_LETTERS}
        below = frozenset(self.subtopics(incident.topic))
        posts = list(_posts(store.query(_POSTS, {**scope, **limits}, patience=PATIENCE), below))
        if self._memory is not None:
            self._memory.begin(self.new_at_once, self._goes_on)
        return find_claims(posts, self._memory)

    def _write(self, store: Store, run: ClaimRun, claims: Claims, version: int) -> int:
        """Write what differs from what is stored, and return how many posts that are."""
        stored = {
            (source, name): (Placing(source, name, minute, claim, distance), method)
            for source, name, minute, claim, distance, method in store.query(_STORED, {"incident": run.incident})
        }
        found = {
            (post.source, post.id): Placing(post.source, post.id, minute_of(post.created_at), claim, distance)
            for post, claim, distance in claims.posts
        }
        changed = [placing for key, placing in found.items() if stored.get(key) != (placing, self.method)]
        left = stored.items() if found else ()  # without any text, as their time is over, what was found stays
        gone = [placing._replace(claim="") for key, (placing, _) in left if key not in found]
        write_claims(store, run, [*gone, *changed], version)
        return len(gone) + len(changed)


def _posts(rows: Sequence[Row], below: frozenset[str]) -> Iterator[ClaimPost]:
    """The posts of these rows. A retweet may be cut: it says what the post says that it repeats, if that is here.

    A quote says what its own words say.
    """
    texts = {(source, name): text for source, name, _, _, _, text, _, _ in rows}
    for source, name, created_at, language, author, text, topics, repost_of in rows:
        repeated = texts.get((source, repost_of)) if text.startswith(_RETWEET) else None
        yield ClaimPost(source, name, created_at, language, author, repeated or text, below.intersection(topics))
