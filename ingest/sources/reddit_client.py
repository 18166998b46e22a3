"""asyncpraw at the edge: asked from a synchronous source, a slice of its event loop at a time.

This is why it is asyncpraw and not praw, which blocks: a request that is under way lets its reader turn to other things
without a thread, and can be given up. Answers are taken as JSON; asyncpraw gives the token, the pace and the retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from typing import Any

import asyncpraw
from asyncprawcore.exceptions import (
    AsyncPrawcoreException,
    BadJSON,
    OAuthException,
    Redirect,
    RequestException,
    ResponseException,
)

from ingest.source import Clock, Pause, Permanent, Transient
from ingest.sources.http import TURN, failure

TIMEOUT_SECONDS = 20


class RedditClient:
    """One connection to Reddit's API, read only."""

    def __init__(
        self, *, client_id: str, client_secret: str, user_agent: str, reddit_url: str, oauth_url: str, clock: Clock
    ) -> None:
        self.clock = clock
        self.place = oauth_url
        self._loop = asyncio.new_event_loop()
        self._reddit = self._loop.run_until_complete(
            _reddit(
                client_id=client_id,
                client_secret=client_secret,
                user_agent=user_agent,
                reddit_url=reddit_url,
                oauth_url=oauth_url,
            )
        )

    def get(self, path: str, params: Mapping[str, str | int]) -> Generator[Pause, None, Any]:
        """Ask, and yield while waiting; the answer is JSON.

        Raises:
            Transient, Permanent
        """
        yield Pause(0)
        task = self._loop.create_task(self._reddit.request(method="GET", path=path, params=dict(params)))
        try:
            while not self._loop.run_until_complete(asyncio.wait({task}, timeout=TURN))[0]:
                yield Pause(0)
            return task.result()
        except (AsyncPrawcoreException, ValueError) as error:
            raise self._meaning(error, path) from error
        finally:
            task.cancel()

    def _meaning(self, error: Exception, path: str) -> Transient | Permanent:
        where = f"{self.place}/{path}"
        match error:
            case BadJSON():
                return Transient(f"{where} answered with something that is no JSON.")
            case Redirect():
                return Permanent(f"There is no {path} on Reddit: it is banned, private or was never there.")
            case OAuthException():
                return Permanent(f"Reddit does not accept the key: {error}. See BANWATCH_REDDIT_CLIENT_ID.")
            case ResponseException():
                response = error.response
                failed = failure(response.status, response.headers, where, self.clock())
                if failed is not None:
                    return failed
        cause = error.original_exception if isinstance(error, RequestException) else error
        return Transient(f"{where} does not answer: {cause or type(cause).__name__}.")

    def close(self) -> None:
        """Give up what is under way, and the connections."""
        try:
            self._loop.run_until_complete(self._end())
        finally:
            self._loop.close()

    async def _end(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way, timeout=TURN)
        await self._reddit.close()


async def _reddit(**given: Any) -> asyncpraw.Reddit:
    """Made inside the loop that it is used in; whatever a praw.ini says, it is read only and asks nobody else."""
    return asyncpraw.Reddit(
        "DEFAULT",
        check_for_updates=False,
        username=None,
        password=None,
        refresh_token=None,
        redirect_uri=None,
        timeout=TIMEOUT_SECONDS,
        **given,
    )
