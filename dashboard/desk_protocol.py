"""What the dashboard sends to the answers' server when an operator writes, and how it is signed.

A request is `POST /desk` with one entry as JSON. The headers carry a stamp (the second at which the request was made,
and a random number, so that no two requests are the same) and an HMAC-SHA256 of the stamp, the path and the body. The
answer to an entry that was written carries an HMAC of the request's
signature, so that a stranger at the server's address cannot pretend that something was written.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta
from pydantic import SecretStr

from processing.contract import EVERYTHING, Severity, Silence

PATH = "/desk"
STAMP_HEADER, SIGNATURE_HEADER = "Banwatch-Stamp", "Banwatch-Signature"
LARGEST_ENTRY = 640 * 1024
"""Bytes of an entry at most. JSON may write a character of a query in six."""

VALID_FOR = timedelta(seconds=60)
"""How far the clocks of the two processes may differ, with the time under way."""

LONGEST_QUERY = 100_000
"""Characters of a query, as the editor takes it."""

_STAMP = re.compile(r"([0-9]{1,12})\.[0-9a-f]{16}")
_LINE = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"
_TEXT = r"^(?=[\s\S]*\S)[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z"
_NOTE = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z"
_WORD = r"^[\w.*:/-]*\Z"

Name = Annotated[str, Meta(max_length=100, pattern=_LINE)]
IncidentId = Annotated[str, Meta(max_length=200, pattern=_LINE)]
Note = Annotated[str, Meta(max_length=500, pattern=_NOTE)]
Text = Annotated[str, Meta(max_length=2_000, pattern=_TEXT)]
Sql = Annotated[str, Meta(max_length=LONGEST_QUERY, pattern=_TEXT)]
Word = Annotated[str, Meta(max_length=100, pattern=_WORD)]
Words = Annotated[tuple[Word, ...], Meta(max_length=50)]
Moment = Annotated[datetime, Meta(tz=True)]


class Acknowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="acknowledge"):
    """Somebody has the incident in hand."""

    incident: IncidentId
    by: Name
    note: Note


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="resolve"):
    """The incident is over for everybody who was told of it."""

    incident: IncidentId
    by: Name
    note: Note


class WriteSilence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="silence"):
    """A silence, with the fields of the contract."""

    id: Annotated[str, Meta(min_length=1, max_length=64, pattern=_WORD)]
    starts_at: Moment
    ends_at: Moment
    by: Name
    note: Note
    topic: Word = EVERYTHING
    languages: Words = ()
    sources: Words = ()
    severity: Severity | None = None
    channel: Word = ""

    @property
    def silence(self) -> Silence:
        """The silence as the contract has it."""
        return Silence(**msgspec.structs.asdict(self))


class Annotate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="annotate"):
    """A note beside an incident."""

    incident: IncidentId
    by: Name
    text: Text


class SaveQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="save_query"):
    """A query to keep under a name."""

    name: Name
    sql: Sql
    by: Name


class ForgetQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="forget_query"):
    """A kept query to remove."""

    name: Name
    by: Name


Entry = Acknowledge | Resolve | WriteSilence | Annotate | SaveQuery | ForgetQuery


class Fault(StrEnum):
    """Why an entry was not written."""

    AWAY = "away"
    """The answers' server or its store does not answer."""
    FOREIGN = "foreign"
    """The two processes have different keys or clocks, or something else answers at the address."""
    NO_INCIDENT = "no_incident"
    """There is no such incident."""
    INVALID = "invalid"
    """A field is empty, too long or not as it should be."""


class Refusal(msgspec.Struct, frozen=True):
    """The answer to an entry that was not written. `sentence` is for a person."""

    fault: Fault
    sentence: str


def new_stamp(now: datetime) -> str:
    """Return the stamp of a request that is made now."""
    return f"{int(now.timestamp())}.{secrets.token_hex(8)}"


def second_of(stamp: str) -> int | None:
    """Return the second at which a request was made, since 1970, or None if this is no stamp."""
    found = _STAMP.fullmatch(stamp)
    return None if found is None else int(found[1])


def signature(key: SecretStr, stamp: str, body: bytes) -> str:
    """Return the signature of a request."""
    return _hmac(key, b"\n".join((b"desk", stamp.encode("ascii"), PATH.encode("ascii"), body)))


def signing_key(keys: Sequence[SecretStr], stamp: str, body: bytes, signed: str) -> SecretStr | None:
    """Return the key that made a signature, or None. Every key is tried, so that the time tells nothing."""
    good = [key for key in keys if hmac.compare_digest(signature(key, stamp, body), signed)]
    return good[0] if good else None


def receipt(key: SecretStr, signed: str) -> str:
    """Return the proof that the request with this signature was written by a holder of the key."""
    return _hmac(key, f"written\n{signed}".encode("ascii"))


def _hmac(key: SecretStr, message: bytes) -> str:
    return hmac.new(key.get_secret_value().encode(), message, hashlib.sha256).hexdigest()
