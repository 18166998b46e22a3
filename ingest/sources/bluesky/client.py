"""The connection to one Jetstream server: it opens the stream, decompresses frames, and classifies failures."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import msgspec
import zstandard
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, reconnect

from ingest.errors import UNUSABLE_PROXY, Misconfigured, Transient
from ingest.sources.bluesky.frames import DICTIONARY_PATH, Wire, address
from ingest.transport.http import certificates

LARGEST_FRAME = 4 * 1024 * 1024
LARGEST_DICTIONARY = 1024 * 1024
OPEN_WITHIN = 10.0
READ_WITHIN = 20.0
CLOSE_WITHIN = 0.2
USER_AGENT = "banwatch (https://pypi.org/project/banwatch)"


class _Error(msgspec.Struct):
    error: str = ""
    message: str = ""


class ConnectionRefused(Exception):
    """The server answered the request for a stream with an error. `name` is the protocol's name of the error."""

    def __init__(self, status: int, name: str, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(" ".join(part for part in (str(status), name, message) if part))
        self.status = status
        self.name = name
        self.headers = headers


class Dictionaries:
    """The zstd dictionaries, kept for this process: v2's from the server that uses it, v1's from a file."""

    def __init__(self, wire: Wire, v1_file: Path | None, *, ask: bool) -> None:
        """Read the dictionary file of v1, if it is used.

        Raises:
            Misconfigured: the file is unreadable.
        """
        self._fetch = ask and wire == "v2"
        self._of_v1 = None
        self._known: dict[str, zstandard.ZstdCompressionDict] = {}
        self._refused: dict[str, int] = {}
        """The id of the last dictionary that a server has refused."""
        if ask and wire == "v1" and v1_file is not None:
            try:
                self._of_v1 = zstandard.ZstdCompressionDict(v1_file.read_bytes())
            except OSError as error:
                raise Misconfigured(f"BANWATCH_BLUESKY_V1_DICTIONARY: {v1_file} cannot be read: {error}.") from error

    def of(self, host: str) -> zstandard.ZstdCompressionDict | None:
        """Return the dictionary for a server, or None for uncompressed frames. The call may block for seconds."""
        if not self._fetch:
            return self._of_v1
        if host not in self._known:
            fetched = fetch_dictionary(host)
            # A cache before the server may still hold the dictionary that the server has just refused.
            if fetched is None or fetched.dict_id() == self._refused.get(host):
                return None
            self._known[host] = fetched
        return self._known[host]

    def forget(self, host: str) -> None:
        """Forget a server's dictionary, because the server refuses it."""
        if (refused := self._known.pop(host, None)) is not None:
            self._refused[host] = refused.dict_id()


def fetch_dictionary(host: str, within: float = READ_WITHIN) -> zstandard.ZstdCompressionDict | None:
    """Return a server's dictionary, or None if none can be had: an uncompressed stream is better than no stream."""
    parts = urlsplit(host)
    url = urlunsplit(("https" if parts.scheme == "wss" else "http", parts.netloc, DICTIONARY_PATH, "", ""))
    try:
        content = _content(url, within)
        dictionary = None if content is None else zstandard.ZstdCompressionDict(content)
    except (httpx.HTTPError, httpx.InvalidURL, zstandard.ZstdError):
        return None
    except (ValueError, ImportError):  # a proxy of a kind that httpx does not know; `connect` tells of one that is used
        return None
    return dictionary if dictionary is not None and dictionary.dict_id() else None


def _content(url: str, within: float) -> bytes | None:
    """Return the content at an address, or None if it is an error, too long, or incomplete after `within` seconds."""
    until, content = time.monotonic() + within, bytearray()
    with httpx.stream(
        "GET",
        url,
        timeout=OPEN_WITHIN,
        headers={"User-Agent": USER_AGENT},
        # A redirect is not followed: an uncompressed stream is better than a request to any address a server names.
        follow_redirects=False,
        verify=certificates(),
    ) as answer:
        if answer.status_code != httpx.codes.OK:
            return None
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > LARGEST_DICTIONARY or time.monotonic() > until:
                return None
    return bytes(content)


class JetstreamConnection:
    """A stream of frames."""

    def __init__(
        self, host: str, websocket: ClientConnection, dictionary: zstandard.ZstdCompressionDict | None
    ) -> None:
        self._host = host
        self._websocket = websocket
        self._decompressor = None if dictionary is None else zstandard.ZstdDecompressor(dict_data=dictionary)

    def receive(self, within: float) -> bytes | None:
        """Return the next frame, decompressed, or None if none comes in `within` seconds.

        A frame that cannot be decompressed is returned unchanged.

        Raises:
            Transient: the connection has ended, for any reason.
        """
        try:
            frame = self._websocket.recv(within, decode=False)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            raise Transient(f"{self._host} closed the connection: {error}.") from error
        frame = bytes(frame)
        if self._decompressor is None or not frame.startswith(zstandard.FRAME_HEADER):
            return frame
        return _decompressed(self._decompressor, frame)

    def close(self) -> None:
        """End the connection, without a long wait for the server's answer."""
        self._websocket.close()


def _decompressed(decompressor: zstandard.ZstdDecompressor, frame: bytes) -> bytes:
    try:
        with decompressor.stream_reader(frame) as reader:
            content = reader.read(LARGEST_FRAME)
    except zstandard.ZstdError:
        return frame
    return content


def connect(host: str, wire: Wire, cursor: int | None, dictionaries: Dictionaries) -> JetstreamConnection:
    """Open a stream. The call may block for seconds.

    Raises:
        ConnectionRefused: the server refused the stream; the error names the reason.
        Transient: the server could not be reached.
        Misconfigured: the address is invalid.
    """
    dictionary = dictionaries.of(host)
    url = address(host, wire, cursor, None if dictionary is None else dictionary.dict_id())
    try:
        return JetstreamConnection(host, _open(url), dictionary)
    except InvalidStatus as error:
        raise _refused(error) from error
    except InvalidURI as error:
        raise Misconfigured(f"BANWATCH_BLUESKY_BASE_URLS: {error}.") from error
    except (InvalidProxy, ImportError):
        raise Misconfigured(UNUSABLE_PROXY) from None
    except (OSError, ssl.SSLError, TimeoutError, InvalidHandshake, ConnectionClosed, EOFError) as error:
        said = str(error) or type(error).__name__
        raise Transient(f"{host} cannot be reached: {said}.") from error


class _Opening(reconnect):
    """Opens a websocket without following redirects, because a server's redirect could lead to any address."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Return the error unchanged, so that the redirect is an error."""
        return exc


def _open(url: str) -> ClientConnection:
    # No keepalive pings: while Kafka is slow, nothing is read, not even a pong. `idle` detects a dead connection.
    opening = _Opening(
        url,
        compression=None,
        user_agent_header=USER_AGENT,
        open_timeout=OPEN_WITHIN,
        close_timeout=CLOSE_WITHIN,
        ping_interval=None,
        max_size=LARGEST_FRAME,
        proxy=_proxy(url),
        # The same authorities as for the other networks.
        ssl=certificates() if url.startswith("wss:") else None,
    )
    return opening.__enter__()


def _proxy(url: str) -> str | None:
    """Return the proxy of the environment for an address. One without a scheme speaks HTTP, as it does elsewhere."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxy = getproxies().get("https" if parts.scheme == "wss" else "http")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _refused(error: InvalidStatus) -> ConnectionRefused:
    response = error.response
    try:
        said = msgspec.json.decode(response.body or b"", type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = _Error(message=bytes(response.body or b"")[:200].decode(errors="replace"))
    return ConnectionRefused(response.status_code, said.error, said.message[:200], response.headers)
