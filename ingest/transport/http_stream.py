"""An endless HTTP answer that one thread reads piece by piece and another thread can stop."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import httpx

from ingest.errors import Permanent, Transient
from ingest.source import Clock
from ingest.transport.http import CONNECT_WITHIN, failure, place, translated
from ingest.transport.redirects import send


@dataclass(frozen=True)
class Stream:
    """A connected stream."""

    url: str
    response: httpx.Response

    def pieces(self) -> Iterator[bytes]:
        """Yield the arriving bytes until the network ends the stream or `stop` is called.

        Raises:
            Transient: the stream breaks off, or nothing arrives for too long.
        """
        try:
            yield from self.response.iter_raw()
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise Transient(f"The stream at {place(self.url)} broke off: {said}.") from error

    def stop(self) -> None:
        """End the wait of the thread that reads the stream."""
        with suppress(OSError):
            connected = self.response.extensions["network_stream"].get_extra_info("socket")
            # The method of a plain socket, because that of TLS changes the state that the other thread uses.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)


@contextmanager
def open_stream(
    client: httpx.Client,
    url: str,
    *,
    clock: Clock,
    within: timedelta,
    headers: Mapping[str, str],
    media_type: str,
    named_by: str = "",
) -> Iterator[Stream]:
    """Connect to a stream of a media type, with the same checks as `ingest.transport.http.get`. The call may block.

    `within` is the longest time without a byte. `named_by` is the host whose answer held this address.

    Raises:
        Transient, Permanent: as `get` does; Permanent also if the answer is not such a stream.
    """
    plain = {"Accept": media_type, "Accept-Encoding": "identity", **headers}
    with translated(url):
        request = client.build_request("GET", url, headers=plain, timeout=_patience(within))
        response = send(client, request, named_by=named_by)
    with closing(response):
        _require_stream(response, media_type, clock)
        yield Stream(url, response)


def _patience(within: timedelta) -> httpx.Timeout:
    return httpx.Timeout(within.total_seconds(), connect=CONNECT_WITHIN)


def _require_stream(response: httpx.Response, media_type: str, clock: Clock) -> None:
    where = str(response.url)
    failed = failure(response.status_code, response.headers, where, clock())
    if failed is not None:
        raise failed
    said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code != HTTPStatus.OK or said != media_type:
        raise Permanent(f"{place(where)} answered with something else than a stream: {said[:60] or 'nothing'}.")
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise Permanent(f"{place(where)} sent its stream packed, unasked.")
