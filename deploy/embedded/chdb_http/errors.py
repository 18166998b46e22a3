"""Errors in ClickHouse's own terms: a number, a name, and the HTTP status for both."""

from __future__ import annotations

import re
from enum import IntEnum
from http import HTTPStatus


class Code(IntEnum):
    """ClickHouse's error numbers that the gateway itself raises."""

    CANNOT_DECOMPRESS = 271
    SYNTAX_ERROR = 62
    BAD_ARGUMENTS = 36
    UNKNOWN_FUNCTION = 46
    NOT_IMPLEMENTED = 48
    UNKNOWN_TABLE = 60
    UNKNOWN_FORMAT = 73
    UNKNOWN_COMPRESSION_METHOD = 89
    UNKNOWN_SETTING = 115
    TIMEOUT_EXCEEDED = 159
    READONLY = 164
    TOO_MANY_SIMULTANEOUS_QUERIES = 202
    SOCKET_TIMEOUT = 209
    QUERY_IS_TOO_LARGE = 223
    NOT_ENOUGH_SPACE = 243
    TOO_DEEP_RECURSION = 306
    INTO_OUTFILE_NOT_ALLOWED = 358
    SESSION_NOT_FOUND = 372
    SESSION_IS_LOCKED = 373
    INVALID_SESSION_TIMEOUT = 374
    QUERY_WAS_CANCELLED = 394
    ACCESS_DENIED = 497
    AUTHENTICATION_FAILED = 516
    STD_EXCEPTION = 1001


# The statuses that ClickHouse's HTTP interface gives; every other code is 500.
_HTTP_STATUS = {
    HTTPStatus.BAD_REQUEST: (
        *(6, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 71, 72, 117, 168, 321, 374, 376, 427, 441, 627, 675, 676),
        *(16, 20, 69),
    ),
    HTTPStatus.UNAUTHORIZED: (194,),
    HTTPStatus.FORBIDDEN: (192, 193, 497, 512, 516),
    HTTPStatus.NOT_FOUND: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 184, 336, 511),
    HTTPStatus.REQUEST_TIMEOUT: (159,),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (223,),
    HTTPStatus.NOT_IMPLEMENTED: (48,),
    HTTPStatus.SERVICE_UNAVAILABLE: (76, 209, 439),
}
_STATUS_OF = {code: status for status, codes in _HTTP_STATUS.items() for code in codes}
_ENGINE_TEXT = re.compile(r"Code: (\d+)\. DB::Exception: (.*)", re.DOTALL)
_CODE_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)")


class WarehouseUnavailable(RuntimeError):
    """The warehouse cannot start or open its data; the message is one sentence for a person."""


class EngineError(Exception):
    """One refused or failed query, as ClickHouse would report it."""

    def __init__(self, code: int, message: str, name: str | None = None) -> None:
        self.code = code
        self.name = name or (Code(code).name if code in Code.__members__.values() else "UNKNOWN")
        self.message = message
        super().__init__(self.body)

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status of the error's code."""
        return _STATUS_OF.get(self.code, HTTPStatus.INTERNAL_SERVER_ERROR)

    @property
    def body(self) -> str:
        """The error text in the form that clients parse: `Code: N. DB::Exception: ... (NAME)`."""
        suffix = "" if f"({self.name})" in self.message else f" ({self.name})"
        return f"Code: {self.code}. DB::Exception: {self.message}{suffix}"


def engine_error(error: Exception) -> EngineError:
    """Return the engine's exception as an EngineError. The engine gives its code only in the text."""
    # The engine's message may hold bytes that are not valid text: quoted data, or a letter cut in the middle.
    said = error.object.decode("utf-8", "replace") if isinstance(error, UnicodeDecodeError) else str(error)
    match = _ENGINE_TEXT.search(said)
    if match is None:
        return EngineError(Code.STD_EXCEPTION, said)
    names = _CODE_NAME.findall(match[2])
    return EngineError(int(match[1]), match[2].strip(), names[-1] if names else "UNKNOWN")


def no_room(error: OSError) -> EngineError:
    """Return the error for data that the disk cannot hold. The client should try again after somebody has made room."""
    return EngineError(Code.NOT_ENOUGH_SPACE, f"The warehouse cannot keep what was sent: {error.strerror}")
