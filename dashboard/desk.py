"""The operators' desk: it sends what they enter to the answers' server, the one HTTP process that writes.

The dashboard's own connection to the store can only read.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

import httpx
import msgspec
from pydantic import SecretStr

from dashboard.desk_protocol import (
    PATH,
    SIGNATURE_HEADER,
    STAMP_HEADER,
    Acknowledge,
    Annotate,
    Entry,
    Fault,
    ForgetQuery,
    Refusal,
    Resolve,
    SaveQuery,
    WriteSilence,
    new_stamp,
    receipt,
    signature,
)
from dashboard.services import DeskUnavailable
from processing.contract import Silence

_TIMEOUT = httpx.Timeout(5, connect=2)
_ATTEMPTS = 2
_LONGEST_REFUSAL = 4 * 1024
"""Bytes of a refusal that are read at most."""

_AWAY = "The answers' server does not answer, so nothing is certain to be written. Try again in a minute."
_STRANGER = (
    "What answers in place of the answers' server does not have its key, so nothing is certain to be written: see "
    "BANWATCH_DESK_URL and BANWATCH_DESK_KEY."
)


class HttpDesk:
    """Sends each entry to the server at `url`, signed by the first of the `keys`.

    An entry is sent a second time if the first time got no answer. A repetition changes nothing.
    """

    def __init__(self, url: str, keys: Sequence[SecretStr], clock: Callable[[], datetime]) -> None:
        self._key = keys[0]
        self._clock = clock
        encrypted = url.startswith("https:")  # loading certificates takes longer than an entry
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT, trust_env=False, verify=encrypted)

    def acknowledge(self, incident: str, by: str, note: str) -> None:
        """Write that somebody has the incident in hand."""
        self._write(Acknowledge(incident, by, note))

    def resolve(self, incident: str, by: str, note: str) -> None:
        """Write that the incident is over for everybody who was told of it."""
        self._write(Resolve(incident, by, note))

    def silence(self, silence: Silence) -> None:
        """Write a silence, in place of the one with its id."""
        self._write(WriteSilence(**msgspec.structs.asdict(silence)))

    def annotate(self, incident: str, by: str, text: str) -> None:
        """Write a note beside an incident."""
        self._write(Annotate(incident, by, text))

    def save_query(self, name: str, sql: str, by: str) -> None:
        """Keep a query under a name, in place of the one with this name."""
        self._write(SaveQuery(name, sql, by))

    def forget_query(self, name: str, by: str) -> None:
        """Remove a kept query."""
        self._write(ForgetQuery(name, by))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _write(self, entry: Entry) -> None:
        try:
            body = msgspec.json.encode(entry)
        except UnicodeEncodeError as error:
            raise DeskUnavailable("The text holds half a character.", Fault.INVALID) from error
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._send(body)
            except httpx.TransportError as error:
                if attempt == _ATTEMPTS:
                    raise DeskUnavailable(_AWAY, Fault.AWAY) from error
            else:
                return

    def _send(self, body: bytes) -> None:
        stamp = new_stamp(self._clock())
        signed = signature(self._key, stamp, body)
        headers = {STAMP_HEADER: stamp, SIGNATURE_HEADER: signed, "Content-Type": "application/json"}
        with self._client.stream("POST", PATH, content=body, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise _refusal(answer)
            proof = answer.headers.get(SIGNATURE_HEADER, "")
        if not proof.isascii() or not hmac.compare_digest(proof, receipt(self._key, signed)):
            raise DeskUnavailable(_STRANGER, Fault.FOREIGN)


def _refusal(answer: httpx.Response) -> DeskUnavailable:
    said = b""
    for piece in answer.iter_bytes():
        said += piece
        if len(said) > _LONGEST_REFUSAL:
            break
    try:
        refused = msgspec.json.decode(said, type=Refusal)
    except msgspec.DecodeError:
        return DeskUnavailable(_STRANGER, Fault.FOREIGN)
    return DeskUnavailable(refused.sentence, refused.fault)
