"""Access: which of the two users sends a request, and the refusal of requests from web pages."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

from dashboard.host_names import HostNames, foreign_page
from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.settings import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.embedded.chdb_http.settings import WarehouseSettings

_NAMES_OF = {"writer": Role.WRITER, "reader": Role.READER, "default": Role.READER, "": Role.READER}


def refuse_web_pages(headers: Mapping[str, str], settings: WarehouseSettings) -> None:
    """Refuse a request that a browser sends for a foreign web page.

    Raises:
        EngineError: ACCESS_DENIED, with the name of the header that shows the foreign page.
    """
    if (reason := foreign_page(headers, HostNames(settings.host))) is not None:
        raise EngineError(Code.ACCESS_DENIED, reason)


def authenticate(headers: Mapping[str, str], parameters: Mapping[str, str], settings: WarehouseSettings) -> Role:
    """Return the user that sends the request. A request without a user name, or with `default`, is the reader's.

    Raises:
        EngineError: AUTHENTICATION_FAILED, the same for an unknown name and a wrong password.
    """
    name, password = _credentials(headers, parameters)
    role = _NAMES_OF.get(name)
    known = settings.writer_password if role is Role.WRITER else settings.reader_password
    right = hmac.compare_digest(password.encode(), known.get_secret_value().encode())
    if role is None or not right:
        raise EngineError(
            Code.AUTHENTICATION_FAILED,
            "Authentication failed: password is incorrect, or there is no user with such name.",
        )
    return role


def _credentials(headers: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return headers.get("x-clickhouse-user", ""), headers.get("x-clickhouse-key", "")
    if "authorization" in headers:
        return _basic(headers["authorization"])
    return parameters.get("user", ""), parameters.get("password", "")


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    if scheme.lower() != "basic" or ":" not in decoded:
        raise EngineError(Code.AUTHENTICATION_FAILED, "The Authorization header is not Basic name:password")
    name, _, password = decoded.partition(":")
    return name, password
