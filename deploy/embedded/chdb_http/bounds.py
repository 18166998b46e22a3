"""The limits on the size of a request, checked before anything parses its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.settings import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_URL = 1024 * 1024
MOST_FIELDS = 1_000
_LONGEST_QUERY = {Role.WRITER: 16 * 1024 * 1024, Role.READER: 256 * 1024}  # the reader's is the engine's max_query_size
_MOST_PUT_IN = 8 * 1024 * 1024
_MOST_LOOKED_THROUGH = 64 * 1024 * 1024


def longest_query(role: Role) -> int:
    """Bytes of the longest query of a user, unpacked; data behind an INSERT are not part of it."""
    return _LONGEST_QUERY[role]


def longest_form(role: Role) -> int:
    """Bytes of the longest form: a query, and the parameters that could stand in a URL."""
    return _LONGEST_QUERY[role] + LONGEST_URL


def longest_body(role: Role, *, form: bool) -> int | None:
    """Bytes of the longest body as it is sent; None where it may be an insert, which has no end that is too far."""
    if role is Role.WRITER:
        return None
    return longest_form(role) if form else longest_query(role)


def require_fields(query_string: bytes) -> None:
    """Refuse a URL of more fields than a client has use for: each costs the event loop time.

    Raises:
        EngineError: QUERY_IS_TOO_LARGE.
    """
    if query_string.count(b"&") >= MOST_FIELDS:
        raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The URL has more than {MOST_FIELDS} parameters")


def require_modest(text: bytes, parameters: Mapping[str, str]) -> None:
    """Refuse a reader's query of which the engine would make many times its length.

    The engine puts a parameter in wherever the text uses it, before any limit of memory holds: 60 kB used 20,000
    times were 7 GB. It also looks through the rest of the text for the end of each here document (`$tag$`) that
    could begin. Uses are counted as opening braces and tags as dollars, hence never too low.

    Raises:
        EngineError: QUERY_IS_TOO_LARGE.
    """
    largest = max((len(value.encode()) for value in parameters.values()), default=0)
    if text.count(b"{") * largest > _MOST_PUT_IN:
        raise EngineError(
            Code.QUERY_IS_TOO_LARGE,
            f"The query with its parameters put in may be longer than {_MOST_PUT_IN} bytes: "
            "name a large parameter once, in WITH",
        )
    if text.count(b"$") * len(text) > _MOST_LOOKED_THROUGH:
        raise EngineError(Code.QUERY_IS_TOO_LARGE, "The query has too many dollar signs for its length: bind the texts")
