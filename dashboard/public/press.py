"""Makes each answer once a bucket of time, whatever the number of readers, and holds it for all of them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog

from dashboard.public.answer import OF_PAGES, PLAIN, Answer, Representation
from dashboard.public.asked import Asked
from dashboard.window import floor

log = structlog.get_logger()

MOST_HELD = 256
MOST_IN_WORK = 64
PATIENCE_SECONDS = 60
"""How long a reader waits for an answer that is not there yet."""

SOON = timedelta(seconds=5)
"""How long an answer is held that says that there is nothing to show."""


@dataclass(frozen=True)
class _Held:
    representation: Representation
    until: datetime

    def stands(self, now: datetime, bucket: timedelta) -> bool:
        """Return whether readers get it while the next one is made. Nobody is told again that there is nothing."""
        return self.representation.status is HTTPStatus.OK and now < self.until + bucket


class Press:
    """Holds the newest answer of each kind. `make` runs in one thread, one call at a time.

    A reader who comes in the bucket after that of the held answer gets it, while the next one is made. One who comes
    later waits for the next one.
    """

    def __init__(
        self,
        make: Callable[[Asked, datetime], Answer],
        caching: Mapping[str, str],
        bucket: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._make = make
        self._caching = caching
        self._bucket = bucket
        self._clock = clock
        self._held: OrderedDict[Asked, _Held] = OrderedDict()
        self._in_work: dict[Asked, asyncio.Task[None]] = {}
        self._thread = ThreadPoolExecutor(1, "press")
        self._busy = Representation(
            Answer(
                b"Too much is asked for at once. Try again in a minute.\n",
                PLAIN,
                HTTPStatus.SERVICE_UNAVAILABLE,
                OF_PAGES | {"retry-after": "60"},
                cached=False,
            ),
            caching,
            clock(),
        )

    async def representation(self, asked: Asked) -> Representation:
        """Return what is to be sent."""
        now = self._clock()
        held = self._held.get(asked)
        if held is not None and now < held.until:
            self._held.move_to_end(asked)
            return held.representation
        work = self._in_work.get(asked) or self._begin(asked, now)
        if held is not None and (work is None or held.stands(now, self._bucket)):
            return held.representation
        if work is not None:
            await asyncio.wait({work}, timeout=PATIENCE_SECONDS)
        held = self._held.get(asked)
        return self._busy if held is None else held.representation

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin(self, asked: Asked, now: datetime) -> asyncio.Task[None] | None:
        if len(self._in_work) >= MOST_IN_WORK:
            return None
        work = asyncio.create_task(self._renew(asked, now))
        self._in_work[asked] = work
        work.add_done_callback(lambda _: self._in_work.pop(asked, None))
        return work

    async def _renew(self, asked: Asked, now: datetime) -> None:
        made = await asyncio.get_running_loop().run_in_executor(self._thread, self._represented, asked, now)
        self._held[asked] = self._lasting(made, self._held.get(asked), now)
        self._held.move_to_end(asked)
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)

    def _lasting(self, made: Representation, before: _Held | None, now: datetime) -> _Held:
        """Return what is to be held: where nothing has changed, or the new page has a fault, that from before."""
        if made.status is HTTPStatus.OK:
            same = before is not None and before.representation.etag == made.etag
            return _Held(before.representation if before and same else made, floor(now, self._bucket) + self._bucket)
        if before is not None and made.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            made = before.representation
        return _Held(made, now + SOON)

    def _represented(self, asked: Asked, now: datetime) -> Representation:
        try:
            answer = self._make(asked, now)
        except Exception:
            # A fault in one page ends neither the server nor the page that is held.
            log.exception("a public page could not be made", kind=asked.kind.value)
            said = b"This page has a fault, which has been noted.\n"
            answer = Answer(said, PLAIN, HTTPStatus.INTERNAL_SERVER_ERROR, cached=False)
        return Representation(answer, self._caching, now)
