"""An answer that is made once and sent to any number of readers: bytes, with the headers that let a cache hold them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

WORTH_PACKING = 1_000
"""Bytes from which on a text is packed."""

PLAIN = "text/plain; charset=utf-8"
_NEVER = {"cache-control": "no-store"}

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
OF_ALL = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
OF_PAGES = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
"""Headers of everything that other sites may link to and not show inside of their own pages."""

_KEPT_WHEN_UNCHANGED = frozenset({b"cache-control", b"etag", b"last-modified", b"vary"})

Headers = tuple[tuple[bytes, bytes], ...]


def held_for(bucket: timedelta, *, in_need: timedelta) -> dict[str, str]:
    """Return the header that lets a cache hold an answer for a bucket, and for one more while it asks again.

    `in_need` is how long it may give the answer while this server is away.
    """
    seconds = int(bucket.total_seconds())
    need = f", stale-if-error={int(in_need.total_seconds())}" if in_need else ""
    return {"cache-control": f"public, max-age={seconds}, stale-while-revalidate={seconds}{need}"}


@dataclass(frozen=True)
class Answer:
    """What is sent: a body of a media type, with a status. `cached` is whether a cache may hold it."""

    body: bytes
    media_type: str
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=lambda: OF_PAGES)
    cached: bool = True


class Representation:
    """An answer ready to be sent, to those who take it packed and to those who do not. An ASGI application.

    `changed_at` is the wall clock at which it was first made as it is.
    """

    def __init__(self, answer: Answer, caching: Mapping[str, str], changed_at: datetime) -> None:
        self.etag = f'W/"{blake2b(answer.body, digest_size=12).hexdigest()}"'
        self.changed_at = changed_at.replace(microsecond=0)
        self.status = answer.status
        self._body = answer.body
        packed = b"" if answer.media_type.startswith("image/png") else gzip.compress(answer.body, mtime=0)
        self._packed = packed if len(answer.body) >= WORTH_PACKING and packed else None
        shared = {
            "content-type": answer.media_type,
            **OF_ALL,
            **answer.headers,
            **(caching if answer.cached else _NEVER),
            **({"vary": "accept-encoding"} if self._packed else {}),
        }
        if answer.status is HTTPStatus.OK and answer.cached:
            shared |= {"etag": self.etag, "last-modified": format_datetime(self.changed_at, usegmt=True)}
        self._plain_headers = _raw(shared | {"content-length": str(len(self._body))})
        self._packed_headers = _raw(
            shared | {"content-encoding": "gzip", "content-length": str(len(self._packed or b""))}
        )
        self._unchanged_headers = tuple(each for each in self._plain_headers if each[0] in _KEPT_WHEN_UNCHANGED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        """Send the answer, or say that the reader has it already."""
        asked = dict(scope["headers"])
        if self.status is HTTPStatus.OK and self._is_known(asked):
            await send(_start(HTTPStatus.NOT_MODIFIED, self._unchanged_headers))
            await send({"type": "http.response.body", "body": b""})
            return
        packs = self._packed is not None and _takes_gzip(asked.get(b"accept-encoding", b""))
        await send(_start(self.status, self._packed_headers if packs else self._plain_headers))
        await send({"type": "http.response.body", "body": self._packed if packs else self._body})

    def _is_known(self, asked: Mapping[bytes, bytes]) -> bool:
        """Return whether the reader holds this very answer (RFC 9110, 13.1.2 and 13.1.3)."""
        if tags := asked.get(b"if-none-match"):
            names = {name.strip().removeprefix("W/") for name in tags.decode("latin-1").split(",")}
            return "*" in names or self.etag.removeprefix("W/") in names
        if since := asked.get(b"if-modified-since"):
            try:
                return self.changed_at <= parsedate_to_datetime(since.decode("latin-1"))
            except (ValueError, TypeError):
                return False
        return False


def _takes_gzip(accepted: bytes) -> bool:
    for each in accepted.split(b","):
        coding, _, weight = each.partition(b";")
        if coding.strip() == b"gzip":
            return weight.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
    return False


def _start(status: HTTPStatus, headers: Headers) -> dict[str, object]:
    return {"type": "http.response.start", "status": status.value, "headers": headers}


def _raw(headers: Mapping[str, str]) -> Headers:
    return tuple((name.encode(), value.encode("latin-1")) for name, value in headers.items())
