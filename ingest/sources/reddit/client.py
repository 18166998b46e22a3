"""The Reddit client: a synchronous source runs asyncpraw's event loop for a short time at each step.

asyncpraw is used because praw blocks. With asyncpraw, the source can pause or give up during a request, without a
thread. Answers are taken as JSON; asyncpraw provides the token, the pace and the retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from typing import Any

import aiohttp
import asyncpraw
from asyncpraw.exceptions import AsyncPRAWException
from asyncprawcore.exceptions import (
    AsyncPrawcoreException,
    BadJSON,
    OAuthException,
    RequestException,
    ResponseException,
)

from ingest.errors import Misconfigured, Permanent, Transient
from ingest.source import Clock, Pause
from ingest.transport.http import TURN, Refused, failure

TIMEOUT_SECONDS = 20

_MEANING = {
    302: "it was never there, or is banned",
    403: "it is private or quarantined, or closed to this key",
    404: "it is banned, or was never there",
}
ACCESS_PATH = "/access_token"
_KEY_REFUSED = {400, 401}
_UNREADABLE = (
    AsyncPRAWException, aiohttp.ClientError, ValueError, LookupError, TypeError, AttributeError, AssertionError,
    RecursionError,
)  # fmt: skip
"""The exceptions that asyncpraw raises for an unexpected answer."""


class RedditClient:
    """One read-only connection to Reddit's API."""

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
        """Send a request, yield pauses while waiting, and return the answer's JSON.

        Raises:
            Transient: the network failed, or its answer is not JSON.
            Refused: Reddit does not show this to the key.
            Misconfigured: Reddit does not accept the key.
        """
        yield Pause(0)
        task = self._loop.create_task(self._reddit.request(method="GET", path=path, params=dict(params)))
        try:
            while not self._loop.run_until_complete(asyncio.wait({task}, timeout=TURN))[0]:
                yield Pause(0)
            return task.result()
        except (AsyncPrawcoreException, *_UNREADABLE) as error:
            raise self._meaning(error, path) from error
        finally:
            task.cancel()

    def _meaning(self, error: Exception, path: str) -> Transient | Permanent | Misconfigured:
        where = f"{self.place}/{path}"
        match error:
            case BadJSON():
                return Transient(f"{where} answered with something that is no JSON.")
            case OAuthException():
                return Misconfigured(f"Reddit does not accept the key: {error}. See BANWATCH_REDDIT_CLIENT_ID.")
            case ResponseException(response=response) if response.url.path.endswith(ACCESS_PATH):
                return self._token_refused(response.status)
            case ResponseException(response=response):
                failed = failure(response.status, response.headers, where, self.clock())
                if isinstance(failed, Refused) and failed.status in _MEANING:
                    return Refused(f"{where} answered {failed.status}: {_MEANING[failed.status]}.", failed.status)
                if failed is not None:
                    return failed
            case RequestException(original_exception=cause):
                return Transient(f"{where} does not answer: {cause or type(cause).__name__}.")
        return Transient(f"{where} answered with something else than documented: {type(error).__name__}.")

    def _token_refused(self, status: int) -> Transient | Misconfigured:
        said = f"{ACCESS_PATH} answered {status}"
        if status in _KEY_REFUSED:
            return Misconfigured(f"Reddit does not accept the key ({said}): see BANWATCH_REDDIT_CLIENT_ID.")
        return Transient(f"Reddit gives no token: {said}.")

    def close(self) -> None:
        """Cancel open requests, and close the connections."""
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
    """Return the asyncpraw client, made inside its event loop.

    It is read-only and checks for no updates, whatever praw.ini says.
    """
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
