"""The limits on the size of a request. They are checked before the text is parsed."""

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
    """Return the longest query of a user in bytes, decompressed. The data after an INSERT are not counted."""
    return _LONGEST_QUERY[role]


def longest_form(role: Role) -> int:
    """Return the longest form in bytes: a query and the parameters that a URL could hold."""
    return _LONGEST_QUERY[role] + LONGEST_URL


def longest_body(role: Role, *, form: bool) -> int | None:
    """Return the longest body in bytes, as sent. None means no limit, because the writer's body may be an insert."""
    if role is Role.WRITER:
        return None
    return longest_form(role) if form else longest_query(role)


def require_fields(query_string: bytes) -> None:
    """Refuse a URL with too many fields, because each field costs the event loop time.

    Raises:
        EngineError: QUERY_IS_TOO_LARGE.
    """
    if query_string.count(b"&") >= MOST_FIELDS:
        raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The URL has more than {MOST_FIELDS} parameters")


def require_modest(text: bytes, parameters: Mapping[str, str]) -> None:
    """Refuse a reader's query that the engine would expand to many times its length.

    The engine inserts a parameter at every use, before any memory limit applies: 60 kB used 20,000 times were 7 GB. For
    each `$tag$` that could begin a here document, the engine also searches the remaining text for the end. Uses are
    counted as opening braces and tags as dollar signs, so both counts are upper bounds.

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
