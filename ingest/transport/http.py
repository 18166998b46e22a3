"""HTTP for sources: a client with a User-Agent, answers of bounded size, and failures as Transient or Permanent."""

from __future__ import annotations

import re
import ssl
import threading
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from importlib.metadata import version

import httpx

from ingest.errors import UNUSABLE_PROXY, Misconfigured, Permanent, RateLimited, Transient
from ingest.retry import retry_after
from ingest.source import Clock, Pause
from ingest.transport.redirects import send
from ingest.transport.threads import in_thread

MOST_BYTES = 16 * 1024 * 1024
"""The default of the largest answer, in bytes after decompression."""

LONGEST_ANSWER = timedelta(minutes=2)
"""The longest time for one answer. A slower answer is given up."""

TURN = 0.5
"""Seconds for which a source waits for its network before it yields."""

CONNECT_WITHIN = 10.0
"""Seconds within which a host must accept a connection."""

_TIMEOUT = httpx.Timeout(20, connect=CONNECT_WITHIN)
_MEANING = {
    401: "it wants a key or a token, or does not accept the one given",
    403: "it refuses this client or this address",
    404: "there is nothing there",
    410: "it is gone for good",
}
BUSY = "it is busy or broken"
_PASSES = {429: "it was asked too often"}
_HOST = re.compile(r"[\w.:-]+")
_PASSING = {408, 421, 425, 429}


class Refused(Permanent):
    """The network answered with a status that a repeated request would not change."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class TooLarge(Permanent):
    """An answer is larger than the caller accepts."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A network's answer, with status 200 to 299 or 304.

    `body` is decompressed; `url` is the address after redirects.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@cache
def certificates() -> ssl.SSLContext:
    """Return the trusted certificates. They are read once, because reading takes longer than most requests."""
    return httpx.create_ssl_context()


def open_client(base_url: str = "", *, contact: str = "") -> httpx.Client:
    """Return a client for one network. Relative addresses are relative to `base_url`.

    `contact` is an address or a page through which the network's operator can reach the user of banwatch.

    Raises:
        Misconfigured: the base address, the contact or the proxy of the environment is invalid.
    """
    if not (contact.isascii() and contact.isprintable()):
        raise Misconfigured(f"The contact {contact!r} cannot be sent: it has to be plain ASCII on one line.")
    agent = f"banwatch/{version('banwatch')}" + (f" ({contact})" if contact else "")
    headers = {"User-Agent": agent, "Accept-Encoding": "gzip"}
    try:
        base = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise Misconfigured(f"{base_url!r} is not an address: {error}.") from error
    if base_url and (base.scheme not in {"http", "https"} or not _HOST.fullmatch(base.host)):
        raise Misconfigured(f"{base_url!r} is not an address: it must begin with http:// or https:// and name a host.")
    try:
        return httpx.Client(base_url=base, headers=headers, timeout=_TIMEOUT, verify=certificates())
    except (ValueError, ImportError, httpx.InvalidURL):
        raise Misconfigured(UNUSABLE_PROXY) from None


def get(
    client: httpx.Client,
    url: str,
    *,
    clock: Clock,
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> Generator[Pause, None, HttpResponse]:
    """Send a request, yield pauses while waiting, and return the answer: `answer = yield from get(...)`.

    Raises:
        Transient: the network failed, was busy (429, 5xx) or too slow; with the pause that it asked for.
        Refused: any other status that is not a success, or a 304 without a condition in the request.
        TooLarge: the body is larger than `most_bytes`.
        Permanent: the address is invalid.
    """
    gone = threading.Event()
    try:
        return (
            yield from in_thread(
                lambda: fetch(
                    client, url, clock=clock, gone=gone, params=params, headers=headers, most_bytes=most_bytes
                )
            )
        )
    finally:
        gone.set()


def passing(asking: Generator[Pause, None, HttpResponse]) -> Generator[Pause, None, HttpResponse]:
    """Return the answer of a request to a network with a single address, whose failures may all pass.

    Raises:
        Transient: the request failed, even permanently.
    """
    try:
        return (yield from asking)
    except Permanent as error:
        raise Transient(str(error)) from error


def fetch(
    client: httpx.Client,
    url: str,
    *,
    clock: Clock,
    gone: threading.Event,
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> HttpResponse:
    """Send a request from a thread that may block, and return the answer. The request ends once `gone` is set.

    Raises as `get` does.
    """
    with translated(url):
        request = client.build_request("GET", url, params=params, headers=headers)
        asked = str(request.url)
    with translated(asked), closing(send(client, request)) as response:
        failed = failure(response.status_code, response.headers, str(response.url), clock())
        if failed is not None:
            raise failed
        body = _body(response, most_bytes, _Wanted(gone, clock, clock() + LONGEST_ANSWER))
        return HttpResponse(response.status_code, response.headers, body, str(response.url))


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Translate httpx's errors into Transient or Permanent."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects, UnicodeError) as error:
        raise Permanent(f"{place(url)} cannot be asked: {error}.") from error
    except httpx.HTTPError as error:
        said = str(error) or type(error).__name__
        raise Transient(f"{place(url)} does not answer: {said}.") from error


def failure(status: int, headers: Mapping[str, str], url: str, now: datetime) -> Transient | Refused | None:
    """Return the failure that a status means for a source, or None for success and for 304 (not modified)."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status == HTTPStatus.NOT_MODIFIED:
        return None
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = RateLimited if status == HTTPStatus.TOO_MANY_REQUESTS else Transient
        return kind(f"{place(url)} answered {status}: {_PASSES.get(status, BUSY)}.", retry_after(headers, now))
    meaning = _MEANING.get(status, "the request is not one it takes")
    return Refused(f"{place(url)} answered {status}: {meaning}.", status)


@dataclass(frozen=True)
class _Wanted:
    """Checks whether an answer under way is still wanted."""

    gone: threading.Event
    clock: Clock
    until: datetime

    def check(self, url: str) -> None:
        if self.gone.is_set():
            raise Transient("Nobody waits for this answer any more.")
        if self.clock() > self.until:
            raise Transient(f"{place(url)} has not finished its answer within {LONGEST_ANSWER}.")


def _body(response: httpx.Response, most_bytes: int, wanted: _Wanted) -> bytes:
    """Return the body, decompressed up to the bound, because a small compressed answer can hold gigabytes."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise Permanent(f"{place(str(response.url))} sent its answer packed as {encoding[:40]!r}, unasked.")
    unpack = None if encoding in {"identity", ""} else zlib.decompressobj(zlib.MAX_WBITS | 32)
    body = bytearray()
    try:
        for piece in response.iter_raw():
            body += piece if unpack is None else unpack.decompress(piece, most_bytes + 1 - len(body))
            if len(body) > most_bytes:
                raise TooLarge(f"{place(str(response.url))} sent more than {most_bytes:,} bytes.")
            wanted.check(str(response.url))
    except zlib.error as error:
        raise Transient(f"{place(str(response.url))} sent an answer that cannot be unpacked: {error}.") from error
    if unpack is not None and body and not unpack.eof:
        raise Transient(f"{place(str(response.url))} sent an answer that breaks off.")
    return bytes(body)


def place(url: str) -> str:
    """Return an address for a log, without the parts that may hold a secret."""
    with suppress(httpx.InvalidURL):
        parts = httpx.URL(url)
        return str(parts.copy_with(userinfo=b"", query=None, fragment=None))[:200]
    return repr(re.sub(r"//[^/?#]*@", "//", url).partition("?")[0][:200])
