"""The history of Hacker News from Algolia's index, in slices of time that the index returns completely."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import msgspec

from ingest.contract import Post, Rejected
from ingest.errors import Transient
from ingest.source import Clock, Pause
from ingest.sources.hackernews.mapping import SOURCE, hit_to_post, read_found
from ingest.transport.http import get, passing
from ingest.transport.slices import SliceWidth

MOST_HITS = 1_000
"""The most hits that the index returns for one query, over all pages."""

INDEX_LAG = timedelta(minutes=10)
"""The most by which the index may be behind the site."""

KINDS = "(story,comment,job,poll)"
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Index:
    """The search index. It is queried for each of `terms` in turn; without terms, it is queried for everything."""

    client: httpx.Client
    clock: Clock
    terms: Sequence[str]
    turn: Pause
    """The pause after each request."""

    def history(self, since: datetime, until: datetime) -> Iterator[Pause | tuple[datetime, list[Post | Rejected]]]:
        """Yield slices in order of time: the moment up to which the index is read, and the posts of the slice.

        Raises:
            Transient: the index does not answer.
        """
        start, width = since, SliceWidth()
        while start < until:
            stop = min(start + width.now, until)
            posts, whole = yield from self._slice(start, stop)
            if not whole:
                narrower = width.narrower()
                if narrower is not None:
                    width = narrower
                    continue
                reason = f"The index holds more than {MOST_HITS} items of this second, and gives no more."
                posts.append(Rejected(source=SOURCE, where=start.isoformat(), reason=reason, raw="", kind="missing"))
            yield stop, posts
            start, width = stop, width.after(len(posts), MOST_HITS)

    def newest_before(self, moment: datetime) -> Generator[Pause, None, int | None]:
        """Return the number of the newest item before a moment, or None if the index has none."""
        hits, _ = yield from self._search("", f"created_at_i<{int(moment.timestamp())}", 1)
        posts = [hit_to_post(bytes(hit), "newest", moment) for hit in hits]
        return next((int(post.id) for post in posts if isinstance(post, Post) and post.id.isdecimal()), None)

    def _slice(self, start: datetime, stop: datetime) -> Generator[Pause, None, tuple[list[Post | Rejected], bool]]:
        """Return the posts of a slice in order of time, and whether the index returned all of them."""
        found: dict[str, Post | Rejected] = {}
        whole = True
        window = f"created_at_i>={int(start.timestamp())},created_at_i<{int(stop.timestamp())}"
        for term in self.terms or ("",):
            hits, total = yield from self._search(term, window, MOST_HITS)
            whole = whole and len(hits) < MOST_HITS and total <= len(hits)
            for place, hit in enumerate(reversed(hits)):
                post = hit_to_post(bytes(hit), f"{window} {term} hit {place}", self.clock())
                found[post.id if isinstance(post, Post) else post.where] = post
        return sorted(found.values(), key=lambda post: post.created_at if isinstance(post, Post) else start), whole

    def _search(self, term: str, window: str, most: int) -> Generator[Pause, None, tuple[list[msgspec.Raw], int]]:
        parameters: dict[str, str | int] = {
            "query": term,
            "tags": KINDS,
            "numericFilters": window,
            "hitsPerPage": most,
        }
        answer = yield from passing(
            get(self.client, "search_by_date", clock=self.clock, params=parameters, most_bytes=MOST_BYTES)
        )
        yield self.turn
        try:
            found = read_found(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient(f"The index answered something else than hits: {error}.") from error
        return found.hits, found.nbHits
