"""HTTP for channels: one bounded request. What its answer means stands in `outcomes`.

A redirect is not followed: the address is the operator's own choice, and an answer must not choose another one.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import httpx

from ingest.errors import UNUSABLE_PROXY
from ingest.retry import retry_after
from processing.alerts.notification import Attempt, Outcome
from processing.alerts.notifiers.deadline import deadline

TIME_LIMIT = timedelta(seconds=15)
"""The longest time for one request, from the connection to the end of the answer."""

MOST_BYTES = 512 * 1024
"""Bytes of an answer that are read. What comes behind them is left."""

Clock = Callable[[], datetime]

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Failed(Exception):
    """An attempt that ends here. It never leaves a notifier: see `outcomes.attempted`."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.outcome.value)
        self.attempt = attempt


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. Its address and its headers may hold secrets, so that neither is shown."""

    url: str = field(repr=False)
    method: str = "POST"
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)
    """For each file its name, its content and its type."""


@dataclass(frozen=True)
class Answer:
    """The answer to a request, of any status. `body` is cut at `MOST_BYTES`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def retry_after(self) -> timedelta | None:
        """The pause that the headers ask for."""
        return retry_after(self.headers, self.at)

    def fields(self) -> dict[str, Any]:
        """Return the body if it is a JSON object, else nothing."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def json_request(url: str, body: object, *, method: str = "POST", headers: Mapping[str, str] | None = None) -> Request:
    """Return a request with a JSON body."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Request(url=url, method=method, content=json_bytes(body), headers=kind | dict(headers or {}))


def json_bytes(body: object) -> bytes:
    """Return JSON in UTF-8 as it is sent. Halves of characters, which UTF-8 does not have, become question marks."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def utc_now() -> datetime:
    """Return the wall clock's time, by which channels ask for pauses."""
    return datetime.now(UTC)


def exchange(request: Request, *, clock: Clock = utc_now, within: timedelta = TIME_LIMIT) -> Answer:
    """Send a request and return its answer.

    Raises:
        Failed: no answer came. The outcome is `retry` if the request did not leave, `timeout` if it may have arrived,
            `refused` if the address is none.
    """
    _certificates()  # they are read before the time begins
    with deadline(within) as limit:
        try:
            return _exchange(request, within, {"trace": limit}, clock)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):  # their texts may hold the address
            raise Failed(Attempt(Outcome.REFUSED, "The address of the channel is invalid.")) from None
        except _NOT_SENT as error:
            late = limit.passed or isinstance(error, httpx.TimeoutException)
            reason = "no connection in time" if late else _reason(error)
            raise Failed(Attempt(Outcome.RETRY, f"The channel cannot be reached: {reason}.")) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            late = limit.passed or isinstance(error, httpx.TimeoutException)
            reason = (
                f"within {within.total_seconds():.0f} s" if late else f"before the connection broke: {_reason(error)}"
            )
            raise Failed(Attempt(Outcome.TIMEOUT, f"No answer came {reason}. It may have arrived.")) from None


def _exchange(request: Request, within: timedelta, extensions: dict[str, Any], clock: Clock) -> Answer:
    seconds = within.total_seconds()
    sent = {"content": request.content} if request.form is None and request.files is None else {}
    with (
        _client(seconds) as client,
        client.stream(
            request.method,
            request.url,
            **sent,  # type: ignore[arg-type]
            data=request.form,
            files=request.files,
            params=request.parameters or None,
            headers=request.headers,
            extensions=extensions,
        ) as response,
    ):
        return Answer(response.status_code, response.headers, _start_of(response.iter_raw()), clock())


def _client(seconds: float) -> httpx.Client:
    try:
        return httpx.Client(verify=_certificates(), timeout=seconds, follow_redirects=False, headers=_headers())
    except (ValueError, ImportError, httpx.InvalidURL):
        raise Failed(Attempt(Outcome.RETRY, UNUSABLE_PROXY)) from None


def _start_of(pieces: Iterable[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) >= MOST_BYTES:
            break
    return bytes(body[:MOST_BYTES])


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__


@cache
def _certificates() -> ssl.SSLContext:
    """Return the trusted certificates. Reading them takes longer than most requests."""
    return httpx.create_ssl_context()


@cache
def _headers() -> dict[str, str]:
    return {"User-Agent": f"banwatch/{version('banwatch')}", "Accept-Encoding": "identity"}


class _HostsOnly(logging.Filter):
    """Keeps paths out of httpx's log of requests: Telegram's hold the token, and a webhook's are the secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.copy_with(userinfo=b"", path="/", query=None, fragment=None)
                if isinstance(each, httpx.URL)
                else each
                for each in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_HostsOnly())
