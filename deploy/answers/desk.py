"""The JSON interface of the operators' desk: the dashboard sends what operators enter, and this server writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

import msgspec
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dashboard.desk_protocol import (
    LARGEST_ENTRY,
    SIGNATURE_HEADER,
    STAMP_HEADER,
    VALID_FOR,
    Acknowledge,
    Annotate,
    Entry,
    Fault,
    ForgetQuery,
    Refusal,
    Resolve,
    SaveQuery,
    WriteSilence,
    receipt,
    second_of,
    signing_key,
)
from dashboard.host_names import HostNames
from processing import queries
from processing.store.annotations import annotate, forget_query, save_query
from processing.store.answers import LONGEST_SILENCE, Answer, answer, write_silence
from processing.store.client import Store, StoreRefused, StoreUnavailable

MOST_REMEMBERED = 10_000
"""Signatures that are remembered at most. More requests within two minutes are refused."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refused(Exception):
    """An entry is not written. `status` is for programs, the sentence for a person."""

    def __init__(self, status: HTTPStatus, fault: Fault, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.fault = fault


@dataclass
class Replays:
    """The signatures of the last requests, so that nobody can repeat a request that they have seen.

    A request that was made before `since` could have been seen by a server before this one, and is refused.
    """

    since: datetime
    _until: dict[str, datetime] = field(default_factory=dict)

    def note(self, signed: str, made: int, now: datetime) -> None:
        """Remember a signature.

        Raises:
            Refused: it has been here before, it is too old or too far ahead, or too many are remembered.
        """
        behind = now.timestamp() - made
        if abs(behind) > VALID_FOR.total_seconds() or made < int(self.since.timestamp()):
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                Fault.FOREIGN,
                f"The request was made {behind:.0f} s ago by the clock of the answers' server, or before its start: "
                "set the clocks of both machines and try again.",
            )
        while self._until and next(iter(self._until.values())) < now:
            self._until.pop(next(iter(self._until)))
        if signed in self._until:
            raise Refused(HTTPStatus.UNAUTHORIZED, Fault.FOREIGN, "The request has been here before.")
        if len(self._until) >= MOST_REMEMBERED:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, Fault.AWAY, "Too many entries at once: wait two minutes.")
        self._until[signed] = now + 2 * VALID_FOR


@dataclass(frozen=True)
class DeskDoor:
    """Writes the entries that a holder of one of the `keys` has signed."""

    keys: Sequence[SecretStr]
    names: HostNames
    store: Callable[[], Store]
    clock: Callable[[], datetime]
    replays: Replays

    async def write(self, request: Request) -> Response:
        """Write the entry of a request."""
        try:
            body = await self._body(request)
            signed = request.headers[SIGNATURE_HEADER]
            key = self._key_of(request, body, signed)
            await run_in_threadpool(self._written, body)
        except Refused as refused:
            said = msgspec.json.encode(Refusal(refused.fault, str(refused)))
            return Response(said, refused.status, HEADERS, "application/json")
        return Response(b"{}", HTTPStatus.OK, HEADERS | {SIGNATURE_HEADER: receipt(key, signed)}, "application/json")

    async def _body(self, request: Request) -> bytes:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not self.names.includes(hosts[0]) or "origin" in request.headers:
            raise Refused(HTTPStatus.FORBIDDEN, Fault.FOREIGN, "The desk is for the dashboard and not for browsers.")
        if any(len(request.headers.getlist(name)) != 1 for name in (STAMP_HEADER, SIGNATURE_HEADER)):
            raise _not_signed()
        body = b""
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_ENTRY:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Fault.INVALID, "The entry is too large.")
        except ClientDisconnect as error:
            raise Refused(HTTPStatus.BAD_REQUEST, Fault.INVALID, "The entry ended early.") from error
        return body

    def _key_of(self, request: Request, body: bytes, signed: str) -> SecretStr:
        stamp = request.headers[STAMP_HEADER]
        made = second_of(stamp)
        key = signing_key(self.keys, stamp, body, signed) if made is not None and signed.isascii() else None
        if made is None or key is None:
            raise _not_signed()
        self.replays.note(signed, made, self.clock())
        return key

    def _written(self, body: bytes) -> None:
        try:
            entry = msgspec.json.decode(body, type=Entry)
        except msgspec.DecodeError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, Fault.INVALID, f"The entry cannot be read: {error}.") from error
        if isinstance(entry, WriteSilence):
            _check(entry)
        try:
            with self.store() as store:
                _write(store, entry)
        except (StoreUnavailable, StoreRefused) as error:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE, Fault.AWAY, "The store does not answer. Try again in a minute."
            ) from error


def _not_signed() -> Refused:
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        Fault.FOREIGN,
        "The request is not signed by a key of the answers' server: both processes need the same BANWATCH_DESK_KEY.",
    )


def _check(entry: WriteSilence) -> None:
    """Refuse a silence that the store cannot hold, or that lasts too long.

    Raises:
        Refused: with what is wrong.
    """
    years = {entry.starts_at.year, entry.ends_at.year}
    if not all(2000 <= year < 2100 for year in years):
        raise Refused(HTTPStatus.BAD_REQUEST, Fault.INVALID, "A silence lies in this century.")
    if not entry.starts_at <= entry.ends_at <= entry.starts_at + LONGEST_SILENCE:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            Fault.INVALID,
            f"A silence ends behind its start, after at most {LONGEST_SILENCE.days} days.",
        )


def _write(store: Store, entry: Entry) -> None:
    match entry:
        case Acknowledge(incident, by, note):
            answer(store, [_known(store, incident)], Answer.ACKNOWLEDGE, by, note)
        case Resolve(incident, by, note):
            answer(store, [_known(store, incident)], Answer.RESOLVE, by, note)
        case WriteSilence():
            write_silence(store, entry.silence)
        case Annotate(incident, by, text):
            annotate(store, _known(store, incident), by, text)
        case SaveQuery(name, sql, by):
            save_query(store, name, sql, by)
        case ForgetQuery(name, by):
            forget_query(store, name, by)


def _known(store: Store, incident: str) -> str:
    if queries.incident(store, incident) is None:
        raise Refused(HTTPStatus.NOT_FOUND, Fault.NO_INCIDENT, "There is no such incident.")
    return incident
