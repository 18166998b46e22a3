"""Looks for the claims of incidents, again and again, in a process of its own: nothing waits for it.

A search reads the posts of an incident, groups them anew (`processing.claims.find`) and writes the posts whose claim
has changed. The vectors of texts are kept in memory, so a search of an incident that has grown makes those of new texts
alone, and a limited number of them: what is left waits for the next search. A process that starts makes them anew.
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
from processing.store.client import Row, Store
from processing.store.versions import take_version
from processing.store.writer import minute_of

log = structlog.get_logger()

MOST_COMPARED = 10_000
"""Posts of an incident that are compared; of more, these are chosen by a hash of their names."""

MOST_LETTERS = 2_000
NEW_AT_ONCE = 100
"""Texts that one search turns into vectors, which takes four seconds on an idle core: then what is found is written."""

REMEMBERED = 20_000
"""Vectors that are kept: 30 MB."""

_RETWEET = "RT @"
"""What X puts before the text of a repost, which has no words of its own."""

_OF_INCIDENT = """
    has(topics, {topic:String}) AND NOT deleted AND text != ''
    AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
"""
_MARK = f"""
SELECT
    count(),
    groupBitXor(cityHash64(source, id, created_at, language, author, text, repost_of, topics)),
    max(created_at)
FROM posts WHERE {_OF_INCIDENT}
"""  # noqa: S608 - constants of this file
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
    """The vectors of texts, each made once while it is remembered; so many new ones until `begin` is called again."""

    def __init__(self, embedder: Embedder, most: int = REMEMBERED) -> None:
        self._embedder, self._most = embedder, most
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._left = 0

    def begin(self, new: int) -> None:
        """Allow so many new vectors."""
        self._left = new

    def __call__(self, text: str) -> NDArray[np.float32] | None:
        """Return the vector of a text, or None where no more new ones are allowed."""
        if text not in self._known:
            if self._left <= 0:
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

    `subtopics` tells the topics below a root topic, as the taxonomy is now.
    """

    store: Store
    subtopics: Callable[[str], Collection[str]]
    embedder: Embedder | None = None
    metrics: ClaimMetrics = field(default_factory=ClaimMetrics)
    new_at_once: int = NEW_AT_ONCE
    _seen: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """By incident: what its posts were when they were last searched and nothing was left waiting."""

    _waiting: bool = False
    """Whether the last look has left texts without a vector."""

    def __post_init__(self) -> None:
        self._memory = None if self.embedder is None else VectorMemory(self.embedder)
        self.method = VERSION if self.embedder is None else f"{VERSION}+{self.embedder.name}"

    def run(self, stop: threading.Event, interval: timedelta) -> None:
        """Look again and again until `stop` is set: at once where texts wait, else after a pause.

        Raises:
            StoreUnavailable: run it again; it goes on from what is written.
        """
        while not stop.is_set():
            self.look()
            if not self._waiting:
                stop.wait(interval.total_seconds())

    def look(self) -> int:
        """Search each incident that may have changed, and return the number of searches that were made."""
        runs, now = queries.claim_runs(self.store), queries.scored_until(self.store)
        made, self._waiting = 0, False
        for incident in self._due(queries.incidents(self.store), runs):
            self.metrics.liveness.turned(ready=True)
            made += self._search(incident, now or incident.peak)
        self.metrics.liveness.turned(ready=True)
        return made

    def _due(self, incidents: Sequence[Incident], runs: Mapping[str, ClaimRun]) -> Iterator[Incident]:
        """Those that are open, and one that is closed and was never searched to its end."""
        yield from (each for each in incidents if each.state is IncidentState.OPEN)
        yield from [each for each in incidents if self._is_unfinished(each, runs.get(each.id))][:1]

    def _is_unfinished(self, incident: Incident, run: ClaimRun | None) -> bool:
        if incident.state is IncidentState.OPEN:
            return False
        # What a model has compared is not made worse by a process without one: its method begins with the other's.
        return run is None or not run.last or run.waiting > 0 or not run.method.startswith(self.method)

    def _search(self, incident: Incident, now: datetime) -> bool:
        """Search one incident, unless nothing has changed. Return whether it was searched."""
        begun = time.monotonic()
        start, end = queries.claim_range(incident, now)
        scope = {"topic": incident.topic, "start": start, "end": end}
        [(count, mark, until)] = self.store.query(_MARK, scope)
        seen = (count, mark, incident.state, start, end)
        if self._seen.get(incident.id) == seen:
            return False
        version = take_version(self.store)
        claims = self._found(incident, scope)
        written = self._write(incident, claims, int(count), until, version)
        if claims.waiting:
            self._waiting = True
        else:
            self._seen[incident.id] = seen
        self.metrics.searched(time.monotonic() - begun, claims.waiting)
        log.info("claims", incident=incident.id, posts=count, changed=written, waiting=claims.waiting)
        return True

    def _found(self, incident: Incident, scope: Mapping[str, object]) -> Claims:
        limits = {"most": MOST_COMPARED, "letters": MOST_LETTERS}
        below = frozenset(self.subtopics(incident.topic))
        posts = list(_posts(self.store.query(_POSTS, {**scope, **limits}), below))
        if self._memory is not None:
            self._memory.begin(self.new_at_once)
        return find_claims(posts, self._memory)

    def _write(self, incident: Incident, claims: Claims, posts: int, until: datetime, version: int) -> int:
        """Write what differs from what is stored, and return how many posts that are."""
        stored = {
            (source, name): (Placing(source, name, minute, claim, distance), method)
            for source, name, minute, claim, distance, method in self.store.query(_STORED, {"incident": incident.id})
        }
        found = {
            (post.source, post.id): Placing(post.source, post.id, minute_of(post.created_at), claim, distance)
            for post, claim, distance in claims.posts
        }
        changed = [placing for key, placing in found.items() if stored.get(key) != (placing, self.method)]
        gone = [placing._replace(claim="") for key, (placing, _) in stored.items() if key not in found]
        run = ClaimRun(
            incident=incident.id,
            method=self.method,
            until=until.replace(microsecond=0),
            posts=posts,
            compared=len(found),
            waiting=claims.waiting,
            last=incident.state is IncidentState.CLOSED,
        )
        write_claims(self.store, run, [*gone, *changed], version)
        return len(gone) + len(changed)


def _posts(rows: Sequence[Row], below: frozenset[str]) -> Iterator[ClaimPost]:
    """The posts of these rows. A retweet may be cut: it says what the post says that it repeats, if that is here.

    A quote says what its own words say.
    """
    texts = {(source, name): text for source, name, _, _, _, text, _, _ in rows}
    for source, name, created_at, language, author, text, topics, repost_of in rows:
        said = texts.get((source, repost_of), text) if text.startswith(_RETWEET) else text
        yield ClaimPost(source, name, created_at, language, author, said, below.intersection(topics))
